"""What a list shows, as statements that an index serves.

Row-level security stands beneath all of it and decides what is seen. Its predicate is one OR over several tables, which
no index answers; so the ways in which an actor comes to see matters (its places, its intake, its unit's part) are asked
one by one, each by its index, of the database's search function, which lets nothing through that the policy wouldn't. The
rows that are shown are read under the policy again. Leaving the ways out makes a list slower, not wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2s
from typing import Any, Literal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.core.periods import CITY_ZONE, next_day
from shanzhi.core.ranges import next_code
from shanzhi.core.text import clean_text
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.models import Assignment, Matter, Part
from shanzhi.kernel.matters.policy.report import follow_hash, normalise_number
from shanzhi.kernel.matters.policy.search import QUERY_MOST, folded, query_of
from shanzhi.kernel.matters.queries.sitting import NOWHERE, Sitting
from shanzhi.kernel.vault.operations import keyring

Sort = Literal["due", "newest"]
Rows = QuerySet[Matter]
NO_CATEGORY = "."
"""Asks for what nobody has put into a category yet."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list shows; an empty field doesn't filter. Row-level security stands beneath all of it.

    `unit_id`: units with an open share. `owners`: the stage codes of a desk. `light`: where the clock stands.
    `words`: a number, a follow code, or words of title, text and place. `open_only` leaves ended matters out.
    `kind` and `channel` are codes; `place` stands in the place's text. A `region_code` that ends
    in a dot means what lies at that region itself and in none below; a zone's is none of its parts', so `spans` say between
    which codes those lie. `sitting`: where and how long it sits.
    """

    stages: tuple[str, ...] = ()
    unit_id: int | None = None
    part: str = ""
    region_code: str = ""
    spans: tuple[tuple[str, str], ...] = ()
    category: str = ""
    light: str = ""
    words: str = ""
    reported_from: date | None = None
    reported_to: date | None = None
    follow: tuple[str, ...] = ()
    open_only: bool = True
    sort: Sort = "due"
    kind: str = ""
    channel: str = ""
    place: str = ""
    sitting: Sitting = NOWHERE

    @property
    def is_narrow(self) -> bool:
        """Do few rows meet the conditions, so that finding them takes longer than putting them in order?"""
        return bool(
            self.words
            or self.place
            or self.category
            or self.kind
            or self.channel
            or self.reported_from
            or self.reported_to
            or not self.sitting.is_empty
        )

    def mark(self) -> str:
        """Eight hexadecimal digits by which a cursor knows its list."""
        return blake2s(repr(self).encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row at which a page begins or ends: its time in the list's order (None: it has none and stands last), and its id.
    `is_back` asks for what stands before it."""

    at: datetime | None
    id: int
    is_back: bool = False

    @classmethod
    def read(cls, text: str, wanted: ListFilter, *, is_back: bool = False) -> "Cursor | None":
        """Out of "<time>_<id>_<mark>"; None where it can't be read or is another list's, which begins at the start."""
        moment, _, rest = text.partition("_")
        number, _, mark = rest.partition("_")
        try:
            at, pk = datetime.fromisoformat(moment) if moment != "-" else None, int(number)
        except ValueError:
            return None
        is_time = at.tzinfo is not None if at else wanted.sort == "due"
        return cls(at, pk, is_back) if is_time and 0 <= pk < 1 << 63 and mark == wanted.mark() else None

    @staticmethod
    def text(row: Matter, wanted: ListFilter) -> str:
        """The cursor that stands at this row."""
        at = row.due_at if wanted.sort == "due" else row.reported_at
        return f"{at.isoformat() if at else '-'}_{row.pk}_{wanted.mark()}"


_PLAN = "set_config('plan_cache_mode', 'force_custom_plan', true)"


