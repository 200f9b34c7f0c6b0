"""`shanzhi import matters FILE`."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.modules.imports import queries
from shanzhi.modules.imports.operations import How, ImportResult, Preview, PreviewRow, import_matters, preview_matters
from shanzhi.modules.imports.policy import parse_columns, subjects
from shanzhi.modules.imports.whole import import_whole


def rejects_beside(path: Path) -> Path:
    """Where a file's rejects go unless it is said: `messages.csv` → `messages.rejects.csv`."""
    return path.with_name(f"{path.stem.removesuffix('.rejects')}.rejects.csv")


def how_read(mapping: str, columns: list[str], save_as: str, sheet: str, fixed: Mapping[str, str] | None = None) -> How:
    """What the options say about reading.

    Raises:
        MappingUnusable: a `列名=字段` pair that isn't one.
    """
    return How(mapping, parse_columns(columns) or None, save_as, sheet, fixed or {})


def import_matters_file(
    path: Path,
    source: str,
    rejects: Path | None = None,
    *,
    how: How | None = None,
    now: datetime | None = None,
    console: Console | None = None,
) -> int:
    """Import a file and print what became of it. The exit code: 0 all taken in or known, 1 some rejected, 2 nothing done.

    Runs as whatever role the `default` connection has; it must be the importer's.
    """
    console = console or Console()
    # A command is where the clock comes in.
    now = now or timezone.now()  # noqa: TID251
    columns = (TextColumn("导入"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        try:
            result = import_matters(
                path=path,
                source=source,
                rejects_path=rejects or rejects_beside(path),
                now=now,
                how=how,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except DomainError as error:
            bar.stop()
            console.print(f"没有导入：{error}", style="red", highlight=False, markup=False)
            return 2
    _say(result, console)
    return 1 if result.rejected else 0


def _say(result: ImportResult, console: Console) -> None:
    taken = f"导入 {result.imported:,} 件，其中 {result.closed:,} 件已答复办结；{result.known:,} 件原已导入"
    pace = f"；{result.seconds:.1f} 秒，每秒 {result.imported / result.seconds:,.0f} 件" if result.imported else ""
    _say_how_read(result.encoding, result.notes, console)
    console.print(f"{taken}{pace}。", highlight=False)
    if result.unused:
        console.print(f"没有用到的列：{'、'.join(result.unused)}。", highlight=False, markup=False)
    if result.rejected:
        told = (
            f"{result.rejected:,} 行没有导入，原因写在 {result.rejects}。改好后可以直接再导入这个文件，来源名称不变。"
        )
        console.print(told, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _say_how_read(encoding: str, notes: tuple[str, ...], console: Console) -> None:
    if encoding == "gb18030":
        console.print("文件不是 UTF-8，按 GB18030（GBK）读取。", highlight=False)
    for note in notes:
        console.print(note, highlight=False, markup=False)


def preview_matters_file(
    path: Path, source: str, *, how: How | None = None, now: datetime | None = None, console: Console | None = None
) -> int:
    """Print what a file would become, nothing written. The exit code: 0 all good, 1 some rejected, 2 unreadable."""
    console = console or Console()
    # A command is where the clock comes in.
    now = now or timezone.now()  # noqa: TID251
    try:
        seen = preview_matters(path=path, source=source, now=now, how=how)
    except DomainError as error:
        console.print(f"读不了：{error}", style="red", highlight=False, markup=False)
        return 2
    _show(seen, console)
    return 1 if seen.rejected else 0


def _show(seen: Preview, console: Console) -> None:
    matters = subjects()["matters"]
    _say_how_read(seen.encoding, seen.notes, console)
    for column, name in seen.columns.items():
        field = matters.field(name)
        console.print(f"“{column}” → {field.title if field else name}（{name}）", highlight=False, markup=False)
    if seen.unused:
        console.print(f"没有用到的列：{'、'.join(seen.unused)}。", highlight=False, markup=False)
    shown = Table("行号", "编号", "反映时间", "标题", "区域", "会成为")
    for row in seen.rows:
        shown.add_row(*_cells(row))
    console.print(shown, markup=False)
    told = f"全部 {seen.good + seen.rejected:,} 行检查过：{seen.good:,} 行可以导入，{seen.rejected:,} 行不能。"
    console.print(f"{told}现在什么都没有写入。", highlight=False)


def _cells(row: PreviewRow) -> tuple[str, ...]:
    made = row.becomes
    if made is None:
        return (str(row.number), "", "", "", "", f"不导入：{row.reason}")
    at = made.reported_at.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M")
    becomes = "已导入过，不动" if made.known else "办结" if made.closed else f"待受理：{made.unit_name}"
    return (str(row.number), made.number, at, made.title, made.region_name, becomes)


def show_fields(subject: str, console: Console | None = None) -> None:
    """Print a subject's fields: name, title, whether it is needed, an example, other names of its column."""
    found = subjects()[subject]
    shown = Table("字段", "列名", "必填", "例子", "也认得")
    for field in found.fields:
        shown.add_row(field.name, field.title, "是" if field.required else "", field.example, "、".join(field.synonyms))
    (console or Console()).print(shown, markup=False)


def show_mappings(subject: str, console: Console | None = None) -> None:
    """Print the saved mappings of a subject."""
    shown = Table("名称", "列 → 字段", "保存时间")
    for row in queries.mappings(subject):
        pairs = "、".join(f"{column} → {name}" for column, name in row.columns.items())
        shown.add_row(row.name, pairs, row.saved_at.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M"))
    (console or Console()).print(shown, markup=False)


def import_whole_file(
    subject: str,
    path: Path,
    on: date,
    rejects: Path | None = None,
    *,
    how: How,
    is_preview: bool = False,
    now: datetime | None = None,
    console: Console | None = None,
) -> int:
    """Import a file of regions, places … and print what became of it. The exit code: 0 all, 1 some rejected, 2 none."""
    console = console or Console()
    try:
        done = import_whole(
            subject=subject,
            path=path,
            rejects_path=rejects or rejects_beside(path),
            on=on,
            # A command is where the clock comes in.
            now=now or timezone.now(),  # noqa: TID251
            given=how,
            is_preview=is_preview,
        )
    except DomainError as error:
        console.print(f"没有导入：{error}", style="red", highlight=False, markup=False)
        return 2
    _say_how_read("", done.notes, console)
    word = "可以导入" if is_preview else "导入"
    console.print(
        f"{word}{subjects()[subject].title} {done.added:,} 个；{done.known:,} 个原已有；{done.rejected:,} 行不能导入。",
        highlight=False,
    )
    if done.rejects:
        console.print(f"原因写在 {done.rejects}。改好后可以直接再导入。", highlight=False, markup=False, soft_wrap=True)
    return 1 if done.rejected else 0
