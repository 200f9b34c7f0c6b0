"""What comes after a month was cut changes its figures in the open, each change by itself and with its reason; and whatever was
left out by decision is still so when the facts are made anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.facts import queries as asking
from shanzhi.kernel.facts.tests.facts_support import everything
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Behind, Computing, Exclusion, Observation, Revision
from shanzhi.kernel.indicators.operations import Contest
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.queries import book, running, values
from shanzhi.kernel.indicators.queries.engines import DuckEngine, PostgresEngine
from shanzhi.kernel.indicators.tests.driven import MONTH, project
from shanzhi.kernel.indicators.tests.support import PAPER, TEXT, indicator
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation.queries import region_of_code
from tests.city import NOW, _actor
from tests.concurrency.committed import City, city
from tests.desks import COMMUNITY, do

__all__ = ["city"]
PROPERTY = """formula = '''
SELECT m.region_id AS community, m.reported_month AS month, COUNT(*) AS numerator, COUNT(*) AS denominator
FROM fact_matter AS m WHERE m.category = 'housing.property-service' GROUP BY m.region_id, m.reported_month
'''"""
OF_PROPERTY = indicator(
    "property", PROPERTY, counts_by='"cohort"', figure='"count"', scale="1", decimals="0", unit='"件"'
)
DECEMBER = datetime(2025, 12, 2, 4, 0, tzinfo=UTC)
NOVEMBER = read_period("2025-11")


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    found = sound_catalogue(TEXT.replace("[[index]]\ncode", f"{OF_PROPERTY}\n[[index]]\ncode", 1), "test.toml")
    monkeypatch.setattr(book, "catalogue_in_force", lambda: found)


@pytest.fixture
def counted(city: City, _rules: None) -> City:
    """A city whose November each test cuts, with matters of its own in it."""
    return city


def reported() -> Reported:
    with acting(ANYONE):
        return matters.report(new=NewReport(body="3号楼电梯坏了三天", region_code=COMMUNITY), actor=ANYONE, now=NOW)


def rated(made: City, score: int, *, now: datetime = NOW) -> Reported:
    """A matter that was handled and rated in November."""
    one = handled(made)
    do(Actor(follow=(one.follow_hash,)), one, "rate", now, solved=True, satisfied=score)
    return one


def handled(made: City) -> Reported:
    cast, one = made.cast, reported()
    do(cast.dispatcher, one, "accept", category="housing.property-service")
    do(cast.dispatcher, one, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, one, "take")
    do(cast.handler, one, "reply", reply="修好了。")
    do(cast.checker, one, "check_pass")
    return one


def follow(made: City) -> None:
    """Let the facts know, and the figures of the night."""
    project(made)
    with database.acting_as(made.installation, "worker"):
        drain(now=lambda: DECEMBER)
        operations.compute(month=MONTH, now=DECEMBER, patient=True)


def cut(made: City) -> None:
    follow(made)
    with database.acting_as(made.installation, "worker"):
        facts.cut_month(MONTH, now=DECEMBER)


def community() -> int:
    found = region_of_code(COMMUNITY, NOVEMBER.ends_on)
    assert found is not None
    return found.id


def figure(made: City, key: str) -> tuple[int, int]:
    """What stands for the community."""
    with database.acting_as(made.installation, "worker"):
        rows = Observation.objects.filter(region_id=community(), month=MONTH, months=1, key=key)
        return rows.values_list("numerator", "denominator").get()


def revisions(made: City, key: str, about: int = 0) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    with database.acting_as(made.installation, "worker"):
        rows = Revision.objects.filter(region_id=community(), month=MONTH, months=1, key=key, about=about).order_by(
            "number"
        )
        return [
            (
                row.reason,
                (row.before_numerator, row.before_denominator or 0),
                (row.after_numerator, row.after_denominator or 0),
            )
            for row in rows
        ]


def grant(made: City, one: Reported) -> int:
    """Contested by a county's centre, granted by the city's."""
    asker, decider = _actor("centre-370303", "supervisor", 0), made.cast.supervisor
    with acting(asker):
        contest = Contest(one.number, "satisfied", MONTH, "rated-by-mistake", "评错了单位")
        pk = operations.exclusion_ask(contest=contest, stored=(PAPER,), actor=asker, now=DECEMBER)
    with acting(decider):
        operations.exclusion_decide(exclusion_id=pk, grant=True, reason="属实", actor=decider, now=DECEMBER)
    return pk


def carry_out(made: City) -> None:
    with database.acting_as(made.installation, "worker"):
        drain(now=lambda: DECEMBER)
        operations.compute_due(now=DECEMBER)


def effects(made: City, pk: int) -> dict[str, Any]:
    """What the page of a contested count shows of its effect on the community."""
    with acting(made.cast.supervisor):
        card = values.exclusion_card(pk, made.cast.supervisor, DECEMBER.date())
    return {
        str(one.place.id): (
            (one.before.numerator, one.before.denominator),
            (one.after.numerator, one.after.denominator),
        )
        for one in card.effects
    }


def test_a_late_event_makes_a_revision_that_says_late(counted: City) -> None:
    one = reported()
    cut(counted)
    before, known = figure(counted, "accepted"), revisions(counted, "accepted")
    do(counted.cast.dispatcher, one, "accept", DECEMBER, category="cityscape.waste")
    project(counted)
    with database.acting_as(counted.installation, "worker"):
        (done,) = operations.compute_night(now=DECEMBER + timedelta(days=1))
    assert done.revisions > 0
    after = figure(counted, "accepted")
    assert after == (before[0] + 1, before[1])
    assert revisions(counted, "accepted") == [*known, ("late", before, after)]


def test_a_late_event_is_seen_whatever_the_clock_said_when_the_month_was_looked_at_last(counted: City) -> None:
    """What is new is told by the journal's order: a clock that stood ahead, and was put back, hides nothing."""
    one = reported()
    cut(counted)
    before, ahead = figure(counted, "accepted"), datetime(2100, 1, 1, tzinfo=UTC)
    with database.acting_as(counted.installation, "worker"):
        assert operations.compute_night(now=DECEMBER) == []
        assert Computing.objects.filter(month=MONTH, months=1).update(checked_at=ahead)
    do(counted.cast.dispatcher, one, "accept", DECEMBER, category="cityscape.waste")
    project(counted)
    with database.acting_as(counted.installation, "worker"):
        (done,) = operations.compute_night(now=DECEMBER)
        assert done.months == [MONTH]
        assert operations.compute_night(now=DECEMBER) == [], "nothing has come since"
    assert figure(counted, "accepted") == (before[0] + 1, before[1])


