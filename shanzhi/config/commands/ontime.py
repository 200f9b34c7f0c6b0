"""`shanzhi ontime`: how long matters took, the same figures as the on-time page, for the whole city."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.ready import ready

if TYPE_CHECKING:
    from shanzhi.kernel.matters.queries import ListFilter
    from shanzhi.modules.oversight.queries import OnTime


def command(
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="反映日期从。")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="反映日期到。")] = None,
    ended_since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="结束日期从。")] = None,
    ended_until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="结束日期到。")] = None,
    region: Annotated[str, typer.Option(help="区域代码，不写是全市。")] = "",
    kind: Annotated[str, typer.Option(help="事项类型的代码。")] = "",
    channel: Annotated[str, typer.Option(help="来源渠道的代码。")] = "",
) -> None:
    """办理时效：多少天办结，有没有按期，还有多少没有结束；与督办的办理时效页是同一组数字。"""
    with ready("app"):
        from shanzhi.core.errors import DomainError
        from shanzhi.kernel.matters.queries import ListFilter, Sitting

        first, last, ended_from, ended_to = (
            day.date() if day else None for day in (since, until, ended_since, ended_until)
        )
        sitting = Sitting(ended_from=ended_from, ended_to=ended_to)
        wanted = ListFilter(region_code=region, kind=kind, channel=channel, reported_from=first, reported_to=last,
                            open_only=False, sitting=sitting)  # fmt: skip
        console = Console()
        try:
            for line in told(counted(wanted, timezone.now())):
                console.print(line, highlight=False, markup=False)
        except DomainError as error:
            console.print(f"没有统计：{error}", style="red", highlight=False, markup=False)
            raise typer.Exit(2) from error


def counted(wanted: "ListFilter", now: datetime) -> "OnTime":
    """The figures of the whole city, or of the region that is named, as the application under row-level security.

    Raises:
        InputError: days the wrong way round, or no such region, kind or channel.
    """
    from shanzhi.core.periods import local_date
    from shanzhi.core.ranges import CodeRanges
    from shanzhi.kernel.access.operations import acting
    from shanzhi.kernel.access.policy import Actor
    from shanzhi.kernel.organisation import queries as organisation
    from shanzhi.modules.oversight import queries

    on = local_date(now)
    check_wanted(wanted, on)
    everywhere = CodeRanges.from_prefixes(*(top.code for top in organisation.top_regions(on)))
    actor = Actor(kind="system", ranges=everywhere, place=everywhere)
    with acting(actor):
        return queries.ontime(actor, wanted, now)


def check_wanted(wanted: "ListFilter", on: date) -> None:
    """What is asked for is there.

    Raises:
        InputError: it isn't.
    """
    from shanzhi.core.errors import InputError
    from shanzhi.core.text import msg
    from shanzhi.kernel.matters import queries as matters
    from shanzhi.kernel.matters.policy.report import CHANNELS
    from shanzhi.kernel.organisation import queries as organisation

    ended = wanted.sitting
    for first, last in ((wanted.reported_from, wanted.reported_to), (ended.ended_from, ended.ended_to)):
        if first and last and last < first:
            raise InputError(msg("结束日期不能早于开始日期。"))
    code = wanted.region_code
    if code and (not (code.isascii() and code.isdigit()) or organisation.region_of_code(code, on) is None):
        raise InputError(msg("没有代码为 %(code)s 的区域。请核对。"), code=code)
    if wanted.kind and wanted.kind not in matters.live_kinds():
        raise InputError(msg("规则库里没有“%(code)s”这种事项。"), code=wanted.kind)
    if wanted.channel and wanted.channel not in CHANNELS:
        raise InputError(msg("没有“%(code)s”这个来源渠道。"), code=wanted.channel)


def told(found: "OnTime") -> list[str]:
    """The figures as lines."""
    from shanzhi.modules.oversight.policy.ontime import DEFINITION, LIMITS, NO_SHARE

    whole = found.whole
    days = NO_SHARE if whole.took.days is None else f"{whole.took.days} 天"
    lines = [f"办结：{whole.took.matters} 件", f"用时中位数：{days}"]
    for limit, share in zip(LIMITS, whole.shares, strict=True):
        name = f"{limit} 天内" if limit else "当天"
        lines.append(f"{name}：{share.part} / {share.whole} = {share.text()}")
    kept = whole.promised
    lines.append(f"按期：{kept.part} / {kept.whole} = {kept.text()}")
    lines.append(f"不予受理或撤回：{found.aside} 件，没有计入")
    lines.append(f"还没有结束：{whole.open.matters} 件")
    for limit, count in zip(LIMITS, whole.older, strict=True):
        if limit:
            lines.append(f"  超过 {limit} 天：{count} 件")
    return [*lines, DEFINITION]
