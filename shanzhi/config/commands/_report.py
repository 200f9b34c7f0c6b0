"""`shanzhi indicator report`: a region's week, month or quarter as an official paper, without a browser."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config.commands.indicator import group
from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg

if TYPE_CHECKING:
    from shanzhi.kernel.access.policy import Actor

console = Console()


class Format(StrEnum):
    """In what a report is written."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"


class NotWritten(InputError):
    """A file that can't be written, or is there already."""

    code = "report-file"


class NobodyReads(InputError):
    """No role may read figures."""

    code = "report-roles"


@group.command()
def report(
    *,
    period: Annotated[str, typer.Option("--period", help="期间：月 2026-10、季 2026-Q4 或周 2026-W47。")],
    region: Annotated[str, typer.Option("--region", help="区域代码；默认全市。")] = "",
    written_as: Annotated[Format, typer.Option("--format", help="文件格式。")] = Format.PDF,
    out: Annotated[
        Path | None, typer.Option("--out", help="写到哪个文件；默认按标题和期间取名，写在当前文件夹。")
    ] = None,
) -> None:
    """写出一个区域的周报、月报或季报，同“区域一页”上下载的一样；已有的文件不覆盖。"""
    if out is not None:
        _check_free(out)
    with ready("app"):
        from django.utils.translation import gettext

        from shanzhi.kernel.access.operations import acting
        from shanzhi.kernel.indicators.queries import values

        now = timezone.now()
        with acting(_reader()), console.status("正在写报告…"):
            region_id = values.report_region(region, period, now=now)
            made = values.report_file(region_id, period, written_as.value, issuer=gettext(msg("善治")), now=now)
    path = out or Path(made.name)
    _write(path, made.content)
    console.print(f"已写到 {path}。", markup=False, highlight=False, soft_wrap=True)


def _reader() -> "Actor":
    """Whoever keeps the machine: reads the figures of every region like a post, and sees no matter and no person.

    Raises:
        NobodyReads: the city's roles know of no figures.
    """
    from shanzhi.kernel.access.policy import Actor
    from shanzhi.kernel.access.queries import roles
    from shanzhi.kernel.indicators.policy.entering import READ

    reading = [role for role in roles().values() if READ in role.may]
    if not reading:
        raise NobodyReads(msg("本市的角色里没有一个能看指标。请在 roles.toml 里给要看的角色加上 figures。"))
    least = min(reading, key=lambda role: len(role.may))
    return Actor(kind="post", role=least.code, place=CodeRanges.from_prefixes(*"123456789"))


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
