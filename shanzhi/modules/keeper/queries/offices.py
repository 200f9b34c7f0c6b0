"""Units with vacancy and load, one unit, one post, the admission list: as the keeper's pages show them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.access import queries as access
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.policy.cards import Card, cards_for
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import OpenWork
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.queries import AdmissionRow, OfficeCard, OfficeFilter, OfficeRow, Seat, SeatCard
from shanzhi.modules.keeper.policy import FEATURE, Load, check_place, load_of, median_per_seat

PAGE = 25
_Sort = tuple[UnitKind, Level]


@dataclass(frozen=True, slots=True)
class LoadedUnit:
    """A unit of the list with its open work and how that stands to what it can carry."""

    row: OfficeRow
    work: OpenWork
    load: Load


@dataclass(frozen=True, slots=True)
class UnitsWanted:
    """Which units: words in the name, a kind, a region's code, `only` "vacant" or "over"; after a unit's id."""

    words: str = ""
    kind: UnitKind | None = None
    code: str = ""
    only: str = ""
    after: int | None = None


def check_keeper(actor: Actor) -> None:
    """Raises SignInNeeded or NotAllowed where the acting post is no keeper."""
    check_may(actor, access.roles().get(actor.role), FEATURE)


def grids_of(community: str, on: date) -> tuple[str, ...]:
    """The codes of a community's grids; empty for any other region; 2 queries at most."""
    return tuple(row.code for row in organisation.children(community, on) if row.level is Level.GRID)


def units_list(wanted: UnitsWanted, *, actor: Actor, now: datetime) -> tuple[list[LoadedUnit], int | None]:
    """A page of units in the keeper's place, and the id after which the next one begins (None: it is the last); 4 to 6 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    on = local_date(now)
    usual = _Usual(now)
    filter_ = OfficeFilter(actor.place, wanted.kind, wanted.code, wanted.words, vacant_only=wanted.only == "vacant")
    if wanted.only == "over":
        filter_ = replace(filter_, ids=tuple(_overloaded(usual)))
    rows = organisation.offices_page(filter_, on, after=wanted.after, limit=PAGE + 1)
    shown = rows[:PAGE]
    usual.learn({(row.kind, row.level) for row in shown})
    return [usual.loaded(row) for row in shown], shown[-1].id if len(rows) > PAGE else None


class _Usual:
    """What is usual in each kind and level of units: open matters for each seat."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._medians: dict[_Sort, float | None] = {}
        self.work: dict[int, OpenWork] = {}
        self.peers: list[organisation.Peer] = []

    def learn(self, sorts: Collection[_Sort]) -> None:
        """Look at all units of these kinds; 2 queries, none for what is known."""
        wanted = set(sorts) - self._medians.keys()
        if not wanted:
            return
        peers = organisation.office_peers(wanted, local_date(self._now))
        self.peers += peers
        self.work |= matters.open_work_of_units([peer.id for peer in peers], self._now)
        shares: dict[_Sort, list[tuple[int, int]]] = defaultdict(list)
        for peer in peers:
            shares[peer.kind, peer.level].append((self.work[peer.id].held, peer.seats))
        self._medians |= {sort: median_per_seat(shares[sort]) for sort in wanted}

    def load(self, unit_id: int, sort: _Sort, seats: int, capacity: int | None) -> Load:
        """How one unit stands."""
        return load_of(self.work[unit_id].held, seats, capacity, self._medians[sort])

    def loaded(self, row: OfficeRow) -> LoadedUnit:
        """A row with its work."""
        return LoadedUnit(row, self.work[row.id], self.load(row.id, (row.kind, row.level), row.posts, row.capacity))


def _overloaded(usual: _Usual) -> Iterable[int]:
    """The ids of all units that have more than they can carry; whose place it is the list's own filter says."""
    usual.learn([(kind, level) for kind in UnitKind for level in Level])
    for peer in usual.peers:
        if usual.load(peer.id, (peer.kind, peer.level), peer.seats, peer.capacity).is_over:
            yield peer.id


@dataclass(frozen=True, slots=True)
class UnitPage:
    """One unit: what it is, its posts, its work; `unmanned`: it has open work and nobody in any of its posts."""

    card: OfficeCard
    region_code: str
    region_name: str
    seats: tuple[Seat, ...]
    work: OpenWork
    load: Load
    open_in_all: int

    @property
    def vacant(self) -> int:
        """How many posts nobody holds."""
        return sum(seat.is_vacant for seat in self.seats)

    @property
    def unmanned(self) -> bool:
        """Is there work and nobody in any post?"""
        return bool(self.work.held) and self.vacant == len(self.seats)


def unit_page(unit_id: int, *, actor: Actor, now: datetime) -> UnitPage:
    """One unit in the keeper's place, open or closed; 8 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
        NotHere: no such unit in its place.
    """
    check_keeper(actor)
    on = local_date(now)
    card = organisation.office_card(unit_id)
    region = organisation.region_by_id(card.region_id, on) if card else None
    check_place(actor, region.code if region else "")
    assert card is not None  # noqa: S101 - no region without one
    assert region is not None  # noqa: S101 - check_place has looked
    seats = tuple(organisation.seats_of_unit(unit_id, on))
    usual = _Usual(now)
    usual.learn([(card.kind, card.level)])
    work = usual.work.get(unit_id) or OpenWork(0, 0)
    load = usual.load(unit_id, (card.kind, card.level), len(seats), card.capacity) if unit_id in usual.work else None
    return UnitPage(
        card,
        region.code,
        region.name,
        seats,
        work,
        load or Load(0, None, False),
        matters.open_matters_of_units([unit_id]),
    )


@dataclass(frozen=True, slots=True)
class PostPage:
    """One post: what it is, where, and who held it when."""

    card: SeatCard
    region_code: str
    region_name: str
    holder: organisation.Held | None


def post_page(post_id: int, *, actor: Actor, now: datetime) -> PostPage:
    """One post in the keeper's place, open or closed; 5 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
        NotHere: no such post in its place.
    """
    check_keeper(actor)
    card = organisation.seat_card(post_id)
    code = organisation.scope_code_of_post(post_id) if card else ""
    check_place(actor, code)
    assert card is not None  # noqa: S101 - no code without one
    on = local_date(now)
    region = organisation.region_by_id(card.region_id, on)
    return PostPage(card, code, region.name if region else code, card.holder(on))


def vacant_posts(actor: Actor, now: datetime) -> int:
    """How many posts in a keeper's place nobody holds; 1 query."""
    return organisation.count_vacant(actor.place, local_date(now))


def start_cards(*, actor: Actor, now: datetime) -> list[tuple[Card, int | None]]:
    """The cards of the start page, each with how many things need attention; 1 query for each that counts.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    return [
        (card, card.count(actor, now) if card.count else None) for card in cards_for(access.roles().get(actor.role))
    ]


def keeper_admission(*, actor: Actor) -> list[AdmissionRow]:
    """The admission list with what has ended; 1 query.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    return organisation.admission_list()
