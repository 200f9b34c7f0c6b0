"""Figures of a month are computed from the facts: all of it or nothing, added up over the month's own tree, each leading back
to its matters; what changes later is a revision with its reason."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Behind, Computing, Due, Observation, Revision
from shanzhi.kernel.indicators.operations import Contest
from shanzhi.kernel.indicators.tests.driven import LATER, MONTH, city, driven, project
from shanzhi.kernel.indicators.tests.support import PAPER
from shanzhi.kernel.organisation.queries import top_regions
from tests.city import _actor
from tests.concurrency.committed import City, as_role

__all__ = ["city", "driven"]
ANSWERS = {
    "satisfied": "SELECT count(*) FILTER (WHERE r.satisfied >= 4), count(*) FROM rated r WHERE r.code LIKE %s || '%%'",
    "accepted": "SELECT count(*) FILTER (WHERE accepted), count(*) FROM reported WHERE code LIKE %s || '%%'",
}
INDEPENDENT = """
WITH rated AS (
    SELECT (e.payload->>'satisfied')::int AS satisfied, m.region_id, s.code FROM journal_entry e
    JOIN matters_matter m ON m.id = e.subject_id JOIN organisation_region_state s ON s.region_id = m.region_id
    WHERE e.subject_kind = 'matter' AND e.action = 'matters.rate'
), reported AS (
    SELECT s.code, EXISTS (SELECT 1 FROM journal_entry e WHERE e.subject_kind = 'matter' AND e.subject_id = m.id
        AND e.action = 'matters.accept') AS accepted
    FROM matters_matter m JOIN organisation_region_state s ON s.region_id = m.region_id
)
"""


def test_it_counts_what_independent_sql_counts(driven: City) -> None:
    """200 figures at random, of every level, out of the matters' own tables and their journal."""
    with as_role(driven.installation, "owner") as owner:
        regions = owner.execute(
            "SELECT region_id, code FROM organisation_region_state WHERE level NOT IN ('grid', 'zone')"
        ).fetchall()
        rows = owner.execute(
            "SELECT region_id, key, numerator, denominator FROM indicators_observation WHERE month = %s AND months = 1",
            [MONTH],
        ).fetchall()
        found = {(region, key): (top, bottom) for region, key, top, bottom in rows}
        drawn, counted = random.Random(6), []
        for _ in range(200):
            (region, code), key = drawn.choice(regions), drawn.choice(sorted(ANSWERS))
            answer = owner.execute(INDEPENDENT + ANSWERS[key], [code]).fetchone()
            assert found.get((region, key), (0, 0)) == answer, (key, code)
            counted.append(answer)
    assert len(set(counted)) > 8


def test_it_leads_back_to_the_matters(driven: City) -> None:
    with database.acting_as(driven.installation, "worker"):
        for key in ANSWERS:
            leaves = list(Behind.objects.filter(month=MONTH, key=key))
            whole = Observation.objects.get(month=MONTH, key=key, under="3703", region_id__in=_city())
            assert sum(map(sum, (row.numerators for row in leaves))) == whole.numerator
            assert sum(map(sum, (row.denominators for row in leaves))) == whole.denominator
            assert all(row.matters == sorted(set(row.matters)) for row in leaves)


def _city() -> list[int]:
    return [row.id for row in top_regions(LATER.date())]


def test_it_changes_nothing_when_nothing_changed(driven: City) -> None:
    with database.acting_as(driven.installation, "worker"):
        before = list(Observation.objects.order_by("pk").values_list())
        done = operations.compute(month=MONTH, now=LATER + timedelta(hours=1))
        assert (done.changed, done.revisions) == (0, 0)
        assert list(Observation.objects.order_by("pk").values_list()) == before
        assert Computing.objects.get(month=MONTH, key="satisfied").computed_at == LATER + timedelta(hours=1)
        assert not Revision.objects.exists()


def test_it_is_kept_for_longer_periods_where_it_cant_be_added_up(driven: City) -> None:
    with database.acting_as(driven.installation, "worker"):
        rows = Observation.objects.filter(key="accept_median", region_id__in=_city())
        assert sorted(rows.values_list("months", "month")) == [(1, MONTH), (3, 202510), (12, 202501)]
        assert len(set(rows.values_list("numerator", "denominator"))) == 1


def test_it_shows_what_an_exclusion_changed_and_why(driven: City) -> None:
    """Contested by a unit, granted by the level above; the month before and after, and back again."""
    cast = driven.cast
    number, region, satisfied = _rated(driven)
    now = LATER + timedelta(hours=2)
    asker = _actor("centre-370303", "supervisor", 0)
    with acting(asker):
        contest = Contest(number, "satisfied", MONTH, "rated-by-mistake", "评错了单位")
        pk = operations.exclusion_ask(contest=contest, stored=(PAPER,), actor=asker, now=now)
    with acting(cast.supervisor):
        operations.exclusion_decide(exclusion_id=pk, grant=True, reason="属实", actor=cast.supervisor, now=now)
    with database.acting_as(driven.installation, "worker"):
        before = _figures()
        drain(now=lambda: now)
        assert operations.compute_due(now=now) == []
        assert Due.objects.count() == 1
    project(driven)
    with database.acting_as(driven.installation, "worker"):
        (done,) = operations.compute_due(now=now)
        assert done.revisions > 0
        assert not Due.objects.exists()
        after = _figures()
        changed = {key: (before[key], after.get(key)) for key in before if before[key] != after.get(key)}
        assert {key for key, _ in changed} == {"satisfied"}
        rows = Revision.objects.filter(about=pk)
        assert {(row.key, row.region_id) for row in rows} == set(changed)
        for row in rows:
            was, is_now = changed["satisfied", row.region_id]
            assert (row.before_numerator, row.before_denominator) == was
            assert (row.after_numerator, row.after_denominator) == (is_now or (0, None))
            assert was[1] - (is_now or (0, 0))[1] == 1
            assert was[0] - (is_now or (0, 0))[0] == int(satisfied >= 4)
            assert (row.reason, row.number) == ("exclusion", 1)
        assert region in {row.region_id for row in rows}


def _rated(made: City) -> tuple[str, int, int]:
    with as_role(made.installation, "owner") as owner:
        row = owner.execute(
            "SELECT number, region_id, satisfied FROM fact_matter WHERE satisfied IS NOT NULL AND region_code LIKE '370303%'"
            " ORDER BY matter_id LIMIT 1"
        ).fetchone()
    assert row is not None
    return row


def _figures() -> dict[Any, Any]:
    rows = Observation.objects.filter(months=1).values_list("key", "region_id", "numerator", "denominator")
    return {(key, region): (top, bottom) for key, region, top, bottom in rows}


def test_it_computes_past_months_at_night_until_they_are_cut(driven: City) -> None:
    night = datetime(2025, 12, 2, 19, 0, tzinfo=UTC)
    with database.acting_as(driven.installation, "worker"):
        assert [done.months for done in operations.compute_night(now=night)] == [[MONTH]]
        assert facts.cut_month(MONTH, now=night).is_new
        # What was done and seen before the cut doesn't touch it again.
        assert operations.compute_night(now=night) == []
