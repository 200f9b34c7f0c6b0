"""`shanzhi indicator compute`: figures into their tables now, without waiting for the background."""

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
            _restated(months)
    console.print(f"已计算。有变化的 {changed:,} 个数，其中修订 {revisions:,} 个。")


def _computed(month: int, keys: tuple[str, ...]) -> "Computed":
    from shanzhi.kernel.indicators import operations

    try:
        return operations.compute(month=month, now=timezone.now(), keys=keys)
    except operations.AlreadyComputing:
        console.print("另一个进程正在计算这一年的指标，等它算完就接着算。")
    return operations.compute(month=month, now=timezone.now(), keys=keys, patient=True)


def _restated(months: tuple[int, ...]) -> None:
    from shanzhi.kernel.indicators import operations

    operations.figures_restate(now=timezone.now(), months=months)


def _check_begun(months: tuple[int, ...], today: date) -> None:
    if months[0] > today.year * 100 + today.month:
        raise NotBegun(msg("这个期间还没有开始。请换一个期间。"))
