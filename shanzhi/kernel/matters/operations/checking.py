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
    home = matter.intake_unit_id
    if not kind.separation.other_unit:
        return home
    had = Assignment.objects.filter(matter=matter, taken_at__isnull=False).values_list("unit_id", "handled_by_id")
    units, people = {unit for unit, _ in had}, {staff for _, staff in had}
    on = local_date(now)

    def able(cards: list[organisation.PostCard]) -> dict[int, None]:
        return {
            card.unit_id: None
            for card in cards
            if card.role == Role.CHECKER and card.staff_id is not None and card.staff_id not in people
            if card.unit_id not in units
        }

    if able(organisation.posts_of_unit(home, on)):
        return home
    others = able(organisation.posts_of_roles([Role.CHECKER], on))
    return next((unit for unit in _nearest(matter, home, now) if unit in others), next(iter(others), home))


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
