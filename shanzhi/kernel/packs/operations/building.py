"""Building a pack: one moment of the database as a sealed file that proves itself."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

import duckdb

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.catalogue import queries as rule_book
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.facts.policy.parquet import city_code
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.facts.queries import CutEntry
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.queries.book import SECTION
from shanzhi.kernel.indicators.queries.engines import DuckEngine
from shanzhi.kernel.journal.operations import note_signer
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow
from shanzhi.kernel.packs.operations import building_facts as rows
from shanzhi.kernel.packs.operations import building_journal as sealed
from shanzhi.kernel.packs.operations.building_report import Reported, report_parts
from shanzhi.kernel.packs.operations.building_stands import Stands, check_cut, find_stands, write_cuts
from shanzhi.kernel.packs.operations.building_streams import aside, beside, duck, lines_of, one_moment, parquet
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.contents import CutTold, Evidence, Heads, Part, Told
from shanzhi.kernel.packs.policy.letter import Header, LetterWriter
from shanzhi.kernel.packs.queries.observing import Observation, Observing, Typed, periods_typed

Tick = Callable[[str, int], None]
ANYONE = "anyone"
_LINES = 100_000


class BadPeriod(InputError):
    """A period that ends before it begins."""

    code = "pack-period"


class NoRoom(DomainError):
    """The disk is full, or can't be written."""

    status = 503
    code = "pack-no-room"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a pack is asked for: the months from `first` to `last` (`yyyymm`); the guideline's text (None: the one in force);
    `round` and `receiver`, the round's uid and who is to get it; what the caller adds: `parts`, `evidence` with the files
    that go along by hash, `subjects` (kind, id) whose entries belong to it (draws, scores), and the `points` that the report
    shows by indicator (else those that the guideline gives for the figure)."""

    first: int
    last: int
    guideline: str | None = None
    round: str = ""
    receiver: str = ANYONE
    parts: Sequence[Part] = ()
    evidence: Sequence[Evidence] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    subjects: Sequence[tuple[str, int]] = ()
    points: Mapping[str, Decimal] = field(default_factory=dict)
    program: str = "shanzhi"


@dataclass(frozen=True, slots=True)
class Built:
    """A pack that was built: where it is, its letter's uid, bytes and counts. `folded`: matters whose rows were folded
    again, since something happened after the cut that proves them; `left_out`: matters with a row in the period that no cut
    proves."""

    path: Path
    uid: str
    bytes: int
    told: Told
    facts: Mapping[str, int]
    observations: int
    folded: int

    @property
    def matters(self) -> int:
        """How many matters are in it."""
        return self.told.matters

    @property
    def entries(self) -> int:
        """How many entries of the journal are in it."""
        return self.told.entries

    @property
    def left_out(self) -> int:
        """How many matters with a row in the period no cut proves."""
        return self.told.left_out


def build(path: Path, asked: Asked, *, now: datetime, tick: Tick = lambda what, count: None) -> Built:
    """Build a pack at `path`, all of it or nothing; `tick` is told what was done and how much of it. Worker's role; not
    inside a transaction. The same state, question and `now` give the same bytes (with the same DuckDB).

    Raises:
        BadPeriod: the period ends before it begins.
        NotCut: a month of the period isn't cut.
        CutDiffers, FactsDiffer, TreeDiffers: what is there isn't what was cut; the month is named, nothing is written.
        NotSealed: something that belongs to it isn't sealed yet.
        CatalogueUnsound: the guideline can't be used.
        NoRoom: the disk is full.
    """
    if asked.first > asked.last:
        words = msg("期间“%(first)s 到 %(last)s”的开始晚于结束。请把两个月份对调。")
        raise BadPeriod(words, first=month_text(asked.first), last=month_text(asked.last))
    text = asked.guideline if asked.guideline is not None else _guideline_in_force()
    book = sound_catalogue(text, contents.GUIDELINE)
    with _scratch(path) as scratch:
        made = _members(asked, text, book, scratch, now, tick)
        return _sealed(path, asked, made, now)


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A folder beside the file, which goes away again whatever happens."""
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.absolute().parent))
        yield folder
    except (OSError, duckdb.IOException) as error:
        words = msg("验收包写不进 %(folder)s（%(reason)s），什么都没有留下。请清理磁盘或换一个文件夹，再做一次。")
        raise NoRoom(words, folder=path.parent, reason=str(error).splitlines()[0]) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _guideline_in_force() -> str:
    return rule_book.source_of(SECTION).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Made:
    """The members of a pack on their way: those in `folder`, and what the others are made of."""

    folder: Path
    told: Told
    heads: Heads
    guideline: str
    parts: tuple[Part, ...]
    facts: Mapping[str, int]
    observations: int
    folded: int


