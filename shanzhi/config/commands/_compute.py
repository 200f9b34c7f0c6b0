"""`shanzhi indicator compute|verify`: figures into their tables now, without waiting for the background; and whether they
are what the records make them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from shanzhi.config.commands.indicator import group
from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

if TYPE_CHECKING:
    from shanzhi.kernel.indicators.operations import Computed

console = Console()
SHOWN_MOST = 200
"""Differences that are printed."""
DAMAGED = 1
"""The exit code where a figure isn't what the records make it."""


class NotBegun(InputError):
    """A period that lies ahead."""

    code = "period-not-begun"


@group.command()
def compute(
    period: Annotated[str, typer.Option("--period", help="期间：2026-10、2026-Q4 或 2026；默认本月。")] = "",
    keys: Annotated[list[str] | None, typer.Argument(help="只算这些指标；默认全部。")] = None,
) -> None:
    """计算指标并存下来，同后台每小时、每晚做的一样；已经封账的月份有变化的，记一次修订。后台正在算的，等它算完。"""
    with ready("worker"):
        from shanzhi.core.periods import local_date
        from shanzhi.kernel.indicators import operations
        from shanzhi.kernel.indicators.policy.periods import month_of, read_period

        today = local_date(timezone.now())
        months = read_period(period).months if period else (month_of(today),)
        _check_begun(months, today)
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        changed = revisions = 0
        with Progress(*columns, console=console, transient=True) as bar:
            for month in (each for each in months if each <= month_of(today)):
                bar.add_task(f"{month // 100}-{month % 100:02}")
                done = _computed(month, tuple(keys or ()))
                changed, revisions = changed + done.changed, revisions + done.revisions
            bar.add_task("restate")
            operations.figures_restate(now=timezone.now(), months=months)
    console.print(f"已计算。有变化的 {changed:,} 个数，其中修订 {revisions:,} 个。")


@group.command()
def verify() -> None:
    """把存着的每个往月指标按记录重算、逐个比对，再把填报的数和台账核对；什么也不改，有一处不符，退出码为 1。"""
    with ready("worker"):
        from shanzhi.kernel.indicators import operations

        with console.status("核验…") as status:
            found = operations.figures_check(
                now=timezone.now(), tick=lambda month: status.update(f"{month // 100}-{month % 100:02} 已核验…")
            )
    for one in found.differences[:SHOWN_MOST]:
        print(f"■ {one}")
    if len(found.differences) > SHOWN_MOST:
        print(f"……另有 {len(found.differences) - SHOWN_MOST:,} 处。")
    for month in found.waiting:
        print(f"○ {month // 100}-{month % 100:02} 有新的记录，今晚重算以后再核验。")
    print(f"核验 {found.figures:,} 个指标值、{found.values:,} 次填报。")
    mend = f"有 {len(found.differences):,} 处不符。请保留现状，追查是谁改的，再运行 shanzhi indicator compute --period 期间。"
    print("全部和记录一致。" if found.is_whole else mend)
    raise typer.Exit(0 if found.is_whole else DAMAGED)


def _computed(month: int, keys: tuple[str, ...]) -> "Computed":
    from shanzhi.kernel.indicators import operations

    try:
        return operations.compute(month=month, now=timezone.now(), keys=keys)
    except operations.AlreadyComputing:
        console.print("另一个进程正在计算这一年的指标，等它算完就接着算。")
    return operations.compute(month=month, now=timezone.now(), keys=keys, patient=True)


def _check_begun(months: tuple[int, ...], today: date) -> None:
    if months[0] > today.year * 100 + today.month:
        raise NotBegun(msg("这个期间还没有开始。请换一个期间。"))
