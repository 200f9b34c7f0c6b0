"""Second versions of what the journal keeps: with what figures need beside it, so that facts follow from entries alone.

Version 1 of each stays as it was written and readable (`payloads`). What changed of clocks and shares is told in short rows
(`ClockBegun`, `ShareStands`), and only what changed: most entries tell of one clock.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, make_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from shanzhi.kernel.journal.policy import payload
from shanzhi.kernel.matters.policy import payloads as first
from shanzhi.kernel.matters.policy.clocks import Promise
from shanzhi.kernel.matters.policy.process import Kind


class How(StrEnum):
    """How a clock's promise begins: a clock of its own, or the one of its code goes on under it, running or standing still."""

    NEW = "new"
    ON = "on"
    HELD = "held"


class ClockBegun(NamedTuple):
    """A promise that begins: the clock's code (empty: the stage's own), how, the limit as text, when it is due; the stage in
    which the clock began where that isn't the stage after the step (else empty), and when it began where that isn't the
    entry's own time (else None)."""

    code: str
    how: str
    limit: str
    due_at: datetime
    stage: str = ""
    began_at: datetime | None = None


def clock_told(begun: ClockBegun, stage: str, now: datetime) -> ClockBegun:
    """As short as an entry of a matter that is in `stage` after it can tell: without what the entry says itself."""
    return begun._replace(
        stage="" if begun.stage == stage else begun.stage, began_at=None if begun.began_at == now else begun.began_at
    )


def promises_told(begun: Iterable[Promise], stage: str, now: datetime) -> tuple[ClockBegun, ...]:
    """The clocks with which a matter comes in."""
    return tuple(
        clock_told(ClockBegun(code, How.NEW, at.limit_text, at.due_at, stage, at.started_at), stage, now)
        for code, at in ((each.code, each.deadline) for each in begun)
    )


def promised_by(kind: Kind) -> tuple[str, ...]:
    """The codes of the clocks by which a kind promises an answer: those that its stages trust in."""
    return tuple(sorted({stage.clock for stage in kind.stages if stage.clock}))


class ShareStands(NamedTuple):
    """A unit's share that began or changed, as it stands after the step: unit, `lead` or `co`, state, when it was taken over,
    by when a co-handler is due, and the ground on which it was given back."""

    unit_id: int
    part: str
    state: str
    taken_at: datetime | None = None
    due_at: datetime | None = None
    ground: str = ""


_CLOCKS: list[tuple[str, Any, Any]] = [
    ("clocks", tuple[ClockBegun, ...], field(default=())),
    ("stopped", tuple[str, ...], field(default=())),
]
_MOVES: list[tuple[str, Any, Any]] = [
    *_CLOCKS,
    ("shares", tuple[ShareStands, ...], field(default=())),
    ("intake_unit_id", int | None, field(default=None)),
]
_ASKS: list[tuple[str, Any, Any]] = [("ask_type", str, field(default=""))]


@payload("matters.report", version=2)
@dataclass(frozen=True, slots=True, kw_only=True)
class Report(first.Report):
    """As version 1; with the place that was chosen, the clocks that began, and the codes of those by which the kind promises
    an answer (`promises`)."""

    place_id: int | None = None
    clocks: tuple[ClockBegun, ...] = ()
    promises: tuple[str, ...] = ()


@payload("matters.part", version=2)
@dataclass(frozen=True, slots=True, kw_only=True)
class PartMade(first.PartMade):
    """As version 1; with the clocks that the part has, and by which of them the kind promises an answer."""

    clocks: tuple[ClockBegun, ...] = ()
    promises: tuple[str, ...] = ()


@payload("matters.succeed", version=2)
@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(first.Succeed):
    """As version 1; `heirs` names each unit that ended and the one that takes over its share of the matter."""

    heirs: tuple[tuple[int, int], ...] = ()


@payload("matters.due_moved", version=2)
@dataclass(frozen=True, slots=True, kw_only=True)
class DueMoved(first.DueMoved):
    """As version 1; with the code of the clock (empty: the stage's own)."""

    code: str = ""


def _second(shape: type[first.Step]) -> type[first.Step]:
    """A shape of version 1 with what changed of clocks (`clocks` that began, codes that `stopped`), the `shares` that did, the
    centre that has it in its intake, and of what is asked its type."""
    added = [*_MOVES, *(_ASKS if issubclass(shape, first.Asking) else [])]
    made: type[first.Step] = make_dataclass(
        f"Second{shape.__name__}", added, bases=(shape,), frozen=True, slots=True, kw_only=True
    )
    made.__doc__ = _second.__doc__
    return made


def _steps() -> dict[str, Callable[..., first.Step]]:
    made: dict[str, Callable[..., first.Step]] = {}
    shapes: dict[type[first.Step], type[first.Step]] = {}
    for verb, before in first.STEPS.items():
        # Most are a shape under a name of their own; some are shapes themselves.
        shape = before if "__dataclass_fields__" in vars(before) else before.__mro__[1]
        if shape not in shapes:
            shapes[shape] = _second(shape)
        plain: type[first.Step] = type(
            f"Second_{verb}", (shapes[shape],), {"__doc__": _second.__doc__, "__slots__": ()}
        )
        made[verb] = payload(f"matters.{verb}", version=2)(plain)
    return made


STEPS = _steps()
"""Verb of the engine → payload class, as it is written now."""
