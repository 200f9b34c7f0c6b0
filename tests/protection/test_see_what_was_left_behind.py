"""What a post has open beside matters is shown with its work, and what can't be handed over is ended unread or said so."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.types.range import Range

from shanzhi.core.errors import NotAllowed
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.operations import acting, signoff_ask, signoffs_withdraw_left
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.tests.page_support import page, queries_of
from shanzhi.kernel.organisation.models import PostHolding
from shanzhi.modules.hotline.models import Call
from shanzhi.modules.hotline.operations import call_keep, calls_release
from shanzhi.modules.hotline.policy import Words
from shanzhi.modules.oversight import operations
from shanzhi.modules.oversight.policy.handing import CantEnd, NotMyUnit
from tests.city import Cast, _actor
from tests.desks import signed_in
from tests.roles import everything, held_to, observer

__all__ = ["observer"]

SECRET = "王小明13812345678家里漏水"


@pytest.fixture
def people(observer: None, db: None, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def supervisors(people: Cast) -> dict[str, Actor]:
    """Those of the two counties."""
    return {
        "county": _actor("centre-370303", "supervisor", 0),
        "neighbour": _actor("centre-370306", "supervisor", 0),
    }


def leaves(actor: Actor) -> None:
    """The holder's last day was yesterday."""
    with everything():
        PostHolding.objects.filter(post_id=actor.post_id, valid__upper_inf=True).update(
            valid=Range(date(2024, 1, 1), local_date(timezone.now()), "[)")
        )


def call(cast: Cast) -> uuid.UUID:
    ref = uuid.uuid4()
    with acting(cast.operator):
        call_keep(ref=ref, words=Words(body=SECRET), actor=cast.operator, now=timezone.now())
    return ref


def asked(actor: Actor) -> int:
    """The supervisor asks for something that takes two."""
    on = local_date(timezone.now())
    fields = {
        "since": "2026-01-01",
        "until": on.isoformat(),
        "columns": "number",
        "format": "csv",
        "reason": "年度检查",
    }
    with acting(actor):
        return signoff_ask(kind="exports.matters", fields=fields, actor=actor, now=timezone.now())


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def end(cast: Cast, actor: Actor, kind: str = "calls") -> int:
    with acting(actor):
        return operations.post_end_unfinished(
            post_id=cast.operator.post_id or 0, kind=kind, actor=actor, now=timezone.now()
        )


def test_a_call_at_a_held_desk_is_ended_by_nobody_else(people: Cast) -> None:
    call(people)
    with pytest.raises(CantEnd, match="现在有人在任"):
        end(people, people.supervisor)
    with acting(people.supervisor):
        assert calls_release(post_id=people.operator.post_id or 0, actor=people.supervisor, now=timezone.now()) == 0
    html = page(signed_in("supervisor").get(f"/oversight/posts/{people.operator.post_id}/"))
    assert "没有结束的来电 1 件" in words(html)
    assert "有人在任，由本人办理" in html
    assert 'name="end"' not in html


def test_neither_another_role_nor_another_county_ends_it(people: Cast, supervisors: dict[str, Actor]) -> None:
    call(people)
    leaves(people.operator)
    for actor in (people.handler, people.dispatcher, people.keeper):
        with pytest.raises(NotAllowed):
            end(people, actor)
    with pytest.raises(NotMyUnit):
        end(people, supervisors["neighbour"])
    # The database itself, where a check were forgotten.
    for actor in (people.handler, people.dispatcher, supervisors["neighbour"]):
        with acting(actor), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM hotline_release(%s, %s, %s)",
                [people.operator.post_id, timezone.now(), local_date(timezone.now())],
            )
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM hotline_open_of_posts(%s, now())", [[people.operator.post_id]])
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM access_signoffs_open(now())")
            assert cursor.fetchone() == (0,)
    with pytest.raises(CantEnd, match="没有可以结束的"):
        end(people, people.supervisor, "nothing")
    with pytest.raises(CantEnd, match="没有可以结束的"):
        end(people, people.supervisor, "signoffs")


