"""`shanzhi pack verify` and `compare`: what a pack proves and what is wrong with it. No database, no settings."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from shanzhi.config.commands.pack import group
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

if TYPE_CHECKING:
    from shanzhi.kernel.journal.policy import PublicKey
    from shanzhi.kernel.packs.policy.checked import Checked
    from shanzhi.kernel.packs.queries.checking import Changes

console = Console(stderr=True)
FileArgument = Annotated[Path, typer.Argument(help="验收包文件。", exists=True, dir_okay=False)]
_KINDS = ("docx", "pdf")


@group.command()
def verify(  # noqa: PLR0917 - the command's own options
    file: FileArgument,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="该市公布的公钥（一整行，或内有它的文件）；可给多把。")
    ] = None,
    city: Annotated[str, typer.Option("--city", help="应当是哪座城市的包（区划代码）。")] = "",
    seed: Annotated[str, typer.Option("--seed", help="抽样的种子；默认随机，会印出来。")] = "",
    sample: Annotated[int, typer.Option("--sample", min=0, max=100_000, help="抽多少件事项按留痕重做。")] = 100,
    full: Annotated[bool, typer.Option("--full", help="全部事项都按留痕重做，全部留痕都证明。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="结果写成一个 JSON。")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="结果另存为文件（.docx 或 .pdf）。")] = None,
    memory: Annotated[int, typer.Option("--memory", min=500, help="最多用多少 MB 内存。")] = 1400,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, help="用几个处理器。")] = 2,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="最多用多少秒；默认不限。")] = None,
) -> None:
    """核对一个验收包；不用数据库，不用联网。通过退出码为 0，不通过为 1，读不了为 2。"""
    from shanzhi.kernel.packs.policy.checked import EXIT_CODES
    from shanzhi.kernel.packs.policy.telling import as_json as json_of
    from shanzhi.kernel.packs.policy.telling import lines
    from shanzhi.kernel.packs.queries import checking
    from shanzhi.kernel.rounds import pack_parts

    _check_kind(report)
    limits = checking.Limits(threads, memory, seconds)
    asked = checking.Asked(_keys(key), seed, sample, full, city=city, checks=pack_parts.checks(), limits=limits)
    found = _checked(file, asked)
    if as_json:
        print(json.dumps(json_of(found), ensure_ascii=False, indent=1, default=str))
    else:
        print("\n".join(lines(found)))
    if report is not None:
        _write(found, report)
    raise typer.Exit(EXIT_CODES[found.verdict])


def _checked(file: Path, asked: object) -> "Checked":
    from shanzhi.kernel.packs.policy.faults import NAMES, Step
    from shanzhi.kernel.packs.queries import checking

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(NAMES[Step.LETTER], total=len(Step))

        def told(step: Step, part: float) -> None:
            progress.update(task, description=NAMES[step], completed=list(Step).index(step) + part)

        return checking.check_pack(file, asked, progress=told)  # type: ignore[arg-type]


def _keys(given: list[str] | None) -> "tuple[PublicKey, ...]":
    from shanzhi.kernel.journal.policy import PublicKey

    return tuple(PublicKey.read(line) for text in given or [] for line in _lines(text))


def _lines(text: str) -> list[str]:
    if "+" in text:
        return [text]
    try:
        return [line for line in Path(text).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=text) from error


def _check_kind(report: Path | None) -> None:
    if report is not None and report.suffix.lower().lstrip(".") not in _KINDS:
        raise InputError(msg("报告只能写成 .docx 或 .pdf，现在是“%(name)s”。"), name=report.name)


def _write(found: "Checked", report: Path) -> None:
    from shanzhi.core.papers import to_docx, to_pdf
    from shanzhi.kernel.packs.policy.telling import paper

    made = paper(found, now=datetime.now(UTC).replace(microsecond=0))
    report.write_bytes(to_pdf(made) if report.suffix.lower() == ".pdf" else to_docx(made))
    console.print(f"报告：{report}")


@group.command()
def compare(
    first: FileArgument,
    second: FileArgument,
    as_json: Annotated[bool, typer.Option("--json", help="结果写成一个 JSON。")] = False,
) -> None:
    """比较同一座城市先后报送的两个包：只说变了的。相同退出码为 0，有变化为 1。"""
    from dataclasses import asdict

    from shanzhi.kernel.packs.queries import checking

    changes = checking.compare(first, second)
    if as_json:
        print(json.dumps(asdict(changes), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_changes(changes)))
    raise typer.Exit(0 if changes.is_same else 1)


_EVIDENCE = {"added": "新增", "removed": "去掉", "enclosed": "改为随包", "gone": "已不在"}


def _changes(changes: "Changes") -> list[str]:
    if changes.is_same:
        return ["两个包相同。"]
    told = [f"{name}：{before} → {after}" for name, (before, after) in changes.told.items()]
    told += [f"有变化的指标：{'、'.join(changes.items)}"] if changes.items else []
    told += [
        f"● {each.name}（{each.key}）{each.region_name} {each.month}"
        f"{f'×{each.months}' if each.months > 1 else ''}：{_said(each.before)} → {_said(each.after)}"
        for each in changes.figures
    ]
    told += [f"● 佐证{_EVIDENCE[each.change]}：{each.title}（{each.sha256[:16]}…）" for each in changes.evidence]
    told += [f"● 事实有变化的事项：{changes.matters:,} 件"] if changes.matters else []
    return told + [f"● 内容有变化：{name}" for name in changes.members]


def _said(numbers: tuple[int, int] | None) -> str:
    return "（没有）" if numbers is None else f"{numbers[0]:,} / {numbers[1]:,}"
