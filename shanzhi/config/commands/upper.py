"""`shanzhi upper …`: an installation above cities, which organises rounds of assessment."""

from datetime import datetime
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="省级平台：组织验收。")


@group.callback()
def _group() -> None:
    """省级平台：组织验收。"""


@group.command("load")
def load(
    province: Annotated[str, typer.Option(help="省的区划代码，例如 37。")],
    cities: Annotated[str, typer.Option(help="其下的城市代码，用逗号分开；不写就是全部。")] = "",
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起有效；默认今天。")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="用虚构的人补满岗位，并开好演示登录。")] = False,
) -> None:
    """载入一个省、它的城市和区县，设好组织验收的单位和岗位；可反复运行，可以再加城市。"""
    with ready(prepare=True) as installation:
        from shanzhi.config.demo.guide import print_logins
        from shanzhi.config.demo.upper import load_upper, upper_logins

        now, console = timezone.now(), Console()
        day = on.date() if on else timezone.localdate()
        chosen = tuple(one for one in cities.replace("，", ",").replace(" ", "").split(",") if one)
        load_upper(installation, province=province, cities=chosen, on=day, demo=demo, now=now, console=console)
        if demo:
            print_logins(upper_logins(province), now=now, console=console)
