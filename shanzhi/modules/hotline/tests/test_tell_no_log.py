"""A whole call, from ring to ending, leaves no number and no word of the caller in any log or in the journal."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal.models import Entry
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.policy import RING_KEPT, CallNotFound, Words
from shanzhi.modules.hotline.tests.test_end_a_call import COMMUNITY, PHONE, PROPERTY
from shanzhi.modules.hotline.tests.test_hear_the_exchange_ring import RING, desk, ring
from tests.city import Cast
from tests.desks import signed_in

__all__ = ["desk"]
pytestmark = pytest.mark.django_db
SAID, NAME = "我家楼上的铜锣湾舞蹈班天天跳", "欧阳某某"


def test_it_says_nothing_of_a_call(desk: Cast, capfd: Any, caplog: Any):
    caplog.set_level("DEBUG")
    assert ring().json() == {"rung": True}
    ring(RING | {"extension": "none"})
    ring(secret="x" * 36)
    client = signed_in("operator")
    url = client.get("/desk/")["Location"]
    assert client.get(url).status_code == 200
    given = {"ref": url.split("/")[-2], "phone": PHONE, "name": NAME, "body": SAID, "region": COMMUNITY}
    assert client.post("/desk/look/", given).status_code == 200
    assert client.post(url, given | {"do": "answered"}).status_code == 422
    assert client.post(url, given | {"category": PROPERTY, "do": "triage"}).status_code == 200
    assert client.post(url, given | {"do": "refused"}).status_code == 409
    told = "".join(capfd.readouterr()) + caplog.text
    with acting(desk.supervisor):
        told += "".join(str(payload) for payload in Entry.objects.values_list("payload", flat=True))
    assert "hotline.call_ended" not in told or "triage" in told
    assert [part for part in (PHONE, "13812345678", "138 1234 5678", SAID, "铜锣湾", NAME) if part in told] == []


def test_it_keeps_an_unanswered_ring_for_minutes_alone(desk: Cast):
    assert ring().json() == {"rung": True}
    now = timezone.now()
    with acting(desk.operator):
        assert len(queries.open_calls(desk.operator, now)) == 1
        assert queries.open_calls(desk.operator, now + RING_KEPT + RING_KEPT / 10) == ()


def test_it_opens_no_ring_that_is_gone(desk: Cast):
    assert ring().json() == {"rung": True}
    with acting(desk.operator):
        (call,) = queries.open_calls(desk.operator, timezone.now())
    with acting(desk.second_operator), pytest.raises(CallNotFound):
        operations.call_resume(ref=call.ref, actor=desk.second_operator, now=timezone.now())
    with acting(desk.second_operator), pytest.raises(CallNotFound):
        operations.call_keep(ref=call.ref, words=Words(), actor=desk.second_operator, now=timezone.now())


def test_it_asks_as_often_whatever_waits(desk: Cast):
    client = signed_in("operator")

    def asked(url: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    asked("/desk/?new=1")
    none = asked("/desk/?new=1"), asked("/desk/rings/")
    for number in range(8):
        ring(RING | {"event": f"pin-{number}"})
    assert (asked("/desk/?new=1"), asked("/desk/rings/")) == none
    assert none <= (14, 8)
