"""`shanzhi process check|draw FILE`: plain functions that the command line prints from."""

from dataclasses import dataclass
from pathlib import Path

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.draw import FORMATS
from shanzhi.kernel.matters.policy.process.loader import load_kind
from shanzhi.kernel.matters.policy.process.model import Kind

MAX_BYTES = 1_000_000
"""A process file is some ten kilobytes; a megabyte is a mistake."""


class FileUnreadable(InputError):
    """There is no text to be had from this path."""

    code = "file-unreadable"


class FormatUnknown(InputError):
    """`draw` has no such format."""

    code = "format-unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command prints, and whether it went well (exit code 0) or not (1)."""

    text: str
    ok: bool


def read_text(path: str | Path) -> str:
    """The text of a process file.

    Raises:
        FileUnreadable: not there, a folder, not allowed, too large, or not UTF-8 (names the line).
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            source = opened.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise FileUnreadable(msg("找不到 %(path)s。请检查路径。"), path=path) from error
    except IsADirectoryError as error:
        raise FileUnreadable(msg("%(path)s 是文件夹。请给出其中一个 .toml 文件。"), path=path) from error
    except (OSError, ValueError) as error:
        raise FileUnreadable(msg("打不开 %(path)s。请检查路径和读取权限。"), path=path) from error
    if len(source) > MAX_BYTES:
        raise FileUnreadable(msg("%(path)s 超过 1 MB，不像流程文件。请检查路径。"), path=path)
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        message = msg("%(path)s 第 %(line)s 行不是 UTF-8 文本。请另存为 UTF-8 后再试。")
        raise FileUnreadable(message, path=path, line=line) from error


def check_file(path: str | Path) -> Said:
    """Proves the process in the file sound, or says on which lines it isn't and how to mend it. Never raises for a
    file: what is wrong with it is what it says."""
    try:
        found = load_kind(read_text(path))
    except FileUnreadable as error:
        return Said(str(error), ok=False)
    if isinstance(found, Kind):
        return Said(
            f"{path}：流程可用。{found.name}（{found.code}）第 {found.version} 版，"
            f"{len(found.stages)} 个环节，{len(found.actions)} 个动作。",
            ok=True,
        )
    lines = [f"{path}：有 {len(found)} 处要改。", *(f"  {problem}" for problem in found)]
    return Said("\n".join(lines), ok=False)


def draw_file(path: str | Path, fmt: str = "table") -> Said:
    """Draws the process in the file as `table`, `mermaid`, `dot` or `svg`; one that isn't sound is told as `check_file` does.

    Raises:
        FormatUnknown: none of the four.
    """
    if fmt not in FORMATS:
        known = "、".join(FORMATS)
        raise FormatUnknown(msg("没有“%(fmt)s”这种画法。可以用：%(known)s。"), fmt=fmt, known=known)
    try:
        found = load_kind(read_text(path))
    except FileUnreadable as error:
        return Said(str(error), ok=False)
    return Said(FORMATS[fmt](found), ok=True) if isinstance(found, Kind) else check_file(path)
