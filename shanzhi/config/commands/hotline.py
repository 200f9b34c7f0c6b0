"""`shanzhi hotline …`: which extension of the exchange rings at which desk."""

from typing import Annotated

import typer

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="热线：登记分机。")


@group.callback()
def _hotline() -> None:
    """热线：登记分机。"""


@group.command()
def extension(
    number: Annotated[str, typer.Argument(help="分机号。")],
    post: Annotated[int, typer.Option(help="岗位编号。")],
) -> None:
    """让一个分机号在一个接线员岗位的接线台上振铃。"""
    with ready("importer"):
        from shanzhi.modules.hotline import operations

        operations.extension_set(extension=number, post_id=post)
    typer.echo(f"分机 {number} 已登记。")
