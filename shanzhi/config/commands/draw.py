"""`shanzhi draw …`: draws that anybody can do again, without a database; and a look at the city's own."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.draws import policy
from shanzhi.kernel.journal.policy import PublicKey, read_head

group = typer.Typer(no_args_is_help=True, help="抽取：谁都可以重抽一遍的随机抽取。")
DIFFERENT, UNREADABLE = 1, 2
STATES = {"announced": "已公告", "opened": "已定树头", "made": "已抽取", "withdrawn": "已撤回"}


@group.command()
def redo(
    file: Annotated[Path, typer.Argument(help="抽取文件。")],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="公布的公钥（一整行，或内有它的文件）；可给多把。")
    ] = None,
    head: Annotated[list[Path] | None, typer.Option("--head", help="另存的树头（文件）；可给多份。")] = None,
) -> None:
    """按文件重抽一遍；不用数据库，不用联网。一致退出码为 0，不一致为 1，文件读不了为 2。"""
    given = [PublicKey.read(line) for text in key or [] for line in _key_lines(text)]
    kept = [read_head(_text(each)) for each in head or []]
    data = _bytes(file)
    try:
        drawn = policy.read_draw(data)
    except policy.BadDrawFile as error:
        print(f"■ {error}")
        raise typer.Exit(UNREADABLE) from error
    redone = policy.redo(drawn, given=given, kept=kept)
    for line in policy.tell(redone):
        print(line)
    raise typer.Exit(0 if redone.is_same else DIFFERENT)


@group.command()
def nonce(
    out: Annotated[Path, typer.Option("--out", help="随机数写到哪个新文件；抽取公告后才拿出来。")],
) -> None:
    """生成一个随机数，存进文件，打印它的承诺；只把承诺交给对方。"""
    made = secrets.token_bytes(policy.NONCE_BYTES)
    try:
        out.touch(mode=0o600, exist_ok=False)
        out.write_text(f"{made.hex()}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(msg("写不了文件 %(file)s：已经有了，或没有权限。请换一个文件名。"), file=out) from error
    print(f"承诺 {policy.commitment_of(made)}")
    print(f"随机数在 {out}。定了树头之前，不要给任何人看。")


@group.command()
def show(
    number: Annotated[int, typer.Argument(help="第几号抽取；不写就列出最近的。")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="把抽取文件写到哪里。")] = None,
) -> None:
    """看本机的抽取：列表，或一次的公告、各方和结果；用 --out 取抽取文件。"""
    with ready("worker"):
        # Imported here: queries need Django's models.
        from shanzhi.kernel.draws import queries

        if not number:
            rows, _ = queries.draws()
            for row in rows:
                print(f"{row.number:>6}  {STATES[row.state]}  {row.subject}（{row.purpose}，第 {row.turn} 次）")
            return
        view = queries.draw(number)
        text = queries.draw_file(number) if out else ""
    print(f"第 {number} 号  {STATES[view.row.state]}  {view.row.subject}（{view.row.purpose}，第 {view.row.turn} 次）")
    print(f"公告 {view.announcement.sha256}")
    for side in view.sides:
        said = f"随机数 {side.nonce}" if side.nonce else "没有按时出示" if side.forfeited else "还没有出示"
        print(f"  {side.name}：承诺 {side.commitment}，{said}")
    for code, ids in view.result.drawn if view.result else ():
        print(f"● {code or '全部'}：{'、'.join(ids)}")
    if out is not None:
        out.write_text(text, encoding="utf-8")
        print(f"{out}：{len(text.encode()):,} 字节。")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=file) from error


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=file) from error


def _key_lines(text: str) -> list[str]:
    return [text] if "+" in text else [line for line in _text(Path(text)).splitlines() if line.strip()]
