"""`shanzhi backup`: a sealed copy of everything, proved by restoring it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console(stderr=True)

To = Annotated[
    Path | None, typer.Option("--to", help="放在哪个文件夹；默认 SHANZHI_BACKUP_FOLDER，或家目录的 backups。")
]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="备份口令所在的文件（默认读 SHANZHI_BACKUP_PASSPHRASE，再默认提示输入）。")
]
RecipientFile = Annotated[
    Path | None, typer.Option("--recipient", help="公钥文件（.pub）：只能加密，这台机器读不了备份。")
]
Verify = Annotated[bool, typer.Option(help="在旁边试恢复一遍，核对后删掉。")]
Keep = Annotated[int, typer.Option(help="只留最近几份；0 全留。")]
MakeKey = Annotated[Path | None, typer.Option(help="不备份，只生成一对密钥文件：私钥 FILE 和公钥 FILE.pub。")]
Files = Annotated[bool, typer.Option("--files/--without-files", help="照片和附件也放进去。")]
Secrets = Annotated[bool, typer.Option("--secrets/--without-secrets", help="密钥文件也放进去（同样加密）。")]


def command(
    *,
    to: To = None,
    passphrase_file: PassphraseFile = None,
    recipient: RecipientFile = None,
    verify: Verify = True,
    keep: Keep = 0,
    make_key: MakeKey = None,
    files: Files = True,
    secrets: Secrets = True,
) -> None:
    """备份：数据库、照片和附件、密钥，加密成一个文件，并试恢复一遍。"""
    from shanzhi.config.backup import report
    from shanzhi.config.backup.sealed import make_key_files, read_recipient

    if make_key is not None:
        make_key_files(make_key)
        console.print(f"私钥 {make_key}：离线保管，丢了备份就打不开。公钥 {make_key}.pub：备份时用。")
        return
    lock = read_recipient(recipient) if recipient else report.passphrase(passphrase_file, is_new=True)
    from shanzhi.config.ready import ready

    with ready() as installation:
        raise typer.Exit(
            report.back_up(
                installation,
                folder=to,
                lock=lock,
                with_files=files,
                with_secrets=secrets,
                proving=verify,
                most=keep,
                console=console,
            )
        )
