"""Let open matters follow when regions are redrawn, and units end with them: in batches that commit one by one."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.operations.succeeding import coming, tell_heirs
from shanzhi.kernel.matters.operations.vacating import checks_follow
from shanzhi.kernel.matters.policy.payloads import Recode
from shanzhi.kernel.matters.policy.payloads_second import Succeed
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as regions
from shanzhi.kernel.organisation.queries import Following

BATCH = 2000
LATE = timedelta(days=2)
"""How long a redraw is looked after once matters have followed: for a report that was on its way meanwhile."""
_SYSTEM = Author("system")

# Rows that somebody works on are left for the next round: nobody waits for a redraw, and it waits for nobody.
_MOVE = """
WITH goal AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[]) AS g (old_id, old_code, new_id, new_code)
), found AS (
    SELECT m.id, g.old_id, g.old_code, g.new_id, g.new_code
    FROM goal g JOIN matters_matter m ON m.scope_code = g.old_code AND m.region_id = g.old_id
    WHERE m.ended_at IS NULL
    LIMIT %s FOR UPDATE OF m SKIP LOCKED
)
UPDATE matters_matter m SET region_id = f.new_id, scope_code = f.new_code, steps = m.steps + 1
FROM found f WHERE m.id = f.id
RETURNING m.id, m.number, m.steps, f.old_id, f.old_code, f.new_id, f.new_code
"""
_LEFT = """
SELECT EXISTS (
    SELECT 1 FROM unnest(%s::bigint[], %s::text[]) AS g (old_id, old_code)
    JOIN matters_matter m ON m.scope_code = g.old_code AND m.region_id = g.old_id WHERE m.ended_at IS NULL)
"""


def matters_follow(*, now: datetime, batch: int = BATCH, told: Callable[[int], None] | None = None) -> int:
    """Give open matters of redrawn regions the region and scope code of today, and those of units that ended to the unit
    that took over; returns how many moves there were. Worker's role.

    Each batch is a transaction with its journal entries; what a kill leaves is taken up by the next call. The code of the
    report stays, and so do ended matters. `told` hears after each batch how many moved. A matter in somebody's hands is
    left to the next call, and the redraw stays open until then.
    """
    today = local_date(now)
    waiting = regions.redraws_waiting(today)
    goals = regions.regions_to_follow(today, local_date(now - LATE))
    moved = 0
    # Units first: what has ended with a region is nobody's to work on, and the region is only where it lies.
    steps: tuple[Callable[[], int], ...] = (partial(_hand_on, today, now, batch), partial(_move, goals, now, batch))
    for step in steps if goals else steps[:1]:
        while done := step():
            moved += done
            if told is not None:
                told(moved)
    if waiting and not _is_left(goals):
        organisation.redraw_followed(redraw_ids=waiting, now=now)
    return moved


@transaction.atomic
def _move(goals: Sequence[Following], now: datetime, batch: int) -> int:
    columns = zip(*((goal.old_id, goal.old_code, goal.new_id, goal.new_code) for goal in goals), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [*map(list, columns), batch])
        rows = cursor.fetchall()
    return journal.record_many(
        Draft(
            Recode(
                number=number, old_region_id=old_id, old_region_code=old_code, region_id=new_id, region_code=new_code
            ),
            Subject("matter", matter_id, steps, new_code),
            _SYSTEM,
            now,
        )
        for matter_id, number, steps, old_id, old_code, new_id, new_code in rows
    )


@transaction.atomic
def _hand_on(today: date, now: datetime, batch: int) -> int:
    waiting = coming(today)  # counted before the first of them has moved
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM matters_units_follow(%s, %s, %s)", [today, now, batch])
        rows = cursor.fetchall()
    if rows:
        tell_heirs(waiting, now=now)
    heirs = _heirs(rows, {one.old_unit_id: one.new_unit_id for one in waiting}, now)
    moved = journal.record_many(
        Draft(
            Succeed(
                number=number,
                from_holder_unit_id=had,
                holder_unit_id=holder,
                from_intake_unit_id=had_intake,
                intake_unit_id=intake,
                heirs=heirs[matter_id],
            ),
            Subject("matter", matter_id, step, code),
            _SYSTEM,
            now,
        )
        for matter_id, number, step, code, had, holder, had_intake, intake in rows
    )
    checks_follow(matter_ids=[row[0] for row in rows if row[4] != row[5]], now=now)
    return moved


# A share of a unit that ended is over by now, with its matter's move.
_SHARES = "SELECT matter_id, unit_id FROM matters_assignment WHERE matter_id = ANY(%s) AND unit_id = ANY(%s) AND ended_at = %s"


def _heirs(rows: Sequence[Any], line: dict[int, int], now: datetime) -> dict[int, tuple[tuple[int, int], ...]]:
    """Which unit of each moved matter has which heir; 1 query."""
    pairs: dict[int, dict[int, int]] = {
        row[0]: {old: new for old, new in ((row[4], row[5]), (row[6], row[7])) if old is not None and old != new}
        for row in rows
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, [list(pairs), list(line), now])
        for matter_id, unit_id in cursor.fetchall():
            pairs[matter_id][unit_id] = line[unit_id]
    return {matter_id: tuple(sorted(found.items())) for matter_id, found in pairs.items()}


def _is_left(goals: Sequence[Following]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [[goal.old_id for goal in goals], [goal.old_code for goal in goals]])
        return bool(cursor.fetchone()[0])