def test_a_verdict_that_was_recorded_late_lands_in_the_month_in_which_it_was_given(counted: City) -> None:
    one = handled(counted)
    cut(counted)
    before = figure(counted, "satisfied") if rows_of(counted, "satisfied") else (0, 0)
    do(Actor(follow=(one.follow_hash,)), one, "rate", datetime(2025, 11, 28, 4, tzinfo=UTC), solved=True, satisfied=5)
    follow(counted)
    after = figure(counted, "satisfied")
    assert after == (before[0] + 1, before[1] + 1)
    assert revisions(counted, "satisfied")[-1] == ("late", before, after)


def rows_of(made: City, key: str) -> int:
    with database.acting_as(made.installation, "worker"):
        return Observation.objects.filter(region_id=community(), month=MONTH, months=1, key=key).count()


def test_a_matter_that_gets_another_category_after_the_cut_leaves_its_figure_in_the_open(counted: City) -> None:
    one, other = reported(), reported()
    for each in (one, other):
        do(counted.cast.dispatcher, each, "correct", category="housing.property-service")
    cut(counted)
    before, known = figure(counted, "property"), revisions(counted, "property")
    do(counted.cast.dispatcher, one, "correct", DECEMBER, category="cityscape.waste")
    follow(counted)
    after = figure(counted, "property")
    assert after == (before[0] - 1, before[1] - 1)
    assert revisions(counted, "property") == [*known, ("late", before, after)]
    with database.acting_as(counted.installation, "worker"):
        behind = Behind.objects.get(region_id=community(), month=MONTH, key="property").matters
    assert other.matter_id in behind
    assert one.matter_id not in behind


def test_two_decisions_of_one_month_have_each_their_own_effect(counted: City) -> None:
    """The facts of both, and a late verdict, were there before either was computed."""
    good, bad, late = rated(counted, 5), rated(counted, 1), handled(counted)
    cut(counted)
    before = figure(counted, "satisfied")
    first, second = grant(counted, good), grant(counted, bad)
    do(Actor(follow=(late.follow_hash,)), late, "rate", datetime(2025, 11, 28, 5, tzinfo=UTC), solved=True, satisfied=4)
    project(counted)
    with database.acting_as(counted.installation, "worker"):
        # The night's computing comes between: no decision is part of what is merely late.
        operations.compute(month=MONTH, now=DECEMBER, patient=True)
    between = (before[0] + 1, before[1] + 1)
    assert figure(counted, "satisfied") == between
    carry_out(counted)
    one, two = (between[0] - 1, between[1] - 1), (between[0] - 1, between[1] - 2)
    assert figure(counted, "satisfied") == two
    assert revisions(counted, "satisfied")[-1] == ("late", before, between)
    assert revisions(counted, "satisfied", first) == [("exclusion", between, one)]
    assert revisions(counted, "satisfied", second) == [("exclusion", one, two)]
    assert effects(counted, first)[str(community())] == (between, one)
    assert effects(counted, second)[str(community())] == (one, two)
    with database.acting_as(counted.installation, "worker"):
        assert list(Exclusion.objects.filter(pk__in=(first, second)).values_list("is_left_out", flat=True)) == [
            True,
            True,
        ]
        behind = Behind.objects.get(region_id=community(), month=MONTH, key="satisfied").matters
    assert not {good.matter_id, bad.matter_id} & set(behind)


