"""How numbers, times and spans read, in Chinese and in English. Pure: no Django, no clock.

Rules: shared visual guide, "Numbers and time". `lang` is a language code; whatever starts with "en" reads English,
everything else Simplified Chinese.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

COUNT_CAP = 1_000
"""Lists count no further than this; the pager then shows "1,000+"."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_NAMES = {"zh": {0: "今天", -1: "昨天", 1: "明天"}, "en": {0: "Today", -1: "Yesterday", 1: "Tomorrow"}}
_SCALES = {
    "zh": ((100_000_000, "亿"), (10_000, "万")),
    "en": ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k")),
}
_SHORT_FROM = 10_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def _is_english(lang: str) -> bool:
    return lang.lower().startswith("en")


def when_text(at: datetime, now: datetime, lang: str = "zh-hans") -> str:
    """The moment `at` as a person says it: 今天 14:05, 昨天 09:12, 11月18日, 2025年11月18日.

    Both moments are aware; days are counted in the zone of `now`.
    """
    english = _is_english(lang)
    local = at.astimezone(now.tzinfo)
    day = _DAY_NAMES["en" if english else "zh"].get((local.date() - now.date()).days)
    if day:
        return f"{day} {local:%H:%M}"
    return day_text(local.date(), now.date(), lang)


def day_text(day: date, today: date | None = None, lang: str = "zh-hans") -> str:
    """A day as it is read: 11月18日, with its year where that isn't the year of `today` (always, without one)."""
    is_this_year = today is not None and day.year == today.year
    if _is_english(lang):
        short = f"{day.day} {_MONTHS[day.month - 1]}"
        return short if is_this_year else f"{short} {day.year}"
    short = f"{day.month}月{day.day}日"
    return short if is_this_year else f"{day.year}年{short}"


def exact_text(at: datetime, lang: str = "zh-hans") -> str:
    """The moment in full, for titles and print: 2025年11月18日 14:05, 18 Nov 2025 14:05."""
    if _is_english(lang):
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}"
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def _units(seconds: int, day_seconds: int, english: bool) -> str:
    """At most the two largest units that say something: "1 天 4 小时", "40 分钟"."""
    days, rest = divmod(seconds, day_seconds)
    hours, rest = divmod(rest, _HOUR)
    minutes = rest // _MINUTE
    names = ("day", "hour", "minute") if english else ("天", "小时", "分钟")
    amounts = ((days, names[0]), (hours, names[1]), (0 if days else minutes, names[2]))
    parts = [f"{n} {name}{'s' if english and n != 1 else ''}" for n, name in amounts if n]
    if parts:
        return " ".join(parts[:2])
    return "less than a minute" if english else "不到 1 分钟"


def span_text(span: timedelta, lang: str = "zh-hans") -> str:
    """How long something took: "3 天 4 小时", "40 分钟", in natural time."""
    return _units(int(span.total_seconds()), _DAY, _is_english(lang))


def left_text(left: timedelta, lang: str = "zh-hans", *, day_seconds: int = _DAY, working: bool = False) -> str:
    """What remains until a deadline: "剩 1 天 4 小时", "超期 2 天"; negative `left` is overdue.

    `day_seconds` is the length of one day of the clock that counts (28,800 for an eight-hour working day).
    `working` adds "（工作时间）". An overdue span drops its smaller unit from one day up.
    """
    english = _is_english(lang)
    seconds = int(left.total_seconds())
    size = abs(seconds)
    if seconds < 0 and size >= day_seconds:
        size -= size % day_seconds
    span = _units(size, day_seconds, english)
    if english:
        text = f"{span} left" if seconds >= 0 else f"{span} overdue"
        return f"{text} (working time)" if working else text
    gap = " " if span[0].isdigit() else ""
    text = f"剩{gap}{span}" if seconds >= 0 else f"超期{gap}{span}"
    return f"{text}（工作时间）" if working else text


def number_text(value: int | float | Decimal, lang: str = "zh-hans") -> str:
    """A number for reading: 1,234 · 1.2 万 from ten thousand · 1.2 亿; English 1,234 · 12.3k · 1.2m.

    Below ten thousand a number is shown as it is (integers) or with one decimal.
    """
    english = _is_english(lang)
    exact = Decimal(str(value))
    scales = _SCALES["en" if english else "zh"]
    if abs(exact) < _SHORT_FROM:
        return exact_number(value)
    at = next(i for i, (scale, _) in enumerate(scales) if abs(exact) >= scale)
    step = Decimal(scales[at][0]) / 10
    rounded = (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    # Rounding may have carried into the next unit: 99,999,999 reads 1 亿, not 10,000 万.
    scale, name = scales[at - 1] if at and abs(rounded) >= scales[at - 1][0] else scales[at]
    body = f"{rounded / scale:,.1f}".removesuffix(".0")
    return f"{body}{name}" if english else f"{body} {name}"


def exact_number(value: int | float | Decimal) -> str:
    """The whole number with thousands separators, one decimal if it has any: 12,345 · 3.5."""
    exact = Decimal(str(value))
    if exact == exact.to_integral_value():
        return f"{int(exact):,}"
    return f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP):,}"


def share_text(part: int, whole: int, lang: str = "zh-hans", *, unit: str = "件", minimum: int = 1) -> str:
    """A share with one decimal and its base: "87.5%，共 96 件"; "样本不足" while `whole` is under `minimum`.

    `unit` is the counting word of the base; English leaves it out: "87.5% of 96".
    """
    english = _is_english(lang)
    if whole < max(minimum, 1):
        return "too few cases" if english else "样本不足"
    percent = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if english:
        return f"{percent}% of {whole:,}"
    gap = " " if whole < 10_000 else ""
    return f"{percent}%，共 {number_text(whole)}{gap}{unit}"


def count_text(count: int) -> str:
    """A list's count, capped: 25, 999, "1,000+"."""
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def size_text(size: int) -> str:
    """A file's size in bytes for reading: "820 KB", "3.4 MB"."""
    if size < 1_024 * 1_024:
        return f"{max(1, round(size / 1_024))} KB"
    return f"{size / (1_024 * 1_024):.1f}".removesuffix(".0") + " MB"
