"""The ladder (催办阶梯): who is told that clocks are near or past their limits, once for each clock and rung.

One statement finds and writes what is new and counts it by who is to be told, so that a pass over a hundred thousand clocks
makes as many rows in this process as there are units.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.ladder import At, Ladder, Tell, is_service_time, reached_before
from shanzhi.kernel.matters.policy.process import OWNER_ROLES, Owner, Role
from shanzhi.kernel.matters.rulebook import kind_version, ladder, lapsing_stages, work_calendar
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.organisation import queries as organisation

LADDER_TEXTS = {
    "matters.ladder_holder": msg("时限提醒：%(count)s 件快到期，最急的是 %(number)s。因为现在由本单位办理。"),
    "matters.ladder_unit": msg("超期提醒：%(count)s 件，最早到期的是 %(number)s。因为本单位超期没有办结。"),
    "matters.ladder_centre": msg(
        "超期提醒：%(count)s 件，最早到期的是 %(number)s。因为由本中心受理，承办单位一直没有办结。"
    ),
    "matters.ladder_above": msg("超期提醒：%(count)s 件，最早到期的是 %(number)s。因为下一级超期已久，报到本级。"),
    "matters.ladder_vacant": msg(
        "空岗提醒：%(count)s 件，最早到期的是 %(number)s。因为承办单位没有人在岗，报到上一级。"
    ),
}
"""Why a message reached somebody, by the rung's `tell`; vacant: nobody holds a post where it should have gone."""

