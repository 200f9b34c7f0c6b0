"""`shanzhi dispatch …`: the dispatch catalogue, loaded as a draft, tried on old matters, let go live."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="派单目录：载入、试算、生效。")
console = Console()


@group.command()
def load(
    file: Annotated[Path, typer.Argument(help="CSV 或 TOML 文件。")],
    holds_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="从哪一天起生效。")],
    note: Annotated[str, typer.Option(help="说明。")] = "",
) -> None:
    """检查并载入一版派单目录，先不生效。"""
    with ready("importer"):
        from shanzhi.kernel.access.policy import IMPORTER
        from shanzhi.kernel.matters import operations
        from shanzhi.kernel.matters.policy.dispatching import read_rows

        rows = read_rows(file.read_text(encoding="utf-8"), file.name)
        number = operations.dispatch_load(
            rows=rows, holds_from=holds_from.date(), note=note, actor=IMPORTER, now=timezone.now()
        )
    console.print(f"已载入第 {number} 版，{len(rows):,} 行，还没有生效。请运行 shanzhi dispatch trial {number} 试算。")


@group.command()
def trial(number: Annotated[int, typer.Argument(help="版次。")]) -> None:
    """拿已经派过的事项试算：多少件会改派到别处，列出来。"""
    with ready("worker"):
        from shanzhi.kernel.matters import queries

        found = queries.dispatch_trial(number, now=timezone.now())
    console.print(f"试算 {found.tried:,} 件，目录能定 {found.decided:,} 件，其中 {found.elsewhere:,} 件会派到别处。")
    table = Table("编号", "分类", "原主办单位", "按新目录")
    for row in found.listed:
        table.add_row(row.number, row.category_name, row.was, row.would_be)
    if found.listed:
        console.print(table)


@group.command()
def live(number: Annotated[int, typer.Argument(help="版次。")]) -> None:
    """让一版派单目录从它的日期起生效。"""
    with ready("importer"):
        from shanzhi.kernel.access.policy import IMPORTER
        from shanzhi.kernel.matters import operations

        operations.dispatch_go_live(version_id=number, actor=IMPORTER, now=timezone.now())
    console.print(f"第 {number} 版派单目录已确认，到日期即生效。")
