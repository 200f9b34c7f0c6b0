"""What came of checking a pack: what was looked at, what is wrong, what stays open."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shanzhi.kernel.packs.policy.faults import FAULTS_MOST, Fault, OpenPoint, Step


class Verdict(StrEnum):
    """The whole in one word; as a command's exit code 0, 1 or 2."""

    PASSED = "passed"
    FAILED = "failed"
    UNREADABLE = "unreadable"


EXIT_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNREADABLE: 2}


@dataclass(frozen=True, slots=True)
class About:
    """Whose pack it is, of what, as the file says."""

    uid: str
    city: str
    city_name: str
    round: str
    first: int
    last: int
    guideline: str
    made_at: datetime | None
    keys: tuple[str, ...] = ()
    """Ids of the keys that have signed."""


@dataclass(slots=True)
class Checked:
    """The result. `counts`: how much of what was looked at; `more`: faults beyond those that are told, by step; `done`: the
    steps that were carried to their end; `unreadable`: why nothing could be checked; `seconds` by step."""

    seed: str
    sample: int
    is_full: bool
    name: str = ""
    about: About | None = None
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    more: dict[Step, int] = field(default_factory=dict)
    open: list[OpenPoint] = field(default_factory=list)
    done: list[Step] = field(default_factory=list)
    seconds: dict[Step, float] = field(default_factory=dict)
    unreadable: str = ""
    _told: dict[Step, int] = field(default_factory=dict, repr=False)

    @property
    def verdict(self) -> Verdict:
        """Passed where nothing is wrong and every step was done."""
        if self.unreadable:
            return Verdict.UNREADABLE
        return Verdict.FAILED if self.faults or len(self.done) < len(Step) else Verdict.PASSED

    def add(self, faults: Iterable[Fault]) -> None:
        """Note faults; from a thousand of a step on they are only counted."""
        for fault in faults:
            number = self._told[fault.step] = self._told.get(fault.step, 0) + 1
            if number <= FAULTS_MOST:
                self.faults.append(fault)
            else:
                self.more[fault.step] = number - FAULTS_MOST

    def leave_open(self, said: str, **where: object) -> None:
        """Note something that the file can't say."""
        self.open.append(OpenPoint(said, where))

    def count(self, what: str, number: int) -> None:
        """Note how many of something were looked at."""
        self.counts[what] = self.counts.get(what, 0) + number

    def of_step(self, step: Step) -> list[Fault]:
        """The faults of a step."""
        return [fault for fault in self.faults if fault.step is step]
