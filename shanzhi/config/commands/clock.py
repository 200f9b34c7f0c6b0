"""`shanzhi clock …`: how a due date came about, and whether a calendar file can be used."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.ready import ready
from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters.policy.calendars import YearGiven, days_of, read_year

group = typer.Typer(no_args_is_help=True, help="时限：一个到期日期是怎么来的。")
console = Console()
SATURDAY = 5


@group.command()
def explain(number: Annotated[str, typer.Argument(help="事项编号。")]) -> None:
    """逐步说明一件事项的每个时限：从哪天起算、按什么日历、延长和暂停过几次、依据什么。"""
    with ready("worker"):
        from shanzhi.kernel.matters import queries
        from shanzhi.kernel.matters.web.show import clock_told, when

        now = timezone.now()
        found = queries.clocks_told(number, now)
        if found is None:
            console.print(f"没有编号为 {number} 的事项。请核对编号。")
            raise typer.Exit(1)
        kind, lines = found
        console.print(f"{number}  {kind.name}（第 {kind.version} 版）")
        for line in lines:
            state = "进行中" if line.kept is None else "按时" if line.kept else "超期"
            console.print(f"\n[bold]{line.name}[/bold]  {when(line.due_at, now)}  {state}  责任：{line.owner}")
            for place, sentence in enumerate(clock_told(line, now), start=1):
                console.print(f"  {place}. {sentence}")
            console.print(f"  日历：{line.calendar_version}")


@group.command()
def check(
    file: Annotated[Path, typer.Argument(help="工作日历文件（CSV 或 TOML）。", exists=True, dir_okay=False)],
    year: Annotated[int, typer.Option(help="这个文件写的是哪一年。")],
) -> None:
    """试读一个工作日历文件：能不能用，错在哪里；什么也不保存。"""
    try:
        weekdays = frozenset(day for day in days_of(year) if day.weekday() < SATURDAY)
        given = read_year(file.read_bytes(), YearGiven(year, weekdays, "", is_final=False))
    except DomainError as error:
        console.print(error.sentence(), markup=False)
        raise typer.Exit(1) from None
    console.print(f"文件可用：{year}年有{len(given.worked)}个工作日。")
