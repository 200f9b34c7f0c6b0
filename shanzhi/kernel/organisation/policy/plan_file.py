"""A plan of a redraw as a TOML file: `on = 2026-01-01`, then `[[change]]` tables with a `do`, and where another unit takes
over than one would expect, `[[unit]]` tables with `unit` and `successor`. `undoes` names the redraw taken back. Pure."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.plan import (
    BadChange,
    Change,
    Close,
    Merge,
    Move,
    Open,
    Part,
    Plan,
    Rename,
    Split,
    TakesOver,
)

_NEEDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "rename": (frozenset({"region", "name"}), frozenset()),
    "move": (frozenset({"region", "code"}), frozenset({"parent"})),
    "merge": (frozenset({"regions", "into"}), frozenset()),
    "split": (frozenset({"region", "heir", "part"}), frozenset()),
    "open": (frozenset({"code", "name", "parent"}), frozenset()),
    "close": (frozenset({"region"}), frozenset()),
}
_TOP = frozenset({"on", "undoes", "change", "unit"})
_LISTS = frozenset({"regions", "part", "children"})


def plan_read(text: str) -> Plan:
    """The plan that a file holds.

    Raises:
        BadChange: no TOML, a word that isn't known, one that is missing, or one of another type.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadChange(msg("方案文件不是有效的 TOML：%(error)s。请改正后再试。"), error=str(error)) from error
    on = content.get("on")
    if not isinstance(on, date) or isinstance(on, datetime):
        raise BadChange(msg("方案文件缺少生效日期。请在开头写 on = 2026-01-01 这样的一行。"))
    changes, units, undoes = content.get("change", []), content.get("unit", []), content.get("undoes")
    if set(content) - _TOP or not isinstance(changes, list) or not isinstance(units, list) or not _is_id(undoes):
        raise BadChange(msg("方案文件只能有 on、undoes、[[change]] 和 [[unit]]。请删去其他内容。"))
    lines = [_unit(entry, number) for number, entry in enumerate(units, 1)]
    return Plan(on, tuple(_change(entry, number) for number, entry in enumerate(changes, 1)), tuple(lines), undoes)


def _is_id(value: Any) -> bool:
    return value is None or (type(value) is int and 0 < value < 2**62)


def _unit(entry: Any, number: int) -> TakesOver:
    line = entry if isinstance(entry, dict) else {}
    _check_fields(line, frozenset({"unit", "successor"}), frozenset(), number)
    return TakesOver(line["unit"], line["successor"])


def plan_write(plan: Plan) -> str:
    """The plan as a file that `plan_read` reads."""
    lines = [f"on = {plan.on.isoformat()}"]
    if plan.undoes is not None:
        lines.append(f"undoes = {plan.undoes}")
    for change in plan.changes:
        lines += ["", "[[change]]", f'do = "{type(change).__name__.lower()}"']
        lines += [
            f"{field.name} = {_value(getattr(change, field.name))}"
            for field in fields(change)
            if _said(change, field.name)
        ]
        if isinstance(change, Split):
            for part in change.parts:
                lines += [
                    "[[change.part]]",
                    *(f"{name} = {_value(getattr(part, name))}" for name in ("code", "name", "children")),
                ]
    for line in plan.units:
        lines += ["", "[[unit]]", f"unit = {_value(line.unit)}", f"successor = {_value(line.successor)}"]
    return "\n".join(lines) + "\n"


def _said(change: Change, name: str) -> bool:
    return name != "parts" and not (isinstance(change, Move) and name == "parent" and not change.parent)


def _value(value: str | tuple[str, ...]) -> str:
    # A JSON string is a TOML basic string: both escape quotes, backslashes and control signs alike.
    return json.dumps(value, ensure_ascii=False)


def _change(entry: Any, number: int) -> Change:
    word = entry.get("do") if isinstance(entry, dict) else None
    if not isinstance(word, str) or word not in _NEEDS:
        raise BadChange(
            msg("第 %(number)s 项变更的 do 应是其中之一：%(words)s。"), number=number, words="、".join(_NEEDS)
        )
    fields = {key: value for key, value in entry.items() if key != "do"}
    _check_fields(fields, *_NEEDS[word], number)
    match word:
        case "rename":
            return Rename(**fields)
        case "move":
            return Move(**fields)
        case "merge":
            return Merge(tuple(fields["regions"]), fields["into"])
        case "split":
            return Split(fields["region"], tuple(_part(part, number) for part in fields["part"]), fields["heir"])
        case "open":
            return Open(**fields)
        case _:
            return Close(**fields)


def _part(part: Any, number: int) -> Part:
    if not isinstance(part, dict):
        raise BadChange(msg("第 %(number)s 项变更的内容不对。请对照说明核对：%(names)s。"), number=number, names="part")
    _check_fields(part, frozenset({"code", "name"}), frozenset({"children"}), number)
    return Part(part["code"], part["name"], tuple(part.get("children", ())))


def _check_fields(fields: Mapping[str, Any], needed: frozenset[str], allowed: frozenset[str], number: int) -> None:
    wrong = (needed - fields.keys()) | (fields.keys() - needed - allowed)
    wrong |= {key for key, value in fields.items() if not _fits(key, value)}
    if wrong:
        raise BadChange(
            msg("第 %(number)s 项变更的内容不对。请对照说明核对：%(names)s。"),
            number=number,
            names="、".join(sorted(wrong)),
        )


def _fits(key: str, value: Any) -> bool:
    if key not in _LISTS:
        return isinstance(value, str)
    inner = dict if key == "part" else str
    return isinstance(value, list) and all(isinstance(item, inner) for item in value)
