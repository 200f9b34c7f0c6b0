"""Reads of the residents' doors: the public list, and the places to choose from."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from shanzhi.core.geo import Point
from shanzhi.core.ranges import CodeRanges, next_code
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.intake.models import PublicMatter
from shanzhi.modules.intake.policy import COUNT_CAP, PUBLIC_PAGE, Cursor, PublicFilter

MATCHES_MOST = 12
AREAS_MOST = 2000
CODE_MOST = 15
COMMUNITY_DIGITS = 12
PATH_TO_COMMUNITY = 3
"""County, township, community: how long a path of names is down to a community; a grid's name stays out of sight."""


@dataclass(frozen=True, slots=True)
class PublicRow:
    """A line of the public list, in words."""

    category_name: str
    place: str
    stage_name: str
    is_ended: bool
    reported_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A page of the public list; `before` and `after` are cursors, empty where there is nothing."""

    rows: tuple[PublicRow, ...]
    before: str
    after: str
    total: int


@dataclass(frozen=True, slots=True)
class Area:
    """A county or township to choose; `parent` is the code above it, empty below the city."""

    code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Community:
    """A community to choose, with its names from the county down."""

    code: str
    name: str
    path: str


def public_page(wanted: PublicFilter, *, after: Cursor | None = None, before: Cursor | None = None) -> PublicPage:
    """One page of the public list, newest first; 2 queries."""
    found = _filtered(wanted)
    total = found.order_by()[: COUNT_CAP + 1].count()
    if before is not None:
        later = Q(reported_on__gt=before.reported_on) | Q(
            reported_on=before.reported_on, matter_id__gt=before.matter_id
        )
        rows = list(found.filter(later).order_by("reported_on", "matter_id")[: PUBLIC_PAGE + 1])
        has_before, has_after = len(rows) > PUBLIC_PAGE, True
        rows = rows[:PUBLIC_PAGE][::-1]
    else:
        if after is not None:
            found = found.filter(
                Q(reported_on__lt=after.reported_on) | Q(reported_on=after.reported_on, matter_id__lt=after.matter_id)
            )
        rows = list(found.order_by("-reported_on", "-matter_id")[: PUBLIC_PAGE + 1])
        has_before, has_after = after is not None, len(rows) > PUBLIC_PAGE
        rows = rows[:PUBLIC_PAGE]
    return PublicPage(
        tuple(_public_row(row) for row in rows),
        before=str(Cursor(rows[0].reported_on, rows[0].matter_id)) if rows and has_before else "",
        after=str(Cursor(rows[-1].reported_on, rows[-1].matter_id)) if rows and has_after else "",
        total=total,
    )


def _filtered(wanted: PublicFilter) -> QuerySet[PublicMatter]:
    rows = PublicMatter.objects.all()
    if wanted.region_code:
        rows = rows.filter(township_code__gte=wanted.region_code, township_code__lt=next_code(wanted.region_code))
    if wanted.category:
        rows = rows.filter(category__startswith=f"{wanted.category}.")
    if wanted.state:
        rows = rows.filter(is_ended=wanted.state == "ended")
    return rows


def _public_row(row: PublicMatter) -> PublicRow:
    return PublicRow(
        category_name=matters.categories().name(row.category),
        place=row.township_name,
        stage_name=row.stage_name,
        is_ended=row.is_ended,
        reported_on=row.reported_on,
        ended_on=row.ended_on,
    )


def areas(on: date) -> list[Area]:
    """The city's counties and townships, each county before its townships; 2 queries."""
    top = organisation.top_regions(on)
    if not top:
        return []
    city = top[0]
    rows = organisation.find_regions(
        city.code[:2], on=on, within=city.ranges, levels=(Level.COUNTY, Level.TOWNSHIP), limit=AREAS_MOST
    )
    codes = {row.id: row.code for row in rows}
    return [Area(row.code, row.short_name, codes.get(row.parent_id or 0, "")) for row in sorted(rows, key=_by_code)]


def _by_code(row: organisation.RegionRow) -> str:
    return row.code


def communities_below(code: str, on: date) -> list[Community]:
    """The communities of a township; empty for anything else; 1 query."""
    if not _is_code(code):
        return []
    return [_community(row) for row in organisation.children(code, on) if row.level is Level.COMMUNITY]


def communities_like(text: str, area: str, on: date) -> list[Community]:
    """Communities by name, or by the name of a place (场所) in them, within a county or township if one is named; at most
    12, best first; 1 to 4 queries.

    Without a text: all communities of the township.
    """
    if not text.split():
        return communities_below(area, on)
    within: CodeRanges | None = None
    if _is_code(area):
        region = organisation.region_of_code(area, on)
        within = region.ranges if region else None
    found = [_community(row) for row in organisation.find_regions(text, on=on, within=within, limit=MATCHES_MOST)]
    return found or _by_place(text, within, on)


def _by_place(text: str, within: CodeRanges | None, on: date) -> list[Community]:
    """The communities in which places of this name lie, told by the place's name; one each."""
    places = organisation.find_places(text, on, ranges=within, limit=MATCHES_MOST)
    found: dict[str, Community] = {}
    for place in places:
        names = place.region_path.split(" ")[:PATH_TO_COMMUNITY]
        community = Community(place.region_code[:COMMUNITY_DIGITS], place.name, " ".join([*names, place.name]))
        found.setdefault(community.code, community)
    return list(found.values())


def community_at(point: Point | None, on: date) -> Community | None:
    """The community whose outline holds this point, told by its own name; None where the city has no outlines there.
    A suggestion for whoever gave the point; it is kept nowhere."""
    row = organisation.region_at_point(point, on) if point else None
    if row is not None and row.level is Level.GRID and row.parent_id is not None:
        row = organisation.region_by_id(row.parent_id, on)
    return _community(row) if row is not None and row.level is Level.COMMUNITY else None


def region_name(code: str, on: date) -> str:
    """A region's names from the county down; empty for a code that nobody has; 1 query."""
    region = organisation.region_of_code(code, on) if _is_code(code) else None
    return region.path if region else ""


def _community(row: organisation.RegionRow) -> Community:
    return Community(row.code, row.short_name, row.path)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in (2, 4, 6, 9, 12, CODE_MOST)
