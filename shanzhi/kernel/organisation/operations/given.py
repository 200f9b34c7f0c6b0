"""Regions out of a city's own file: judged row by row first, then taken over as `regions_load` does, all or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.divisions import CityDivisions, DivisionRow
from shanzhi.kernel.organisation.operations.regions import RegionsCount, regions_load
from shanzhi.kernel.organisation.policy import Level, ancestor_codes, check_code, level_of, short_name_of
from shanzhi.kernel.organisation.queries import region_of_code

NAME_MOST = 60


class RegionRefused(InputError):
    """A region of a file that can't be taken over."""

    code = "region-refused"


@dataclass(frozen=True, slots=True)
class RegionGiven:
    """A region as a file gives it; without `parent_code` the nearest code above it (for communities and grids
    the next one), without `short_name` its usual one."""

    code: str
    name: str
    parent_code: str = ""
    short_name: str = ""


@dataclass(frozen=True, slots=True)
class RegionsJudged:
    """Rows of a file by their place in it: `good` with their divisions, `wrong` with a sentence; `known` stand already."""

    good: Mapping[int, DivisionRow]
    wrong: Mapping[int, str]
    known: int


def regions_judge(rows: Sequence[RegionGiven], on: date) -> RegionsJudged:
    """Which regions can be taken over from `on`, parents first; one query a level at most, nothing written.

    Zones (高新区, 经开区) lie across and are no rows here: their parts don't begin with their code.
    """
    good: dict[str, tuple[int, DivisionRow]] = {}
    wrong: dict[int, str] = {}
    known = 0
    for place in sorted(range(len(rows)), key=lambda place: (len(rows[place].code), place)):
        try:
            row = _judged(rows[place], good, on)
        except DomainError as error:
            wrong[place] = str(error)
        else:
            if row.code in good or _stands(row, on):
                known += 1
            else:
                good[row.code] = (place, row)
    return RegionsJudged(dict(good.values()), wrong, known)


def _stands(row: DivisionRow, on: date) -> bool:
    return region_of_code(row.code, on) is not None


def _judged(given: RegionGiven, good: Mapping[str, tuple[int, DivisionRow]], on: date) -> DivisionRow:
    check_code(given.code)
    name = clean_text(given.name).replace("\n", " ")
    if not name or len(name) > NAME_MOST:
        raise RegionRefused(msg("区域名称要有 1 到 60 个字。请核对。"))
    level = level_of(given.code)
    standing = good[given.code][1].name if given.code in good else None
    if standing is None and (there := region_of_code(given.code, on)) is not None:
        standing = there.name
    if standing is not None and standing != name:
        raise RegionRefused(
            msg("代码 %(code)s 已经是“%(name)s”。导入不改名，请用区域维护改名。"), code=given.code, name=standing
        )
    parent = None if level is Level.CITY else _parent_of(given, good, on)
    return DivisionRow(given.code, name, clean_text(given.short_name) or short_name_of(name, level), level, parent)


def _parent_of(given: RegionGiven, good: Mapping[str, tuple[int, DivisionRow]], on: date) -> str:
    def is_there(code: str) -> bool:
        return code in good or region_of_code(code, on) is not None

    if given.parent_code:
        check_code(given.parent_code)
        if given.parent_code == given.code or not given.code.startswith(given.parent_code):
            raise RegionRefused(
                msg("%(code)s 不能归 %(parent)s：下级代码要以上级代码开头，也不能是自己。"),
                code=given.code,
                parent=given.parent_code,
            )
        above = [given.parent_code]
    else:
        above = list(ancestor_codes(given.code))
        if level_of(given.code) in (Level.COMMUNITY, Level.GRID):
            # Some cities have no counties; a community without its township, though, is a township that was forgotten.
            above = above[:1]
    found = next((code for code in above if is_there(code)), None)
    if found is None:
        raise RegionRefused(
            msg("%(code)s 的上级（%(above)s）不在文件里，也没有装入，或者自己就有错。"),
            code=given.code,
            above="、".join(above) or "—",
        )
    return found


@transaction.atomic
def regions_add(*, rows: Sequence[DivisionRow], on: date, now: datetime, author: Author) -> RegionsCount | None:
    """Take over regions that `regions_judge` found good; None where there are none.

    Raises:
        RegionRefused: they lie in no city, or in several.
        LoadRefused: a code is taken from a later date on.
    """
    if not rows:
        return None
    whole = {row.code: row for row in rows}
    for code in [row.parent_code for row in rows if row.parent_code]:
        whole |= {row.code: row for row in _upwards(code, whole, on)}
    cities = [row for row in whole.values() if row.level is Level.CITY]
    if len(cities) != 1:
        raise RegionRefused(msg("一次导入一座城市的区域，这个文件里有 %(count)d 座。"), count=len(cities))
    ordered = tuple(sorted(whole.values(), key=lambda row: (len(row.code), row.code)))
    return regions_load(divisions=CityDivisions(cities[0].code, ordered, ()), on=on, now=now, author=author)


def _upwards(code: str, whole: Mapping[str, DivisionRow], on: date) -> Iterator[DivisionRow]:
    """Those above a new region that stand already, up to the city: the load leaves them as they are."""
    while code not in whole:
        found = region_of_code(code, on)
        if found is None:
            return
        above = next((one for one in ancestor_codes(code) if region_of_code(one, on) is not None), None)
        parent = None if found.level is Level.CITY else above
        yield DivisionRow(found.code, found.name, found.short_name, found.level, parent)
        if parent is None:
            return
        code = parent
