"""A unit is closed, and the background gives what it had to the unit that takes over."""

import re

import pytest
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations import matters_follow
from shanzhi.kernel.matters.queries import card as matter_card
from shanzhi.kernel.notices.models import Notice
from shanzhi.kernel.notices.operations import tell_next
from shanzhi.kernel.organisation import queries
from shanzhi.modules.keeper.tests.test_look_after_units import id_of, text, today, unit_id
from tests.city import Cast
from tests.desks import at_stage, signed_in
from tests.roles import everything, held_to, observer

__all__ = ["observer"]


@pytest.fixture
def world(observer: None, db: None, cast: Cast) -> Cast:
    """The cast of the standing city."""
    return cast


def test_it_closes_a_unit_with_open_work_only_with_a_successor(world: Cast) -> None:
    number = at_stage(world, "take", co=True)
    client, pk = signed_in("keeper"), unit_id("housing-construction-370303")
    page = text(client.get(f"/keeper/units/{pk}/close/"))
    assert "在办事项 1 件" in page
    refused = client.post(f"/keeper/units/{pk}/close/", {"successor": "", "on": today(), "version": 1})
    assert refused.status_code == 409
    assert "还有 1 件在办事项" in text(refused)
    # The co-handler becomes the lead, and has one share, not two.
    done = client.post(
        f"/keeper/units/{pk}/close/", {"successor": "urban-management-370303", "on": today(), "version": 1}
    )
    assert done.status_code == 302, text(done)
    assert "接收单位" in text(client.get(done["Location"]))
    with everything(), held_to("worker"):
        assert matters_follow(now=timezone.now()) == 1
    with acting(world.second_handler):
        seen = matter_card(id_of(number), actor=world.second_handler, now=timezone.now())
    assert [(share.part, share.state) for share in seen.shares if share.is_open] == [("lead", "taken")]
    assert seen.timeline[-1].title == "单位撤并，由接替的单位继续办理"
    assert "reply" in {action.code for action in seen.actions}
    with acting(world.keeper):
        assert queries.unit_by_id(pk, local_date(timezone.now())) is None


def test_a_centre_hands_over_its_intake(world: Cast) -> None:
    number = at_stage(world, "accept")
    client, pk = signed_in("keeper"), unit_id("centre-370303")
    # As in a city where counties take in what is theirs.
    with everything():
        Matter.objects.filter(number=number).update(intake_unit_id=pk)
    assert "在办事项 1 件" in text(client.get(f"/keeper/units/{pk}/close/"))
    done = client.post(f"/keeper/units/{pk}/close/", {"successor": "centre-3703", "on": today(), "version": 1})
    assert done.status_code == 302, text(done)
    with everything(), held_to("worker"):
        assert matters_follow(now=timezone.now()) == 1
        assert matters_follow(now=timezone.now()) == 0
    with everything():
        assert Matter.objects.get(number=number).intake_unit_id == unit_id("centre-3703")


def told() -> list[tuple[int, str, dict[str, object]]]:
    """What units were told of work that came from others."""
    with everything():
        return list(
            Notice.objects.filter(text="matters.units_follow").order_by("id").values_list("unit_id", "role", "params")
        )


def test_a_unit_that_gets_nothing_is_told_nothing(world: Cast) -> None:
    client, pk = signed_in("keeper"), unit_id("housing-construction-370303")
    assert (
        client.post(
            f"/keeper/units/{pk}/close/", {"successor": "urban-management-370303", "on": today(), "version": 1}
        ).status_code
        == 302
    )
    with everything(), held_to("worker"):
        assert matters_follow(now=timezone.now()) == 0
        while tell_next(now=timezone.now()):
            pass
    assert told() == []


def test_it_tells_the_successor_once_how_much_came_from_whom_and_since_when(world: Cast) -> None:
    for _ in range(3):
        at_stage(world, "take")
    client, pk = signed_in("keeper"), unit_id("housing-construction-370303")
    heir = unit_id("urban-management-370303")
    with everything():
        name, to = (queries.unit_names([one])[one] for one in (pk, heir))
    client.post(f"/keeper/units/{pk}/close/", {"successor": "urban-management-370303", "on": today(), "version": 1})
    with everything(), held_to("worker"):
        # In batches, each with its event: the first says how much, the later ones nothing new.
        assert matters_follow(now=timezone.now(), batch=1) == 3
        while tell_next(now=timezone.now()):
            pass
    assert told() == [(heir, "handler", {"from": name, "count": 3, "since": today(), "unit": to})]
    page = text(signed_in("second_handler").get("/notices/"))
    assert f"承接“{name}”在办事项 3 件，自 {today()} 起由本单位办理，期限不变" in page
    link = re.search(r'href="(/m/\?unit=[^"]+)"', page)
    assert link is not None
    assert page_rows(text(signed_in("second_handler").get(link[1]))) == 3


def page_rows(html: str) -> int:
    return len(re.findall(r'ui-table__title"><a', html))
