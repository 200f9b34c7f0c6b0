"""What stands in a paper, whatever file it becomes: a head, blocks in their order, a signature, annexes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shanzhi.core.papers.charts import Chart

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Align(StrEnum):
    """On which side a column's cells stand: texts left, numbers right."""

    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class Heading:
    """A head of level 1 (一、), 2 （一） or 3 (1.). Its number is counted by the writers."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `lead` stands before it and stands out; `note` is told at the end of the paper, under a number."""

    text: str
    lead: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A line to be typed as it stands: a command, an address. No blank of it is touched."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A cell with a number: as it is read (`shown`), and what a spreadsheet computes with, in what format."""

    shown: str
    value: Decimal | int
    format: str = "General"


Cell = str | Number


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, where its cells stand, and its part of the width beside the others."""

    head: str
    align: Align = Align.LEFT
    width: float = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its title; its head is repeated on each page. `note` stands below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.title}: each row has one cell for each column")


Block = Heading | Paragraph | Verbatim | Table | Chart


@dataclass(frozen=True, slots=True)
class Annex:
    """What follows the signature, on a page of its own (附件)."""

    title: str
    blocks: tuple[Block, ...]
    name: str = "附件"


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper.

    `number` is what tells it from the others of its row (2025年第10期), `mark` a word in a frame at its head and in the
    foot of each page (示例), `made_at` (aware) the moment that the file says it was made: the bytes depend on nothing else.
    """

    title: str
    issuer: str
    dated: date
    made_at: datetime
    blocks: tuple[Block, ...]
    number: str = ""
    subtitle: str = ""
    mark: str = ""
    annexes: tuple[Annex, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at needs a time zone")

    def all_blocks(self) -> Iterator[Block]:
        """Blocks of the text, then of the annexes."""
        yield from self.blocks
        for annex in self.annexes:
            yield from annex.blocks

    def tables(self) -> Iterator[Table]:
        """Its tables, in their order."""
        return (block for block in self.all_blocks() if isinstance(block, Table))

    def notes(self) -> tuple[str, ...]:
        """Its notes; the first is number 1."""
        return tuple(block.note for block in self.all_blocks() if isinstance(block, Paragraph) and block.note)
