"""What a pack holds: its members, and the columns of its tables. Whoever builds one and whoever checks one reads it here.

Members stand in the letter in the order of `order_of`. Parquet is written by DuckDB with zstd, rows in the order of their
key, so that the same state gives the same bytes with the same DuckDB. JSON is UTF-8, written by `json.dumps(…,
ensure_ascii=False, indent=1)` with a line's end behind it.

    round.json               `Told.text()`: city, period, guideline, the cuts by month with their places and roots
    guideline.toml           the catalogue of indicators, its bytes as they were; their SHA-256 stands in round.json
    facts/<table>.parquet    every table of `facts.policy.tables.all_tables()`: rows of the period's matters; regions, units
    cuts/<yyyymm>.parquet    `CUT`: which matters stand in a month's cut, and the SHA-256 of their facts then
    journal/entries.parquet  `ENTRIES`
    journal/leaves.parquet   `LEAVES`
    journal/tiles.parquet    `TILES`
    journal/heads.json       `Heads.text()`
    observations.parquet     `OBSERVATIONS`
    evidence.json            `evidence_text`: what is named as evidence; where asked, evidence/<sha256> holds it
    further parts            as whoever asked for the pack gave them (scores.json, draws/*.json, report.docx, report.pdf)

**A matter's facts.** A matter is in the pack where it stands in the cut of one of the period's months, or where one of its
rows belongs to such a month (a date in January that was kept in December). Its rows are those after its last entry that was
sealed before the place (`epoch`, `leaf`) of the last cut in which it stands, whichever month's that is: that cut has their
hash. So there are `cuts/` of months before and after the period, too: every leaf of them, and rows of the pack's matters
alone; a matter that has a leaf in a month of the period has rows. A matter with a row in the period that stands in no cut
can't be proved and is left out (`Told.left_out`). Entries of a matter are all that were sealed before that place. Regions
and units are those whose hash the last of these cuts has (version 2 of `facts.cut`; of an older one nothing proves them).

**A month's root** is RFC 9162's over the rows of its file in their order: leaf = SHA-256(0x00 ‖ sha256), always SHA-256.

**The journal's trees.** The leaf of an entry is H(0x00 ‖ salt ‖ entry) with the hash function of its epoch (`heads.json`).
Of every full tile of level 0 (256 leaves) that has one of the entries, all other leaves stand in `leaves.parquet`, likewise
of the last, unfinished one below the head; of the rest the tiles of level 1 say enough. `tiles.parquet` has all tiles of
levels 1 and up that a tree of the head's size has, cut to that size; the root over them is the head's.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from shanzhi.core.errors import FileUnusable
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Table
from shanzhi.kernel.facts.policy.parquet import TYPES

FORM = "shanzhi-pack-1"
_FAMILY = re.compile(r"shanzhi-pack-[1-9][0-9]{0,5}")
_T = TypeVar("_T")
ROUND = "round.json"
GUIDELINE = "guideline.toml"
ENTRIES_FILE = "journal/entries.parquet"
LEAVES_FILE = "journal/leaves.parquet"
TILES_FILE = "journal/tiles.parquet"
HEADS = "journal/heads.json"
OBSERVATIONS_FILE = "observations.parquet"
EVIDENCE = "evidence.json"
REPORTS = ("report.docx", "report.pdf")
FIRST = (ROUND, GUIDELINE)
LAST_OF_OWN = (ENTRIES_FILE, LEAVES_FILE, TILES_FILE, HEADS, OBSERVATIONS_FILE, EVIDENCE)

Columns = tuple[tuple[str, str], ...]
"""Names of columns with DuckDB's types, in order."""

CUT: Columns = (("matter_id", "BIGINT"), ("sha256", "BLOB"))
"""By matter_id. `sha256` (32 bytes) is over the canonical form of the matter's facts (`facts.policy.rows.canonical`)."""
ENTRIES: Columns = (
    ("epoch", "INTEGER"),
    ("leaf", "BIGINT"),
    ("subject_kind", "VARCHAR"),
    ("subject_id", "BIGINT"),
    ("step", "INTEGER"),
    ("salt", "BLOB"),
    ("entry", "VARCHAR"),
)
"""By epoch and leaf. `entry` is the canonical form (`journal.policy.canonical`) as text; the three columns before it repeat
what it says."""
LEAVES: Columns = (("epoch", "INTEGER"), ("leaf", "BIGINT"), ("hash", "BLOB"))
"""By epoch and leaf. `hash` (32 bytes) is the leaf's own, as the tile has it."""
TILES: Columns = (("epoch", "INTEGER"), ("level", "INTEGER"), ("place", "BIGINT"), ("hashes", "BLOB"))
"""By epoch, level (1 and up) and place; `hashes` are up to 256 of 32 bytes."""
OBSERVATIONS: Columns = (
    ("key", "VARCHAR"),
    ("version", "INTEGER"),
    ("region_id", "BIGINT"),
    ("month", "INTEGER"),
    ("months", "INTEGER"),
    ("numerator", "BIGINT"),
    ("denominator", "BIGINT"),
    ("handed_in", "INTEGER"),
    ("owed", "INTEGER"),
)
"""By key, months, month and region_id. One figure: period from the month on, so many months; `handed_in` of `owed` regions
typed their part in (NULL for computed ones). A figure of nothing (no numerator, or both 0) isn't there. Of what can be added
up the shortest period stands alone, of the rest every one that lies wholly in the pack's period. Computed ones follow from
the pack's own facts."""


def fact_file(table: Table) -> str:
    """Where a table of facts lies."""
    return f"facts/{table.name}.parquet"


def fact_columns(table: Table) -> Columns:
    """A table's columns with DuckDB's types."""
    return tuple((column.name, TYPES[column.of]) for column in table.columns)


