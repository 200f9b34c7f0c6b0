"""What is known of something while somebody says it: open matters about its place, near by or like it, which of them likely
are the same, and whom it would go to. Read in two statements, under the row-level security of whoever listens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.dispatching import cases_wanted
from shanzhi.kernel.matters.operations.likening import guesses_wanted, places_wanted, same_among
from shanzhi.kernel.matters.operations.upkeep import UnitFinder, precedents_wanted
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.matters.queries.dispatching import DispatchHint, hint_found
from shanzhi.kernel.matters.queries.finding import ListFilter
from shanzhi.kernel.matters.queries.lists import MatterRow, lines_of, rows_wanted
from shanzhi.kernel.matters.queries.placed import about_places_wanted
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow

LIKE_WORDS = 2
TOWNSHIP_DIGITS = 9
NEAR_M = 300.0
"""How far from a place its neighbourhood reaches: a few minutes' walk."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says: its words, the category that was chosen or is likely, the code of its region as it was typed
    (either may be empty), and the place (场所) that it is about."""

    text: str
    category: str = ""
    region_code: str = ""
    place: PlaceRow | None = None

    @property
    def near(self) -> str:
        """The code of its region; empty where what was typed can't be one."""
        return self.region_code if self.region_code.isascii() and self.region_code.isdigit() else ""


@dataclass(frozen=True, slots=True)
class KnownOf:
    """Open matters like it, those first that are likely the same (`same`: their ids); whom it would go to; and what was read
    along, as it was asked."""

    like: tuple[MatterRow, ...]
    same: frozenset[int]
    hint: DispatchHint | None
    along: tuple[list[Any], ...]


def known_of(
    said: Said, *, actor: Actor, now: datetime, most: int, along: Sequence[QuerySet[Any, Any]] = ()
) -> KnownOf:
    """What is known of it, `most` matters at most; 2 queries, the second where matters were found."""
    finder = UnitFinder(now)
    matters = [*_about(said, now, most), *_like(said, actor, now, most)]
    catalogue = [precedents_wanted(said.category), cases_wanted(finder.on)] if said.category else []
    told = together(*matters, *along, *catalogue)
    found = {row.pk: row for rows in told[: len(matters)] for row in rows}
    beside = told[len(matters) : len(matters) + len(along)]
    like, same = _compared(said, list(found.values()), now)
    hint = None
    if said.category:
        finder.told(said.category, *told[-2:])
        hint = hint_found(finder, said.category, said.near or actor.region_code)
    return KnownOf(tuple(like[:most]), same, hint, tuple(beside))


def _about(said: Said, now: datetime, most: int) -> Iterator[QuerySet[Matter]]:
    """Open matters about the chosen place, then about those within a few minutes' walk of its point."""
    if said.place is None:
        return
    yield about_places_wanted([said.place.id], most)
    if said.place.point is not None:
        near = organisation.near_wanted(said.place.point, local_date(now), metres=NEAR_M, but=said.place.id)
        yield about_places_wanted(near, most)


def _like(said: Said, actor: Actor, now: datetime, most: int) -> Iterator[QuerySet[Matter]]:
    """Open matters of the category in the same township, then those that share the longest words."""
    township = said.near[:TOWNSHIP_DIGITS]
    if said.category and len(township) == TOWNSHIP_DIGITS:
        yield rows_wanted(ListFilter(region_code=township, category=said.category, sort="newest"), now, actor, most)
    told = sorted((word for word in words_of(said.text) if len(word) > 1 and not word.isdigit()), key=len, reverse=True)
    if told:
        wanted = ListFilter(region_code=township, words=" ".join(told[:LIKE_WORDS]), sort="newest")
        yield rows_wanted(wanted, now, actor, most)


def _compared(said: Said, matters: Sequence[Matter], now: datetime) -> tuple[list[MatterRow], frozenset[int]]:
    """The matters as lines, those that are likely the same first, and the ids of these; 1 query, none for no matters."""
    if not matters:
        return [], frozenset()
    ids, on = [row.pk for row in matters], local_date(now)
    regions = Matter.objects.filter(pk__in=ids).values("region_id")
    guesses, places, grids = together(guesses_wanted(ids), places_wanted(ids), organisation.grids_wanted(regions, on))
    organisation.grids_told(grids, on)
    same = same_among(
        matters,
        guesses,
        places,
        text=said.text,
        category=said.category,
        code=said.region_code,
        place_id=said.place.id if said.place is not None else None,
        now=now,
    )
    lines = {line.id: line for line in lines_of(matters, now)}
    return [lines[pk] for pk in dict.fromkeys((*same, *ids))], frozenset(same)
