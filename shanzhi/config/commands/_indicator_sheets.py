"""`shanzhi indicator sheet|from-sheet`: the catalogue of indicators as a workbook, for people who don't write TOML."""

import os
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import django
import typer
from rich.console import Console

from shanzhi.config.commands.indicator import group as indicator

if TYPE_CHECKING:
    from shanzhi.kernel.indicators.policy.sheets import BookRead

console = Console()
HEAD = "由表格转换而来：%(name)s。要改请改表格，再转换一次；写法见 docs/indicators.md。"


@indicator.command("sheet")
def sheet(
    out: Annotated[Path, typer.Argument(help="写到哪个 XLSX 文件。", dir_okay=False)],
    file: Annotated[
        Path | None, typer.Option("--catalogue", help="哪个指标目录；默认现行的。", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """把指标目录导出成表格：每张工作表一种内容，改好后可以转回来。"""
    _settings()
    from shanzhi.core.errors import DomainError
    from shanzhi.core.sheets import write_pages
    from shanzhi.kernel.catalogue import queries as rule_book
    from shanzhi.kernel.catalogue.policy import read_toml
    from shanzhi.kernel.indicators.policy import sheets

    path = file or rule_book.source_of("indicators")
    try:
        source = path.read_bytes()
        read_toml(source, path.name)
        pages = sheets.pages_of(sheets.parse(source.decode("utf-8")))
    except DomainError as error:
        _refused(error)
    with out.open("wb") as made:
        write_pages(made, pages)
    console.print(
        f"已写到 {out}，共 {len(pages)} 张工作表。改好后运行 shanzhi indicator from-sheet {out} indicators.toml。"
    )


@indicator.command("from-sheet")
def from_sheet(
    book: Annotated[Path, typer.Argument(help="填好的 XLSX 文件。", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Argument(help="写到哪个 TOML 文件。", dir_okay=False)],
) -> None:
    """把表格转成指标目录并检查；有不对的说出在哪张表、哪一格，什么也不写。"""
    _settings()
    from shanzhi.core.errors import DomainError
    from shanzhi.kernel.catalogue import queries as rule_book
    from shanzhi.kernel.indicators.policy import sheets
    from shanzhi.kernel.indicators.policy.definitions import Catalogue
    from shanzhi.kernel.indicators.policy.loading import load_catalogue
    from shanzhi.kernel.indicators.policy.toml_text import toml_with_places

    try:
        read = sheets.read_book(book.read_bytes())
    except DomainError as error:
        _refused(error)
    text, starts = toml_with_places(read.tables, head=HEAD % {"name": book.name})
    found = load_catalogue(text, roles=frozenset(rule_book.section("roles")))
    if not isinstance(found, Catalogue):
        for problem in found:
            place = _place(read, starts, problem.line)
            console.print(
                f"{place}  {problem.where}：{problem.sentence()}", markup=False, highlight=False, soft_wrap=True
            )
        console.print(f"共 {len(found)} 处要改，没有写 {out}。")
        raise typer.Exit(1)
    out.write_text(text, encoding="utf-8")
    keys = {each.key for each in found.indicators}
    _say(f"已写到 {out}：{len(keys)} 条指标，{len(found.indices)} 个指数，检查没有问题。")
    own = rule_book.own_file("indicators")
    if out.resolve() != own.resolve():
        _say(f"要生效，请把它放到 {own}。")


def _place(read: "BookRead", starts: list[tuple[int, int]], line: int) -> str:
    """Where in the workbook a line of the text comes from."""
    place = bisect_right([start for start, _ in starts], line) - 1
    return read.places.get(starts[place][1], "表格") if place >= 0 else "表格"


def _refused(error: Exception) -> NoReturn:
    """Say every fault with its place, and end."""
    for place, sentence in getattr(error, "fields", {}).items():
        _say(f"{place}  {sentence}")
    _say(f"没有写：{error}", style="red")
    raise typer.Exit(1)


def _say(words: str, style: str = "") -> None:
    console.print(words, style=style, markup=False, highlight=False, soft_wrap=True)


def _settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    django.setup()
