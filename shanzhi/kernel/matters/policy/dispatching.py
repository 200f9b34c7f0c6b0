"""The dispatch catalogue's rules: which row decides a case, how a file of rows reads, and what is wrong with one.

A row says for a category (of the first or second level) in a place (a region's code and all below it; empty: the whole
city) which unit takes it: one by its code, or the one of a kind at a level above the place; within which limit, and on
which legal ground (国办发〔2020〕53号: 派单目录按职责清单编制、动态更新).
"""

import csv
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

from shanzhi.core.errors import InputError
from shanzhi.core.sheets import harmless
from shanzhi.core.text import msg
from shanzhi.core.workbook import is_workbook, read_workbook
from shanzhi.kernel.clock.policy import BadDuration, Duration
from shanzhi.kernel.matters.policy.suggest import CODE_LENGTHS

COLUMNS = {
    "分类": "category",
    "区域": "region_code",
    "层级": "level",
    "单位": "unit_code",
    "单位类型": "unit_kind",
    "协办": "co_codes",
    "时限": "limit_text",
    "依据": "ground",
}
LEVEL_NAMES = {"市": "city", "县": "county", "乡镇": "township"}
FAULTS_SHOWN = 20
GROUND_MOST = 300
ROWS_MOST, COLUMNS_MOST, BYTES_MOST = 20_000, 100, 5_000_000
_BETWEEN = re.compile(r"[、，,；;\s]+")
_Wrong = tuple[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class DispatchCase:
    """One row of the catalogue; `line` is its line in the file that it was read from. `level` is the one at which the unit
    of a kind handles it (市, 县, 乡镇); `co` are who helps, by codes of units or of their kinds."""

    category: str
    region_code: str
    level: str
    unit_code: str
    unit_kind: str
    limit_text: str
    ground: str
    line: int = 0
    co: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: its line in the file, and a sentence with its parameters."""

    line: int
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, translated by a gettext function; without a full stop, since several are listed."""
        text = translate(self.message)
        return text % self.params if self.params else text


class BadDispatchFile(InputError):
    """It can't be used as it is; `faults` are all that is wrong with its rows, the sentence lists the first of them."""

    code = "bad-dispatch-file"

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), **params: object) -> None:
        super().__init__(message, fields=None, **params)
        self.faults = tuple(faults)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence with the first twenty faults, line by line."""
        if not self.faults:
            return super().sentence(translate)
        line = translate(msg("第 %(line)d 行：%(wrong)s"))
        listed = [line % {"line": one.line, "wrong": one.sentence(translate)} for one in self.faults[:FAULTS_SHOWN]]
        told = {"count": len(self.faults), "faults": translate(msg("；")).join(listed)}
        return translate(self.message) % told


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to refer to: codes of categories (both levels), kinds of units, units, regions. `communities` are those
    of the units that are communities, `duties` the categories (both levels) that are a department's by law."""

    categories: Collection[str]
    kinds: Collection[str]
    units: Collection[str]
    regions: Collection[str]
    communities: Collection[str] = ()
    duties: Collection[str] = ()


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


def read_file(data: bytes, name: str) -> list[DispatchCase]:
    """The rows of an uploaded file: XLSX (by what it is, not by its name), else CSV or TOML in UTF-8 or GB18030.

    Raises:
        BadDispatchFile, FileUnusable: it can't be read, is too large, or has no rows.
    """
    if len(data) > BYTES_MOST:
        raise BadDispatchFile(msg("文件超过 5 MB。请分成几个文件。"))
    if not is_workbook(data):
        return read_rows(_decoded(data), name)
    (_, head), *rows = read_workbook(data, rows_most=ROWS_MOST, columns_most=COLUMNS_MOST).rows or [(1, ())]
    found = [case_of(_named(dict(zip(head, cells, strict=False))), line) for line, cells in rows]
    if not found:
        raise BadDispatchFile(msg("文件里一行也没有。请补上后再试。"))
    return found


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadDispatchFile(msg("读不懂这个文件。请用派单目录的 CSV、XLSX 或 TOML 格式。"))


def _of_csv(text: str) -> Iterator[DispatchCase]:
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    for row in reader:
        yield case_of(_named(row), reader.line_num)


def _named(row: Mapping[str, str | None]) -> dict[str, str]:
    """The cells by the names of fields, whichever way the column is headed."""
    return {COLUMNS.get((key or "").strip(), (key or "").strip()): value or "" for key, value in row.items()}


