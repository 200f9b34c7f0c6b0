"""`shanzhi journal …`: sealing, verifying and proving the journal."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.journal import policy

if TYPE_CHECKING:
    from shanzhi.kernel.journal.queries import Span

group = typer.Typer(no_args_is_help=True, help="台账：封存、核验、出证明。")
console = Console(stderr=True)
DAMAGED, UNJOINED = 1, 3
SHOWN_MOST = 200

HeadOption = Annotated[list[Path] | None, typer.Option("--head", help="另存的树头（文件）；可给多份。")]


def _heads(files: list[Path] | None) -> list[policy.SignedHead]:
    return [policy.read_head(_text(file)) for file in files or []]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=file) from error


@group.command()
def seal() -> None:
    """把还没封存的留痕全部封存，并签一份树头（平时由 shanzhi worker 连续做）。"""
    with ready("worker"):
        from shanzhi.kernel.journal import operations, queries

        count = 0
        while True:
            done = operations.seal(now=timezone.now(), head_every=timedelta(0))
            count += done.count
            if done.busy:
                print("后台正在封存，不必再做。")
                return
            if not done.more:
                break
        head = queries.head_now()
    print(f"封存 {count:,} 条；" + (f"第 {head.epoch} 纪元共 {head.size:,} 条。" if head else "还没有树头。"))


@group.command()
def verify(
    start: Annotated[str, typer.Option("--from", help="从哪个叶（编号）或哪个月（2026-11）起。")] = "",
    end: Annotated[str, typer.Option("--to", help="到哪个叶或哪个月为止，含它。")] = "",
    last: Annotated[int, typer.Option("--last", min=0, help="只核验最后多少条。")] = 0,
    epoch: Annotated[int, typer.Option("--epoch", min=0, help="叶编号属于第几纪元；默认现在的纪元。")] = 0,
    head: HeadOption = None,
) -> None:
    """从留痕起全部重算，和树瓦、树头、签名核对；有一处不符，退出码为 1。"""
    kept = _heads(head)
    with ready("worker"):
        from shanzhi.kernel.journal import queries

        spans = _spans(start, end, last, epoch)
        total = sum(queries.sizes().values()) if spans is None else sum(span.end - span.start for span in spans)
        with _progress() as progress:
            task = progress.add_task("核验", total=total)
            found = queries.verify(spans, kept=kept, tick=lambda count: progress.advance(task, count))
    for damage in found.damages[:SHOWN_MOST]:
        print(f"■ {damage}")
    if len(found.damages) > SHOWN_MOST:
        print(f"……另有 {len(found.damages) - SHOWN_MOST:,} 处。")
    for saying in found.open:
        print(f"○ {saying}")
    print(f"核验 {found.leaves:,} 条留痕、{found.heads:,} 份树头；{found.unsealed:,} 条等待封存。")
    print(
        "全部和封存时一致。" if found.is_whole else f"有 {len(found.damages):,} 处不符。请停止写入，保留现状，再追查。"
    )
    raise typer.Exit(0 if found.is_whole else DAMAGED)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _spans(start: str, end: str, last: int, epoch: int) -> "list[Span] | None":
    from shanzhi.kernel.journal import queries

    if last:
        return queries.span_of_last(last)
    if not start and not end:
        return None
    if all(re.fullmatch(r"\d{4}-\d{2}", given) for given in (start, end) if given):
        first = _month(start or "1970-01")
        return queries.spans_of_time(
            first, _month_after(_month(end)) if end else datetime.max.replace(tzinfo=first.tzinfo)
        )
    if not all(given.isdigit() for given in (start, end) if given):
        raise InputError(msg("--from 和 --to 要么都是叶编号，要么都是月份（2026-11）。"))
    known = queries.sizes()
    number = epoch or max(known, default=0)
    if number not in known:
        raise InputError(msg("没有第 %(number)d 纪元。"), number=number)
    size = known[number]
    return [queries.Span(number, int(start or 0), min(int(end) + 1 if end else size, size))]


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=timezone.get_default_timezone())
    except ValueError as error:
        raise InputError(msg("“%(text)s”不是月份。请写成 2026-11。"), text=text) from error


def _month_after(first: datetime) -> datetime:
    return (first + timedelta(days=32)).replace(day=1)


@group.command()
def prove(
    number: Annotated[str, typer.Argument(help="事项编号，例如 20261121-000042。")],
    out: Annotated[Path, typer.Option("--out", help="证明写到哪个文件。")],
    head: Annotated[Path | None, typer.Option("--head", help="另存的树头：证明和它接上。")] = None,
) -> None:
    """出一件事项全部留痕的证明；任何人不用数据库就能核对（shanzhi journal check）。"""
    kept = _heads([head] if head else None)
    with ready("worker"):
        from shanzhi.kernel.journal import queries
        from shanzhi.kernel.matters.queries import matter_id_of_number

        matter_id = matter_id_of_number(number)
        if matter_id is None:
            raise InputError(msg("没有编号为 %(number)s 的事项。请核对编号。"), number=number)
        proof = queries.proof_of("matter", matter_id, number=number, kept=kept[0] if kept else None)
    text = policy.write_proof(proof)
    out.write_text(text, encoding="utf-8")
    entries = sum(len(tree.entries) for tree in proof.trees)
    print(f"{out}：{entries} 步，{len(text.encode()):,} 字节。")


@group.command()
def check(
    file: Annotated[Path, typer.Argument(help="证明文件。")],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="公布的公钥（一整行，或内有它的文件）；可给多把。")
    ] = None,
    head: HeadOption = None,
) -> None:
    """核对一份证明；不用数据库，不用联网。证明成立退出码为 0，不成立为 1，另存的树头接不上为 3。"""
    given = [policy.PublicKey.read(line) for text in key or [] for line in _key_lines(text)]
    checked = policy.check(policy.read_proof(_text(file)), given=given, kept=_heads(head))
    for line in policy.tell(checked):
        print(line)
    raise typer.Exit(DAMAGED if not checked.is_proved else UNJOINED if checked.unjoined else 0)


def _key_lines(text: str) -> list[str]:
    if "+" in text:
        return [text]
    return [line for line in _text(Path(text)).splitlines() if line.strip()]


@group.command()
def heads(
    last: Annotated[int, typer.Option("--last", min=1, help="列出最近多少份。")] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="把最新一份连同签名写到文件，另外保存。")] = None,
) -> None:
    """列出树头和公钥；用 --out 取最新一份。"""
    with ready("worker"):
        from shanzhi.kernel.journal import queries

        rows, keys = queries.heads_page(limit=last), queries.keys()
    for row in rows:
        at = timezone.localtime(row.signed_at)
        tree = f"第 {row.epoch} 纪元  {row.size:>12,} 条  {row.root.hex()[:16]}…"
        print(f"{row.id:>8}  {tree}  {at:%Y-%m-%d %H:%M:%S}  {row.key_id}")
    for public in keys:
        print(f"公钥 {public.text}")
    if out is not None:
        if not rows:
            raise InputError(msg("还没有树头，没有可另存的。请先运行 shanzhi journal seal。"))
        out.write_text(rows[0].note, encoding="utf-8")


@group.command()
def epoch(
    reason: Annotated[str, typer.Option("--reason", help="为什么，例如“从备份恢复”；会公开。")],
    head: Annotated[Path | None, typer.Option("--head", help="原纪元最后公布的树头，如果有。")] = None,
) -> None:
    """开始新的纪元：新的一棵树，说明上一棵树到哪里为止。恢复备份之后要做。"""
    kept = _heads([head] if head else None)
    with ready("worker"):
        from shanzhi.kernel.journal import operations

        number = operations.epoch_begin(reason=reason, now=timezone.now(), shown=kept[0] if kept else None)
    print(f"第 {number} 纪元开始。")


@group.command("key-rotate")
def key_rotate() -> None:
    """换一把签名密钥：旧密钥为新密钥签声明；已签的树头仍然有效。"""
    with ready("worker") as installation:
        from shanzhi.kernel.journal import operations

        installation.rotate_signing()
        key_id = operations.key_introduce(now=timezone.now())
    print(f"现在用密钥 {key_id} 签名。" if key_id else "还没有封存过；第一份树头就用新密钥签。")
    print("请备份 secrets.json，并公布新的公钥（shanzhi journal heads）。")
