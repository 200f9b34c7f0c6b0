"""What a pack that was taken in says, read for a page: figures by region, the matters behind one, a matter's proved entries.

Read-only and keeps nothing: the letter is laid open in a temporary folder as a check does it, DuckDB reads that folder alone,
and both are gone when the page is. Needs no database. The file was checked as it came; its bytes are read again each time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import MATTER, RATING, REGION
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Indicator, Source
from shanzhi.kernel.indicators.policy.index import period_of_part
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import Standing
from shanzhi.kernel.indicators.policy.values import Numbers, Value, value_of
from shanzhi.kernel.indicators.queries import running
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.journal.policy import PublicKey
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.letter import LetterError, open_letter
from shanzhi.kernel.packs.queries.checking.entries import read_entries
from shanzhi.kernel.packs.queries.checking.heads import check_heads
from shanzhi.kernel.packs.queries.checking.opened import Limits, Opened, lay_open
from shanzhi.kernel.packs.queries.checking.trees import check_trees, prove

JOURNAL = (contents.ENTRIES_FILE, contents.LEAVES_FILE, contents.TILES_FILE)
_REGION, _MATTER, _RATING = (contents.fact_file(table) for table in (REGION, MATTER, RATING))
FIGURES = (contents.OBSERVATIONS_FILE, _REGION)
MATTERS = (_REGION, _MATTER)
PROOF = (*JOURNAL, *MATTERS, _RATING)
ROOM = Limits(threads=2, memory_mb=700, seconds=20)
"""What a page may take."""
LEVELS_MOST = 10
BEHIND_MOST = 1000
"""Matters behind a figure that are read."""
Pair = tuple[int | None, int]
"""Numerator and denominator."""


class PackGone(NotFound):
    """The file of a pack isn't there any more, or what it should say can't be read out of it."""

    code = "pack-gone"


@dataclass(frozen=True, slots=True)
class RegionFigure:
    """An indicator's figure of a region in the pack; `parent` and `id` are the pack's own numbers of regions."""

    id: int
    parent: int | None
    level: str
    code: str
    name: str
    numbers: Pair
    value: Value


@dataclass(frozen=True, slots=True)
class BehindMatter:
    """A matter behind a figure, as the pack's facts have it, with what it adds to numerator and denominator."""

    id: int
    number: str
    kind: str
    category: str
    region: str
    reported_on: date | None
    ended_on: date | None
    result: str
    solved: int | None
    satisfied: int | None
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry of a matter's journal: its place there (`epoch`, `leaf`), and whether its hash leads to the signed root."""

    epoch: int
    leaf: int
    step: int
    action: str
    author: str
    happened_at: datetime
    payload: Mapping[str, Any]
    is_proved: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a resident said of a matter, as the facts have it: the entry's step, solved or not, the score of 1 to 5."""

    step: int
    solved: int | None
    satisfied: int | None
    is_lapsed: bool
    rated_on: date


@dataclass(frozen=True, slots=True)
class MatterTold:
    """A matter with its entries in their order and its verdicts. `keys`: ids of the keys that signed the heads; `heads`: epoch,
    size and root (hexadecimal) of the trees to which the entries lead; `faults`: sentences where something doesn't fit."""

    matter: BehindMatter
    entries: tuple[ProvedEntry, ...]
    verdicts: tuple[Verdict, ...]
    keys: tuple[str, ...]
    heads: tuple[tuple[int, int, str], ...]
    faults: tuple[str, ...]

    @property
    def is_proved(self) -> bool:
        """Does every entry lead to a signed root?"""
        return bool(self.entries) and all(one.is_proved for one in self.entries) and not self.faults


def facts() -> tuple[str, ...]:
    """The members of all tables of facts, those that other slices offer with them."""
    excluded.offer()
    return tuple(contents.fact_file(table) for table in all_tables())


@contextmanager
def kept_pack(path: Path, only: Collection[str], limits: Limits = ROOM) -> Iterator[Opened]:
    """A pack that was taken in (`letters.letter_path`): its texts and the tables of these members, open until the block ends.

    Raises:
        PackGone: the file is gone, or can't be read any more.
    """
    with TemporaryDirectory(prefix="shanzhi-kept-") as folder:
        found = Checked("", 0, is_full=False)
        try:
            letter = open_letter(path)
        except (FileNotFoundError, LetterError) as error:
            raise PackGone(msg("这个验收包的文件不在了，或者读不出来。请城市重新发送。")) from error
        opened = lay_open(letter, Path(folder), limits, found, only=only)
        try:
            if opened.told is None or opened.catalogue is None or not opened.has(*only):
                raise PackGone(
                    msg("这个验收包里缺少要看的部分：%(what)s"), what=str(found.faults[0]) if found.faults else ""
                )
            yield opened
        finally:
            opened.db.close()


