"""`shanzhi restore`: a backup into an empty place, or only proved."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console(stderr=True)

Into = Annotated[
    str, typer.Option("--into", help="空文件夹（内置数据库），或 postgresql:// 地址（文件放在 SHANZHI_HOME）。")
]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="备份口令所在的文件（默认读 SHANZHI_BACKUP_PASSPHRASE，再默认提示输入）。")
]
Key = Annotated[Path | None, typer.Option("--key", help="私钥文件，用于以公钥加密的备份。")]
Secrets = Annotated[Path | None, typer.Option("--secrets", help="另存密钥文件的文件夹，用于不含密钥的备份。")]
Head = Annotated[
    Path | None,
    typer.Option("--head", exists=True, dir_okay=False, help="恢复前最后公布的树头（文件），新纪元会说明少了多少条。"),
]
Check = Annotated[bool, typer.Option("--check", help="不恢复，只在临时文件夹里试一遍并核对。")]


def command(
    file: Path,
    into: Into = "",
    passphrase_file: PassphraseFile = None,
    key: Key = None,
    secrets: Secrets = None,
    head: Head = None,
    check: Check = False,
) -> None:
    """恢复一份备份到空的地方；断了可以再运行，会清掉重来。"""
    from shanzhi.config.backup import report
    from shanzhi.config.backup.sealed import read_private

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    opener = read_private(key) if key else report.passphrase(passphrase_file)
    if check:
        raise typer.Exit(report.prove(file, opener, secrets=secrets, console=console))
    raise typer.Exit(report.put_back(file, opener, into=into, secrets=secrets, head=head, console=console))
