"""What an item still lacks: by each period and region in which its evidence is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shanzhi.core.text import msg


class State(StrEnum):
    """How a line of the list stands."""

    THERE = "there"
    GONE = "gone"
    NO_FILE = "no_file"
    NOT_ENTERED = "not_entered"
    NOT_DUE = "not_due"


SAID = {
    State.THERE: msg("齐全"),
    State.GONE: msg("已按保存期限销毁"),
    State.NO_FILE: msg("填了数，缺材料"),
    State.NOT_ENTERED: msg("没有填报"),
    State.NOT_DUE: msg("还没到期"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is due of an item for a period and a region: with a figure or without, how many objects lie in the archive, how many
    were destroyed; `paper`: what has to be handed in, empty where nothing has."""

    key: str
    period: str
    place: str
    place_code: str
    owes: str
    due_on: date
    paper: str
    is_entered: bool
    there: int
    gone: int

    def state(self, on: date) -> State:
        """How it stands on a day: evidence in the archive is enough, destroyed evidence is said to be; until
        the day itself is over nothing is lacking, entered or not."""
        if self.there or (self.is_entered and not self.paper):
            return State.THERE
        if self.gone:
            return State.GONE
        if on <= self.due_on:
            return State.NOT_DUE
        return State.NO_FILE if self.is_entered else State.NOT_ENTERED


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the list: what it needs, how many lines are due, there and destroyed, and what it lacks, the oldest first.

    `later`: how many lines are due only later, which lack nothing yet.
    A computed item lacks nothing: its records are its evidence; `there` counts what of them lies in the archive.
    """

    key: str
    name: str
    project: str
    paper: str
    is_computed: bool
    due: int
    there: int
    gone: int
    lacks: tuple[Wanted, ...]
    destroyed: tuple[Wanted, ...] = ()
    later: int = 0

    def states(self) -> list[tuple[Wanted, State]]:
        """What it lacks and what was destroyed, each with how it stands."""
        lacks = [(one, State.NO_FILE if one.is_entered else State.NOT_ENTERED) for one in self.lacks]
        return [*lacks, *((one, State.GONE) for one in self.destroyed)]

    @property
    def since(self) -> date | None:
        """Since when something is owed: the day after the earliest one is due; None where nothing is."""
        return min((one.due_on for one in self.lacks), default=None)

    @property
    def owes(self) -> tuple[str, ...]:
        """Who owes it, each once."""
        return tuple(dict.fromkeys(one.owes for one in self.lacks if one.owes))


def item_of(key: str, name: str, project: str, paper: str, lines: Sequence[Wanted], on: date) -> Item:
    """An item of its lines."""
    states = [one.state(on) for one in lines]
    owing = (State.NO_FILE, State.NOT_ENTERED)
    lacks = tuple(one for one, state in zip(lines, states, strict=True) if state in owing)
    return Item(
        key, name, project, paper, False,
        sum(state is not State.NOT_DUE for state in states),
        states.count(State.THERE), states.count(State.GONE),
        tuple(sorted(lacks, key=lambda one: (one.due_on, one.place_code))),
        tuple(one for one, state in zip(lines, states, strict=True) if state is State.GONE),
        states.count(State.NOT_DUE),
    )  # fmt: skip


def lacking(items: Iterable[Item]) -> list[Item]:
    """Items that lack something."""
    return [one for one in items if one.lacks]