def plan_by_values() -> None:
    """Let the rest of this transaction be planned by the values that it asks for. 1 statement.

    A kept plan is made for a unit of average work; for a centre that took part in everything it reads a million rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_PLAN}")


def order_of(sort: Sort, *, is_back: bool = False) -> tuple[str, str]:
    """Soonest due first (ended ones last), or newest report first; ties by id. Turned round for a page that lies before."""
    return _ORDERS[sort, is_back]


_ORDERS: dict[tuple[Sort, bool], tuple[str, str]] = {
    ("due", False): ("due_at", "pk"),
    ("due", True): ("-due_at", "-pk"),
    ("newest", False): ("-reported_at", "-pk"),
    ("newest", True): ("reported_at", "pk"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What is found: `rows` as the policy shows them, and the search that found them, if one did (it may tell an id twice:
    once for each way)."""

    rows: Rows
    search: RawSQL | None = None
    counted: RawSQL | None = None
    is_part: bool = False

    @classmethod
    def by(cls, search: "_Search", ways: Sequence["Way"]) -> "Found":
        """The rows whose ids a search finds by these ways."""
        ids = search.ids(ways)
        return cls(Matter.objects.filter(pk__in=ids), ids, search.count(ways), [way[0] for way in ways] == ["part"])

    def ids_in_order(self) -> list[int]:
        """The ids as the search gave them: by one way they stand in the list's order. 1 query."""
        assert self.search is not None  # noqa: S101 - whoever asks has looked
        with connection.cursor() as cursor:
            cursor.execute(self.search.sql, self.search.params)
            return [row[0] for row in cursor.fetchall()]

    def count(self, most: int) -> int:
        """How many there are, up to `most`; what a search found is visible, so the policy isn't asked once more. 1 query."""
        if self.counted is None:
            return len(self.rows.order_by().values_list("pk", flat=True)[:most])
        return counts([self.counted])[0]


def counts(searches: Sequence[RawSQL], *, is_planned: bool = False) -> list[int]:
    """How many each search finds (`Found.counted`), all in one statement; with `is_planned` it does for the rest of the
    transaction what `plan_by_values` does."""
    asked = [search.sql for search in searches] + [_PLAN] * is_planned
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}", [value for search in searches for value in search.params])
        return list(cursor.fetchone())[: len(searches)]


def found_by(
    wanted: ListFilter,
    now: datetime,
    actor: Actor | None,
    *,
    most: int,
    after: Cursor | None = None,
    ordered: bool = True,
) -> Found | None:
    """What the filter finds past a cursor by all ways in which `actor` sees, in one statement; without an actor there is one
    way, the policy's. By each way `most` rows are wanted, the first in the list's order if `ordered`. None: the words hold
    nothing to find by."""
    words = folded(clean_text(wanted.words)[:QUERY_MOST]).strip()
    rows = _past(found_whole(wanted, now), wanted.sort, after)
    named = _named(words)
    if named is not None:
        return Found(rows.filter(named))
    sought = query_of(words) if words else None
    search, ways = _Search(wanted, sought, now, most, after, ordered), _ways(wanted, actor)
    if search.sought == "":
        return None
    if search.sought is None and not wanted.place and ways == _everywhere(wanted):
        return Found(rows)
    return Found.by(search, ways) if ways else None


def found_whole(wanted: ListFilter, now: datetime) -> Rows:
    """All that the filter finds, in one set without order, as the policy alone shows it; words aren't looked at."""
    there = Q()
    for _, low, below in _everywhere(wanted):
        there |= Q(scope_code__gte=low, scope_code__lt=below) if low else Q()
    return _filtered(wanted, now).filter(there)


def _named(words: str) -> Q | None:
    """The one matter that a number or a follow code names; None where the words are neither."""
    number = normalise_number(words)
    if number:
        return Q(number=number)
    code = follow_hash(keyring().derive("follow"), words) if words else ""
    return Q(follow_hash=code) if code and Matter.objects.filter(follow_hash=code).exists() else None