def part_of(path: Path, member: str) -> bytes | None:
    """A further member of a kept pack (`scores.json`); None where it has none.

    Raises:
        PackGone: the file is gone, or can't be read any more.
    """
    try:
        letter = open_letter(path)
        return letter.read(member) if member in {one.name for one in letter.members} else None
    except (FileNotFoundError, LetterError) as error:
        raise PackGone(msg("这个验收包的文件不在了，或者读不出来。请城市重新发送。")) from error


def _read(opened: Opened) -> tuple[contents.Told, Catalogue]:
    if opened.told is None or opened.catalogue is None:
        raise ValueError("kept_pack says that it can't be read")
    return opened.told, opened.catalogue


def rule_in(opened: Opened, key: str, period: Period) -> tuple[Indicator, Period] | None:
    """The guideline's indicator of a key in the pack's last month, and the period whose figure counts in `period`."""
    told, book = _read(opened)
    found = next((one for one in book.in_month(told.last) if one.key == key), None)
    return None if found is None else (found, period_of_part(found, period))


def city_figures(opened: Opened, period: Period) -> dict[str, Pair]:
    """The city's own figures of a pack by indicator, for the round's period. Of a pack that passed its check they are those
    that were computed again. Computed ones of nothing are nothing; typed-in ones that nobody typed aren't there."""
    told, book = _read(opened)
    # A pack says its city with six digits (370300), the facts as the region is called (3703).
    same = "length(code) <= 6 AND rpad(code, 6, '0') = rpad(?, 6, '0')"
    regions = opened.rows(f"SELECT region_id FROM fact_region WHERE {same} ORDER BY from_on DESC LIMIT 1", [told.city])  # noqa: S608
    rows: dict[str, list[tuple[Any, ...]]] = {}
    if regions:
        for key, *cell in opened.rows(
            "SELECT key, month, months, numerator, denominator FROM observations WHERE region_id = ?", [regions[0][0]]
        ):
            rows.setdefault(key, []).append(tuple(cell))
    found: dict[str, Pair] = {}
    for one in book.in_month(told.last):
        pair = _figure(one, period_of_part(one, period), rows.get(one.key, ()))
        if pair is not None:
            found[one.key] = pair
    return found


def _figure(rule: Indicator, period: Period, rows: Sequence[tuple[Any, ...]]) -> Pair | None:
    """A figure of a period out of rows (month, months, numerator, denominator): its own row, or its months together."""
    for month, months, top, bottom in rows:
        if (month, months) == (period.first, period.length.months):
            return top, bottom
    if rule.grouping is Grouping.ADDITIVE:
        within = [row for row in rows if period.first <= row[0] <= period.last and row[1] < period.length.months]
        if within:
            return sum(row[2] for row in within), sum(row[3] for row in within)
    if rule.source is not Source.COMPUTED:
        return None
    return (0 if rule.grouping is Grouping.ADDITIVE else None), 0


def region_figures(opened: Opened, key: str, period: Period) -> tuple[RegionFigure, ...]:
    """The figures of an indicator by region, by the regions' codes; only where something was counted."""
    said = rule_in(opened, key, period)
    if said is None:
        return ()
    rule, span = said
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for region, *cell in opened.rows(
        "SELECT region_id, month, months, numerator, denominator FROM observations WHERE key = ?", [key]
    ):
        rows.setdefault(region, []).append(tuple(cell))
    states = opened.rows(
        "SELECT region_id, parent_id, level, code, name FROM fact_region WHERE from_on <= ?"
        " AND (until_on IS NULL OR until_on > ?) ORDER BY code, region_id",
        [span.ends_on, span.ends_on],
    )
    found = []
    for region, parent, level, code, name in states:
        pair = _figure(rule, span, rows.get(region, ())) if region in rows else None
        if pair is not None:
            found.append(RegionFigure(region, parent, level, code, name, pair, value_of(rule, Numbers(*pair))))
    return tuple(found)


def behind_figure(opened: Opened, key: str, period: Period, region_id: int) -> tuple[BehindMatter, ...]:
    """The matters behind a computed figure of a region, by their numbers in the journal, at most `BEHIND_MOST`: the guideline's
    formula over the pack's own facts. None of a typed-in figure, or one that counts no matters. Needs `facts()`.

    Raises:
        EngineUnusable, TookTooLong: the formula can't be run.
    """
    said = rule_in(opened, key, period)
    if said is None or said[0].source is not Source.COMPUTED:
        return ()
    engine = DuckEngine.over_folder(
        opened.folder / "facts", seconds=opened.limits.seconds or 60, memory=f"{opened.limits.memory_mb}MB"
    )
    try:
        standing: Standing = running.standing_of(engine, said[1].ends_on)
        book = _read(opened)[1]
        found = running.behind(engine, book, key, said[1], region_id, standing, limit=BEHIND_MOST)
    finally:
        engine.close()
    adds = {one.matter_id: (one.numerator, one.denominator) for one in found}
    return _matters(opened, adds)


