"""What the on-time page (办理时效) counts and how it says it. Pure.

Days are days of the calendar, weekends and holidays too. They count from the day after the report (civil code, article 201:
the day on which a period begins isn't counted), by Beijing's dates, to the day of the end; so what ends on its day took 0.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shanzhi.core.text import msg

LIMITS = (0, 5, 15, 30, 60)
"""Days: ended on its day, within 5, 15, 30 and 60."""
SAMPLE_LEAST = 30
"""A line of a table with fewer matters tells its number and no share: one matter would move it by points."""

DEFINITION = msg(
    "用时按日历天计，节假日也算：反映的当天不计，从次日起算（《民法典》第二百零一条），到办结的当天为止，"
    "按北京时间的日期；当天办结为 0 天。"
)
COUNTED = msg(
    "只计已经办结（含到期未评价、按办结处理）的事项，等反映人评价的天数也算在用时里；从其他系统导入的，以答复时间为办结时间。"
    "不予受理和撤回的另列，没有办结的在下面另计。"
)
MEDIAN = msg("把各件的用时从少到多排，正中间一件的天数；有两个中间数时取小的")
PROMISED = msg(
    "有办理时限的事项里，每次都在时限内办完的占多少；批准的延期和暂停算在时限里，反映人评价的时间不算。"
    "没有办理时限的不计"
)
OPEN = msg("到统计时还没有结束的事项，已经过去的日历天；按反映时间筛选，不按结束时间筛选")
FEW = msg("少于 %(least)s 件的，只列件数，不算中位数和比例，写“样本不足”")
NO_SHARE = msg("不适用")
TOO_FEW = msg("样本不足")


@dataclass(frozen=True, slots=True)
class Share:
    """So many out of so many; of nothing there is no share, neither none nor all."""

    part: int
    whole: int

    def text(self, least: int = 1) -> str:
        """ "45.3%"; "不适用" of nothing, "样本不足" of fewer than `least` (message ids)."""
        if not self.whole:
            return NO_SHARE
        if self.whole < least:
            return TOO_FEW
        return f"{(Decimal(self.part) * 100 / Decimal(self.whole)).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
