"""Regions from a file: judged row by row, the good ones taken over together from a day on, the rest kept with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.operations import RegionGiven
from shanzhi.modules.imports.operations import bytes_of, write_rejects
from shanzhi.modules.imports.policy import Columns, Field, Subject, match_columns, offer_subject
from shanzhi.modules.imports.tables import Row, read_table

REGIONS = Subject(
    "regions",
    msg("区域"),
    (
        Field("code", msg("区域代码"), "370303009006", True, synonyms=("代码", "区划代码", "行政区划代码", "编码")),
        Field("name", msg("名称"), "世纪花园社区居委会", True, synonyms=("区域名称", "区划名称", "单位名称")),
        Field("parent_code", msg("上级代码"), "370303009", synonyms=("上级区域代码", "父级代码", "所属代码")),
        Field("short_name", msg("简称"), "世纪花园社区"),
    ),
)
offer_subject(REGIONS)


@dataclass(frozen=True, slots=True)
class RegionsResult:
    """What became of a file of regions: new ones, those that stood already, those rejected and where they are kept."""

    added: int
    known: int
    rejected: int
    rejects: Path | None = None
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def import_regions(
    *,
    path: Path,
    rejects_path: Path,
    on: date,
    now: datetime,
    columns: Columns | None = None,
    sheet: str = "",
    is_preview: bool = False,
) -> RegionsResult:
    """Take over the regions of a file from `on`, as the importer's role; all good ones or none, and none a second time.

    A preview writes nothing, neither regions nor rejects.

    Raises:
        FileUnusable, MappingUnusable: nothing can be read from it, or `columns` belong to another file.
        RegionRefused: its regions lie in several cities, or in none.
    """
    table = read_table(bytes_of(path), sheet)
    matched = match_columns(REGIONS, table.columns, columns)
    readable = [row for row in table.rows if not row.wrong]
    given = [RegionGiven(**_cells(row, matched.places)) for row in readable]
    judged = organisation.regions_judge(given, on)
    wrong = [(row, row.wrong) for row in table.rows if row.wrong]
    wrong += [(readable[place], reason) for place, reason in judged.wrong.items()]
    wrong.sort(key=lambda one: one[0].number)
    kept = None
    if not is_preview:
        kept = write_rejects(rejects_path, table.columns, wrong) if wrong else None
        organisation.regions_add(rows=list(judged.good.values()), on=on, now=now, author=Author("importer"))
    return RegionsResult(len(judged.good), judged.known, len(wrong), kept, matched.unused, table.notes)


def _cells(row: Row, places: Mapping[str, int]) -> dict[str, str]:
    return {name: row.cells[at].strip() if at < len(row.cells) else "" for name, at in places.items()}
