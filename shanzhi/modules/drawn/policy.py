"""Words for how a draw stands, and the bounds of what the page does again."""

from collections.abc import Mapping

from shanzhi.core.errors import TooLarge
from shanzhi.core.text import msg

FILE_MOST = 10_000_000
"""Bytes that the page takes: a list of about a hundred thousand. The command takes more."""
STATES: Mapping[str, str] = {
    "announced": msg("已公告"),
    "opened": msg("请出示随机数"),
    "made": msg("已抽取"),
    "withdrawn": msg("已撤回"),
}


class TooLargeToRedo(TooLarge):
    """More than the page does again."""

    code = "too-large-to-redo"


def check_size(data: bytes) -> None:
    """Raises TooLargeToRedo where a file is larger than the page takes."""
    if len(data) > FILE_MOST:
        raise TooLargeToRedo(msg("文件太大，网页最多 10 MB。请用命令 shanzhi draw redo FILE 核对。"))
