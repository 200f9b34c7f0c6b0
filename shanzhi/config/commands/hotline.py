"""`shanzhi hotline …`: which extension of the exchange rings at which desk, and the knowledge items of the desks."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="热线：登记分机，载入知识。")
knowledge = typer.Typer(no_args_is_help=True, help="知识库。")
group.add_typer(knowledge, name="knowledge")


@group.callback()
def _hotline() -> None:
    """热线：登记分机，载入知识。"""


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


@knowledge.command()
def load(
    file: Annotated[Path, typer.Argument(help="TOML 文件，写法见随附的示例。", exists=True, dir_okay=False)],
) -> None:
    """载入知识条目：新的加上，改过的另起一版，一样的不动；有一条不能用就都不载入。"""
    with ready("importer"):
        from shanzhi.kernel.access.policy import IMPORTER
        from shanzhi.modules.hotline import operations
        from shanzhi.modules.hotline.policy import read_items

        items = read_items(file.read_text(encoding="utf-8"))
        done = operations.items_load(items=items, actor=IMPORTER, now=timezone.now())
    typer.echo(f"新增 {done.added} 条，更新 {done.changed} 条，{done.same} 条没有变化。")
