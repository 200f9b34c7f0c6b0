"""`shanzhi letter …`: letters between platforms, checked and taken in."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import PublicKey
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.packs.policy.letter_manifest import moment_text

group = typer.Typer(no_args_is_help=True, help="函件：平台之间传递的封存文件。")
FAULTY = 1
SHOWN_MOST = 20

FileArgument = Annotated[Path, typer.Argument(help="函件文件。")]


@group.command()
def check(
    file: FileArgument,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="发出方公布的公钥（一整行，或内有它的文件）；可给多把。")
    ] = None,
) -> None:
    """逐字节核对一份函件；不用数据库，不用联网。没有不符退出码为 0，有为 1。"""
    keys = [PublicKey.read(line) for text in key or [] for line in _key_lines(text)]
    if not file.is_file():
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=file)
    letter = open_letter(file, keys=keys)
    header = letter.header
    print(f"{header.about}（{header.kind}，编号 {header.uid}，轮次 {header.round or '无'}）")
    print(f"从 {header.sender} 到 {header.receiver}，{moment_text(header.made_at)}，{header.program}")
    for member in letter.members[:SHOWN_MOST]:
        print(f"  {member.bytes:>15,}  {member.sha256[:16]}…  {member.name}")
    if len(letter.members) > SHOWN_MOST:
        print(f"  另有 {len(letter.members) - SHOWN_MOST:,} 项")
    for fault in letter.faults:
        print(f"■ {fault}")
    for saying in letter.open:
        print(f"○ {saying}")
    signed = "、".join(public.id for public in letter.signed_by)
    print("函件不成立。" if letter.faults else f"函件完整，{len(letter.members):,} 项内容都和签名（{signed}）相符。")
    raise typer.Exit(FAULTY if letter.faults else 0)


def _key_lines(text: str) -> list[str]:
    if "+" in text:
        return [text]
    try:
        return [line for line in Path(text).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=text) from error


@group.command("take-in")
def take_in(file: FileArgument) -> None:
    """收下一份函件：完整才收，同一份只收一次；发出方登记过就在后台读取。"""
    if not file.is_file():
        raise InputError(msg("读不了文件 %(file)s。请核对路径。"), file=file)
    with ready("worker"):
        from shanzhi.kernel.packs import operations

        taken = operations.letter_take_in(path=file, actor=None, now=timezone.now())
    known = "正在读取" if taken.is_believed else "还没有登记发出平台的公钥，先不使用"
    print(f"第 {taken.letter_id} 份，" + (f"已收下，{known}。" if taken.is_new else "以前收到过，没有重复收下。"))
