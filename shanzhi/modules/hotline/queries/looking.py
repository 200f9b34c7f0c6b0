"""What is known while somebody speaks: the place that was named, open matters, categories, knowledge items, a unit."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import CallerMatter, DispatchHint, MatterRow, Said
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.hotline.policy import Words
from shanzhi.modules.hotline.queries.knowledge import Item, items_of, items_wanted

LIKE_MOST = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What is known while somebody speaks: the caller's open matters, open matters near by or like it (`same`: the ids of
    those that are likely the same problem, which stand first), likely categories as (code, name), whom it would go to by
    which limit, knowledge items, and the place (场所) that was chosen, closed or not."""

    caller: tuple[CallerMatter, ...]
    like: tuple[MatterRow, ...]
    categories: tuple[tuple[str, str], ...]
    hint: DispatchHint | None
    items: tuple[Item, ...]
    phone_is_wrong: bool
    same: frozenset[int] = frozenset()
    place: PlaceRow | None = None


def look(words: Words, *, caller: tuple[CallerMatter, ...], phone_is_wrong: bool, actor: Actor, now: datetime) -> Look:
    """What is known about what was typed, beside what the caller's number led to; 3 queries at most, and the tree's."""
    on, text = local_date(now), f"{words.title} {words.body}"
    likely = matters.likely_categories(words.title, words.body)
    category = words.category or (likely[0][0] if likely else "")
    place = organisation.place_by_id(words.site_id, on) if words.site_id is not None else None
    site = place if place is not None and not place.is_closed else None
    region = words.region or (site.region_code if site else "")
    known = matters.known_of(
        Said(text, category, region, site),
        actor=actor,
        now=now,
        most=LIKE_MOST,
        along=[items_wanted(text, category, on), organisation.grid_wanted(words.region, on)],
    )
    items, grids = known.along
    # The page names the region that was chosen.
    organisation.grids_told(grids, on)
    return Look(
        caller=caller,
        like=known.like,
        categories=likely,
        hint=known.hint,
        items=items_of(items),
        phone_is_wrong=phone_is_wrong,
        same=known.same,
        place=place,
    )
