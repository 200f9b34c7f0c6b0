"""The demo city's petitions, suggestions and findings: ninety days of them, by the pages' operations, in every stage."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo.lawful import plans
from shanzhi.config.demo.ninety import BY_LAW, DAYS, Driven, drive
from shanzhi.config.demo.rhythm import Rhythm
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.rulebook import current_kind
from shanzhi.kernel.notices import queries as notices
from tests.city import NOW
from tests.concurrency.committed import City, as_role

UNTIL = NOW + timedelta(days=DAYS + 1, hours=4)


@dataclass(frozen=True, slots=True)
class Lived:
    city: City
    driven: Driven


@pytest.fixture(scope="module")
def lived(city: City) -> Lived:
    """Ninety days in which hardly anybody else turns to the city."""
    driven = drive(
        city.installation, city_code="3703", county_code="370303", until=UNTIL, days=DAYS, rhythm=Rhythm(0.01)
    )
    return Lived(city, driven)


def test_every_one_goes_its_way(lived: Lived) -> None:
    assert lived.driven.broken == {}
    assert lived.driven.matters[BY_LAW] == len(plans()) == 40


def test_nothing_is_lost_out_of_step_or_untold(lived: Lived) -> None:
    with database.acting_as(lived.city.installation, "worker"):
        state = queries.loop_state()
        assert (state.lost, state.out_of_step) == ((), ())
        assert notices.outbox_backlog() == (0, None)


def test_they_stand_in_every_stage(lived: Lived) -> None:
    with as_role(lived.city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT kind, stage, count(*) FROM matters_matter WHERE kind IN ('petition', 'suggestion', 'finding') GROUP BY 1, 2"
        ).fetchall()
    found = Counter({(kind, stage): count for kind, stage, count in rows})
    assert found.total() == len(plans())
    every = {
        (code, stage.code) for code in ("petition", "suggestion", "finding") for stage in current_kind(code).stages
    }
    # Of a vacant unit alone, and of a deputy who takes it back or stays dissatisfied: nobody does in these ninety days.
    assert every - set(found) == {
        ("suggestion", "reassigning"),
        ("suggestion", "again_reassigning"),
        ("suggestion", "second_opinion"),
        ("suggestion", "unsatisfied"),
        ("suggestion", "withdrawn"),
    }


def test_one_petition_was_reviewed_twice_one_suggestion_handled_twice_one_finding_rechecked(lived: Lived) -> None:
    with as_role(lived.city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT payload->>'done_by', count(*) FROM journal_entry WHERE payload->>'done_by' IN"
            " ('record_recheck', 'dispatch_recheck', 'rate_again', 'check_fail', 'check_pass') AND payload->>'kind' <> 'request'"
            " AND payload->>'kind' <> 'incident' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert dict(rows) == {"check_fail": 2, "check_pass": 2, "dispatch_recheck": 1, "rate_again": 1, "record_recheck": 1}


def test_the_plans_are_in_order_and_name_what_the_process_has() -> None:
    for plan in plans():
        days = [step.days for step in plan.steps]
        assert days == sorted(days, reverse=True), plan.title
        assert max(days) < DAYS, plan.title
        known = {action.code for action in current_kind(plan.kind).actions}
        assert {step.action for step in plan.steps[1:]} <= known, plan.title
