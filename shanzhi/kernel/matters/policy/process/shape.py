"""The format of a process file: its tables, their keys, and what each key takes. `TABLES` is the reference."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.limits import maybe_duration, retention_months
from shanzhi.kernel.matters.policy.process.paper import PaperForm, PaperTo
from shanzhi.kernel.matters.policy.process.words import (
    AskTo,
    AskType,
    FieldType,
    Level,
    Owner,
    Party,
    Result,
    Role,
    Verb,
)

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
SCORE_DIGITS = 4
_JOURNAL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")

PUBLIC_FIELDS = ("number", "category", "region", "place", "stage", "reported_on", "closed_on", "unit", "solved")
"""What a stranger may ever read of a matter: no words, no exact place, no person."""

RELEASED_FIELDS = ("title", "body", "reply", "files")
"""What may follow once the reporter agreed and staff released it."""


class Shape(Enum):
    """What a key takes."""

    CODE = auto()
    JOURNAL = auto()
    TEXT = auto()
    WHOLE = auto()
    BOOL = auto()
    DURATION = auto()
    RETENTION = auto()
    WORDS = auto()
    ANSWERS = auto()
    SCALE = auto()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table; `choices` empty means that anything of the shape goes."""

    shape: Shape
    required: bool = False
    choices: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file; `many` where it is a list of tables."""

    keys: Mapping[str, Key]
    many: bool = False
    required: bool = False


_CODE, _TEXT, _WORDS = Key(Shape.CODE), Key(Shape.TEXT), Key(Shape.WORDS)
_MUST_CODE, _MUST_TEXT = Key(Shape.CODE, required=True), Key(Shape.TEXT, required=True)
_SEPARABLE = Key(Shape.WORDS, choices=(Role.HANDLER, Role.CHECKER))

TABLES: Mapping[str, Table] = {
    "kind": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "version": Key(Shape.WHOLE, required=True),
            "description": _TEXT,
            "initial": _MUST_CODE,
            "intake_level": Key(Shape.TEXT, required=True, choices=tuple(Level)),
            "public": Key(Shape.BOOL),
            "retention": Key(Shape.RETENTION, required=True),
            "calendar": _CODE,
            "must": Key(Shape.WORDS, choices=tuple(Verb)),
        },
        required=True,
    ),
    "stage": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "owner": Key(Shape.TEXT, choices=tuple(Owner)),
            "limit": Key(Shape.DURATION),
            "clock": _CODE,
            "warn": Key(Shape.DURATION),
            "says": _TEXT,
            "on_overdue": _CODE,
            "end": Key(Shape.TEXT, choices=tuple(Result)),
            "unnamed": _CODE,
            "law": _TEXT,
        },
        many=True,
        required=True,
    ),
    "field": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "type": Key(Shape.TEXT, required=True, choices=tuple(FieldType)),
            "max": Key(Shape.WHOLE),
            "choices": _WORDS,
            "hint": _TEXT,
            "scale": Key(Shape.SCALE),
        },
        many=True,
    ),
    "action": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "verb": Key(Shape.TEXT, required=True, choices=tuple(Verb)),
            "from": Key(Shape.WORDS, required=True),
            "to": _CODE,
            "outcomes": Key(Shape.ANSWERS),
            "by": Key(Shape.WORDS, required=True, choices=tuple(Role)),
            "needs": _WORDS,
            "may": _WORDS,
            "journal": Key(Shape.JOURNAL),
            "counts": _CODE,
            "counts_when": _CODE,
            "ask": _CODE,
            "notify": Key(Shape.WORDS, choices=tuple(Party)),
            "result": Key(Shape.TEXT, choices=tuple(Result)),
        },
        many=True,
        required=True,
    ),
    "count": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "limit": Key(Shape.WHOLE),
            "after": _TEXT,
            "decides": Key(Shape.TEXT, choices=tuple(Role)),
            "then": _CODE,
        },
        many=True,
    ),
    "clock": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "owner": Key(Shape.TEXT, required=True, choices=tuple(Owner)),
            "limit": Key(Shape.DURATION, required=True),
            "warn": Key(Shape.DURATION),
            "in": Key(Shape.WORDS, required=True),
            "calendar": _CODE,
            "starts_by": _WORDS,
            "done_by": _WORDS,
            "once": Key(Shape.BOOL),
            "by_catalogue": Key(Shape.BOOL),
            "by_field": _CODE,
            "law": _TEXT,
        },
        many=True,
    ),
    "ask": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "type": Key(Shape.TEXT, required=True, choices=tuple(AskType)),
            "to": Key(Shape.TEXT, required=True, choices=tuple(AskTo)),
            "limit": Key(Shape.DURATION, required=True),
            "clock": _CODE,
            "times": Key(Shape.WHOLE),
            "most": Key(Shape.DURATION),
            "after": _CODE,
            "daily": Key(Shape.BOOL),
            "about": _CODE,
            "law": _TEXT,
        },
        many=True,
    ),
    "paper": Table(
        {
            "code": _MUST_CODE,
            "name": _MUST_TEXT,
            "action": _MUST_CODE,
            "to": Key(Shape.TEXT, choices=tuple(PaperTo)),
            "hail": _TEXT,
            "form": Key(Shape.TEXT, choices=tuple(PaperForm)),
            "title": _TEXT,
            "text": _TEXT,
            "fill": _WORDS,
            "may": _WORDS,
            "clock": _CODE,
            "law": _TEXT,
        },
        many=True,
    ),
    "check": Table(
        {"checker_not": _SEPARABLE, "rater_not": _SEPARABLE, "other_unit": Key(Shape.BOOL), "sample": Key(Shape.WHOLE)}
    ),
    "linking": Table({"most": Key(Shape.WHOLE), "collective": Key(Shape.WHOLE)}),
    "rating": Table({"questions": Key(Shape.WORDS, required=True), "solved_from": Key(Shape.WHOLE)}),
    "visibility": Table(
        {
            "public_fields": Key(Shape.WORDS, choices=PUBLIC_FIELDS),
            "released_fields": Key(Shape.WORDS, choices=RELEASED_FIELDS),
        }
    ),
}
"""Every table of the format."""


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100_000


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)


def _is_answers(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(stage, str) for stage in value.values())


def _is_scale(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(score.isascii() and score.isdigit() and len(score) < SCORE_DIGITS for score in value)
        and all(isinstance(name, str) and name.strip() for name in value.values())
    )


def fits(shape: Shape, value: object) -> bool:
    """Is `value`, as TOML gave it, of this shape?"""
    if isinstance(value, str):
        return _text_fits(shape, value)
    if shape is Shape.BOOL:
        return isinstance(value, bool)
    if shape is Shape.WHOLE:
        return _is_whole(value)
    if shape is Shape.WORDS:
        return _is_words(value)
    return _is_scale(value) if shape is Shape.SCALE else shape is Shape.ANSWERS and _is_answers(value)


def _text_fits(shape: Shape, value: str) -> bool:
    if shape is Shape.TEXT:
        return bool(value.strip())
    if shape is Shape.DURATION:
        return maybe_duration(value) is not None
    if shape is Shape.RETENTION:
        return retention_months(value) is not None
    pattern = {Shape.CODE: CODE, Shape.JOURNAL: _JOURNAL}.get(shape)
    return pattern is not None and pattern.fullmatch(value) is not None


EXPECTED: Mapping[Shape, str] = {
    Shape.CODE: msg("要写小写字母开头的代码（字母、数字、下划线，40 个以内），加引号。"),
    Shape.JOURNAL: msg('要写台账动作名，像 "matters.accept"。'),
    Shape.TEXT: msg("要写一段不空的文字，加引号。"),
    Shape.WHOLE: msg("要写 1 到 100000 的整数，不加引号。"),
    Shape.BOOL: msg("要写 true 或 false，不加引号。"),
    Shape.DURATION: msg('要写时限，像 "5wd"（工作日）、"4wh"（工作小时）、"7d"（自然日）、"24h"（小时）。'),
    Shape.RETENTION: msg('要写保存期限，像 "5y"（年）或 "18m"（月）。'),
    Shape.WORDS: msg('要写一列代码，像 ["a", "b"]。'),
    Shape.SCALE: msg('要写“分数 = 名称”的表，像 { 5 = "good", 3 = "fair", 1 = "poor" }。'),
    Shape.ANSWERS: msg('要写“结果 = 环节”的表，像 { solved = "closed", unsolved = "handling" }。'),
}
"""How to mend a value that isn't of its shape (message ids)."""