def _filtered(wanted: ListFilter, now: datetime) -> Rows:
    rows = Matter.objects.all()
    if wanted.open_only:
        rows = rows.filter(ended_at=None)
    if wanted.stages:
        rows = rows.filter(stage__in=wanted.stages)
    if wanted.unit_id is not None:
        shares = Assignment.objects.filter(matter_id=OuterRef("pk"), unit_id=wanted.unit_id, ended_at=None)
        rows = rows.filter(Exists(shares.filter(part=wanted.part) if wanted.part else shares))
    if wanted.category:
        first, after = category_span(wanted.category)
        rows = rows.filter(category__gte=first, category__lt=after)
    if wanted.follow:
        # The reporter has one matter: its parts stand on its page.
        rows = rows.filter(follow_hash__in=wanted.follow).exclude(Exists(Part.objects.filter(matter_id=OuterRef("pk"))))
    if wanted.place:
        rows = rows.filter(place_text__icontains=wanted.place)
    rows = wanted.sitting.narrowed(rows, now)
    codes = {name: value for name, value in (("kind", wanted.kind), ("channel", wanted.channel)) if value}
    bounds = {name: value for name, value in _bounds(wanted, now).items() if value is not None}
    return rows.filter(**codes, **bounds)


def category_span(start: str) -> tuple[str, str]:
    """Between which codes a category's lie; a dot alone: what has none yet."""
    return ("", "\x01") if start == NO_CATEGORY else (start, _after_all(start))


def _after_all(start: str) -> str:
    """The first text that comes after all that begin with `start`. By range, since LIKE isn't leakproof: under a policy it
    reaches no index. Codes are plain ASCII; what isn't begins none of them, and its own range holds none."""
    return start[:-1] + chr(ord(start[-1]) + 1) if start.isascii() else start


def _bounds(wanted: ListFilter, now: datetime) -> dict[str, datetime | None]:
    """The bounds of time that light and days set."""
    light = wanted.light
    first, below = midnight_bounds(wanted.reported_from, wanted.reported_to)
    return {
        "due_at__gte": now if light == Light.WARNING else None,
        "due_at__lt": now if light == Light.OVERDUE else None,
        "warn_at__gt": now if light == Light.NORMAL else None,
        "warn_at__lte": now if light == Light.WARNING else None,
        "reported_at__gte": first,
        "reported_at__lt": below,
    }


def midnight_bounds(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """From which moment and before which one lie these days of the city, both counted; None where none is set."""
    return _midnight(first) if first else None, _midnight(next_day(last)) if last else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE)


Way = tuple[Literal["any", "place", "intake", "part"], str, str]
"""How a matter comes to be seen, and between which codes it lies (empty: anywhere)."""


def _everywhere(wanted: ListFilter) -> list[Way]:
    """All that lies where it is wanted: one way, for a zone one for each stretch of codes that it covers."""
    spans = wanted.spans or ((span_of(wanted.region_code),) if wanted.region_code else (("", ""),))
    return [("any", *span) for span in spans]


def span_of(region_code: str) -> tuple[str, str]:
    """The codes of a region: from the first up to below the second; with a dot behind it the region's own code alone."""
    own = region_code.removesuffix(".")
    return (own, next_code(own)) if own == region_code else (own, f"{own}0")


def _ways(wanted: ListFilter, actor: Actor | None) -> list[Way]:
    """The ways in which the actor comes to see what is wanted."""
    everywhere = _everywhere(wanted)
    if actor is None or not actor.is_post or wanted.unit_id == actor.unit_id:
        return everywhere
    return [way for _, low, below in everywhere for way in _ways_into(actor, low, below)]