def _members(asked: Asked, text: str, book: Catalogue, scratch: Path, now: datetime, tick: Tick) -> _Made:
    folder = scratch / "pack"
    folder.mkdir()
    with one_moment(all_tables()) as snapshot, beside(snapshot) as one, beside(snapshot) as other:
        work = duck(scratch)
        stands = find_stands(work, one, scratch, check_cut(asked.first, asked.last), asked.first, asked.last)
        trees = sealed.trees_now()
        typed, subjects = _subjects(asked, book, stands, trees)
        with ThreadPoolExecutor(max_workers=2) as threads:
            entries = threads.submit(sealed.write_entries, aside(work), other, folder, scratch, trees, subjects, tick)
            write_cuts(work, folder, stands.cuts)
            folded = rows.find_changed(work, one, scratch)
            rows.fold_changed(work, scratch, tick)
            rows.write_dimensions(work, folder, scratch, stands.cuts[-1])
            counts = rows.write_facts(work, one, folder, scratch, tick)
            # Figures first: hashes are many small pieces, with which both threads come to their end together.
            figures = threads.submit(_figures, aside(work), folder, scratch, asked, book, typed, tick)
            differing = rows.compare_facts(work, folder, threads, tick)
            told = _told(asked, text, book, stands, counts["fact_matter"], entries.result(), now)
            heads = sealed.write_trees(work, other, folder, scratch, trees)
            rows.check_none(differing)
            found = figures.result()
        work.close()
    parts = _parts(asked, Reported(told, book, found, _city(asked, now).id, asked.points, now))
    return _Made(folder, told, heads, text, parts, counts, len(found), folded)


def _city(asked: Asked, now: datetime) -> RegionRow:
    tops = organisation.top_regions(local_date(now))
    if len(tops) != 1:
        raise InputError(msg("还没有区划，或不止一座城市，无从知道是谁的验收包。请先运行 shanzhi regions load。"))
    return tops[0]


def _subjects(
    asked: Asked, book: Catalogue, stands: Stands, trees: sealed.Trees
) -> tuple[list[Typed], list[tuple[str, int]]]:
    """What was typed in for the period, and the subjects whose entries belong to the pack beside its matters.

    Raises:
        NotSealed: something of it isn't sealed, or no head covers it yet.
    """
    for cut in stands.cuts:
        sealed.check_covered(trees, cut.sealed)
    typed = sealed.figures_typed(periods_typed(book, asked.first, asked.last), trees)
    figures = [(sealed.FIGURE, pk) for pk in typed]
    cuts = sealed.cut_subjects(cut.month for cut in stands.cuts)
    return list(typed.values()), [*asked.subjects, *figures, *cuts, *sealed.contests(asked.first, asked.last)]


def _figures(
    work: duckdb.DuckDBPyConnection,
    folder: Path,
    scratch: Path,
    asked: Asked,
    book: Catalogue,
    typed: Iterable[Typed],
    tick: Tick,
) -> list[Observation]:
    """Count the figures over the facts as they were written."""
    engine = DuckEngine.over_folder(folder / "facts", memory="700MB", threads=2)
    try:
        found = Observing(engine, book, asked.first, asked.last).observations(typed)
    finally:
        engine.close()

    def feed(out: IO[bytes]) -> None:
        for at in range(0, len(found), _LINES):
            out.write(lines_of(found[at : at + _LINES]))

    parquet(work, scratch, folder / contents.OBSERVATIONS_FILE, contents.OBSERVATIONS, feed)
    tick("figures", len(found))
    return found


def _told(asked: Asked, text: str, book: Catalogue, stands: Stands, matters: int, entries: int, now: datetime) -> Told:
    city = _city(asked, now)
    return Told(
        city=city_code(city.code),
        city_name=city.name,
        round=asked.round,
        first=asked.first,
        last=asked.last,
        guideline=book.code,
        guideline_name=book.name,
        guideline_version=book.version,
        guideline_sha256=hashlib.sha256(text.encode()).hexdigest(),
        cuts=tuple(_cut(cut) for cut in stands.cuts),
        left_out=stands.left_out,
        matters=matters,
        entries=entries,
    )


def _cut(cut: CutEntry) -> CutTold:
    return CutTold(
        cut.month, cut.version, cut.upto.epoch, cut.upto.number, cut.matters, cut.root, cut.dimensions,
        cut.sealed.epoch, cut.sealed.number,
    )  # fmt: skip


def _parts(asked: Asked, reported: Reported) -> tuple[Part, ...]:
    """What the caller gave, and the report where it isn't among it."""
    given = {part.name for part in asked.parts}
    return (*asked.parts, *(part for part in report_parts(reported) if part.name not in given))


def _months(asked: Asked) -> str:
    first, last = month_text(asked.first), month_text(asked.last)
    return first if first == last else f"{first}—{last}"


def _sealed(path: Path, asked: Asked, made: _Made, now: datetime) -> Built:
    """Everything as one letter, signed."""
    heads = made.heads
    uid = hashlib.sha256(f"{made.told.text()}{heads.text()}".encode()).hexdigest()[:32]
    signer = note_signer(now=now)
    header = Header(
        kind="pack",
        uid=uid,
        round=asked.round,
        sender=made.told.city,
        receiver=asked.receiver,
        about=f"{made.told.city_name} {_months(asked)}",
        made_at=now.replace(microsecond=0),
        program=asked.program,
        keys=signer.keys,
        statements=signer.statements,
    )
    texts = {
        contents.ROUND: made.told.text().encode(),
        contents.GUIDELINE: made.guideline.encode(),
        contents.HEADS: heads.text().encode(),
        contents.EVIDENCE: contents.evidence_text(asked.evidence).encode(),
    }
    with LetterWriter(path, header) as letter:
        for name in contents.order_of(all_tables(), (cut.month for cut in made.told.cuts)):
            if name in texts:
                letter.add(name, texts[name])
            else:
                letter.add_file(name, made.folder / name)
        for digest in sorted(asked.files):
            letter.add_file(contents.evidence_file(digest), asked.files[digest])
        for part in sorted(made.parts, key=lambda part: part.name):
            letter.add(part.name, part.data)
        size = letter.close(signer.sign)
    return Built(path, uid, size, made.told, made.facts, made.observations, made.folded)
