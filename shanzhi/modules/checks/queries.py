"""What waits for a check, as the desk shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Kind, Owner
from shanzhi.kernel.matters.queries import DeskCount, ListFilter, MatterPage, Sitting


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of what waits, and how much of it there is."""

    count: DeskCount
    page: MatterPage


def checking_stages(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Codes of the stages in which the checker has the turn."""
    return tuple(dict.fromkeys(stage.code for kind in kinds for stage in kind.stages if stage.owner is Owner.CHECKER))


def waiting(stages: tuple[str, ...], *, unit_id: int | None, light: str, words: str) -> ListFilter:
    """The filter that finds what waits for a check of this unit's: the process gives it to a centre that didn't handle it
    (`matters` `operations/checking.py`). What lies in its place and is another centre's to check stays in the list of all."""
    return ListFilter(stages=stages, light=light, words=words, sitting=Sitting(holder_id=unit_id))


def desk(
    *, stages: tuple[str, ...], light: str, words: str, after: str, actor: Actor, now: datetime, before: str = ""
) -> Desk:
    """The matters that wait for a check by the acting post's unit, due first; 2 queries whatever its size, 1 more for grids."""
    wanted = waiting(stages, unit_id=actor.unit_id, light=light, words=words)
    whole = waiting(stages, unit_id=actor.unit_id, light="", words="")
    count = matters.desk_count(whole, now=now, actor=actor)
    total = count.waiting if wanted == whole else None
    page = matters.matters_page(wanted, now=now, actor=actor, after=after, before=before, total=total)
    return Desk(count, page)
