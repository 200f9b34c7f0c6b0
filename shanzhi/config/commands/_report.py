"""`shanzhi indicator report`: a region's week, month or quarter as an official paper, without a browser."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.commands.indicator import group
from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

console = Console()


class Format(StrEnum):
    """In what a report is written."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"


class NotWritten(InputError):
    """A file that can't be written, or is there already."""

    code = "report-file"


@group.command()
def report(
    *,
    period: Annotated[str, typer.Option("--period", help="期间：月 2026-10、季 2026-Q4 或周 2026-W47。")],
    region: Annotated[str, typer.Option("--region", help="区域代码；默认全市。")] = "",
    written_as: Annotated[Format, typer.Option("--format", help="文件格式。")] = Format.PDF,
    out: Annotated[Path | None, typer.Option("--out", help="写到哪个文件；默认按标题和期间取名，写在当前文件夹。")] = None,
) -> None:
    """写出一个区域的周报、月报或季报，同“区域一页”上下载的一样；已有的文件不覆盖。"""
    if out is not None:
        _check_free(out)
    with ready("worker"):
        from django.utils.translation import gettext

        from shanzhi.kernel.indicators.queries import values

        now = timezone.now()
        region_id = values.report_region(region, period, now=now)
        with console.status("正在写报告…"):
            made = values.report_file(
                region_id, period, written_as.value, issuer=gettext(msg("善治")), now=now, by_post=False
            )
    path = out or Path(made.name)
    _write(path, made.content)
    console.print(f"已写到 {path}。", markup=False, highlight=False, soft_wrap=True)


def _check_free(path: Path) -> None:
    """Raises NotWritten where something is there already."""
    if path.exists():
        raise NotWritten(msg("%(path)s 已经有了，没有覆盖。请换一个文件名，或先把它移走。"), path=str(path))


def _write(path: Path, content: bytes) -> None:
    """Write a new file.

    Raises:
        NotWritten: it is there already, or the folder isn't or takes nothing.
    """
    _check_free(path)
    try:
        with path.open("xb") as made:
            made.write(content)
    except OSError as error:
        sentence = msg("写不了 %(path)s：%(why)s。请核对文件夹是否存在、能不能写，磁盘有没有空间。")
        raise NotWritten(sentence, path=str(path), why=error.strerror or str(error)) from error
