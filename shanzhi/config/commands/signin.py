"""`shanzhi signin …`: what a keeper does for somebody who can't sign in."""

from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="登录。")


@group.callback()
def _group() -> None:
    """登录。"""


@group.command("reset-factors")
def reset_factors(username: Annotated[str, typer.Argument(help="登录名。")]) -> None:
    """设备丢失：取消一个账号的两步验证，结束其全部登录；本人下次登录后重新设置。"""
    with ready():
        from shanzhi.kernel.access import operations
        from shanzhi.kernel.journal.policy import Author

        count = operations.factors_reset(username=username, author=Author("system"), now=timezone.now())
    Console(stderr=True).print(f"{username} 的两步验证已取消（{count} 项），登录已全部结束。", highlight=False)
