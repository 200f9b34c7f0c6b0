"""What is given to a step, checked against the city: does the ground, the unit, the category, the region exist?"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.clocks import clocks_of, running
from shanzhi.kernel.matters.operations.step import Step
from shanzhi.kernel.matters.policy.citing import Cited, is_citable, read_cite
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, FieldType, ground_use, is_blank
from shanzhi.kernel.matters.policy.report import normalise_number
from shanzhi.kernel.matters.rulebook import categories, grounds
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow

ID_DIGITS = 18
"""More no id of a table has."""


def checked_fields(step: Step) -> Mapping[str, Any]:
    """The given fields in their final form: texts clean, regions as rows, units known and open.

    Raises:
        FieldsWrong: something named isn't in this city; `fields` says what.
        FieldsMissing: the ground asks for words and there are none.
    """
    on = local_date(step.now)
    made: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for code, value in step.given.items():
        try:
            made[code] = _CHECKS.get(step.kind.field(code).type, _as_it_is)(step, value, on)
        except ValueError as error:
            wrong[code] = str(error)
    if wrong:
        raise FieldsWrong(msg("有%(count)s项内容不能用，请按提示改正。"), fields=wrong, count=len(wrong))
    ground = grounds().by_code.get(made.get("ground", ""))
    if ground is not None and ground.needs_words and is_blank(made.get("words")):
        raise FieldsMissing(
            msg("选择“%(ground)s”时要另写说明。"), fields={"words": msg("请写明依据和情况。")}, ground=ground.name
        )
    return made


def day_given(step: Step) -> date | None:
    """The day that was filled in for a clock which goes by it; None where there is none.

    Raises:
        FieldsWrong: a day that isn't ahead, or later than the clock may be promised for.
    """
    spec = next((clock for clock in step.kind.clocks if clock.by_field and clock.by_field in step.action.fields), None)
    if spec is None or step.action.ask or spec.by_field not in step.given:
        return None
    day, row = (
        date.fromisoformat(str(step.given[spec.by_field])),
        next((each for each in running(clocks_of(step.matter)) if each.code == spec.code), None),
    )
    last = local_date(row.due_at) if row is not None else None
    if day <= local_date(step.now) or (last is not None and day > last):
        raise FieldsWrong(
            msg("“%(clock)s”要定在今天以后，最迟到%(last)s。"),
            fields={spec.by_field: msg("请另选日期。")},
            clock=(spec.name,),
            last=last or "",
        )
    return day


def _as_it_is(step: Step, value: Any, on: date) -> Any:
    return value


def _text(step: Step, value: Any, on: date) -> str:
    return clean_text(str(value))


def _ground(step: Step, value: Any, on: date) -> str:
    ground = grounds().by_code.get(str(value))
    if ground is None or ground.use != (ground_use(step.kind, step.action) or ground.use):
        raise ValueError(msg("请从列表里选一条理由。"))
    return ground.code


def _cite(step: Step, value: Any, on: date) -> Cited:
    item = read_cite(str(value))
    if item is None or not is_citable(item, on):
        raise ValueError(msg("没有这条知识，或者它现在不能引用。请重新选一条。"))
    return item


def _category(step: Step, value: Any, on: date) -> str:
    found = categories(on).rules.categories.get(str(value))
    if found is None or found.retired:
        raise ValueError(msg("没有这个分类，请从列表里选。"))
    return found.code


def _region(step: Step, value: Any, on: date) -> RegionRow:
    row = organisation.region_of_code(str(value), on) if str(value).isdigit() else None
    if row is None:
        raise ValueError(msg("没有这个区域，请从列表里选。"))
    return row


def _unit(step: Step, value: Any, on: date) -> int:
    return _units(step, [value], on)[0]


def _units(step: Step, value: Any, on: date) -> tuple[int, ...]:
    ids = _ids(value)
    found = organisation.units_by_ids(ids, on)
    if set(ids) - found.keys():
        raise ValueError(msg("没有这个单位，或者它已经撤销。请重新选择。"))
    return tuple(dict.fromkeys(ids))


def _unit_ids(step: Step, value: Any, on: date) -> tuple[int, ...]:
    """Of units that help; which of them may be meant, the verb knows."""
    return tuple(dict.fromkeys(_ids(value)))


def _ids(value: Any) -> list[int]:
    """Whole numbers, or their digits as a form sends them. What Python would make a number of (true, 1.0, "+1") is none."""
    if not isinstance(value, list | tuple | set | frozenset) or not all(_is_id(each) for each in value):
        raise ValueError(msg("请从列表里选单位。"))
    return [int(each) for each in value]


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= ID_DIGITS
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**ID_DIGITS


def _matter(step: Step, value: Any, on: date) -> Matter:
    """Locked already where it is there (`lock_with_lead`)."""
    number = normalise_number(str(value))
    found = Matter.objects.filter(number=number).first() if number else None
    if found is None:
        raise ValueError(msg("没有找到这件事项，或者您看不到它。请核对编号。"))
    return found


_CHECKS: Mapping[FieldType, Callable[[Step, Any, date], Any]] = {
    FieldType.TEXT: _text,
    FieldType.GROUND: _ground,
    FieldType.CITE: _cite,
    FieldType.CATEGORY: _category,
    FieldType.REGION: _region,
    FieldType.UNIT: _unit,
    FieldType.UNITS: _units,
    FieldType.MATTER: _matter,
    FieldType.HELPER: lambda step, value, on: _unit_ids(step, [value], on)[0],
    FieldType.RESULTS: _unit_ids,
}
