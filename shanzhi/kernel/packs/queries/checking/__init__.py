"""Checking a pack without any database: one file in, what is proved and what is wrong with it out.

Needs DuckDB and the file: no settings, no database, no network, no folder but a temporary one. Each step is a function; the
check goes on to its end unless the file can't be read at all.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import duckdb

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.journal.policy import PublicKey
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import About, Checked
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.policy.letter import Letter, LetterError, open_letter
from shanzhi.kernel.packs.queries.checking.comparing import Changes, compare
from shanzhi.kernel.packs.queries.checking.cuts import Cuts, check_cuts
from shanzhi.kernel.packs.queries.checking.evidence import Checks, PartCheck, check_evidence, check_parts
from shanzhi.kernel.packs.queries.checking.facts import Compared, check_facts
from shanzhi.kernel.packs.queries.checking.figures import (
    Entered,
    can_count,
    check_computed,
    check_excluded,
    check_typed,
    entered_in,
    observing_of,
)
from shanzhi.kernel.packs.queries.checking.folding import can_fold, check_folds, fold_all
from shanzhi.kernel.packs.queries.checking.heads import Signed, check_heads
from shanzhi.kernel.packs.queries.checking.opened import (
    ORDINARY,
    TOOK_TOO_LONG,
    Limits,
    Opened,
    TookTooLong,
    in_time,
    lay_open,
    reason_of,
)
from shanzhi.kernel.packs.queries.checking.trees import Forest, check_trees, prove_all
from shanzhi.kernel.packs.queries.observing import Observing

__all__ = ["Asked", "Changes", "Checks", "Limits", "Opened", "PartCheck", "check_pack", "compare", "fresh_seed"]

SAMPLE = 100
"""Matters that are folded again where nobody asks for another number."""
PACK = "pack"
Progress = Callable[[Step, float], None]
"""Told how far a step has come: 0 as it begins, 1 as it ends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to check. `keys`: public keys that are known from elsewhere; `city`, `round`: what it should be, where that is known;
    `seed` and `sample`: which matters are folded again; `is_full`: all of them, and every entry proved; `checks`: of further
    parts."""

    keys: Sequence[PublicKey] = ()
    seed: str = ""
    sample: int = SAMPLE
    is_full: bool = False
    city: str = ""
    round: str = ""
    checks: Checks = field(default_factory=dict)
    limits: Limits = ORDINARY


USUAL = Asked()


def fresh_seed() -> str:
    """A seed that nobody could know before: whoever built the pack didn't know which matters would be looked at."""
    return secrets.token_hex(8)


def check_pack(path: Path, asked: Asked = USUAL, *, progress: Progress = lambda step, part: None) -> Checked:
    """Check a pack. What can't be read at all has its reason in `Checked.unreadable`; nothing is raised for a bad file."""
    found = Checked(asked.seed or fresh_seed(), asked.sample, asked.is_full, path.name)
    with TemporaryDirectory(prefix="shanzhi-pack-") as folder:
        run = _Run(found, asked, progress, perf_counter())
        try:
            letter = _letter(run, path)
        except (LetterError, OSError) as error:
            found.unreadable = str(error)
            return found
        if letter is None:
            return found
        try:
            _steps(run, letter, Path(folder))
        except TookTooLong as error:
            found.leave_open("%(sentence)s", sentence=str(error))
            run.fail(run.at, str(error))
    return found


@dataclass(slots=True)
class _Run:
    """One check under way."""

    found: Checked
    asked: Asked
    progress: Progress
    begun: float
    at: Step = Step.LETTER

    def fail(self, step: Step, reason: str) -> None:
        """Note that a step wasn't carried to its end."""
        self.found.add([faults.cut_short(step, reason)])

    @property
    def seconds(self) -> float | None:
        """How long it may still take."""
        most = self.asked.limits.seconds
        return None if most is None else max(0.1, most - (perf_counter() - self.begun))

    def tick(self, total: int) -> Callable[[int], None]:
        """Tell the progress of the step, of which `total` parts are to be done."""
        done = 0
        step = self.at

        def told(count: int) -> None:
            nonlocal done
            done += count
            self.progress(step, min(0.99, done / max(1, total)))

        return told

    @contextmanager
    def step(self, step: Step, opened: Opened | None = None) -> Iterator[None]:
        """A step: timed; what a hostile file makes of it is a fault and not the end of the check.

        Raises:
            TookTooLong: the whole check has.
        """
        self.at, before = step, perf_counter()
        most = self.asked.limits.seconds
        if most is not None and before - self.begun > most:
            raise TookTooLong(TOOK_TOO_LONG)
        self.progress(step, 0)
        try:
            if opened is None:
                yield
            else:
                with in_time(opened.db, self.seconds):
                    yield
        except TookTooLong:
            raise
        except duckdb.OutOfMemoryException:
            self.fail(step, msg("内存超过了核对的上限。"))
        except duckdb.Error as error:
            self.fail(step, reason_of(error))
        except DomainError as error:
            self.fail(step, str(error))
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError, MemoryError) as error:
            self.fail(step, f"{type(error).__name__}: {error}"[:200])
        finally:
            self.found.seconds[step] = self.found.seconds.get(step, 0) + perf_counter() - before
        self.progress(step, 1)

    def done(self, step: Step, *, is_done: bool = True) -> None:
        """Note that a step was carried out; or that what it rests on couldn't be read."""
        if is_done:
            self.found.done.append(step)
        elif not self.found.of_step(step):
            self.fail(step, msg("它所依据的部分缺失或读不懂，见“封装与签名”。"))