def test_a_late_verdict_that_comes_with_a_decision_isn_t_the_decision_s(counted: City) -> None:
    good, late = rated(counted, 5), handled(counted)
    cut(counted)
    before, pk = figure(counted, "satisfied"), grant(counted, good)
    do(Actor(follow=(late.follow_hash,)), late, "rate", datetime(2025, 11, 28, 6, tzinfo=UTC), solved=True, satisfied=1)
    project(counted)
    carry_out(counted)
    between = (before[0], before[1] + 1)
    assert revisions(counted, "satisfied")[-1] == ("late", before, between)
    assert revisions(counted, "satisfied", pk) == [("exclusion", between, (between[0] - 1, between[1] - 1))]


def test_a_decision_that_was_changed_back_has_both_its_effects(counted: City) -> None:
    rated(counted, 5)
    one = rated(counted, 5)
    cut(counted)
    asker, decider, above = (
        _actor("centre-370303009", "supervisor", 0),
        _actor("centre-370303", "supervisor", 0),
        counted.cast.supervisor,
    )
    before = figure(counted, "satisfied")
    with acting(asker):
        contest = Contest(one.number, "satisfied", MONTH, "rated-by-mistake", "评错了单位")
        pk = operations.exclusion_ask(contest=contest, stored=(PAPER,), actor=asker, now=DECEMBER)
    with acting(decider):
        operations.exclusion_decide(exclusion_id=pk, grant=True, reason="属实", actor=decider, now=DECEMBER)
    project(counted)
    carry_out(counted)
    with acting(above):
        operations.exclusion_revise(exclusion_id=pk, reason="证据不足", actor=above, now=DECEMBER)
    project(counted)
    without = (before[0] - 1, before[1] - 1)
    assert figure(counted, "satisfied") == without, "not before it was computed"
    carry_out(counted)
    assert figure(counted, "satisfied") == before
    assert revisions(counted, "satisfied", pk) == [("exclusion", before, without), ("included", without, before)]


def test_facts_made_anew_leave_out_what_was_left_out(counted: City, tmp_path: Path) -> None:
    one = rated(counted, 5)
    cut(counted)
    grant(counted, one)
    project(counted)
    carry_out(counted)
    project(counted)
    before, standing = everything(counted), figure(counted, "satisfied")
    assert [row for row in before["fact_exclusion"] if row[0] == one.matter_id]
    with database.acting_as(counted.installation, "worker"):
        facts.rebuild(now=DECEMBER)
    assert everything(counted) == before
    with database.acting_as(counted.installation, "worker"):
        assert list(asking.verify().faults) == []
        assert operations.compute(month=MONTH, now=DECEMBER, patient=True).changed == 0
    assert figure(counted, "satisfied") == standing
    _offline(counted, tmp_path, standing)


def _offline(made: City, tmp_path: Path, standing: tuple[int, int]) -> None:
    """What was left out is on the files too, in the same bytes each time; figures out of them are those of the city."""
    with database.acting_as(made.installation, "worker"):
        first, second = (asking.export(tmp_path / name, on=DECEMBER.date()) for name in ("first", "second"))
        assert [file for file in first.files if file.table == "fact_exclusion" and file.rows]
        assert first == second
        live = PostgresEngine()
        here = _figures(live)
    duck = DuckEngine.over_folder(tmp_path / "first")
    assert duck.absent == ()
    assert _figures(duck) == here
    assert here[community()] == standing


def _figures(engine: Any) -> dict[int, tuple[int | None, int]]:
    tree = running.standing_of(engine, NOVEMBER.ends_on)
    found = running.figures(engine, book.catalogue_in_force(), ["satisfied"], [NOVEMBER], tree, today=DECEMBER.date())
    return {each.region_id: (each.numbers.numerator, each.numbers.denominator) for each in found}
