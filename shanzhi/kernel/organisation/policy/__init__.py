"""The words and rules of regions, units and posts. Pure: no Django, no database, no clock.

Codes follow GB/T 2260 (province, city, county: 2, 4, 6 digits) and the statistical division codes of townships
and villages (9 and 12 digits, 统计用区划代码); a grid adds three digits of its own.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg


class Level(StrEnum):
    """How far up in the division of the country; a zone (高新区, 经开区) lies across the others."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    COMMUNITY = "community"
    GRID = "grid"
    ZONE = "zone"


LEVEL_NAMES: dict[Level, str] = {
    Level.PROVINCE: msg("省"),
    Level.CITY: msg("市"),
    Level.COUNTY: msg("区县"),
    Level.TOWNSHIP: msg("乡镇（街道）"),
    Level.COMMUNITY: msg("村（社区）"),
    Level.GRID: msg("网格"),
    Level.ZONE: msg("功能区"),
}


class UnitKind(StrEnum):
    """What sort of body a unit is."""

    CENTRE = "centre"
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    COMMUNITY = "community"
    PUBLIC_UTILITY = "public_utility"
    MEDIATION = "mediation"
    VOLUNTEER = "volunteer"


UNIT_KIND_NAMES: dict[UnitKind, str] = {
    UnitKind.CENTRE: msg("综治中心"),
    UnitKind.DEPARTMENT: msg("部门"),
    UnitKind.TOWNSHIP: msg("乡镇（街道）"),
    UnitKind.COMMUNITY: msg("村（社区）"),
    UnitKind.PUBLIC_UTILITY: msg("公用事业单位"),
    UnitKind.MEDIATION: msg("调解组织"),
    UnitKind.VOLUNTEER: msg("志愿服务队"),
}


class Sees(StrEnum):
    """How far a post sees: by place, only undecided intake in its place, only what its unit takes part in; `office`:
    no matters at all, only the posts, sign-ins and sign-offs of its place."""

    REGION = "region"
    INTAKE = "intake"
    UNIT = "unit"
    OFFICE = "office"


class BadCode(InputError):
    """Not a region code."""

    code = "region-code"


class UnknownRegion(NotFound):
    """No region holds this code on this date."""

    code = "region-unknown"


class NotLoadable(InputError):
    """The divisions have no city under this code; says which code to use instead."""

    code = "city-not-loadable"


class LoadRefused(Conflict):
    """The load would contradict what is there."""

    code = "load-refused"


class BadZone(InputError):
    """A functional zone that can't be."""

    code = "zone"


class PostTaken(Conflict):
    """Somebody holds the post in that time."""

    code = "post-taken"


class PostVacant(Conflict):
    """Nobody holds the post on that date."""

    code = "post-vacant"


class NoSuchPost(NotFound):
    """The post isn't there, or not on that date."""

    code = "post-unknown"


class NoSuchStaff(NotFound):
    """No such member of staff."""

    code = "staff-unknown"


class BadPeriod(InputError):
    """An end that isn't after its beginning."""

    code = "period"


class BadStaff(InputError):
    """A member of staff without a name or number."""

    code = "staff"


class WorkNumberTaken(Conflict):
    """Two members of staff can't share a work number."""

    code = "work-number-taken"


