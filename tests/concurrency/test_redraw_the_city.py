"""Regions are redrawn while the city works: open matters follow, nobody waits for it."""

from datetime import timedelta

import psycopg
import pytest
from django.db import transaction

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.operations import acting as acting_as
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.report import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as regions
from shanzhi.kernel.organisation.policy.plan import BadChange, Close, Merge, Move, Plan
from tests.city import LOADER, NOW
from tests.concurrency.committed import City, as_role
from tests.concurrency.steps import CATEGORY, act, entries, report

TODAY = local_date(NOW)
THERE, AWAY = "370303009", "370306009"


def redraw(city: City, code: str, to: str, parent: str, on=TODAY) -> None:
    with database.acting_as(city.installation, "importer"):
        organisation.regions_change(
            plan=Plan(on, (Move(code, to, parent),)), version=regions.tree_version(), now=NOW, author=LOADER
        )


def follow(city: City, now=NOW, **more) -> int:
    with database.acting_as(city.installation, "worker"):
        return operations.matters_follow(now=now, **more)


def where(city: City, made: Reported) -> tuple[str, str]:
    with database.acting_as(city.installation, "worker"):
        matter = Matter.objects.only("region_code", "scope_code").get(pk=made.matter_id)
        return matter.region_code, matter.scope_code


def test_the_worker_moves_nothing_that_has_ended(city):
    made = report()
    act(made, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知")
    with (
        as_role(city.installation, "worker") as worker,
        pytest.raises((psycopg.errors.IntegrityError, psycopg.errors.InsufficientPrivilege)),
    ):
        worker.execute("UPDATE matters_matter SET scope_code = '370306' WHERE id = %s", [made.matter_id])


def test_it_lets_open_matters_follow_and_come_back(city):
    ended, held, moved, late = report(), report(), report(), report()
    act(ended, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知")
    code = where(city, moved)[0]
    gone = AWAY + code[9:]
    tomorrow, after = TODAY + timedelta(days=1), NOW + timedelta(days=1)
    redraw(city, THERE, AWAY, "370306", tomorrow)
    assert follow(city) == 0, "it takes effect tomorrow"
    with as_role(city.installation, "worker") as other:
        # Somebody works on this one: it isn't waited for, and isn't forgotten.
        other.execute("SELECT id FROM matters_matter WHERE id = %s FOR UPDATE", [held.matter_id])
        assert follow(city, after, batch=1) == 2
    assert [where(city, made) for made in (ended, held, moved)] == [(code, code), (code, code), (code, gone)]
    with database.acting_as(city.installation, "worker"):
        assert len(regions.redraws_waiting(tomorrow)) == 1
    assert (follow(city, after), follow(city, after)) == (1, 0)
    assert where(city, held) == (code, gone)
    assert entries(city, moved) == ["report", "recode"]
    assert entries(city, ended) == ["report", "refuse"]
    # One that was on its way with the old tree in mind.
    on_its_way = report()
    assert where(city, on_its_way) == (code, code)
    assert follow(city, after) == 1
    assert where(city, on_its_way) == (code, gone)
    redraw(city, AWAY, THERE, "370303", TODAY + timedelta(days=2))
    assert follow(city, NOW + timedelta(days=2)) == 4
    assert [where(city, made) for made in (held, moved, late, on_its_way)] == [(code, code)] * 4
    assert follow(city, NOW + timedelta(days=2)) == 0


def merge(city: City, plan: Plan) -> None:
    with database.acting_as(city.installation, "importer"):
        organisation.regions_change(plan=plan, version=regions.tree_version(), now=NOW, author=LOADER)


def test_another_unit_goes_on_with_what_a_merged_township_had(city):
    gone = regions.unit_by_code("township-370303105", TODAY)
    heir = regions.unit_by_code("township-370303008", TODAY)
    assert gone is not None
    assert heir is not None
    holder = next(post for post in regions.posts_of_unit(gone.id, TODAY) if post.role == "handler")
    taken, waiting, co = report(), report(), report()
    for made in (taken, waiting, co):
        act(made, city.cast.dispatcher, "accept", category=CATEGORY)
    act(taken, city.cast.dispatcher, "dispatch", lead=gone.id)
    act(waiting, city.cast.dispatcher, "dispatch", lead=gone.id, co=(heir.id,))
    act(co, city.cast.dispatcher, "dispatch", lead=city.cast.handler.unit_id, co=(gone.id,))
    act(taken, acting.actor_of_post(holder.post_id, TODAY), "take")
    merge(city, Plan(TODAY, (Merge(("370303105",), "370303008"),)))
    assert follow(city, batch=2) >= 3
    with database.acting_as(city.installation, "worker"):
        shares = {
            made.number: sorted(
                Assignment.objects.filter(matter=made.matter_id, ended_at=None).values_list("unit_id", "part", "state")
            )
            for made in (taken, waiting, co)
        }
        holders = [
            Matter.objects.only("holder_unit").get(pk=made.matter_id).holder_unit_id for made in (taken, waiting)
        ]
    assert holders == [heir.id, heir.id]
    assert shares == {
        taken.number: [(heir.id, "lead", "taken")],
        waiting.number: [(heir.id, "lead", "waiting")],
        co.number: sorted([(city.cast.handler.unit_id, "lead", "waiting"), (heir.id, "co", "waiting")]),
    }
    assert entries(city, taken) == ["report", "accept", "dispatch", "take", "succeed"]
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW)
        drain(now=lambda: NOW)
    with as_role(city.installation, "owner") as owner:
        told = owner.execute(
            "SELECT role, params FROM notices_notice WHERE text = 'matters.units_follow' AND subject_id = %s", [gone.id]
        ).fetchall()
    assert ("handler", {"from": gone.name, "count": 3, "since": TODAY.isoformat(), "unit": heir.name}) in told
    assert len({role for role, _ in told}) == len(told), "once, though it took batches"
    # Whoever handled it goes on in the other unit, sees it, and replies.
    card = next(post for post in regions.posts_of_staff(holder.staff_id or 0, TODAY) if post.role == "handler")
    assert card.unit_id == heir.id
    act(taken, acting.actor_of_post(card.post_id, TODAY), "reply", reply="修好了。")
    assert follow(city) == 0


def test_a_region_with_open_matters_is_not_closed(city):
    with acting_as(ANYONE):
        operations.report(
            new=NewReport(body="路灯", region_code="370306100201001", contact_phone="13812345678"),
            actor=ANYONE,
            now=NOW,
        )
    with pytest.raises(BadChange, match="还有 1 件在办事项"):
        merge(city, Plan(TODAY, (Close("370306100201001"),)))


def test_a_report_waits_for_nobody_who_redraws(city):
    with database.acting_as(city.installation, "worker"), transaction.atomic():
        operations.matters_follow(now=NOW + timedelta(days=2))
    assert report().number
