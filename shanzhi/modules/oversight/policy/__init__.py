"""What a supervisor's figures are called, what each of them counts, and which list it leads to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg

FEATURE = "oversight"
SHOWN_MOST = 10
"""Lines of each table on the start page; all of them are on the table's own page."""
LISTED_MOST = 50
"""Lines of a table on its own page; its file has all of them."""


class NoSuchTable(NotFound):
    """There is no table by this."""

    code = "no-such-table"


class Dimension(StrEnum):
    """What a table goes by."""

    REGION = "region"
    UNIT = "unit"
    CATEGORY = "category"
    KIND = "kind"

    @property
    def label(self) -> str:
        """The table's title (a message id)."""
        return _LABELS[self]


_LABELS = {
    Dimension.REGION: msg("按区域"),
    Dimension.UNIT: msg("按现在轮到的单位"),
    Dimension.CATEGORY: msg("按分类"),
    Dimension.KIND: msg("按事项类型"),
}


def dimension_of(code: str) -> Dimension:
    """The table of this code.

    Raises:
        NoSuchTable: there is none.
    """
    try:
        return Dimension(code)
    except ValueError as error:
        raise NoSuchTable(msg("没有这张表。请回到督办首页重新选择。")) from error


@dataclass(frozen=True, slots=True)
class Measure:
    """One column: its code in a count's row, its head, what it counts (message ids), and the conditions that its list
    adds to the line's own."""

    code: str
    label: str
    meaning: str
    adds: Mapping[str, str]


MEASURES = (
    Measure("open", msg("未结束"), msg("还没有结束的事项"), {}),
    Measure("late", msg("超期"), msg("当前环节已超过期限，还没有结束的事项"), {"light": "overdue"}),
    Measure("warning", msg("临期"), msg("当前环节已到提醒时间、还没有超期的事项"), {"light": "warning"}),
    Measure("returned", msg("多次退单"), msg("退单 2 次及以上、还没有结束的事项"), {"returned": "2"}),
    Measure("idle", msg("7 天没有进展"), msg("在当前环节停留 7 天及以上的事项"), {"idle": "7"}),
)
MEDIAN_LABEL = msg("已办天数")
MEDIAN_MEANING = msg("未结束事项从反映到现在的整天数，取中位数；有两个中间数时取小的")


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
