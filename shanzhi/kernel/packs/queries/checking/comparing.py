"""Two packs of one city side by side: what a pack that was sent again says otherwise than the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import MATTER
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.packs.queries.checking.opened import ORDINARY, Limits, Opened, lay_open, names_of_regions

NAMED_MOST = 10_000
Numbers = tuple[int, int]


class NotComparable(InputError):
    """Two packs that aren't of the same city and round, or can't be read."""

    code = "packs-not-comparable"


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that is another one now: numerator and denominator before and after; None where there was, or is, none."""

    key: str
    name: str
    region_id: int
    region_name: str
    month: int
    months: int
    before: Numbers | None
    after: Numbers | None


@dataclass(frozen=True, slots=True)
class EvidenceChange:
    """A piece of evidence that came, went, or is kept another way now."""

    sha256: str
    title: str
    indicators: tuple[str, ...]
    change: str
    """`added`, `removed`, `enclosed` (goes along now), `gone` (isn't kept any more)."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different in the second pack. `told`: what `round.json` says, by name, before and after; `items`: the indicators
    that any of the changes touches; `matters`: how many matters went on, came or went; `members`: all that changed."""

    told: Mapping[str, tuple[str, str]]
    items: tuple[str, ...]
    figures: tuple[FigureChange, ...]
    evidence: tuple[EvidenceChange, ...]
    matters: int
    members: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Is nothing different?"""
        return not self.members


def compare(first: Path, second: Path, *, limits: Limits = ORDINARY) -> Changes:
    """What changed from the first pack to the second. Neither is checked here: that is `check_pack`'s part.

    Raises:
        LetterError: one can't be read.
        NotComparable: they are of different cities or rounds, or a part that is compared can't be read.
    """
    with TemporaryDirectory(prefix="shanzhi-pack-") as folder:
        packs = [_open(path, Path(folder) / str(nth), limits) for nth, path in enumerate((first, second))]
        try:
            return _changes(*packs)
        finally:
            for pack in packs:
                pack.db.close()


def _open(path: Path, folder: Path, limits: Limits) -> Opened:
    folder.mkdir()
    found = Checked("", 0, is_full=False)
    opened = lay_open(open_letter(path), folder, limits, found)
    told = opened.told
    wanted = [contents.OBSERVATIONS_FILE, contents.fact_file(MATTER)]
    if told is None or opened.evidence is None or not opened.has(*wanted):
        opened.db.close()
        reason = str(found.faults[0]) if found.faults else contents.ROUND
        raise NotComparable(msg("%(file)s 没法比较：%(reason)s"), file=path.name, reason=reason)
    return opened


def _changes(before: Opened, after: Opened) -> Changes:
    if before.told is None or after.told is None:
        raise ValueError("opened packs have their texts")
    if (before.told.city, before.told.round) != (after.told.city, after.told.round):
        words = msg("两个包不是同一座城市、同一轮次的（%(first)s 和 %(second)s），不能比较。")
        said = [f"{told.city} {told.round}" for told in (before.told, after.told)]
        raise NotComparable(words, first=said[0], second=said[1])
    figures = tuple(_figures(before, after))
    evidence = tuple(_evidence(before, after))
    items = {change.key for change in figures} | {key for change in evidence for key in change.indicators}
    return Changes(
        _told(before.told, after.told),
        tuple(sorted(items)),
        figures,
        evidence,
        _matters(before, after),
        tuple(_members(before, after)),
    )


def _told(before: contents.Told, after: contents.Told) -> dict[str, tuple[str, str]]:
    names = ("first", "last", "guideline", "guideline_version", "guideline_sha256", "matters", "left_out")
    pairs = {name: (str(getattr(before, name)), str(getattr(after, name))) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


_Key = tuple[str, int, int, int]


def _numbers(opened: Opened) -> dict[_Key, Numbers]:
    rows = opened.rows("SELECT key, months, month, region_id, numerator, denominator FROM observations")
    return {row[:4]: row[4:] for row in rows}


def _figures(before: Opened, after: Opened) -> Iterator[FigureChange]:
    was, is_ = _numbers(before), _numbers(after)
    regions = {**names_of_regions(before), **names_of_regions(after)}
    catalogue = after.catalogue or before.catalogue
    names = {each.key: each.name for each in catalogue.indicators} if catalogue else {}
    changed = sorted(at for at in was.keys() | is_.keys() if was.get(at) != is_.get(at))
    for at in changed[:NAMED_MOST]:
        key, months, month, region = at
        name, place = names.get(key, key), regions.get(region, str(region))
        yield FigureChange(key, name, region, place, month, months, was.get(at), is_.get(at))


def _evidence(before: Opened, after: Opened) -> Iterator[EvidenceChange]:
    was, is_ = ({piece.sha256: piece for piece in pack.evidence or ()} for pack in (before, after))
    for sha256 in sorted(was.keys() | is_.keys()):
        old, new = was.get(sha256), is_.get(sha256)
        piece = new or old
        if piece is None:
            continue
        change = ""
        if old is None or new is None:
            change = "added" if old is None else "removed"
        elif new.gone and not old.gone:
            change = "gone"
        elif new.is_inside and not old.is_inside:
            change = "enclosed"
        if change:
            yield EvidenceChange(sha256, piece.title, piece.indicators, change)


def _matters(before: Opened, after: Opened) -> int:
    """How many matters have another last entry, came or went: rows follow from entries."""
    was, is_ = (dict(pack.rows("SELECT matter_id, steps FROM fact_matter")) for pack in (before, after))
    return sum(was.get(at) != is_.get(at) for at in was.keys() | is_.keys())


def _members(before: Opened, after: Opened) -> Iterator[str]:
    was, is_ = ({each.name: each.sha256 for each in pack.letter.members} for pack in (before, after))
    for name in sorted(was.keys() | is_.keys()):
        if was.get(name) != is_.get(name):
            yield name
