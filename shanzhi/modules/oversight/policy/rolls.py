"""The three lists (三张清单) of the same matters: what is wrong, who answers for it, what is done with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg

PRINTED_MOST = 300
"""Lines of a printed list; more are taken along as a file."""


class Roll(StrEnum):
    """Which of the three; the values stand in addresses."""

    PROBLEMS = "problems"
    DUTIES = "duties"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class RollSpec:
    """A list's name, what it shows (message ids), its columns by code, and whether it is of matters that have ended."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    is_ended: bool = False


ROLLS: Mapping[Roll, RollSpec] = MappingProxyType(
    {
        Roll.PROBLEMS: RollSpec(
            msg("问题清单"),
            msg("本岗位看得到、还没有结束的事项"),
            ("number", "title", "category", "region", "reported", "stage"),
        ),
        Roll.DUTIES: RollSpec(
            msg("责任清单"),
            msg("还没有结束的事项现在由谁办、什么时候到期"),
            ("number", "title", "holder", "stage", "due", "light"),
        ),
        Roll.CLEARED: RollSpec(
            msg("销号清单"),
            msg("已经结束的事项，拆分的只列整体；不写日期的从今年1月1日起"),
            ("number", "title", "region", "reported", "ended", "stage"),
            is_ended=True,
        ),
    }
)


def roll_of(code: str) -> Roll:
    """The list that an address names.

    Raises:
        NotFound: there is none.
    """
    if code not in set(Roll):
        raise NotFound(msg("没有这张清单。请返回督办首页，从那里打开。"))
    return Roll(code)