CODE_LENGTHS = (2, 4, 6, 9, 12, 15)
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""直辖市: a province-level code that is a city."""
GRID_DIGITS = 3

_LEVEL_BY_LENGTH = {
    2: Level.PROVINCE,
    4: Level.CITY,
    6: Level.COUNTY,
    9: Level.TOWNSHIP,
    12: Level.COMMUNITY,
    15: Level.GRID,
}
# GB/T 2260: the third and fourth digits 90 stand for county-level places directly below a province.
_DIRECT_BELOW_PROVINCE = "90"


def check_code(code: str) -> None:
    """Is this the shape of a region code?

    Raises:
        BadCode: other signs than digits, or not 2, 4, 6, 9, 12 or 15 of them.
    """
    if not (code.isascii() and code.isdigit()):
        raise BadCode(msg("区域代码“%(code)s”只能是数字。请核对后再填。"), code=code)
    if len(code) not in CODE_LENGTHS:
        raise BadCode(
            msg("区域代码“%(code)s”有 %(digits)s 位，应为 2、4、6、9、12 或 15 位。请核对后再填。"),
            code=code,
            digits=len(code),
        )


def level_of(code: str) -> Level:
    """The level that a code's shape stands for (a zone's code looks like a county's or a township's).

    直辖市 (2 digits) and the county-level cities directly below a province (`xx90xx`) are cities here: each is the
    whole city of an installation.

    Raises:
        BadCode: see `check_code`.
    """
    check_code(code)
    if code in MUNICIPALITIES or (len(code) == 6 and code[2:4] == _DIRECT_BELOW_PROVINCE):
        return Level.CITY
    return _LEVEL_BY_LENGTH[len(code)]


def ancestor_codes(code: str) -> tuple[str, ...]:
    """The codes that may stand above `code`, nearest first; not every one of them is a region in every city.

    Raises:
        BadCode: see `check_code`.
    """
    check_code(code)
    return tuple(code[:length] for length in reversed(CODE_LENGTHS) if length < len(code))


def ranges_of(code: str, prefixes: Sequence[str] = ()) -> CodeRanges:
    """The set of codes that belong to a region.

    As a rule all that begin with its code. A city whose parts stand under other prefixes (重庆 50: 5001 and 5002)
    gives them: its set is its own code alone and those prefixes.

    Raises:
        BadCode: see `check_code`.
    """
    check_code(code)
    if not prefixes:
        return CodeRanges.from_prefixes(code)
    # In C collation nothing but `code` itself lies between it and `code` + "0" among texts of digits.
    return CodeRanges.from_prefixes(*prefixes).union(CodeRanges.of([(code, code + "0")]))


def zone_ranges(code: str, covered: Sequence[tuple[str, CodeRanges]]) -> CodeRanges:
    """The set of codes of a functional zone over `covered` regions, each a code with its set.

    Raises:
        BadZone: nothing covered, the same place twice, or a code that can't be a zone's.
    """
    check_code(code)
    if len(code) not in (6, 9):
        raise BadZone(msg("功能区代码“%(code)s”应为 6 位或 9 位。请核对后再填。"), code=code)
    if not covered:
        raise BadZone(msg("功能区“%(code)s”没有覆盖任何乡镇（街道）或村（社区）。请至少填一个。"), code=code)
    whole = CodeRanges()
    for member, ranges in covered:
        if member == code or any(whole.contains(low) for low, _ in ranges):
            raise BadZone(msg("功能区“%(code)s”重复覆盖了“%(member)s”。请删去重复的一项。"), code=code, member=member)
        if level_of(member) not in (Level.COUNTY, Level.TOWNSHIP, Level.COMMUNITY):
            raise BadZone(
                msg("功能区“%(code)s”只能覆盖区县、乡镇（街道）或村（社区），不能覆盖“%(member)s”。"),
                code=code,
                member=member,
            )
        whole = whole.union(ranges)
    return whole


# Strongest first: the official name's ending, and what stays of it in everyday use.
_VILLAGE_ENDINGS = ("村民委员会", "村委会", "村民委会")
_RESIDENT_ENDINGS = ("居民委员会", "居民居委会", "居委会", "居委")


def short_name_of(name: str, level: Level) -> str:
    """What people call the place: 新华社区居委会 → 新华社区, 朱庄村委会 → 朱庄村, 某街道办事处 → 某街道."""
    if level is Level.TOWNSHIP:
        return name.removesuffix("办事处") if name.endswith("街道办事处") else name
    if level is not Level.COMMUNITY:
        return name
    for ending in _VILLAGE_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            stem = name.removesuffix(ending)
            return stem if stem.endswith("村") else stem + "村"
    for ending in _RESIDENT_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            stem = name.removesuffix(ending)
            return stem if stem.endswith(("社区", "村")) else stem + "社区"
    return name.removesuffix("委员会") if name.endswith("村委员会") else name


def grid_count(community_code: str) -> int:
    """How many grids the sample gives a community: 2 to 4, always the same for a code, 30/11 on average.

    Real cities draw a grid for 300 to 500 households (about 8,000 in a city of 4.7 million).
    """
    draw = hashlib.sha256(community_code.encode()).digest()[0] % 11
    return 2 if draw < 5 else 3 if draw < 9 else 4


def grid_code(community_code: str, number: int) -> str:
    """The 15 digits of a community's grid; numbers from 1 to 999.

    Raises:
        BadCode: not a community's code, or no such number.
    """
    if level_of(community_code) is not Level.COMMUNITY or not 1 <= number <= 999:
        raise BadCode(
            msg("不能在“%(code)s”下编第 %(number)s 个网格：上级须为村（社区），序号 1 到 999。"),
            code=community_code,
            number=number,
        )
    return f"{community_code}{number:0{GRID_DIGITS}d}"


_DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """1 to 999 in Chinese numerals: 第三网格, 第十二网格, 第一百零五网格.

    Raises:
        ValueError: outside of 1 to 999.
    """
    if not 1 <= number <= 999:
        raise ValueError(f"no numeral for {number}")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def default_sees(role: str, kind: UnitKind) -> Sees:
    """How far a role sees where the rule book doesn't say: no further than its work asks for.

    Whoever takes in sees what waits for a decision; a department's staff what their unit takes part in; those who
    check, supervise or stand for a place see that place. The security officer and the auditor see no matters (等保 2.0,
    GB/T 22239-2019, 8.1.5: the administrators' duties stand apart), nor does who writes the hotline's knowledge items.
    """
    if role in ("security_officer", "auditor", "knowledge_editor"):
        return Sees.OFFICE
    if role in ("dispatcher", "operator"):
        return Sees.INTAKE
    if role == "handler" and kind not in (UnitKind.TOWNSHIP, UnitKind.COMMUNITY):
        return Sees.UNIT
    return Sees.REGION


@dataclass(frozen=True, slots=True)
class HoldingEnded:
    """Somebody no longer holds a post from `on`, the first day without; `staff_id` is None where a vacant post closed."""

    post_id: int
    staff_id: int | None
    on: date


EndListener = Callable[[HoldingEnded, datetime], None]
_end_listeners: list[EndListener] = []


def on_holding_ended(listener: EndListener) -> None:
    """Let `listener` be called, in the transaction that ends a holding, where the end is today or past. An end in the
    future tells nobody when its day comes: who has to act then looks for it every minute."""
    if listener not in _end_listeners:
        _end_listeners.append(listener)


def tell_of_end(ended: HoldingEnded, now: datetime) -> None:
    """Call everybody who listens."""
    for listener in _end_listeners:
        listener(ended, now)
