"""Typed, versioned payloads: what an entry says, per action.

A payload is a frozen dataclass registered under its action and version. It carries all that a later projection needs
and no personal content: texts appear as salted commitments only, so that deletion by law breaks no proof. A payload
that has been written never changes its shape; a new shape is a new version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar

ActorKind = Literal["post", "reporter", "system", "importer"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it: a post of a unit, the reporter of the matter, the system itself, or an import. Never a person."""

    kind: ActorKind
    post_id: int | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was done to; `step` counts the subject's own entries from 1, `scope_code` is where it is today."""

    kind: str
    id: int
    step: int = 1
    scope_code: str = ""


class Payload:
    """Base of all payloads; a subclass is a frozen slotted dataclass of plain values."""

    __slots__ = ()
    action: ClassVar[str]
    version: ClassVar[int]


P = TypeVar("P", bound=Payload)
_payloads: dict[tuple[str, int], type[Payload]] = {}


def payload(action: str, version: int = 1) -> Callable[[type[P]], type[P]]:
    """Register a payload class under its action and version.

    Raises:
        ValueError: the pair is taken.
        TypeError: the class isn't a dataclass.
    """

    def register(cls: type[P]) -> type[P]:
        if (action, version) in _payloads:
            raise ValueError(f"payload {action!r} v{version} is taken")
        fields(cls)  # type: ignore[arg-type]
        cls.action, cls.version = action, version
        _payloads[action, version] = cls
        return cls

    return register


def registered_payloads() -> Mapping[tuple[str, int], type[Payload]]:
    """Every payload class by (action, version)."""
    return _payloads


_ALREADY_PLAIN = frozenset({str, int, bool, float, type(None)})


def _plain(value: object) -> object:
    if type(value) in _ALREADY_PLAIN:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list | frozenset):
        return [_plain(item) for item in (sorted(value) if isinstance(value, frozenset) else value)]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def encode(entry: Payload) -> dict[str, Any]:
    """The payload as plain JSON values: times in ISO 8601, bytes in hexadecimal."""
    found: dict[str, Any] = {}
    for name in _names(type(entry)):  # type: ignore[arg-type]
        value = getattr(entry, name)
        found[name] = value if type(value) in _ALREADY_PLAIN else _plain(value)
    return found


@cache
def _names(cls: type[Payload]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]