def _letter(run: _Run, path: Path) -> Letter | None:
    """Open the letter; None where it isn't a pack. Raises LetterError where it can't be read."""
    found = run.found
    before = perf_counter()
    letter = open_letter(path, keys=tuple(run.asked.keys))
    found.seconds[Step.LETTER] = perf_counter() - before
    found.add(faults.letter(str(each)) for each in letter.faults)
    found.open += [faults.OpenPoint(each.text, each.params) for each in letter.open]
    found.count("members", len(letter.members))
    found.count("bytes", path.stat().st_size)
    if letter.header.kind != PACK:
        found.unreadable = str(faults.not_a_pack(letter.header.kind))
        return None
    return letter


def _steps(run: _Run, letter: Letter, folder: Path) -> None:
    found, asked = run.found, run.asked
    laid: list[Opened] = []
    with run.step(Step.LETTER):
        laid.append(lay_open(letter, folder, asked.limits, found))
        _check_about(laid[0], asked, found)
        run.done(Step.LETTER)
    for opened in laid:
        try:
            _steps_of(run, opened)
        finally:
            opened.db.close()


def _steps_of(run: _Run, opened: Opened) -> None:
    found, asked = run.found, run.asked
    signed, forest, cuts, compared = Signed({}, ()), Forest({}), Cuts({}, {}), Compared(0, ())
    entered: list[Entered] = []
    with run.step(Step.HEADS, opened):
        signed = check_heads(opened, asked.keys, found)
        run.done(Step.HEADS, is_done=opened.heads is not None)
    _name(opened, signed, found)
    with run.step(Step.TREE, opened):
        forest = check_trees(opened, signed, found)
        if asked.is_full:
            prove_all(opened, forest, found, run.tick(_tiles(opened)))
        run.done(Step.TREE, is_done=bool(forest.trees))
    with run.step(Step.CUTS, opened):
        cuts = check_cuts(opened, forest, found)
        run.done(Step.CUTS, is_done=bool(cuts.all))
    with run.step(Step.FACTS, opened):
        total = opened.told.matters if opened.told else 0
        compared = check_facts(opened, cuts, found, seconds=run.seconds, tick=run.tick(total))
        run.done(Step.FACTS, is_done=compared.is_done)
    with run.step(Step.FOLD, opened):
        is_possible = compared.is_done and can_fold(opened)
        if is_possible and asked.is_full:
            fold_all(opened, cuts, found, run.tick(compared.matters))
        elif is_possible:
            check_folds(opened, forest, cuts, compared, found)
        run.done(Step.FOLD, is_done=is_possible)
    _figures(run, opened, forest, entered)
    with run.step(Step.EVIDENCE, opened):
        check_evidence(opened, entered, found)
        run.done(Step.EVIDENCE, is_done=opened.evidence is not None)
    with run.step(Step.PARTS, opened):
        check_parts(opened, asked.checks, found)
        run.done(Step.PARTS)


def _figures(run: _Run, opened: Opened, forest: Forest, entered: list[Entered]) -> None:
    found = run.found
    is_possible = can_count(opened)
    counting: list[tuple[Observing, DuckEngine]] = []
    with run.step(Step.FIGURES, opened):
        if is_possible:
            counting.append(observing_of(opened, run.seconds))
        for observing, _ in counting:
            check_computed(opened, observing, found, run.tick(1))
        run.done(Step.FIGURES, is_done=bool(counting))
    with run.step(Step.VALUES, opened):
        for observing, engine in counting:
            entered += entered_in(opened, forest, found)
            check_typed(opened, observing, entered, found)
            check_excluded(opened, found)
            engine.close()
        run.done(Step.VALUES, is_done=bool(counting))


def _tiles(opened: Opened) -> int:
    if not opened.has(contents.ENTRIES_FILE):
        return 0
    return int(opened.rows("SELECT count(DISTINCT (epoch, leaf // 256)) FROM entries")[0][0])


def _check_about(opened: Opened, asked: Asked, found: Checked) -> None:
    """Is it the pack that was asked for, and does `round.json` say what the letter says?"""
    told, header = opened.told, opened.letter.header
    if told is None:
        return
    if asked.city and told.city != asked.city:
        found.add([faults.another_city(f"{told.city_name} {told.city}", asked.city)])
    if header.sender != told.city:
        found.add([faults.sender_differs(header.sender, told.city)])
    if header.round != told.round or (asked.round and told.round != asked.round):
        found.add([faults.another_round(told.round, asked.round or header.round)])


def _name(opened: Opened, signed: Signed, found: Checked) -> None:
    told, header = opened.told, opened.letter.header
    keys = tuple(dict.fromkeys([key.id for key in opened.letter.signed_by] + list(signed.keys)))
    found.about = About(
        header.uid,
        told.city if told else header.sender,
        told.city_name if told else "",
        header.round,
        told.first if told else 0,
        told.last if told else 0,
        told.guideline_name if told else "",
        header.made_at,
        keys,
    )
