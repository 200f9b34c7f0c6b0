"""The whole demo city at the first start: loaded, lived in for ninety days, and an old system's file brought in."""

from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shanzhi.config.demo import around
from shanzhi.config.demo.assessment import make_round
from shanzhi.config.demo.cast import Cast
from shanzhi.config.demo.city import first_county, load_city, logins
from shanzhi.config.demo.drives import make_drive
from shanzhi.config.demo.figures import make_figures
from shanzhi.config.demo.ninety import DAYS, Driven, drive
from shanzhi.config.demo.rhythm import Rhythm
from shanzhi.config.installation import Installation
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices import queries as told

PER_DAY = 31
"""Matters on a usual working day: some 2,800 in ninety days, beside those of the old system."""
BEFORE = timedelta(days=2)
"""The city is loaded so long before its first matter."""
TOLD_ON = (1, 11, 21)
"""Days of a month on which a log without a terminal hears how far it is."""
UNREAD = 12
"""Notices that each sign-in hasn't read yet, at most."""


def make_ninety(
    installation: Installation,
    *,
    city_code: str,
    now: datetime,
    console: Console,
    days: int = DAYS,
    per_day: float = PER_DAY,
) -> Driven:
    """Load the city as of before its first matter, drive the days up to `now`, and bring in the old system's file.

    Raises:
        DomainError: the city can't be loaded.
    """
    began = now - timedelta(days=days) - BEFORE
    load_city(installation, city_code=city_code, now=began, console=console)
    around.prepare(installation, now=began)
    county = first_county(city_code, now)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[so_far]}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"办理 {days} 天", total=days + 1, so_far="")

        def show(day: datetime, matters: int, steps: int) -> None:
            local = day.astimezone(CITY_ZONE)
            so_far = f"{local:%m月%d日} {matters:,} 件 {steps:,} 步"
            bar.update(task, advance=1, so_far=so_far)
            if not console.is_terminal and local.day in TOLD_ON:
                console.print(so_far)

        driven = drive(
            installation,
            city_code=city_code,
            county_code=county,
            until=now,
            days=days,
            rhythm=Rhythm(per_day),
            progress=show,
        )
    cast = Cast.of_city(city_code, county, now=now)
    around.save_views(cast, now=now)
    old = around.import_old(installation, cast, before=began, now=now)
    around.keep_followed(installation, driven.to_look_at())
    _read_notices(cast, now)
    console.print(
        f"办理了 {sum(driven.matters.values()):,} 件、{driven.steps:,} 步；"
        f"从旧系统的表格导入 {old.imported:,} 件，退回 {old.rejected} 行。"
    )
    if driven.broken:
        console.print(f"没有走完的：{dict(driven.broken)}")
    console.print("计算指标和指数（一两分钟）…")
    typed = make_figures(installation, cast, began=began, now=now)
    console.print(f"指标和指数已经算好，其中人工填报 {typed:,} 个（虚构）。")
    signed = make_round(installation, cast, began=began, now=now)
    console.print(f"平安评估试评已经开始：{signed or 0} 个项目已签批（虚构）。")
    console.print(f"平安创建：{make_drive(cast, now=now)} 个场所申报（虚构）。")
    return driven


def _read_notices(cast: Cast, now: datetime) -> None:
    """Everybody with a sign-in has read the notices of the ninety days but for the newest."""
    for login in logins(cast.city_code, cast.county_code):
        actor = cast.login(login.username, now)
        if actor is None or actor.unit_id is None:
            continue
        with acting(actor):
            older = told.notices_for(actor.unit_id, actor.role)[UNREAD:]
            if older:
                notices.notices_mark_read(unit_id=actor.unit_id, role=actor.role, upto=older[0].id, now=now)
