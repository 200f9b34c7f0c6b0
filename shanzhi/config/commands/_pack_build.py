"""`shanzhi pack build`: a pack of a period, or of a round that this city has locked, from its records."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shanzhi.config.backup.keep import program_version
from shanzhi.config.commands.pack import group
from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.months import month_text, parse_month

console = Console(stderr=True)
_DOING = {
    "fold": "重新折算封账后有变动的事项",
    "entries": "台账留痕",
    "hash": "核对事实哈希",
    "figures": "计算指标",
}


@group.command()
def build(
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件。")],
    round_uid: Annotated[str, typer.Argument(metavar="[ROUND]", help="轮次编号（shanzhi round list 列出）。")] = "",
    city: Annotated[str, typer.Argument(metavar="[CITY]", help="城市的区划代码；只有一个就不用写。")] = "",
    period: Annotated[
        str, typer.Option("--period", help="没有轮次时：哪些月份，像 2026-01:2026-06（只有一个月就写一个月）。")
    ] = "",
    guideline: Annotated[Path | None, typer.Option("--guideline", help="指标目录文件；省略就用现行的。")] = None,
) -> None:
    """生成验收包：一个已锁定的轮次的，或一段期间的；事实、封账、台账、指标、填报和说明，签名封存；每个月都要已封账。"""
    if bool(round_uid) == bool(period):
        raise InputError(msg("请写轮次编号，或用 --period 写期间，二者选一。"))
    if round_uid:
        _of_round(round_uid, city, out)
    else:
        _of_period(period, out, guideline)


def _of_round(round_uid: str, city: str, out: Path) -> None:
    with ready("worker"):
        from shanzhi.kernel.rounds.operations import pack_of_round

        with _progress() as tick:
            made = pack_of_round(
                round_uid=round_uid, city=city, now=timezone.now(), program=f"shanzhi {program_version()}", tick=tick
            )
        shutil.copyfile(made.path, out)
    print(f"{out}：{made.round_name}，{made.city}的验收包，{made.bytes:,} 字节，编号 {made.uid}。")
    print(f"SHA-256 {made.sha256}")
    for text, params in made.said:
        print(f"■ {text % params}")


def _of_period(period: str, out: Path, guideline: Path | None) -> None:
    since, _, until = period.partition(":")
    first, last = parse_month(since.strip()), parse_month((until or since).strip())
    text = None if guideline is None else _text(guideline)
    with ready("worker"):
        from shanzhi.kernel.packs.operations.building import Asked, build

        with _progress() as tick:
            asked = Asked(first, last, guideline=text, program=f"shanzhi {program_version()}")
            made = build(out, asked, now=timezone.now(), tick=tick)
    print(f"{out}：{month_text(first)} 至 {month_text(last)} 的验收包，{made.bytes:,} 字节，编号 {made.uid}。")
    print(
        f"事项 {made.matters:,} 件（其中 {made.folded:,} 件封账后有变动，已按封账时重新折算），留痕 {made.entries:,} 条。"
    )
    print(f"指标数 {made.observations:,} 个；用到 {len(made.told.cuts)} 个月的封账。")
    if made.left_out:
        print(f"■ {made.left_out:,} 件事项在期间内有记录，但没有封账可以证明，未列入。")


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("生成验收包", total=None)
        done: dict[str, int] = {}

        def tick(what: str, count: int) -> None:
            done[what] = done.get(what, 0) + count
            progress.update(task, description=f"{_DOING.get(what, f'事实表 {what}')} {done[what]:,}")

        yield tick


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径，并存为 UTF-8。"), file=path) from error
