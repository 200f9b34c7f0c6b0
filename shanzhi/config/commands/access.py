"""`shanzhi access …`: sessions, tokens and sign-offs at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="登录会话、接口令牌和双人复核。")

NumberArgument = Annotated[str, typer.Argument(help="工号。")]


@contextmanager
def _as_importer() -> Iterator[None]:
    with ready() as installation:
        from shanzhi.config.database import acting_as

        with acting_as(installation, "importer"):
            yield


@group.command()
def sessions(number: NumberArgument) -> None:
    """一位工作人员有几个登录会话；看不到在做什么。"""
    with _as_importer():
        from shanzhi.kernel.access.cli import tell_sessions

        tell_sessions(number, now=timezone.now(), console=Console())


@group.command("end-sessions")
def end_sessions(
    number: NumberArgument,
    reason: Annotated[str, typer.Option(help="理由：lost 遗失、leaked 泄露、left 离岗、asked 本人要求。")],
) -> None:
    """结束一位工作人员的全部登录会话；记入台账。"""
    with _as_importer():
        from shanzhi.kernel.access.cli import end_sessions as end

        end(number, reason, now=timezone.now(), console=Console())


@group.command()
def tokens() -> None:
    """列出在用的接口令牌（不含令牌本身）。"""
    with _as_importer():
        from shanzhi.kernel.access.cli import tell_tokens

        tell_tokens(now=timezone.now(), console=Console())


@group.command()
def signoffs() -> None:
    """列出待复核和已同意、还没有使用的复核申请。"""
    with _as_importer():
        from shanzhi.kernel.access.cli import tell_signoffs

        tell_signoffs(now=timezone.now(), console=Console())