def _ways_into(actor: Actor, low: str, below: str) -> list[Way]:
    """The ways in which a post comes to see what lies between two codes (empty: anywhere)."""
    if low and any(span[0] <= low and below <= span[1] for span in actor.ranges):
        # All of it lies in the post's places: there is no other way that would show more.
        return [("place", low, below)]
    ways: list[Way] = [("place", *both) for span in actor.ranges if (both := _narrower(span, low, below))]
    ways += [("intake", *both) for span in actor.intake if (both := _narrower(span, low, below))]
    return [*ways, ("part", low, below)] if actor.unit_id is not None else ways


def _narrower(span: tuple[str, str], low: str, below: str) -> tuple[str, str] | None:
    """What two ranges share (an empty second one is everything); None where that is nothing."""
    both = (max(span[0], low), min(span[1], below)) if low else span
    return both if both[0] < both[1] else None


def _past(rows: Rows, sort: Sort, past: Cursor | None) -> Rows:
    if past is None:
        return rows
    name, is_rising = ("due_at", not past.is_back) if sort == "due" else ("reported_at", past.is_back)
    way = "gt" if is_rising else "lt"
    if past.at is None:
        beside = Q(due_at=None, **{f"pk__{way}": past.id})
        return rows.filter(beside | Q(due_at__isnull=False) if past.is_back else beside)
    beyond = Q(**{f"{name}__{way}": past.at}) | Q(**{name: past.at, f"pk__{way}": past.id})
    return rows.filter(beyond | Q(due_at=None) if sort == "due" and not past.is_back else beyond)


_SEARCH = (
    "SELECT matters_search(%s::tsquery, %s, %s, %s, %s, %s, %s, %s::text[], %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class _Search:
    """What is asked of the search function: `sought` as PostgreSQL reads it (None: no words); `most` ids in the list's
    order."""

    wanted: ListFilter
    sought: str | None
    now: datetime
    most: int
    after: Cursor | None
    ordered: bool

    def ids(self, ways: Sequence[Way]) -> RawSQL:
        """The ids that the database's search function finds by these ways, visible ones alone; one by two ways twice."""
        values = [value for way in ways for value in self._values(*way)]
        return RawSQL(" UNION ALL ".join([_SEARCH] * len(ways)), values)  # noqa: S611 - a fixed text

    def count(self, ways: Sequence[Way]) -> RawSQL:
        """How many of them there are, up to `most`. Where the first way finds so many, the others aren't asked."""
        values = [value for way in ways for value in self._values(*way)]
        if len(ways) == 1:
            return RawSQL(f"(SELECT count(*) FROM ({_SEARCH}) found)", values)  # noqa: S608, S611 - a fixed text
        every = " UNION ".join(["SELECT * FROM first", *[_SEARCH] * (len(ways) - 1)])
        text = (
            f"(WITH first AS MATERIALIZED ({_SEARCH}) SELECT CASE WHEN (SELECT count(*) FROM first) >= {int(self.most)}"  # noqa: S608
            f" THEN {int(self.most)} ELSE (SELECT least(count(*), {int(self.most)}) FROM ({every}) found) END)"
        )
        return RawSQL(text, values)  # noqa: S611 - a fixed text

    def _values(self, way: str, low: str, below: str) -> list[Any]:
        wanted, after, bounds = self.wanted, self.after, _bounds(self.wanted, self.now)
        return [
            self.sought,
            way,
            wanted.sort == "due" if self.ordered else None,
            after.at if after else None,
            after.id if after else None,
            self.most,
            wanted.open_only,
            list(wanted.stages) or None,
            wanted.unit_id,
            wanted.part or None,
            low or None,
            below or None,
            *(category_span(wanted.category) if wanted.category else (None, None)),
            *(bounds[name] for name in ("due_at__gte", "due_at__lt", "warn_at__gt", "warn_at__lte")),
            *(bounds[name] for name in ("reported_at__gte", "reported_at__lt")),
            wanted.kind or None,
            wanted.channel or None,
            wanted.place.lower() or None,
            after is not None and after.is_back,
            *wanted.sitting.values(self.now),
        ]