class PackNewer(FileUnusable):
    """A pack has a form that only a newer program knows."""

    code = "pack-newer"


def cut_file(month: int) -> str:
    """Where a month's leaves lie."""
    return f"cuts/{month}.parquet"


def evidence_file(sha256: str) -> str:
    """Where a piece of evidence lies that goes along."""
    return f"evidence/{sha256}"


@dataclass(frozen=True, slots=True)
class Part:
    """A further member, as whoever asks for the pack gives it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence by its content: SHA-256 (hexadecimal), bytes, what it is (a type's code and a title), for which
    indicators, and where it lies (`matter 123`, `value 45`); `is_inside`: it goes along as `evidence/<sha256>`; `gone`: why
    it is there no more."""

    sha256: str
    bytes: int
    kind: str
    title: str
    indicators: tuple[str, ...]
    lies: str
    is_inside: bool = False
    gone: str = ""


def evidence_text(pieces: Iterable[Evidence]) -> str:
    """The list of evidence, by its hashes."""
    told = sorted((asdict(piece) for piece in pieces), key=lambda one: (one["sha256"], one["lies"]))
    return _json({"form": FORM, "evidence": told})


def read_evidence(text: str) -> tuple[Evidence, ...]:
    """The list of evidence; ValueError, KeyError or TypeError where it isn't one."""
    said = json.loads(text)
    check_form(said["form"])
    return tuple(_made(Evidence, one, indicators=_texts(one["indicators"])) for one in said["evidence"])


@dataclass(frozen=True, slots=True)
class CutTold:
    """A month's cut as the pack names it: the journal's place before which its entries were sealed, how many matters, the
    root, and where its own entry is sealed. `dimensions` (hexadecimal SHA-256): of regions and units; empty in version 1."""

    month: int
    version: int
    epoch: int
    leaf: int
    matters: int
    root: str
    dimensions: str
    sealed_epoch: int
    sealed_leaf: int


@dataclass(frozen=True, slots=True)
class Told:
    """`round.json`: whose pack, of what. `round` is empty without a round. Months are `yyyymm`; hashes hexadecimal."""

    city: str
    city_name: str
    round: str
    first: int
    last: int
    guideline: str
    guideline_name: str
    guideline_version: int
    guideline_sha256: str
    cuts: tuple[CutTold, ...]
    left_out: int
    matters: int
    entries: int

    def text(self) -> str:
        """As the file has it."""
        return _json({"form": FORM, **asdict(self)})

    @property
    def months(self) -> tuple[int, ...]:
        """The period's months, the first first (`cuts` has others as well)."""
        return tuple(cut.month for cut in self.cuts if self.first <= cut.month <= self.last)


def read_told(text: str) -> Told:
    """What `round.json` says; ValueError, KeyError or TypeError where it isn't one, PackNewer where it has a newer form."""
    said = json.loads(text)
    check_form(said.pop("form"))
    told = _made(Told, said, cuts=tuple(_made(CutTold, cut) for cut in said["cuts"]))
    for month in (told.first, told.last, *(cut.month for cut in told.cuts)):
        if not (1900 <= month // 100 <= 2999 and 1 <= month % 100 <= 12):
            raise ValueError(f"{month} is no month")
    return told


@dataclass(frozen=True, slots=True)
class EpochTold:
    """An epoch's last head: a signed note (its size and root), the hash function, and whether entries of it are in the pack:
    one without any is there for what its head says of the epoch before."""

    number: int
    hash: str
    has_entries: bool
    head: str


@dataclass(frozen=True, slots=True)
class Heads:
    """`journal/heads.json`: public keys and the statements by which each names the next, and the epochs in their order, from
    the first with an entry of the pack to the one that grew."""

    keys: tuple[str, ...]
    statements: tuple[str, ...]
    epochs: tuple[EpochTold, ...]

    def text(self) -> str:
        """As the file has it."""
        return _json(asdict(self))


def read_heads(text: str) -> Heads:
    """What `journal/heads.json` says; ValueError, KeyError or TypeError where it isn't one."""
    said = json.loads(text)
    return Heads(
        _texts(said["keys"]), _texts(said["statements"]), tuple(_made(EpochTold, one) for one in said["epochs"])
    )


def order_of(facts: Sequence[Table], months: Iterable[int]) -> tuple[str, ...]:
    """The members that every pack has, in their order; evidence and further parts stand behind them, by name."""
    own = (*(fact_file(table) for table in facts), *(cut_file(month) for month in sorted(months)))
    return (*FIRST, *own, *LAST_OF_OWN)


def check_form(form: object) -> None:
    """Is this the form that is read here?

    Raises:
        PackNewer: a newer program's. ValueError: none of ours.
    """
    found = _FAMILY.fullmatch(str(form))
    if found is None:
        raise ValueError(f"form {str(form)[:40]!r}")
    if form != FORM:
        raise PackNewer(msg("包的格式是“%(form)s”，比本平台认识的新。请升级本平台后再核对。"), form=found[0])


def _made(of: type[_T], said: Mapping[str, Any], **more: object) -> _T:
    """A dataclass out of its JSON: what should be a text, a whole number or yes and no is one, since statements are made of it;
    TypeError where it isn't."""
    for each in fields(of):  # type: ignore[arg-type]  # dataclasses, which a type variable cannot say
        if each.name in said and each.type in (int, str, bool) and type(said[each.name]) is not each.type:
            raise TypeError(f"{each.name}: {str(said[each.name])[:40]!r}")
    return of(**{**said, **more})


def _texts(said: Sequence[object]) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise TypeError("a list of texts")
    return tuple(str(each) for each in said)


def _json(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"