def _of_toml(text: str) -> Iterator[DispatchCase]:
    for number, row in enumerate(tomllib.loads(text).get("row", []), start=1):
        told = {key: "、".join(value) if isinstance(value, list) else str(value) for key, value in row.items()}
        yield case_of(told, number)


def case_of(row: Mapping[str, str], line: int = 0) -> DispatchCase:
    """A row out of texts by the names of fields; the level by its Chinese name, too."""
    given = {name: row.get(name, "").replace("\0", "").strip() for name in COLUMNS.values()}
    given["level"] = LEVEL_NAMES.get(given["level"], given["level"])
    co = tuple(dict.fromkeys(code for code in _BETWEEN.split(given.pop("co_codes")) if code))
    return DispatchCase(**given, line=line, co=co)


def write_file(rows: Iterable[DispatchCase]) -> bytes:
    """The rows as a CSV file that `read_file` takes: UTF-8 with byte-order mark, Chinese heads, no cell carried out."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    levels = {code: name for name, code in LEVEL_NAMES.items()}
    for row in rows:
        cells = {name: str(getattr(row, name, "")) for name in COLUMNS.values()}
        cells |= {"co_codes": "、".join(row.co), "level": levels.get(row.level, row.level)}
        writer.writerow([harmless(cells[name]) for name in COLUMNS.values()])
    return ("\ufeff" + out.getvalue()).encode()


def find_faults(rows: Iterable[DispatchCase], known: Known) -> list[Fault]:
    """Everything that is wrong, by line; empty: it can be tried and go live."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for row in rows:
        found += [Fault(row.line, message, params) for message, params in _wrong(row, known)]
        first = seen.setdefault((row.category, row.region_code), row.line)
        if first != row.line:
            found.append(Fault(row.line, msg("和第 %(first)d 行是同一种情形，只能留一行"), {"first": first}))
    return found


def _wrong(row: DispatchCase, known: Known) -> Iterator[_Wrong]:
    if row.category not in known.categories:
        yield msg("没有“%(code)s”这个分类"), {"code": row.category}
    if row.region_code and row.region_code not in known.regions:
        yield msg("没有“%(code)s”这个区域"), {"code": row.region_code}
    if bool(row.unit_code) == bool(row.unit_kind):
        yield msg("单位和单位类型要填一个，也只填一个"), {}
    elif row.unit_code:
        yield from _wrong_unit(row, known)
    else:
        yield from _wrong_kind(row, known)
    for code in row.co:
        if code not in {*known.units, *known.kinds}:
            yield msg("没有“%(code)s”这个协办单位或单位类型，或者它已经撤销"), {"code": code}
    yield from _handed_down(row, known)
    yield from _wrong_promise(row)


def _handed_down(row: DispatchCase, known: Known) -> Iterator[_Wrong]:
    for code in (row.unit_code, *row.co):
        if code in known.communities and row.category in known.duties:
            yield (
                msg("“%(category)s”是部门的法定职责，不能派给村（社区）“%(unit)s”"),
                {"category": row.category, "unit": code},
            )


def _wrong_promise(row: DispatchCase) -> Iterator[_Wrong]:
    try:
        Duration.parse(row.limit_text)
    except BadDuration:
        yield msg("时限“%(limit)s”写法不对，例如 5wd"), {"limit": row.limit_text}
    if not 0 < len(row.ground) <= GROUND_MOST:
        yield msg("写上依据，最多 300 字"), {}


def _wrong_unit(row: DispatchCase, known: Known) -> Iterator[_Wrong]:
    if row.unit_code not in known.units:
        yield msg("没有“%(code)s”这个单位，或者它已经撤销"), {"code": row.unit_code}
    if row.level:
        yield msg("写了单位就不写层级"), {}


def _wrong_kind(row: DispatchCase, known: Known) -> Iterator[_Wrong]:
    if row.unit_kind not in known.kinds:
        yield msg("没有“%(code)s”这类单位"), {"code": row.unit_kind}
    if row.level not in CODE_LENGTHS:
        yield msg("层级写市、县或乡镇"), {}


def check_rows(rows: Iterable[DispatchCase], known: Known) -> None:
    """Raises BadDispatchFile where anything is wrong, with all faults by line."""
    faults = find_faults(rows, known)
    if faults:
        raise BadDispatchFile(msg("有 %(count)s 处要改：%(faults)s。改正后再试。"), faults=faults)
