"""Typed data that components show. Views build these; the tags in `templatetags/ui.py` draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

LightLevel = Literal["normal", "near", "over", "paused", "none"]
"""How a deadline stands: within time, close, past, stopped, or no deadline."""

CellKind = Literal["text", "number", "time", "light", "badge", "mark"]
StepState = Literal["done", "now", "todo", "skipped"]
Tone = Literal["neutral", "action", "good", "warn", "bad"]
GradeTone = Literal["green", "blue", "yellow", "orange", "red", "none"]
"""A colour grade, from best to worst; `none` where there is no grade."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main navigation; `count` is shown behind the label when it isn't None."""

    url: str
    label: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a progress line; `note` is a short word under it (a time, a name)."""

    label: str
    state: StepState = "todo"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of evidence: its page or file, a small version of it, and what it shows in words."""

    url: str
    thumb_url: str
    alt: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened: when, what, by whom, in which words, with which pictures."""

    at: datetime
    title: str
    who: str = ""
    text: str = ""
    tone: Tone = "neutral"
    photos: Sequence[Photo] = ()


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word with a tone; colour never carries the meaning alone."""

    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class Mark:
    """A grade: a colour with its own shape and a word."""

    tone: GradeTone
    word: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `sort_url` makes its head a link, `sorted` says which way it stands now.

    An `optional` column can be switched off with `?col=`; the first column is always shown and is the row's link.
    """

    key: str
    label: str
    kind: CellKind = "text"
    sort_url: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the address of its page and its cells by column key.

    Cell values by kind: text str, number int or Decimal (or a share as str), time datetime, light `LightLevel`, badge
    `Badge`, mark `Mark`. `links`: where numbers lead, by column key.
    """

    url: str
    cells: Mapping[str, object]
    current: bool = False
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A list as a table: caption for screen readers, columns (at most seven shown), rows."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    shown: frozenset[str] | None = None
    """Keys of the optional columns that are on; None shows all."""

    def visible_columns(self) -> tuple[Column, ...]:
        """The columns to draw, in order."""
        return tuple(c for c in self.columns if not c.optional or self.shown is None or c.key in self.shown)


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a keyset list stands. `count` may exceed the cap by one, which reads "1,000+"; None leaves it out."""

    previous_url: str = ""
    next_url: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a cascading choice; `parent` is the value above it, empty at the top."""

    value: str
    label: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of an error summary: the message and the id of the control that it is about (empty: the whole form)."""

    message: str
    target: str = ""
    label: str = ""
