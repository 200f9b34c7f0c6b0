"""What the levels above tell a city, what it objects to, and what it has mended, as they travel: `slip.json`,
`objections.json` and `mended.json`. Pure.

A slip says where the city stands now, which items are returned, the scores of the levels above, what was found, what was
decided about objections, and in the end who passed. Read whole or not at all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shanzhi.core.text import msg
from shanzhi.kernel.rounds.policy.plain import read_json, read_points
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import RoundUnreadable, Stage

SLIP_FORM, OBJECTIONS_FORM, MENDED_FORM = "shanzhi-slip-1", "shanzhi-objections-1", "shanzhi-mended-1"
SLIP_MEMBER, OBJECTIONS_MEMBER, MENDED_MEMBER = "slip.json", "objections.json", "mended.json"


@dataclass(frozen=True, slots=True)
class Returned:
    """An item that goes back, and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class SlipScore:
    """An item's score by a level above; points and most as they are written."""

    key: str
    project: str
    stage: Stage
    value: str
    numerator: int | None
    denominator: int | None
    points: Decimal | None
    most: Decimal
    is_vetoed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SlipFinding:
    """What a check found: about an item, where, in words, to be put right by a day."""

    uid: UUID
    key: str
    stage: Stage
    region_code: str
    place: str
    words: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one of the city's objections."""

    uid: UUID
    upheld: bool
    words: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A city on the list of those who pass."""

    code: str
    name: str
    points: Decimal | None
    passed: bool


@dataclass(frozen=True, slots=True)
class SlipText:
    """All of a slip. `submission` is the one that it is about; `until`: by when returned items are handed in again."""

    round: UUID
    city: str
    submission: int
    state: State
    reason: str = ""
    until: date | None = None
    returned: tuple[Returned, ...] = ()
    scores: tuple[SlipScore, ...] = ()
    findings: tuple[SlipFinding, ...] = ()
    decisions: tuple[Decision, ...] = ()
    listed: tuple[Listed, ...] = ()

    def to_json(self) -> bytes:
        """`slip.json`: sorted keys, no spaces, UTF-8."""
        return _written(SLIP_FORM, self)


@dataclass(frozen=True, slots=True)
class ObjectionText:
    """One objection to a score, in words."""

    uid: UUID
    key: str
    stage: Stage
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ObjectionsText:
    """What a city objects to in a round."""

    round: UUID
    city: str
    objections: tuple[ObjectionText, ...]

    def to_json(self) -> bytes:
        """`objections.json`: as a slip."""
        return _written(OBJECTIONS_FORM, self)


@dataclass(frozen=True, slots=True)
class Mended:
    """A finding whose matter in the city was checked again and closed: the matter's number, and when."""

    uid: UUID
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MendedText:
    """What a city has mended in a round."""

    round: UUID
    city: str
    mended: tuple[Mended, ...]

    def to_json(self) -> bytes:
        """`mended.json`: as a slip."""
        return _written(MENDED_FORM, self)


def _written(form: str, text: SlipText | ObjectionsText | MendedText) -> bytes:
    body = {"form": form, **asdict(text)}
    return json.dumps(body, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def read_slip(body: bytes) -> SlipText:
    """A slip out of its member.

    Raises:
        RoundUnreadable: what is wrong.
    """
    text: SlipText = _read(body, SLIP_FORM, lambda found: _made(SlipText, found))
    return text


def read_objections(body: bytes) -> ObjectionsText:
    """Objections out of their member.

    Raises:
        RoundUnreadable: what is wrong.
    """
    text: ObjectionsText = _read(body, OBJECTIONS_FORM, lambda found: _made(ObjectionsText, found))
    return text


def read_mended(body: bytes) -> MendedText:
    """What was mended out of its member.

    Raises:
        RoundUnreadable: what is wrong.
    """
    text: MendedText = _read(body, MENDED_FORM, lambda found: _made(MendedText, found))
    return text


def _read(body: bytes, form: str, make: Callable[[Mapping[str, Any]], Any]) -> Any:
    try:
        found = read_json(body)
        if found["form"] != form:
            raise RoundUnreadable(
                msg("这份文件是“%(form)s”，这里要的是“%(ours)s”。请核对是不是发错了，或升级平台。"),
                form=str(found["form"])[:40],
                ours=form,
            )
        return make(found)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise RoundUnreadable(msg("文件内容读不懂：%(what)s。请对方重新发出。"), what=str(error)[:200]) from error


_PARTS: Mapping[str, type] = {
    "returned": Returned,
    "scores": SlipScore,
    "findings": SlipFinding,
    "decisions": Decision,
    "listed": Listed,
    "objections": ObjectionText,
    "mended": Mended,
}
_OPTIONAL = frozenset({"numerator", "denominator", "points", "until"})


def _made(of: type, found: Mapping[str, Any]) -> Any:
    """A dataclass out of its JSON, every field of the type that it names.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or of another type.
    """
    return of(**{one.name: _value(one.name, found[one.name]) for one in fields(of)})


def _value(name: str, value: Any) -> Any:
    if name in _PARTS:
        return tuple(_made(_PARTS[name], one) for one in value)
    if value is None and name in _OPTIONAL:
        return None
    return _READ[name](value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _moment(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return value.astimezone(UTC)


_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("city", "reason", "key", "project", "value", "region_code", "place", "words", "code", "name", "number"), _text
    ),
    **dict.fromkeys(("submission", "numerator", "denominator"), _whole),
    **dict.fromkeys(("is_vetoed", "upheld", "passed"), _truth),
    **dict.fromkeys(("round", "uid"), lambda value: UUID(_text(value))),
    **dict.fromkeys(("points", "most"), read_points),
    **dict.fromkeys(("until", "due_on"), lambda value: date.fromisoformat(_text(value))),
    "state": State,
    "stage": Stage,
    "at": lambda value: _moment(datetime.fromisoformat(_text(value))),
}
