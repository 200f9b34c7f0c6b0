"""The dispatch catalogue's rules: which row decides a case, how a file of rows reads, and what is wrong with one.

A row says for a category (of the first or second level) in a place (a region's code and all below it; empty: the whole
city) which unit takes it: one by its code, or the one of a kind at a level above the place; within which limit, and on
which legal ground (国办发〔2020〕53号: 派单目录按职责清单编制、动态更新).
"""

import csv
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import BadDuration, Duration
from shanzhi.kernel.matters.policy.suggest import CODE_LENGTHS

COLUMNS = {
    "分类": "category",
    "区域": "region_code",
    "层级": "level",
    "单位": "unit_code",
    "单位类型": "unit_kind",
    "时限": "limit_text",
    "依据": "ground",
}
LEVEL_NAMES = {"市": "city", "县": "county", "乡镇": "township"}
FAULTS_SHOWN = 20
GROUND_MOST = 300


class BadDispatchFile(InputError):
    """The file can't go live as it is; the sentence lists what is wrong, line by line."""

    code = "bad-dispatch-file"


@dataclass(frozen=True, slots=True)
class DispatchCase:
    """One row of the catalogue; `line` is its line in the file that it was read from."""

    category: str
    region_code: str
    level: str
    unit_code: str
    unit_kind: str
    limit_text: str
    ground: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: its line in the file and a sentence."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to refer to: codes of categories (both levels), kinds of units, units, regions."""

    categories: Collection[str]
    kinds: Collection[str]
    units: Collection[str]
    regions: Collection[str]


def choose_case(rows: Iterable[DispatchCase], category: str, region_code: str) -> DispatchCase | None:
    """The row that decides: the narrowest place first, in it the second level before the first; None for none."""
    wanted = {category, category.partition(".")[0]} - {""}
    found = [row for row in rows if row.category in wanted and region_code.startswith(row.region_code)]
    return max(found, key=lambda row: (len(row.region_code), len(row.category)), default=None)


def read_rows(text: str, name: str) -> list[DispatchCase]:
    """The rows of a CSV file with Chinese or English column names, or of a TOML file with `[[row]]` tables.

    Raises:
        BadDispatchFile: it is neither, or has no rows.
    """
    try:
        rows = list(_of_toml(text) if name.lower().endswith(".toml") else _of_csv(text))
    except (tomllib.TOMLDecodeError, csv.Error, KeyError, TypeError, AttributeError) as error:
        raise BadDispatchFile(msg("读不懂这个文件。请用派单目录的 CSV 或 TOML 格式。")) from error
    if not rows:
        raise BadDispatchFile(msg("文件里一行也没有。请补上后再试。"))
    return rows


def _of_csv(text: str) -> Iterator[DispatchCase]:
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    for row in reader:
        named = {COLUMNS.get((key or "").strip(), (key or "").strip()): value or "" for key, value in row.items()}
        yield _case(named, reader.line_num)


def _of_toml(text: str) -> Iterator[DispatchCase]:
    for number, row in enumerate(tomllib.loads(text).get("row", []), start=1):
        yield _case({key: str(value) for key, value in row.items()}, number)


def _case(row: dict[str, str], line: int) -> DispatchCase:
    given = {name: row.get(name, "").strip() for name in COLUMNS.values()}
    given["level"] = LEVEL_NAMES.get(given["level"], given["level"])
    return DispatchCase(**given, line=line)


def find_faults(rows: Iterable[DispatchCase], known: Known) -> list[Fault]:
    """Everything that is wrong, by line; empty: it can be tried and go live."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for row in rows:
        found += [Fault(row.line, sentence) for sentence in _wrong(row, known)]
        first = seen.setdefault((row.category, row.region_code), row.line)
        if first != row.line:
            found.append(Fault(row.line, f"和第 {first} 行是同一种情形，只能留一行"))
    return found


def _wrong(row: DispatchCase, known: Known) -> Iterator[str]:
    if row.category not in known.categories:
        yield f"没有“{row.category}”这个分类"
    if row.region_code and row.region_code not in known.regions:
        yield f"没有“{row.region_code}”这个区域"
    if bool(row.unit_code) == bool(row.unit_kind):
        yield "单位和单位类型要填一个，也只填一个"
    elif row.unit_code:
        yield from _wrong_unit(row, known)
    else:
        yield from _wrong_kind(row, known)
    try:
        Duration.parse(row.limit_text)
    except BadDuration:
        yield f"时限“{row.limit_text}”写法不对，例如 5wd"
    if not 0 < len(row.ground) <= GROUND_MOST:
        yield "写上依据，最多 300 字"


def _wrong_unit(row: DispatchCase, known: Known) -> Iterator[str]:
    if row.unit_code not in known.units:
        yield f"没有“{row.unit_code}”这个单位，或者它已经撤销"
    if row.level:
        yield "写了单位就不写层级"


def _wrong_kind(row: DispatchCase, known: Known) -> Iterator[str]:
    if row.unit_kind not in known.kinds:
        yield f"没有“{row.unit_kind}”这类单位"
    if row.level not in CODE_LENGTHS:
        yield "层级写市、县或乡镇"


def check_rows(rows: Iterable[DispatchCase], known: Known) -> None:
    """Raises BadDispatchFile where anything is wrong, with the first twenty faults by line."""
    faults = find_faults(rows, known)
    if faults:
        listed = "；".join(f"第 {fault.line} 行：{fault.sentence}" for fault in faults[:FAULTS_SHOWN])
        raise BadDispatchFile(msg("有 %(count)s 处要改：%(faults)s。改正后再载入。"), count=len(faults), faults=listed)
