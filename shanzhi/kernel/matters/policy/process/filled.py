"""What somebody filled in for an action: all that it needs, nothing that it doesn't take, each value of its field's type."""

from collections.abc import Callable, Mapping
from datetime import date

from shanzhi.core.errors import InputError
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.matters.policy.process.model import Action, FieldSpec, Kind
from shanzhi.kernel.matters.policy.process.words import FieldType


class FieldsMissing(InputError):
    """Something that has to be filled in isn't; `fields` says what."""

    code = "fields-missing"


class FieldsWrong(InputError):
    """Something filled in can't be used; `fields` says what and why."""

    code = "fields-wrong"


def check_fields(kind: Kind, action: Action, given: Mapping[str, object]) -> None:
    """All that `action` needs is there, and nothing that it doesn't take, or not like this.

    Whether a ground, unit, category or region exists is for the operation to ask.

    Raises:
        FieldsMissing: `fields` names each that is needed and blank.
        FieldsWrong: `fields` names each that is unknown here or whose value doesn't fit.
    """
    missing = {code: kind.field(code) for code in action.needs if is_blank(given.get(code))}
    if missing:
        names = tuple(spec.name for spec in missing.values())
        beside = {code: msg("请填写这一项。") for code in missing}
        raise FieldsMissing(msg("%(action)s前请填写：%(names)s。"), fields=beside, action=(action.name,), names=names)
    wrong = {code: said for code, value in given.items() if (said := _wrong(kind, action, code, value))}
    if wrong:
        raise FieldsWrong(msg("有%(count)s项内容不能用，请按提示改正。"), fields=wrong, count=len(wrong))


def with_verdict(kind: Kind, action: Action, given: Mapping[str, object]) -> dict[str, object]:
    """What was given, with the answer that follows from the score where the kind has the verdict given by the score alone.

    Raises:
        FieldsWrong: the answer was given too, and isn't the one that follows.
    """
    asked = kind.verdict_by(action)
    if asked is None:
        return dict(given)
    score, answer = (spec.code for spec in asked)
    if not isinstance(given.get(score), int):
        return dict(given)
    follows = int(str(given[score])) >= kind.solved_from
    if given.get(answer, follows) is not follows:
        raise FieldsWrong(msg("评价前后不一致，请只选一项。"), fields={score: msg("请重新选择。")})
    return {**given, answer: follows}


def is_blank(value: object) -> bool:
    """Is nothing given? False and 0 are answers; an empty list is none, nor is a text in which there is nothing to read."""
    return (
        value is None
        or (isinstance(value, str) and not is_read(value))
        or (isinstance(value, list | tuple | set | frozenset) and not value)
    )


def _wrong(kind: Kind, action: Action, code: str, value: object) -> str:
    """The sentence beside a field whose value can't be used; empty: it can."""
    if is_blank(value):
        return ""
    if code not in action.fields:
        return msg("这一步不收这项内容。")
    spec = kind.field(code)
    measure = _MEASURES.get(spec.type)
    return measure(spec, value) if measure else ""


def _wrong_text(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str):
        return msg("请填写文字。")
    return _over(len(value), spec, msg("太长了：最多 %(max)s 字，现在 %(size)s 字。"))


def _wrong_list(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, list | tuple | set | frozenset):
        return msg("请从列表里选。")
    return _over(len(value), spec, msg("太多了：最多 %(max)s 个，现在 %(size)s 个。"))


def _over(size: int, spec: FieldSpec, message: str) -> str:
    return message % {"max": spec.max, "size": size} if spec.max is not None and size > spec.max else ""


def _wrong_score(spec: FieldSpec, value: object) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = whole and isinstance(value, int) and 1 <= value <= (spec.max or 1)
    if fits and spec.scale and value not in spec.scale:
        return msg("请从列表里选。")
    return "" if fits else msg("请打 1 到 %(max)s 分。") % {"max": spec.max}


def _wrong_bool(spec: FieldSpec, value: object) -> str:
    return "" if isinstance(value, bool) else msg("请选“是”或“否”。")


def _wrong_choice(spec: FieldSpec, value: object) -> str:
    return "" if value in spec.choices else msg("请从列表里选。")


def _wrong_day(spec: FieldSpec, value: object) -> str:
    """A day is written in one way: what is stored of it is read again by that form ("20260305" would read as a number)."""
    try:
        is_day = date.fromisoformat(str(value)).isoformat() == str(value)
    except ValueError:
        is_day = False
    return "" if is_day else msg("请填日期，像 2026-03-05。")


_MEASURES: Mapping[FieldType, Callable[[FieldSpec, object], str]] = {
    FieldType.TEXT: _wrong_text,
    FieldType.UNITS: _wrong_list,
    FieldType.FILES: _wrong_list,
    FieldType.PARTS: _wrong_list,
    FieldType.SCORE: _wrong_score,
    FieldType.BOOL: _wrong_bool,
    FieldType.CHOICE: _wrong_choice,
    FieldType.LIMIT: _wrong_choice,
    FieldType.DAY: _wrong_day,
}
