"""A version of a process tried on matters that there are: in memory, on what the journal says of them.

Two questions. Where a matter stands now, could it go on under the version (`stranded`)? And could it have come the way that
it came (`replay`)?
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Kind, targets
from shanzhi.kernel.matters.policy.process.words import Owner, Role


class Stranded(StrEnum):
    """Why a matter that stands in a stage couldn't go on under a version; the values are stable."""

    NO_STAGE = "no_stage"
    IS_END = "is_end"
    OTHER_OWNER = "other_owner"
    NOBODY = "nobody"
    NO_CLOCK = "no_clock"

    @property
    def label(self) -> str:
        """What a keeper reads (message id)."""
        return _LABELS[self]


_LABELS = {
    Stranded.NO_STAGE: msg("新版本没有这个环节，没有下一步"),
    Stranded.IS_END: msg("新版本里这个环节是终点，没有下一步"),
    Stranded.OTHER_OWNER: msg("新版本把这个环节交给了别的责任方，现在没有人持有"),
    Stranded.NOBODY: msg("新版本里能往下办的角色，全市没有一个岗位"),
    Stranded.NO_CLOCK: msg("新版本里这个环节没有时限"),
}
_ALWAYS_THERE = frozenset({Role.REPORTER, Role.SYSTEM})


def stranded(old: Kind, new: Kind, stage: str, roles: Collection[str]) -> Stranded | None:
    """Why a matter in `stage` of `old` couldn't go on under `new`; None: it could. `roles` are those of the city's posts."""
    after = {one.code: one for one in new.stages}.get(stage)
    if after is None:
        return Stranded.NO_STAGE
    if after.is_end:
        return Stranded.IS_END
    if not _same_hands(old.stage(stage).owner, after.owner):
        return Stranded.OTHER_OWNER
    if new.limit_of(after) is None:
        return Stranded.NO_CLOCK
    ways = [action for action in new.actions if stage in action.from_stages and not action.stays]
    there = _ALWAYS_THERE | set(roles)
    return None if any(not there.isdisjoint(action.by) for action in ways) else Stranded.NOBODY


def _same_hands(was: Owner, now: Owner) -> bool:
    """Does whoever holds it under one owner hold it under the other? The lead stands by while the reporter judges."""
    by_lead = {Owner.LEAD, Owner.REPORTER}
    return was is now or {was, now} <= by_lead


@dataclass(frozen=True, slots=True)
class Trod:
    """One step that a matter took: the action's code, the stage that it stood in, and the one that it led to."""

    action: str
    stage: str
    to_stage: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Where a matter's way would have ended under a version: before its step number `step` (from 1), in `stage`.

    `is_missing`: the version has no such action at all; else it isn't to be done there.
    """

    step: int
    stage: str
    action: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Walked:
    """How a matter's way goes under a version: where it ends, and whether it was stopped."""

    stage: str
    halt: Halt | None


def replay(new: Kind, way: Sequence[Trod]) -> Walked:
    """The steps of a matter, done again under `new` from its first stage on."""
    at = new.initial
    for number, trod in enumerate(way, start=1):
        if not new.has_action(trod.action):
            return Walked(at, Halt(number, at, trod.action, is_missing=True))
        action = new.action(trod.action)
        if at not in action.from_stages:
            return Walked(at, Halt(number, at, trod.action, is_missing=False))
        ways = targets(new, action, at)
        at = trod.to_stage if trod.to_stage in ways else ways[0]
    return Walked(at, None)
