"""What the commands `shanzhi backup` and `shanzhi restore` do and say."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from shanzhi.config.backup import keep
from shanzhi.config.backup.errors import BackupError, WrongKey
from shanzhi.config.backup.place import Place, restore
from shanzhi.config.backup.sealed import Lock, Opener, Passphrase
from shanzhi.config.backup.take import Step, take
from shanzhi.config.backup.verify import Looked, Unproved, key_of, verify
from shanzhi.config.installation import Installation
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import read_head


def passphrase(file: Path | None, *, is_new: bool = False) -> Passphrase:
    """The passphrase from its file, from the environment, or typed in.

    Raises:
        WrongKey: the file can't be read, or it is shorter than 12 characters.
    """
    if file is not None:
        try:
            return Passphrase(file.read_text(encoding="utf-8").strip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise WrongKey(msg("口令文件 %(path)s 读不了。请核对路径和权限。"), path=file) from error
    named = os.environ.get("SHANZHI_BACKUP_PASSPHRASE")
    return Passphrase(
        named or typer.prompt("备份口令", hide_input=True, confirmation_prompt="再输一次" if is_new else False)
    )


@contextmanager
def _watched(console: Console) -> Iterator[Step]:
    """A progress bar for what takes over a second."""
    with Progress(console=console, transient=True) as progress:
        tasks = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total or None)
            progress.update(tasks[what], completed=done, total=total or None)

        yield step


def back_up(
    installation: Installation,
    *,
    folder: Path | None,
    lock: Lock,
    with_files: bool,
    with_secrets: bool,
    proving: bool,
    most: int,
    console: Console,
) -> int:
    """Take a backup, prove it, thin out the folder; 0 where all is well."""
    folder = (folder or keep.folder_of(installation.home)).resolve()
    with _watched(console) as step:
        taken = take(
            installation,
            folder=folder,
            lock=lock,
            now=datetime.now(UTC),
            with_files=with_files,
            with_secrets=with_secrets,
            step=step,
        )
    manifest = taken.manifest
    console.print(f"备份 {taken.path}（{taken.path.stat().st_size / 1e6:.1f} MB）")
    console.print(
        f"  {sum(manifest.tables.values()):,} 行，{manifest.files:,} 个文件，{manifest.journal['entries']:,} 条留痕"
    )
    if not with_secrets:
        console.print(f"  不含密钥文件：请另外保管 {installation.home / 'secrets.json'}，没有它备份打不开。")
    if not with_files:
        console.print(f"  不含照片和附件：请另外复制 {installation.home / 'files'}。")
    if proving:
        secrets = None if with_secrets else installation.home
        try:
            with console.status("试恢复并核对…"):
                looked = verify(taken.path, taken.file_key, beside=installation.home, secrets=secrets)
        except Unproved:
            keep.doubt(taken.path)
            raise
        if not _told(looked, console):
            console.print(f"[red]这份备份没有通过核对，已改名为 {keep.doubt(taken.path).name}。[/red]")
            return 1
    for gone in keep.thin_out(folder, installation.schema, most=most):
        console.print(f"删掉旧备份 {gone.name}")
    if manifest.missing:
        console.print(f"[red]有 {len(manifest.missing)} 个文件在库里有记录，存储里没有或内容不符，没能备份。[/red]")
    return 1 if manifest.missing else 0


def _told(looked: list[Looked], console: Console) -> bool:
    """Print what was looked at; is all of it well?"""
    for row in looked:
        console.print(f"  {'[green]●[/green]' if row.ok else '[red]■[/red]'} {row.what}：{row.seen}")
    return all(row.ok for row in looked)


def prove(file: Path, opener: Opener, *, secrets: Path | None, console: Console) -> int:
    """Restore into a temporary folder, look, throw it away; 0 where all is well."""
    _check_there(file)
    with console.status("试恢复并核对…"):
        looked = verify(file.resolve(), key_of(file, opener), beside=Path(tempfile.gettempdir()), secrets=secrets)
    return 0 if _told(looked, console) else 1


def put_back(
    file: Path, opener: Opener, *, into: str, secrets: Path | None, head: Path | None, console: Console
) -> int:
    """Restore into an empty place; `head` is a file with the last published head of the journal."""
    _check_there(file)
    if not into:
        raise BackupError(msg("请用 --into 说明恢复到哪里：一个空文件夹，或 postgresql:// 地址。"))
    place = Place.named(into)
    shown = read_head(head.read_text(encoding="utf-8")) if head else None
    with _watched(console) as step:
        manifest = restore(file, opener, place=place, now=datetime.now(UTC), secrets=secrets, shown=shown, step=step)
    console.print(f"已恢复到 {place.home}：备份时间 {manifest.about.taken_at}。")
    console.print(
        f"  {sum(manifest.tables.values()):,} 行，{manifest.files:,} 个文件，{manifest.journal['entries']:,} 条留痕"
    )
    if "files" in manifest.without:
        console.print(f"  备份不含照片和附件：请把它们复制到 {place.home / 'files'}。")
    console.print("  所有人都要重新登录。备份之后停用的岗位和令牌，要再停用一次。")
    console.print(f"下一步：SHANZHI_HOME={place.home} shanzhi doctor")
    return 0


def _check_there(file: Path) -> None:
    if not file.is_file():
        raise BackupError(msg("没有 %(file)s 这个文件。请核对路径。"), file=file)