_CLIMB = """
WITH rungs AS (
    SELECT * FROM unnest(%(codes)s::text[], %(places)s::int[], %(calendars)s::text[], %(warns)s::bool[],
        %(before)s::timestamptz[]) AS r (rung, place, calendar, warns, before)
), written AS (
    INSERT INTO matters_rung (matter_id, clock_id, rung, told_at)
    SELECT c.matter_id, c.id, r.rung, %(now)s
    FROM rungs r JOIN matters_clock c ON c.calendar = r.calendar
        AND CASE WHEN r.warns THEN c.warn_at <= r.before ELSE c.due_at < r.before END
    JOIN matters_matter m ON m.id = c.matter_id
    WHERE c.stopped_at IS NULL AND c.paused_at IS NULL AND m.ended_at IS NULL AND m.holder_unit_id IS NOT NULL
      AND (m.kind || ' ' || m.kind_version || ' ' || m.stage) <> ALL (%(lapsing)s::text[])
    ON CONFLICT DO NOTHING
    RETURNING matter_id, clock_id, rung
), highest AS (
    -- Somebody who stands on two rungs at once is told of on the higher one.
    SELECT w.matter_id, max(r.place) AS place FROM written w JOIN rungs r ON r.rung = w.rung GROUP BY w.matter_id
)
SELECT h.place, m.holder_unit_id, m.intake_unit_id, m.kind, m.kind_version, m.stage,
    left(m.scope_code, 15), count(*), (array_agg(m.number ORDER BY m.due_at, m.id))[1], min(m.due_at)
FROM highest h JOIN matters_matter m ON m.id = h.matter_id
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


@dataclass(slots=True)
class _Told:
    """What one role of one unit is told for one reason."""

    count: int = 0
    number: str = ""
    due_at: datetime | None = None

    def add(self, count: int, number: str, due_at: datetime) -> None:
        self.count += count
        if self.due_at is None or due_at < self.due_at:
            self.number, self.due_at = number, due_at


@dataclass(frozen=True, slots=True)
class _Group:
    """Matters that are told of together: on one rung, held by one unit in one stage, in one place."""

    place: int
    holder: int
    intake: int
    kind: str
    version: int
    stage: str
    scope_code: str
    count: int
    number: str
    due_at: datetime


@transaction.atomic
def ladder_climb(*, now: datetime) -> int:
    """Tell whom the ladder names of every clock that came onto a rung; returns how many messages were written.

    Outside of service hours nothing is done: it comes with the next pass. Worker's role. 5 queries, however many clocks.
    """
    rules, calendar = ladder(), work_calendar(local_date(now))
    if not is_service_time(now, calendar.named(rules.calendar)):
        return 0
    groups = _climbed(rules, now)
    if not groups:
        return 0
    told = _addressed(rules, groups, local_date(now))
    names = organisation.unit_names({unit_id for unit_id, _, _ in told})
    notices.notices_write(
        [
            NewNotice(
                unit_id, role, "ladder", unit_id, int(now.timestamp() // 60), text,
                {"count": one.count, "number": one.number, "light": "warning" if text.endswith("holder") else "overdue",
                 **({"unit": names.get(unit_id, "")} if text.endswith(("holder", "unit")) else {})},
                "", {"number": one.number, "count": str(one.count)},
            )
            for (unit_id, role, text), one in sorted(told.items())
        ],
        now=now,
    )  # fmt: skip
    return len(told)


def _climbed(rules: Ladder, now: datetime) -> list[_Group]:
    calendar = work_calendar(local_date(now))
    rows = [(place, rung, code) for place, rung in enumerate(rules.rungs) for code in calendar.codes]
    with connection.cursor() as cursor:
        cursor.execute(
            _CLIMB,
            {
                "codes": [rung.code for _, rung, _ in rows],
                "places": [place for place, _, _ in rows],
                "calendars": [code for _, _, code in rows],
                "warns": [rung.at is At.WARNING for _, rung, _ in rows],
                "before": [reached_before(rung, now, calendar.named(code)) for _, rung, code in rows],
                "lapsing": [" ".join(map(str, key)) for key in lapsing_stages()],
                "now": now,
            },
        )
        return [_Group(*row) for row in cursor.fetchall()]


def _addressed(rules: Ladder, groups: Iterable[_Group], on: date) -> dict[tuple[int, str, str], _Told]:
    """(unit, role, text) → what it is told."""
    groups = list(groups)
    units = organisation.units_by_ids({group.holder for group in groups}, on)
    above = {
        (group.holder, group.scope_code): (
            found.id
            if group.holder in units
            and (found := organisation.unit_above(group.scope_code, units[group.holder].level, on))
            else group.intake
        )
        for group in groups
    }
    held = organisation.held_roles_of_units(
        {one for g in groups for one in (g.holder, g.intake)} | set(above.values()), on
    )
    made: dict[tuple[int, str, str], _Told] = defaultdict(_Told)
    for group in groups:
        for unit_id, role, text in _readers(rules.rungs[group.place].tell, group, above, held):
            made[unit_id, role, text].add(group.count, group.number, group.due_at)
    return made


def _readers(
    tell: Tell, group: _Group, above: dict[tuple[int, str], int], held: dict[int, frozenset[str]]
) -> Iterator[tuple[int, str, str]]:
    """Who is told of a group: unit, role, text. A rung whose unit has nobody in a post of it tells the level above."""
    up = above[group.holder, group.scope_code]
    if tell in (Tell.HOLDER, Tell.UNIT):
        have = held.get(group.holder, frozenset())
        turn = _turn(group, have)
        if turn:
            over = have & {"supervisor"} if tell is Tell.UNIT else frozenset()
            yield from ((group.holder, role, f"matters.ladder_{tell}") for role in sorted(turn | over))
            return
        yield from ((up, role, "matters.ladder_vacant") for role in _watching(up, held))
        return
    unit_id = group.intake if tell is Tell.CENTRE else up
    yield from ((unit_id, role, f"matters.ladder_{tell}") for role in _watching(unit_id, held))


def _turn(group: _Group, have: frozenset[str]) -> frozenset[str]:
    """In which of the roles that are held there somebody does what is due: those of the stage's owner, else whoever moves
    it on."""
    kind = kind_version(group.kind, group.version)
    own = have & {str(role) for role in OWNER_ROLES[Owner(kind.stage(group.stage).owner)]}
    return own or have & {str(role) for role in kind.roles_at(group.stage) - {Role.SUPERVISOR}}


def _watching(unit_id: int, held: dict[int, frozenset[str]]) -> tuple[str, ...]:
    """The supervisors of a unit; where it has none, its dispatchers, else its handlers."""
    there = held.get(unit_id, frozenset())
    return next(((role,) for role in ("supervisor", "dispatcher", "handler") if role in there), ("supervisor",))
