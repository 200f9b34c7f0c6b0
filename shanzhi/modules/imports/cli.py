"""`shanzhi import matters FILE`."""

from datetime import datetime
from pathlib import Path

from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shanzhi.core.errors import DomainError
from shanzhi.modules.imports.operations import ImportResult, import_matters


def rejects_beside(path: Path) -> Path:
    """Where a file's rejects go unless it is said: `messages.csv` → `messages.rejects.csv`."""
    return path.with_name(f"{path.stem.removesuffix('.rejects')}.rejects.csv")


def import_matters_file(
    path: Path,
    source: str,
    rejects: Path | None = None,
    *,
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
    console.print(f"{taken}{pace}。", highlight=False)
    if result.unused:
        console.print(f"没有用到的列：{'、'.join(result.unused)}。", highlight=False, markup=False)
    if result.rejected:
        told = (
            f"{result.rejected:,} 行没有导入，原因写在 {result.rejects}。改好后可以直接再导入这个文件，来源名称不变。"
        )
        console.print(told, style="yellow", highlight=False, markup=False, soft_wrap=True)
