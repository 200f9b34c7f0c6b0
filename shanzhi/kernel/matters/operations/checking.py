"""Which centre checks what was done: never one that handled it, and never one that has nobody who could."""

from collections.abc import Iterator
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.policy.process import Kind, Role
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level

_BELOW = (Level.COUNTY, Level.TOWNSHIP)


def checking_unit(matter: Matter, kind: Kind, now: datetime) -> int:
    """The unit whose checkers have the turn (不相容岗位分离).

    It is the centre that took the matter in. Where the process keeps units apart (`[check] other_unit`) and that centre
    handled the matter, or none of its checkers is left who didn't, it is the nearest centre above that can, else one below
    in the matter's place, else any of the city's. Where nobody can it stays with the centre, whose clock the ladder
    tells of. 2 queries, 3 where another is looked for; none where the process asks for nothing.
    """
    home, on = matter.intake_unit_id, local_date(now)
    if not kind.separation.other_unit:
        return home
    had = _had(matter)
    if _able(organisation.posts_of_unit(home, on), had):
        return home
    others = _able(organisation.posts_of_roles([Role.CHECKER], on), had)
    return next((unit for unit in _nearest(matter, home, now) if unit in others), next(iter(others), home))


def may_check(matter: Matter, kind: Kind, unit_id: int, now: datetime) -> bool:
    """Is there somebody in the unit who may check what was done? 2 queries; none where the process keeps no units apart."""
    if not kind.separation.other_unit:
        return True
    return bool(_able(organisation.posts_of_unit(unit_id, local_date(now)), _had(matter)))


def _had(matter: Matter) -> tuple[set[int], set[int | None]]:
    """The units and the people who had it in hand."""
    rows = list(
        Assignment.objects.filter(matter=matter, taken_at__isnull=False).values_list("unit_id", "handled_by_id")
    )
    return {unit for unit, _ in rows}, {staff for _, staff in rows}


def _able(cards: list[organisation.PostCard], had: tuple[set[int], set[int | None]]) -> dict[int, None]:
    """The units in which one of these posts is a checker's who had nothing to do with it."""
    units, people = had
    return {
        card.unit_id: None
        for card in cards
        if card.role == Role.CHECKER and card.staff_id is not None and card.staff_id not in people
        if card.unit_id not in units
    }


def _nearest(matter: Matter, home: int, now: datetime) -> Iterator[int]:
    """The centres above the one that took it in, then those below it in the matter's place."""
    on = local_date(now)
    unit = organisation.units_by_ids([home], on).get(home)
    while unit is not None and (above := organisation.unit_above(matter.scope_code, unit.level, on)) is not None:
        yield above.id
        unit = above
    for level in _BELOW:
        centre = organisation.centre_for(matter.scope_code, level, on)
        if centre is not None and centre.id != home:
            yield centre.id