def test_a_left_draft_is_seen_in_figures_and_ended_unread(people: Cast) -> None:
    ref = call(people)
    leaves(people.operator)
    client = signed_in("supervisor")
    assert f"/oversight/posts/{people.operator.post_id}/" in page(client.get("/oversight/"))
    url = f"/oversight/posts/{people.operator.post_id}/"
    html = page(client.get(url))
    assert "没有结束的来电 1 件" in words(html)
    assert "草稿只有接电话的人能看，不能转交" in html
    assert SECRET not in html
    with acting(people.supervisor):
        assert not Call.objects.exists()
    done = client.post(url, {"end": "calls"}, follow=True)
    assert "已结束 1 件" in page(done)
    assert "没有结束的来电" not in page(done)
    with everything():
        ended = Call.objects.get(ref=ref)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT payload, author_post_id FROM journal_entry WHERE action = 'hotline.call_released' AND subject_id = %s",
                [ended.pk],
            )
            told = cursor.fetchall()
    assert (ended.ending, bytes(ended.sealed), ended.ended_at is not None) == ("dropped", b"", True)
    assert len(told) == 1
    assert told[0][1] == people.supervisor.post_id
    again = client.post(url, {"end": "calls"})
    assert again.status_code == 409
    assert "没有可以结束的" in page(again)


def test_requests_that_a_post_asked_for_or_decides_are_shown_with_its_work(
    people: Cast, supervisors: dict[str, Actor]
) -> None:
    asked(supervisors["county"])
    leaves(supervisors["county"])
    officer = _actor("centre-3703", "security_officer", 0)
    html = words(page(signed_in("supervisor").get(f"/oversight/posts/{supervisors['county'].post_id}/")))
    assert "本岗位提出、待复核的申请 1 件" in html
    assert "申请人离任后自动撤回，别人不能代办" in html
    assert "年度检查" not in html
    leaves(officer)
    html = words(page(signed_in("supervisor").get(f"/oversight/posts/{officer.post_id}/")))
    assert re.search(r"另有 \d+ 个在任的复核岗位可以决定，不用转交", html)
    with everything():
        PostHolding.objects.filter(post__role="security_officer", valid__upper_inf=True).update(
            valid=Range(date(2024, 1, 1), local_date(timezone.now()), "[)")
        )
    html = words(page(signed_in("supervisor").get(f"/oversight/posts/{officer.post_id}/")))
    assert "等本岗位复核的申请 1 件" in html
    assert "没有别的复核岗位在任" in html
    listed = page(signed_in("supervisor").get("/oversight/posts/"))
    assert f"/oversight/posts/{officer.post_id}/#unfinished" in listed


def test_a_request_of_who_left_is_withdrawn(people: Cast) -> None:
    number = asked(people.supervisor)
    with everything(), held_to("worker"):
        assert signoffs_withdraw_left(now=timezone.now()) == 0, "the holder is there"
    leaves(people.supervisor)
    with everything(), held_to("worker"):
        assert signoffs_withdraw_left(now=timezone.now()) == 1
        assert signoffs_withdraw_left(now=timezone.now()) == 0
    with everything():
        assert Signoff.objects.get(pk=number).state == "withdrawn"


def test_it_takes_as_many_queries_for_one_call_as_for_many(people: Cast) -> None:
    call(people)
    leaves(people.operator)
    client = signed_in("supervisor")
    one = queries_of(client, "/oversight/posts/")
    with everything():
        row = Call.objects.get()
        for _ in range(49):
            row.pk, row.ref, row.opened_at = None, uuid.uuid4(), timezone.now() - timedelta(minutes=1)
            row.save(force_insert=True)
    assert queries_of(client, "/oversight/posts/") <= one
    assert one <= 14
    assert "50" in words(page(client.get("/oversight/posts/")))
