"""The ladder (催办阶梯): who is told that clocks are near or past their limits, once for each clock and rung.

One statement finds and writes what is new and counts it by who is to be told, so that a pass over a hundred thousand clocks
makes as many rows in this process as there are units.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter

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
    "matters.ladder_holder": msg(
        "时限提醒：%(count)s 件快到期，最急的是 %(number)s。因现在由本单位办理，按催办阶梯第 %(rung)s 级提醒您。"
    ),
    "matters.ladder_unit": msg(
        "超期提醒：%(count)s 件，最早到期的是 %(number)s。因本单位超期没有办结，按催办阶梯第 %(rung)s 级报到您。"
    ),
    "matters.ladder_centre": msg(
        "超期提醒：%(count)s 件，最早到期的是 %(number)s。因本中心受理的事项承办单位超期没有办结，"
        "按催办阶梯第 %(rung)s 级升级至您。"
    ),
    "matters.ladder_above": msg(
        "超期提醒：%(count)s 件，最早到期的是 %(number)s。因下一级承办单位超期没有办结，"
        "按催办阶梯第 %(rung)s 级升级至您。"
    ),
    "matters.ladder_vacant": msg(
        "空岗提醒：%(count)s 件，最早到期的是 %(number)s。因承办单位没有人在岗，按催办阶梯第 %(rung)s 级升级至您。"
    ),
}
"""Why a message reached somebody, by the rung's `tell`; vacant: nobody holds a post where it should have gone."""

_CLIMB = """
WITH rungs AS (
    SELECT * FROM unnest(%(codes)s::text[], %(places)s::int[], %(calendars)s::text[], %(warns)s::bool[],
        %(before)s::timestamptz[]) AS r (rung, place, calendar, warns, before)
), stands AS MATERIALIZED (
    -- The highest rung on which a clock stands: those below it are past, told or not.
    SELECT c.id, c.matter_id, c.calendar, max(r.place) AS place
    FROM matters_clock c JOIN rungs r ON r.calendar = c.calendar
        AND CASE WHEN r.warns THEN c.warn_at <= r.before ELSE c.due_at < r.before END
    WHERE c.stopped_at IS NULL AND c.paused_at IS NULL
    GROUP BY c.id
), fresh AS (
    SELECT s.id, s.matter_id, s.place, m.holder_unit_id, m.intake_unit_id, m.kind, m.kind_version, m.stage,
        left(m.scope_code, 12) AS code, m.number, m.due_at
    FROM stands s JOIN matters_matter m ON m.id = s.matter_id
    WHERE m.ended_at IS NULL AND m.holder_unit_id IS NOT NULL
      AND (m.kind || ' ' || m.kind_version || ' ' || m.stage) <> ALL (%(lapsing)s::text[])
      AND NOT EXISTS (SELECT 1 FROM matters_rung t JOIN rungs p ON p.rung = t.rung
          WHERE t.clock_id = s.id AND p.calendar = s.calendar AND p.place >= s.place)
), written AS (
    INSERT INTO matters_rung (clock_id, rung, told_at)
    SELECT f.id, (SELECT rung FROM rungs WHERE place = f.place LIMIT 1), %(now)s FROM fresh f
    ON CONFLICT DO NOTHING
    RETURNING clock_id
), highest AS (
    -- Somebody to whom two clocks of one matter lead is told of the higher one.
    SELECT DISTINCT ON (f.matter_id) f.* FROM fresh f JOIN written w ON w.clock_id = f.id
    ORDER BY f.matter_id, f.place DESC
)
SELECT place, holder_unit_id, intake_unit_id, kind, kind_version, stage, code, count(*),
    (array_agg(number ORDER BY due_at, matter_id))[1], min(due_at)
FROM highest
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


@dataclass(slots=True)
class _Told:
    """What one role of one unit is told for one reason."""

    count: int = 0
    number: str = ""
    due_at: datetime | None = None
    place: int = 0

    def add(self, group: "_Group") -> None:
        self.count += group.count
        self.place = max(self.place, group.place)
        if self.due_at is None or group.due_at < self.due_at:
            self.number, self.due_at = group.number, group.due_at


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

    Outside of service hours nothing is done: it comes with the next pass. One transaction: what is told is written down with
    the telling, so a pass that breaks off has told nobody. Worker's role. 6 queries, however many clocks.
    """
    rules, calendar = ladder(), work_calendar(local_date(now))
    if not is_service_time(now, calendar.named(rules.calendar)):
        return 0
    groups = _climbed(rules, now)
    if not groups:
        return 0
    with organisation.one_tree():
        told = _addressed(rules, groups, local_date(now))
        names = organisation.unit_names({unit_id for unit_id, _, _ in told})
    notices.notices_write(
        [_notice(key, one, names.get(key[0], ""), now) for key, one in sorted(told.items(), key=itemgetter(0))], now=now
    )
    return len(told)


def _notice(key: tuple[int, str, str], one: _Told, unit_name: str, now: datetime) -> NewNotice:
    unit_id, role, text = key
    is_near = text == "matters.ladder_holder"
    params: dict[str, object] = {
        "count": one.count,
        "number": one.number,
        "rung": one.place + 1,
        "light": "warning" if is_near else "overdue",
    }
    if is_near or text == "matters.ladder_unit":
        params["unit"] = unit_name
    facts = {"number": one.number, "count": str(one.count), "rung": str(one.place + 1)}
    return NewNotice(unit_id, role, "ladder", unit_id, int(now.timestamp() // 60), text, params, "", facts)


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


def _addressed(rules: Ladder, groups: Collection[_Group], on: date) -> dict[tuple[int, str, str], _Told]:
    """(unit, role, text) → what it is told."""
    units = organisation.units_by_ids({group.holder for group in groups}, on)
    levels = {unit_id: unit.level for unit_id, unit in units.items()}
    over = {
        (code, level): organisation.unit_above(code, level, on)
        for code, level in {(g.scope_code, levels[g.holder]) for g in groups if g.holder in levels}
    }
    above = {
        (g.holder, g.scope_code): found.id
        for g in groups
        if g.holder in levels and (found := over[g.scope_code, levels[g.holder]])
    }
    held = organisation.held_roles_of_units(
        {one for g in groups for one in (g.holder, g.intake)} | set(above.values()), on
    )
    made: dict[tuple[int, str, str], _Told] = defaultdict(_Told)
    for group in groups:
        up = above.get((group.holder, group.scope_code), group.intake)
        for key in _readers(rules.rungs[group.place].tell, group, up, held):
            made[key].add(group)
    return made


def _readers(tell: Tell, group: _Group, up: int, held: dict[int, frozenset[str]]) -> Iterator[tuple[int, str, str]]:
    """Who is told of a group: unit, role, text; `up` is the unit above the holder. A rung whose unit has nobody in a post of it
    tells that one."""
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
