"""Two who decide at once, two who type in at once, and a month that is computed while something is left out of it."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Behind, Due, Exclusion, Observation, Revision, Value
from shanzhi.kernel.indicators.operations import AlreadyComputing, Contest, Entry, computing
from shanzhi.kernel.indicators.policy.entering import MovedOn, Typed
from shanzhi.kernel.indicators.policy.excluding import ExclusionMovedOn
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.tests.driven import LATER, MONTH, city, driven, project
from shanzhi.kernel.indicators.tests.support import PAPER
from shanzhi.kernel.organisation.queries import region_of_code
from tests.city import _actor
from tests.concurrency.committed import City, as_role

__all__ = ["city", "driven"]
NOW = LATER + timedelta(hours=5)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What comes of deeds that begin together, each on a connection of its own."""
    begin = threading.Barrier(len(deeds))
    came: list[object] = [None] * len(deeds)

    def do(place: int, deed: Callable[[], object]) -> None:
        begin.wait()
        try:
            came[place] = deed()
        except DomainError as error:
            came[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def contested(made: City, nth: int) -> int:
    """A wish of a county's centre about a matter that counts."""
    with as_role(made.installation, "owner") as owner:
        row = owner.execute(
            "SELECT number FROM fact_matter WHERE satisfied IS NOT NULL AND region_code LIKE '370303%%'"
            " ORDER BY matter_id OFFSET %s LIMIT 1",
            [nth],
        ).fetchone()
    assert row is not None
    asker = _actor("centre-370303", "supervisor", 0)
    with acting(asker):
        contest = Contest(row[0], "satisfied", MONTH, "duplicate", "重复计算")
        return operations.exclusion_ask(contest=contest, stored=(PAPER,), actor=asker, now=NOW)


def test_it_is_decided_by_one_of_two(driven: City) -> None:
    pk, decider = contested(driven, 0), driven.cast.supervisor

    def decide(grant: bool) -> Callable[[], object]:
        def deed() -> object:
            with acting(decider):
                return operations.exclusion_decide(
                    exclusion_id=pk, grant=grant, reason="同时决定", actor=decider, now=NOW
                )

        return deed

    came = at_once(decide(True), decide(False))
    assert [isinstance(one, ExclusionMovedOn) for one in came].count(True) == 1
    with acting(decider):
        row = Exclusion.objects.get(pk=pk)
        assert row.state == ("granted" if came[0] == pk else "declined")
        assert row.steps == 2


def test_it_is_typed_in_by_one_of_two(driven: City) -> None:
    keeper = _actor("centre-370303", "keeper", 0)
    place = region_of_code("370303009", date(2025, 10, 31))
    assert place is not None

    def enter(count: int) -> Callable[[], object]:
        def deed() -> object:
            entry = Entry("teams", place.id, read_period("2025-10"), Typed(count))
            with acting(keeper):
                return operations.value_enter(
                    entry=entry, stored=(PAPER,), actor=keeper, now=datetime(2025, 11, 5, tzinfo=UTC)
                )

        return deed

    came = at_once(enter(3), enter(4))
    assert [isinstance(one, MovedOn) for one in came].count(True) == 1
    with acting(keeper):
        assert Value.objects.filter(key="teams", is_last=True).count() == 1
        assert Value.objects.filter(key="teams").count() == 1


def test_it_adds_up_what_was_typed_in(driven: City) -> None:
    """And says how many of those who owe it have handed in; a correction is a revision."""
    keeper, now = _actor("centre-370303", "keeper", 0), datetime(2025, 11, 6, tzinfo=UTC)
    place, county = (region_of_code(code, date(2025, 10, 31)) for code in ("370303008", "370303"))
    assert place is not None
    assert county is not None
    for number, count in enumerate((5, 7)):
        entry = Entry("teams", place.id, read_period("2025-10"), Typed(count, words="更正"), based_on=number)
        with acting(keeper):
            operations.value_enter(entry=entry, stored=(PAPER,), actor=keeper, now=now)
        with database.acting_as(driven.installation, "worker"):
            drain(now=lambda: NOW)
            operations.compute_due(now=NOW)
            cell = Observation.objects.get(key="teams", region_id=county.id, month=202510)
            there = Value.objects.filter(key="teams", is_last=True).values_list("numerator", flat=True)
            assert (cell.numerator, cell.handed_in, cell.owed) == (sum(there), len(there), 3)
    with database.acting_as(driven.installation, "worker"):
        row = Revision.objects.get(key="teams", region_id=place.id)
        assert (row.reason, row.before_numerator, row.after_numerator) == ("correction", 5, 7)


def test_it_misses_no_exclusion_that_is_granted_meanwhile(driven: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Granted and projected while the month is computed from what was before: the next computing has it."""
    pk, decider = contested(driven, 1), driven.cast.supervisor
    as_before = computing._compute
    met = threading.Event()
    go_on = threading.Event()

    def slowly(*given: object) -> None:
        met.set()
        assert go_on.wait(30)
        as_before(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(computing, "_compute", slowly)
    failed: list[Exception] = []

    def compute() -> None:
        try:
            with database.acting_as(driven.installation, "worker"):
                operations.compute(month=MONTH, keys=("satisfied",), now=NOW)
        except AlreadyComputing as error:
            failed.append(error)
        finally:
            connections.close_all()

    running = threading.Thread(target=compute)
    running.start()
    assert met.wait(30)
    with acting(decider):
        operations.exclusion_decide(exclusion_id=pk, grant=True, reason="属实", actor=decider, now=NOW)
        matter_id = Exclusion.objects.get(pk=pk).matter_id
    go_on.set()
    running.join()
    assert failed == []
    monkeypatch.setattr(computing, "_compute", as_before)
    with database.acting_as(driven.installation, "worker"):
        drain(now=lambda: NOW)
        assert not Revision.objects.filter(about=pk).exists()
    project(driven)
    with database.acting_as(driven.installation, "worker"):
        operations.compute_due(now=NOW)
        assert not Due.objects.exists()
        for row in Behind.objects.filter(key="satisfied", month=MONTH):
            assert matter_id not in row.matters
    # With others of the same moment, whose effect is shown together.
    with acting(decider):
        card = values.exclusion_card(pk, decider, NOW.date())
        assert {one.reason for one in card.effects} == {"exclusion"}
        assert card.row.state == "granted"


def test_two_months_of_a_quarter_are_computed_one_after_the_other(driven: City) -> None:
    """Quarters and the year are written with each of their months: who can't wait is told, who can waits."""
    quarter = read_period("2025-Q4").months

    def deed(month: int, *, patient: bool) -> Callable[[], object]:
        return lambda: operations.compute(month=month, now=NOW, patient=patient)

    with database.acting_as(driven.installation, "worker"):
        connections["default"].close()
        came = at_once(*(deed(month, patient=True) for month in quarter))
        assert [one.months for one in came if isinstance(one, operations.Computed)] == [[month] for month in quarter]
        hasty = at_once(*(deed(month, patient=False) for month in quarter))
    assert any(isinstance(one, operations.Computed) for one in hasty)
    assert all(isinstance(one, operations.Computed | AlreadyComputing) for one in hasty)
