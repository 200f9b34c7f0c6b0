"""Outlines from the command line: what was found in a file, and taking it over."""

from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy.shape_file import FILE_MOST, SEVERITY_NAMES, BadShapeFile, Finding
from shanzhi.kernel.organisation.policy.shapes import Judged

_SHOWN_MOST = 100


def load(
    file: Path,
    *,
    datum: str,
    code_field: str,
    on: date,
    now: datetime,
    dry: bool,
    even_so: bool,
    console: Console,
) -> Judged:
    """Say what was found in a file; take it over unless `dry`. Importer's role.

    Raises:
        BadShapeFile: it can't be read at all.
        ShapesRefused: errors, or warnings without `even_so`; nothing was taken over.
    """
    if not file.is_file():
        raise BadShapeFile("没有这个文件：%(file)s。请核对路径。", file=file)
    with file.open("rb") as opened:
        data = opened.read(FILE_MOST + 1)
    judged = queries.shapes_judged(data, datum, on, code_field)
    _tell(judged, console)
    if dry:
        return judged
    count = operations.shapes_load(
        data=data,
        datum=datum,
        code_field=code_field,
        on=on,
        now=now,
        author=Author("importer"),
        even_so=even_so,
    )
    console.print(f"已采用 {count:,} 个区域的边界，{on} 起生效。")
    return judged


def _tell(judged: Judged, console: Console) -> None:
    console.print(f"{judged.total:,} 个图形，{judged.errors:,} 处错误，{judged.warnings:,} 处提醒。")
    if not judged.findings:
        return
    table = Table("号", "轻重", "代码", "区域", "问题", "经度,纬度")
    for number, one in enumerate(judged.findings[:_SHOWN_MOST], start=1):
        table.add_row(str(number), SEVERITY_NAMES[one.severity], one.code, one.name, say(one), _at(one))
    console.print(table)
    if len(judged.findings) > _SHOWN_MOST:
        console.print(f"另有 {len(judged.findings) - _SHOWN_MOST:,} 处没有列出。")


def _at(one: Finding) -> str:
    return f"{one.point.longitude:.5f},{one.point.latitude:.5f}" if one.point else ""


def say(one: Finding) -> str:
    """A finding's sentence in Chinese."""
    facts = {name: "、".join(value) if isinstance(value, tuple) else value for name, value in one.facts.items()}
    return one.text % facts if facts else one.text