def _matters(opened: Opened, adds: Mapping[int, tuple[int, int]]) -> tuple[BehindMatter, ...]:
    if not adds:
        return ()
    listed = ", ".join(str(int(each)) for each in adds)
    rows = opened.rows(
        "SELECT m.matter_id, m.number, m.kind, m.category, coalesce(r.name, ''), m.reported_on, m.ended_on, m.result,"  # noqa: S608 - whole numbers
        " m.solved, m.satisfied FROM fact_matter m LEFT JOIN (SELECT region_id, arg_max(name, from_on) AS name"
        f" FROM fact_region GROUP BY region_id) r USING (region_id) WHERE m.matter_id IN ({listed}) ORDER BY m.matter_id"
    )
    return tuple(BehindMatter(*(*row, *adds[row[0]])) for row in rows)


@dataclass(frozen=True, slots=True)
class PackPlace:
    """A region with its county's code (empty without one), and how many matters of the pack lie in it."""

    code: str
    name: str
    county: str
    matters: int


@dataclass(frozen=True, slots=True)
class FrameMatter:
    """A matter as it may be drawn: its number and kind."""

    number: str
    kind: str


def matters_in(opened: Opened) -> tuple[FrameMatter, ...]:
    """Every matter of a pack, by number: the frame of a draw. Needs `MATTERS`."""
    return tuple(FrameMatter(*row) for row in opened.rows("SELECT number, kind FROM fact_matter ORDER BY number"))


def places_in(opened: Opened, level: str) -> tuple[PackPlace, ...]:
    """The regions of a level in which matters of the pack lie, by code, with the county's code and how many matters. Needs
    `MATTERS`."""
    rows = opened.rows("SELECT region_id, parent_id, level, code, name FROM fact_region ORDER BY from_on")
    tree = {row[0]: row[1:] for row in rows}
    found: dict[int, int] = {}
    for region, count in opened.rows("SELECT region_id, count(*) FROM fact_matter GROUP BY region_id"):
        above = _above(tree, region, level)
        if above is not None:
            found[above] = found.get(above, 0) + count
    made = []
    for region, count in found.items():
        county = _above(tree, region, "county")
        made.append(PackPlace(tree[region][2], tree[region][3], tree[county][2] if county is not None else "", count))
    return tuple(sorted(made, key=lambda one: one.code))


def _above(tree: Mapping[int, tuple[Any, ...]], region: int | None, level: str) -> int | None:
    """The region of a level in which another one lies; None where there is none."""
    for _ in range(LEVELS_MOST):
        if region is None or region not in tree:
            return None
        if tree[region][1] == level:
            return region
        region = tree[region][0]
    return None


def matter_told(opened: Opened, number: str, keys: Sequence[PublicKey] = ()) -> MatterTold:
    """A matter of a pack with its proved entries and the resident's verdicts. Needs `PROOF`.

    Raises:
        NotFound: the pack has no matter of this number.
    """
    ids = opened.rows("SELECT matter_id FROM fact_matter WHERE number = ?", [number])
    if not ids:
        raise NotFound(msg("验收包里没有编号为 %(number)s 的事项。请从列表里选。"), number=number[:40])
    ((matter_id,),) = ids[:1]
    found = Checked("", 0, is_full=False)
    signed = check_heads(opened, keys, found)
    forest = check_trees(opened, signed, found)
    told = read_entries(
        opened.rows(
            "SELECT epoch, leaf, subject_kind, subject_id, step, entry FROM entries"
            " WHERE subject_kind = 'matter' AND subject_id = ? ORDER BY epoch, leaf",
            [matter_id],
        ),
        found,
    )
    proved = prove(opened, forest, [one.at for one in told], found)
    entries = tuple(
        ProvedEntry(
            one.epoch, one.leaf, one.step, one.entry.action, one.entry.author_kind, one.entry.happened_at,
            one.entry.payload, one.at in proved,
        )
        for one in told
    )  # fmt: skip
    verdicts = opened.rows(
        "SELECT step, solved, satisfied, is_lapsed, rated_on FROM fact_rating WHERE matter_id = ? ORDER BY verdict",
        [matter_id],
    )
    return MatterTold(
        _matters(opened, {matter_id: (0, 0)})[0], entries,
        tuple(Verdict(step, solved, score, bool(lapsed), on) for step, solved, score, lapsed, on in verdicts),
        signed.keys, tuple((epoch, tree.size, tree.head.head.tree.root.hex()) for epoch, tree in forest.trees.items()),
        tuple(str(fault) for fault in found.faults),
    )  # fmt: skip
