"""Words for how a draw stands, and the bounds of what the page does again."""

from collections.abc import Mapping

from shanzhi.core.errors import TooLarge
from shanzhi.core.text import msg

FILE_MOST = 10_000_000
"""Bytes that the page takes: a list of about a hundred thousand. The command takes more."""
STATES: Mapping[str, str] = {
    "announced": msg("已公告"),
    "opened": msg("请出示随机数"),
    "drawing": msg("随机数已齐，正在抽取"),
    "made": msg("已抽取"),
    "withdrawn": msg("已撤回"),
}
MEANINGS: Mapping[str, str] = {
    "announced": msg(
        "要从 %(size)s 个里抽 %(take)s 个。名单和各方的承诺已经入账，不能再改；台账出了新的树头，就请各方出示随机数。"
    ),
    "opened": msg(
        "要从 %(size)s 个里抽 %(take)s 个。树头已经定了，请各方出示随机数，对得上承诺才收；齐了就抽，过时以承诺代替。"
    ),
    "drawing": msg("从 %(size)s 个里抽 %(take)s 个。随机数已齐，后台正在抽取，请稍后刷新本页看结果。"),
    "made": msg(
        "从 %(size)s 个里抽了 %(take)s 个。名单、树头和各方的承诺都在出示随机数以前定下，哪一方也左右不了结果；拿抽取文件，"
        "谁都可以重抽一遍。"
    ),
    "withdrawn": msg("这次抽取撤回了，没有结果。同一用途再抽要写理由，第几次都公开。"),
}
"""What a state means, for somebody who sees a draw for the first time; of how many how many. drawing: opened, none missing."""


class TooLargeToRedo(TooLarge):
    """More than the page does again."""

    code = "too-large-to-redo"


def check_size(data: bytes) -> None:
    """Raises TooLargeToRedo where a file is larger than the page takes."""
    if len(data) > FILE_MOST:
        raise TooLargeToRedo(msg("文件太大，网页最多 10 MB。请用命令 shanzhi draw redo FILE 核对。"))
