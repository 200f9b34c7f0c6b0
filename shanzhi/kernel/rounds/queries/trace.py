"""From a figure of the list down to the resident's verdict: the figure by region, the matters behind it, a matter's entries.

All of it is read out of the pack that was taken in, each time anew: nothing is kept, and no call leads to the city's platform.
"""

from dataclasses import dataclass
from pathlib import Path

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Indicator, Source
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.packs.policy.letter_box import spellings
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.packs.queries import letters as letters_here
from shanzhi.kernel.packs.queries.kept import BehindMatter, MatterTold, RegionFigure
from shanzhi.kernel.rounds.models import Receipt, RoundCity
from shanzhi.kernel.rounds.policy.items import round_period, typed_outside
from shanzhi.kernel.rounds.policy.words import NoSuchItem, NoSuchRound
from shanzhi.kernel.rounds.queries.upper_city import city_of

PAGE = 25


@dataclass(frozen=True, slots=True)
class FigurePage:
    """A figure of one region (`at`), what leads down to it (`above`, the city first), and the regions right below it."""

    city: RoundCity
    item: Indicator
    period: Period
    at: RegionFigure | None
    above: tuple[RegionFigure, ...]
    below: tuple[RegionFigure, ...]

    @property
    def is_computed(self) -> bool:
        """Are there matters behind it?"""
        return self.item.source is Source.COMPUTED

    @property
    def is_outside(self) -> bool:
        """Is it a typed-in figure of a time that isn't in the round's months, so that the pack hasn't it?"""
        return typed_outside(self.item, round_period(self.city.round.first, self.city.round.last)) is not None


@dataclass(frozen=True, slots=True)
class BehindPage:
    """A page of the matters behind a figure. `total` of them at most `BEHIND_MOST`; `further`: what leads to the next page."""

    figure: FigurePage
    matters: tuple[BehindMatter, ...]
    total: int
    further: int | None

    @property
    def is_capped(self) -> bool:
        """Are there more than are read?"""
        return self.total >= kept.BEHIND_MOST


@dataclass(frozen=True, slots=True)
class MatterPage:
    """A matter of a city's pack with its proved entries."""

    city: RoundCity
    told: MatterTold


def pack_of(city: RoundCity) -> Path:
    """Where the pack of a city's last submission lies; 1 query.

    Raises:
        NoSuchRound: none was taken in.
    """
    receipt = Receipt.objects.filter(round_city=city).order_by("-submission").first()
    if receipt is None:
        raise NoSuchRound(msg("还没有收下%(city)s的验收包，没有可以看的记录。"), city=city.name)
    return letters_here.letter_path(receipt.sha256)


def _figures(path: Path, city: RoundCity, key: str) -> tuple[Indicator, Period, tuple[RegionFigure, ...]]:
    period = round_period(city.round.first, city.round.last)
    with kept.kept_pack(path, kept.FIGURES) as pack:
        rule = kept.rule_in(pack, key, period)
        if rule is None:
            raise NoSuchItem(msg("指南里没有“%(key)s”这一项。请从页面上选。"), key=key[:40])
        return *rule, kept.region_figures(pack, key, period)


def figure(city_id: int, key: str, region_id: int | None = None) -> FigurePage:
    """A figure of a city's pack by region: the city itself, or one of its regions by the pack's own number; 2 queries.

    Raises:
        NoSuchRound, NoSuchItem, PackGone: not in sight, not in the guideline, or the file is gone.
    """
    city = city_of(city_id)
    item, period, rows = _figures(pack_of(city), city, key)
    return _page(city, item, period, rows, region_id)


def _page(
    city: RoundCity, item: Indicator, period: Period, rows: tuple[RegionFigure, ...], region_id: int | None
) -> FigurePage:
    by_id = {one.id: one for one in rows}
    top = next((one for one in rows if one.code in spellings(city.city_code)), None)
    at = top if region_id is None else by_id.get(region_id, top)
    above: list[RegionFigure] = []
    while at is not None and (one := by_id.get((above[-1] if above else at).parent or 0)) is not None:
        above.append(one)
    below = tuple(one for one in rows if at is not None and one.parent == at.id)
    return FigurePage(city, item, period, at, tuple(reversed(above)), below)


def matters(city_id: int, key: str, region_id: int | None = None, after: int = 0) -> BehindPage:
    """The matters behind a figure of a region, those behind the number `after`; 2 queries.

    Raises:
        as `figure`; EngineUnusable, TookTooLong: the formula can't be run over the pack's facts.
    """
    city = city_of(city_id)
    path = pack_of(city)
    item, period, rows = _figures(path, city, key)
    page = _page(city, item, period, rows, region_id)
    if page.at is None:
        return BehindPage(page, (), 0, None)
    with kept.kept_pack(path, kept.facts()) as pack:
        found = kept.behind_figure(pack, key, round_period(city.round.first, city.round.last), page.at.id)
    rest = [one for one in found if one.id > after]
    return BehindPage(page, tuple(rest[:PAGE]), len(found), rest[PAGE - 1].id if len(rest) > PAGE else None)


def matter(city_id: int, number: str) -> MatterPage:
    """A matter of a city's pack with its entries, each proved up to a head that the city's key signed; 3 queries.

    Raises:
        NoSuchRound, NotFound, PackGone: not in sight, not in the pack, or the file is gone.
    """
    city = city_of(city_id)
    with kept.kept_pack(pack_of(city), kept.PROOF) as pack:
        return MatterPage(city, kept.matter_told(pack, number, letters_here.keys_of(city.city_code)))
