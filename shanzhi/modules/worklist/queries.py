"""The worklist of a unit, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries import NOWHERE, DeskCount, Fallen, ListFilter, MatterPage, Sitting
from shanzhi.modules.worklist.policy import HELPING, Tab, tabs_of


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of one part of the list, the parts to choose from, what is due from the unit altogether, and what fell to
    this post because another of the unit was left."""

    tabs: tuple[Tab, ...]
    tab: Tab
    count: DeskCount
    page: MatterPage
    fallen: tuple[Fallen, ...] = ()


def part_of(actor: Actor, *, kinds: Sequence[Kind], tab: str, light: str, words: str) -> tuple[Tab, ListFilter]:
    """A part of the list, and the filter that finds it.

    `kinds` are those whose stages make up the parts, `tab` is the code of a part (an unknown one shows all that is
    due), `light` normal, warning or overdue, `words` a number or text.
    """
    tabs = tabs_of(kinds)
    chosen = next((each for each in tabs if each.code == tab), tabs[0])
    return chosen, replace(_filter(actor, chosen), light=light, words=words)


def _filter(actor: Actor, tab: Tab) -> ListFilter:
    """What a part of the list shows. What waits for the unit is what it holds: kinds may call a stage alike in which it is
    another's turn."""
    sitting = Sitting(holder_id=actor.unit_id) if tab.is_ours else NOWHERE
    return ListFilter(stages=tab.stages, unit_id=actor.unit_id, part=tab.part, sitting=sitting)


def worklist(
    actor: Actor,
    *,
    kinds: Sequence[Kind],
    tab: str,
    light: str,
    words: str,
    after: str,
    now: datetime,
    before: str = "",
) -> Worklist:
    """The unit's open shares, due first, 25 rows; 2 queries whatever its size, 1 more for grids, for posts that were left, and
    where it helps: those rows have the dates of its own shares.

    `after` is the cursor of the page before, `before` of the page that follows; the others are those of `part_of`.
    """
    tabs = tabs_of(kinds)
    chosen, wanted = part_of(actor, kinds=kinds, tab=tab, light=light, words=words)
    due = _filter(actor, tabs[0])
    found = matters.desk_page(
        due,
        wanted,
        now=now,
        actor=actor,
        after=after,
        before=before,
        along=[matters.fallen_wanted(post_id=actor.post_id or 0)],
    )
    page = found.page
    if chosen.part == HELPING and actor.unit_id is not None:
        page = matters.as_helper(page, actor.unit_id, now=now)
    return Worklist(tabs, chosen, found.count, page, matters.fallen_told(found.along[0], now=now))
