"""`shanzhi facts …`: projecting, rebuilding, verifying and cutting the read model; as files, and asked in SQL."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shanzhi.config.ready import ready
from shanzhi.kernel.facts.policy.months import parse_month
from shanzhi.kernel.facts.policy.parquet import MANIFEST

group = typer.Typer(no_args_is_help=True, help="事实表：从台账投影、重建、核验、封账；导出、查询。")
console = Console(stderr=True)
SHOWN_MOST = 200
DAMAGED = 1


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


@group.command()
def status() -> None:
    """投影到了哪里、落后多少、哪个月封了账。"""
    with ready("worker"):
        from shanzhi.kernel.facts import queries
        from shanzhi.kernel.facts.policy.months import month_text

        now, state = timezone.now(), queries.facts_state()
        print(f"投影到第 {state.upto.epoch} 纪元第 {state.upto.number:,} 个叶，共 {state.entries:,} 条留痕。")
        late = f"最早的一条等了 {state.lag(now):.1f} 秒。" if state.waiting else "没有落后。"
        print(f"{state.waiting:,} 条等待投影，{late}")
        if state.projected_at is not None:
            print(f"最近一次投影：{timezone.localtime(state.projected_at):%Y-%m-%d %H:%M:%S}。")
        print(f"最近封账的月份：{month_text(state.cut_month) if state.cut_month else '还没有'}。")
        for name, count in queries.row_counts().items():
            print(f"  {name}  约 {count:,} 行")


@group.command()
def project() -> None:
    """把已经封存、还没有投影的留痕全部投影（平时由 shanzhi worker 连续做）。"""
    with ready("worker"):
        from shanzhi.kernel.facts import operations, queries

        count = 0
        with _progress() as progress:
            task = progress.add_task("投影", total=queries.facts_state().waiting)
            while True:
                done = operations.project(now=timezone.now())
                if done.busy:
                    print("后台正在投影，不必再做。")
                    return
                count += done.count
                progress.advance(task, done.count)
                if not done.more:
                    break
    print(f"投影了 {count:,} 条留痕。")


@group.command()
def rebuild() -> None:
    """从台账重新做出全部事实表，做好以后一次换上；期间照常使用。"""
    with ready("worker"):
        from shanzhi.kernel.facts import operations

        with _progress() as progress:
            task = progress.add_task("重建", total=operations.last_matter())
            done = operations.rebuild(now=timezone.now(), tick=lambda count: progress.advance(task, count))
    print(f"重建了 {done.matters:,} 件事项的事实，到第 {done.until.epoch} 纪元第 {done.until.number:,} 个叶。")


@group.command()
def verify() -> None:
    """按台账重算每一行事实并逐列比对，再核对台账里的哈希；有一处不符，退出码为 1。"""
    with ready("worker"):
        from shanzhi.kernel.facts import operations, queries

        with _progress() as progress:
            task = progress.add_task("核验", total=operations.last_matter())
            found = queries.verify(tick=lambda count: progress.advance(task, count))
    for fault in found.faults[:SHOWN_MOST]:
        print(f"■ {fault}")
    if len(found.faults) > SHOWN_MOST:
        print(f"……另有{'至少' if found.is_cut_short else ''} {len(found.faults) - SHOWN_MOST:,} 处。")
    print(f"核验 {found.matters:,} 件事项的 {found.rows:,} 行事实、{found.hashes:,} 个哈希。")
    mend = f"有 {len(found.faults):,} 处不符。请保留现状，追查是谁改的，再运行 shanzhi facts rebuild。"
    print("全部和台账一致。" if found.is_whole else mend)
    raise typer.Exit(0 if found.is_whole else DAMAGED)


@group.command()
def cut(month: Annotated[str, typer.Option("--month", help="哪个月，像 2026-10。")]) -> None:
    """给一个月封账：把当月事项全部事实的根哈希记入台账（平时每月初由 shanzhi worker 自动做）。"""
    with ready("worker"):
        from shanzhi.kernel.facts import operations
        from shanzhi.kernel.facts.policy.months import month_text, parse_month

        with _progress() as progress:
            task = progress.add_task("封账", total=None)
            done = operations.cut_month(
                parse_month(month), now=timezone.now(), tick=lambda count: progress.advance(task, count)
            )
    said = "已封账" if done.is_new else "早已封账"
    print(f"{month_text(done.month)} {said}：{done.matters:,} 件事项，根哈希 {done.root}。")


@group.command("export")
def export_files(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="写到哪个文件夹（还没有的，或空的）。")],
    city: Annotated[str, typer.Option("--city", help="城市的区划代码，核对用；省略就是本市。")] = "",
    since: Annotated[str, typer.Option("--since", help="从哪个月起，例如 2026-01。")] = "",
    until: Annotated[str, typer.Option("--until", help="到哪个月为止，含它。")] = "",
) -> None:
    """按城市和月份导出 Parquet；同样的数据每次导出逐字节相同；要么全有，要么全无。"""
    first, last = (parse_month(text) if text else None for text in (since, until))
    with ready("worker"):
        from shanzhi.kernel.facts import queries

        with console.status("导出…") as status:
            made = queries.export(
                folder,
                on=timezone.localdate(),
                city=city,
                since=first,
                until=last,
                tick=status.update,
            )
    rows, size = sum(file.rows for file in made.files), sum(file.bytes for file in made.files)
    print(f"{folder}：{len(made.files)} 个文件，{rows:,} 行，{size:,} 字节；清单在 {MANIFEST}。")


@group.command("query")
def query(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="一句 SELECT（DuckDB 的写法）。")],
    folder: Annotated[Path | None, typer.Option("--folder", help="问导出的文件；省略就问此刻的数据库。")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV。")] = False,
) -> None:
    """用 SQL 问事实表，只读；表和列见 docs/facts.md。"""
    with ready("worker"):
        from shanzhi.kernel.facts import queries

        answer = queries.ask(statement, on=timezone.localdate(), folder=folder)
    if as_csv:
        out = csv.writer(sys.stdout)
        out.writerow(answer.columns)
        out.writerows(answer.rows)
    else:
        table = Table(*answer.columns)
        for row in answer.rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        Console().print(table)
    if answer.more:
        console.print(f"只列出前 {len(answer.rows):,} 行。")
