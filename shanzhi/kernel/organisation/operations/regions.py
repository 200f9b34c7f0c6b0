"""Take over a city's divisions; lay a functional zone over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.divisions import CityDivisions, DivisionRow, Oddity
from shanzhi.kernel.organisation.models import Region, RegionState
from shanzhi.kernel.organisation.operations._common import from_day, renew_tree, state_of, write_journal
from shanzhi.kernel.organisation.payloads import RegionsLoaded, ZoneCreated
from shanzhi.kernel.organisation.policy import BadZone, Level, LoadRefused, check_code, ranges_of, zone_ranges

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class RegionsCount:
    """What a load did: new regions by level, how many were there, what was odd in the data."""

    city_id: int
    cities: int
    counties: int
    townships: int
    communities: int
    grids: int
    kept: int
    oddities: tuple[Oddity, ...]

    @property
    def added(self) -> int:
        """How many regions are new."""
        return self.cities + self.counties + self.townships + self.communities + self.grids


def regions_load(*, divisions: CityDivisions, on: date, now: datetime, author: Author) -> RegionsCount:
    """Take over a city's divisions as they are from `on`: all or nothing, and nothing a second time.

    A region whose code is held on that date is left as it is, whatever its name in the data: renaming and redrawing
    are operations of their own. `divisions` come from `divisions.read_city`.

    Raises:
        LoadRefused: a code is taken from a later date on; a load can't reach back before it.
    """
    with transaction.atomic():
        renew_tree()
        there = _held(divisions, on)
        new = [row for row in divisions.rows if row.code not in there]
        if new:
            there |= _insert(new, there, on)
            renew_tree()
        count = _count(divisions, new, there[divisions.city_code])
        if new:
            write_journal(
                RegionsLoaded(
                    city_code=divisions.city_code,
                    valid_from=on,
                    cities=count.cities,
                    counties=count.counties,
                    townships=count.townships,
                    communities=count.communities,
                    grids=count.grids,
                    kept=count.kept,
                ),
                kind="region",
                subject_id=count.city_id,
                scope_code=divisions.city_code,
                author=author,
                now=now,
            )
        return count


def zone_create(
    *,
    code: str,
    name: str,
    city_code: str,
    covers: Sequence[str],
    on: date,
    now: datetime,
    author: Author,
    short_name: str = "",
) -> int:
    """Lay a functional zone (高新区, 经开区) over townships or communities, across counties too; returns its region id.

    What it covers keeps its parent; the zone's set of codes is the union of theirs. A second zone of the same code,
    name and cover is the first one again.

    Raises:
        BadZone: covers nothing, something twice or something outside of the city, or the code is taken.
        UnknownRegion: no region under one of the codes on that date.
        BadCode: not the shape of a code.
    """
    check_code(code)
    with transaction.atomic():
        renew_tree()
        city = state_of(city_code, on)
        members = [state_of(member, on) for member in covers]
        ranges = zone_ranges(code, [(member.code, member.ranges) for member in members])
        if not city.ranges.covers(ranges):
            raise BadZone(msg("功能区“%(name)s”的范围超出了%(city)s。请核对覆盖的代码。"), name=name, city=city.name)
        taken = RegionState.objects.filter(code=code, valid__overlap=from_day(on)).first()
        if taken is not None:
            if taken.level == Level.ZONE and taken.name == name and taken.ranges == ranges:
                return taken.region_id
            raise BadZone(msg("代码“%(code)s”已用于“%(taken)s”。请换一个代码。"), code=code, taken=taken.name)
        region = Region.objects.create(level=Level.ZONE, opened_on=on)
        RegionState.objects.create(
            region=region,
            level=Level.ZONE,
            code=code,
            name=name,
            short_name=short_name or name,
            parent_id=city.region_id,
            ranges=ranges,
            valid=from_day(on),
        )
        renew_tree()
        write_journal(
            ZoneCreated(code, name, tuple(sorted(covers)), ranges.to_pg(), on),
            kind="region",
            subject_id=region.id,
            scope_code=code,
            author=author,
            now=now,
        )
        return region.id


def _held(divisions: CityDivisions, on: date) -> dict[str, int]:
    """Code → region id of the divisions' codes that are held on that date."""
    codes = [row.code for row in divisions.rows]
    # One look at the whole city instead of a list of ten thousand codes.
    city = next(row for row in divisions.rows if row.code == divisions.city_code)
    whole = Q()
    for low, high in ranges_of(city.code, city.prefixes):
        whole |= Q(code__gte=low, code__lt=high)
    wanted = set(codes)
    held: dict[str, int] = {}
    for code, region_id, valid in RegionState.objects.filter(whole, valid__overlap=from_day(on)).values_list(
        "code", "region_id", "valid"
    ):
        if code not in wanted:
            continue
        if valid.lower is not None and valid.lower > on:
            raise LoadRefused(
                msg("“%(code)s”自 %(since)s 起已有记录，不能再从更早的 %(on)s 装入。请改用 %(since)s 或以后的日期。"),
                code=code,
                since=valid.lower,
                on=on,
            )
        held[code] = region_id
    return held


def _insert(new: Sequence[DivisionRow], there: dict[str, int], on: date) -> dict[str, int]:
    """Insert regions and their first states; returns code → region id of the new ones."""
    regions = Region.objects.bulk_create([Region(level=row.level, opened_on=on) for row in new], batch_size=_BATCH)
    ids = {row.code: region.id for row, region in zip(new, regions, strict=True)}
    known = there | ids
    RegionState.objects.bulk_create(
        [
            RegionState(
                region_id=ids[row.code],
                level=row.level,
                code=row.code,
                name=row.name,
                short_name=row.short_name,
                parent_id=None if row.parent_code is None else known[row.parent_code],
                ranges=ranges_of(row.code, row.prefixes),
                valid=from_day(on),
            )
            for row in new
        ],
        batch_size=_BATCH,
    )
    return ids


def _count(divisions: CityDivisions, new: Sequence[DivisionRow], city_id: int) -> RegionsCount:
    levels = [row.level for row in new]
    return RegionsCount(
        city_id=city_id,
        cities=levels.count(Level.CITY),
        counties=levels.count(Level.COUNTY),
        townships=levels.count(Level.TOWNSHIP),
        communities=levels.count(Level.COMMUNITY),
        grids=levels.count(Level.GRID),
        kept=len(divisions.rows) - len(new),
        oddities=divisions.oddities,
    )
