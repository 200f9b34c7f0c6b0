"""`shanzhi import places FILE`."""

from datetime import date, datetime
from pathlib import Path

from django.utils import timezone
from rich.console import Console

from shanzhi.core.errors import DomainError
from shanzhi.modules.imports.cli import rejects_beside
from shanzhi.modules.imports.operations import How
from shanzhi.modules.imports.places import import_places


def import_places_file(
    path: Path,
    on: date,
    rejects: Path | None = None,
    *,
    how: How,
    source: str,
    datum: str,
    is_preview: bool = False,
    now: datetime | None = None,
    console: Console | None = None,
) -> int:
    """Import a file of places and print what became of it. The exit code: 0 all taken, 1 some rejected, 2 nothing done."""
    console = console or Console()
    try:
        done = import_places(
            path=path,
            rejects_path=rejects or rejects_beside(path),
            on=on,
            # A command is where the clock comes in.
            now=now or timezone.now(),  # noqa: TID251
            source=source,
            datum=datum,
            columns=how.columns,
            sheet=how.sheet,
            is_preview=is_preview,
        )
    except DomainError as error:
        console.print(f"没有导入：{error}", style="red", highlight=False, markup=False)
        return 2
    for note in done.notes:
        console.print(note, highlight=False, markup=False)
    word = "可以导入" if is_preview else "导入"
    console.print(
        f"{word} {done.added:,} 个场所；{done.known:,} 个原已有；{done.rejected:,} 行不能导入。", highlight=False
    )
    if done.unused:
        console.print(f"没有用到的列：{'、'.join(done.unused)}。", highlight=False, markup=False)
    if done.rejects:
        told = f"原因写在 {done.rejects}。改好后可以直接再导入；确是另一处的，加一列“确认无误”填“是”。"
        console.print(told, highlight=False, markup=False, soft_wrap=True)
    return 1 if done.rejected else 0
