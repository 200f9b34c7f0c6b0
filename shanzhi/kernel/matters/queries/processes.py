"""The city's processes as their keeper sees them: versions, what holds when, differences, and a trial on what there is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters.models import GoLive, KindVersion, Matter
from shanzhi.kernel.matters.operations.stranding import StrandedGroup, stranded_groups
from shanzhi.kernel.matters.policy.golive import Decision, NoSuchVersion, in_force, kind_subject
from shanzhi.kernel.matters.policy.payloads import STEPS
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.process.compare import Difference, differences
from shanzhi.kernel.matters.policy.process.replay import Halt, Trod, replay
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.matters.rulebook import kind_version

TRIED_MOST = 300
"""How many open, and how many ended matters a trial walks through: the newest of each."""
LISTED_MOST = 50
ENTRIES_MOST = 40_000


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision: which version (or edition) holds from which day, and when that was decided."""

    id: int
    number: int
    holds_from: date
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A kind in the list: the version in force today, what is to come, and its drafts; 0 and empty where there is none."""

    code: str
    name: str
    in_force: int
    since: date | None
    coming: int
    coming_on: date | None
    drafts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProcessVersion:
    """A version of a process. `holds` are the decisions on it; without one it is a draft."""

    number: int
    note: str
    loaded_at: datetime
    is_shipped: bool
    holds: tuple[DecisionRow, ...]


@dataclass(frozen=True, slots=True)
class ProcessPage:
    """One kind: versions newest first, decisions newest first; `seen` is the latest decision's id (0: none)."""

    code: str
    name: str
    in_force: int
    versions: tuple[ProcessVersion, ...]
    decisions: tuple[DecisionRow, ...]
    seen: int


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version: the process itself, the version in force today, and what is different between the two."""

    kind: Kind
    source: str
    note: str
    loaded_at: datetime
    in_force: int
    differences: tuple[Difference, ...]
    seen: int


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A matter whose way would have been another: where it would have stopped (`halt`), or ended up."""

    number: str
    is_open: bool
    stage_name: str
    would_be: str
    halt: Halt | None
    halt_action: str


@dataclass(frozen=True, slots=True)
class ProcessTrial:
    """How a version does on copies of matters: of `tried` (open and recently ended, the newest of each) how many went the
    same way, another way, or stopped; the first of the latter two; and which open ones couldn't go on, all counted. `page`
    is the version that was tried."""

    page: VersionPage
    tried: int
    same: int
    other: int
    stopped: int
    rows: tuple[TrialRow, ...]
    stranded: tuple[StrandedGroup, ...]
    stranded_count: int
    missing_actions: tuple[str, ...]
    missing_stages: tuple[str, ...]


def _decisions() -> dict[str, list[DecisionRow]]:
    found: dict[str, list[DecisionRow]] = defaultdict(list)
    for row in GoLive.objects.filter(subject__startswith="kind:").order_by("pk"):
        found[row.subject].append(DecisionRow(row.pk, row.number, row.holds_from, row.decided_at))
    return found


def _holding(rows: Iterable[DecisionRow], on: date) -> Decision | None:
    return in_force((Decision(row.id, "", row.number, row.holds_from) for row in rows), on)


def processes(on: date) -> tuple[ProcessRow, ...]:
    """Every kind of which the city has a version, by code; 2 queries."""
    versions: dict[str, list[int]] = defaultdict(list)
    for code, version in KindVersion.objects.order_by("code", "version").values_list("code", "version"):
        versions[code].append(version)
    decisions = _decisions()
    return tuple(_row(code, numbers, decisions[kind_subject(code)], on) for code, numbers in versions.items())


def _row(code: str, numbers: list[int], rows: list[DecisionRow], on: date) -> ProcessRow:
    now = _holding(rows, on)
    end = max(rows, key=lambda row: (row.holds_from, row.id), default=None)
    coming = end if end is not None and end.holds_from > on else None
    decided = {row.number for row in rows}
    shown = kind_version(code, now.number if now else numbers[-1])
    return ProcessRow(
        code=code,
        name=shown.name,
        in_force=now.number if now else 0,
        since=now.holds_from if now else None,
        coming=coming.number if coming else 0,
        coming_on=coming.holds_from if coming else None,
        drafts=tuple(number for number in numbers if number not in decided),
    )


def process(code: str, on: date) -> ProcessPage:
    """One kind with all its versions and decisions; 2 queries.

    Raises:
        NoSuchVersion: the city has no such kind.
    """
    rows = list(KindVersion.objects.filter(code=code).order_by("-version"))
    if not rows:
        raise NoSuchVersion(msg("没有这一类事项的流程。请回到列表再看。"))
    decisions = _decisions()[kind_subject(code)]
    now = _holding(decisions, on)
    return ProcessPage(
        code=code,
        name=kind_version(code, now.number if now else rows[0].version).name,
        in_force=now.number if now else 0,
        versions=tuple(
            ProcessVersion(
                row.version,
                row.note,
                row.loaded_at,
                row.post_id is None,
                tuple(one for one in decisions if one.number == row.version),
            )
            for row in rows
        ),
        decisions=tuple(reversed(decisions)),
        seen=max((row.id for row in decisions), default=0),
    )


def process_version(code: str, version: int, on: date) -> VersionPage:
    """One version beside the one in force; 2 queries.

    Raises:
        NoSuchVersion: there is none.
    """
    row = KindVersion.objects.filter(code=code, version=version).first()
    if row is None:
        raise NoSuchVersion(msg("没有第 %(number)s 版。请刷新后再看。"), number=version)
    decisions = _decisions()[kind_subject(code)]
    now = _holding(decisions, on)
    kind = kind_version(code, version)
    return VersionPage(
        kind=kind,
        source=row.source,
        note=row.note,
        loaded_at=row.loaded_at,
        in_force=now.number if now else 0,
        differences=differences(kind_version(code, now.number), kind) if now and now.number != version else (),
        seen=max((one.id for one in decisions), default=0),
    )


def process_trial(code: str, version: int, *, now: datetime, most: int = TRIED_MOST) -> ProcessTrial:
    """Try a version on the newest open and the newest ended matters of its kind, in memory, as far as whoever asks sees
    them; and count every open one that couldn't go on. Nothing is written. 6 queries, 7 where there are any.

    Raises:
        NoSuchVersion: there is none.
    """
    page = process_version(code, version, local_date(now))
    new, old = page.kind, kind_version(code, page.in_force) if page.in_force else None
    fields = ("pk", "number", "stage", "ended_at", "kind_version")
    newest = (
        Matter.objects.filter(kind=code, ended_at__isnull=is_open).order_by("-pk").values_list(*fields)[:most]
        for is_open in (True, False)
    )
    matters = [row for each in together(*newest) for row in each]
    ways = _ways([row[0] for row in matters])
    same, rows = 0, []
    for pk, number, stage, ended_at, its_version in matters:
        end = replay(new, ways[pk])
        if end.halt is None and end.stage == stage:
            same += 1
            continue
        its = kind_version(code, its_version)
        action = end.halt.action if end.halt else ""
        rows.append(
            TrialRow(
                number,
                ended_at is None,
                its.stage(stage).name,
                new.stage(end.stage).name,
                end.halt,
                its.action(action).name if its.has_action(action) else action,
            )
        )
    groups = stranded_groups(new, local_date(now))
    stopped = sum(row.halt is not None for row in rows)
    gone = differences(old, new) if old else ()
    return ProcessTrial(
        page=page,
        tried=len(matters),
        same=same,
        other=len(rows) - stopped,
        stopped=stopped,
        rows=tuple(sorted(rows, key=lambda row: (row.halt is None, not row.is_open))[:LISTED_MOST]),
        stranded=groups,
        stranded_count=sum(group.count for group in groups),
        missing_actions=tuple(one.name for one in gone if one.table == "action" and one.change == "removed"),
        missing_stages=tuple(one.name for one in gone if one.table == "stage" and one.change == "removed"),
    )


def _ways(matter_ids: list[int]) -> dict[int, list[Trod]]:
    """The steps that each matter took, by the journal, oldest first; 1 query."""
    actions = [made.action for made in STEPS.values()]
    found: dict[int, list[Trod]] = defaultdict(list)
    for row in reversed(journal.entries_by_action("matter", matter_ids, actions, limit=ENTRIES_MOST)):
        told = row.payload
        found[row.subject_id].append(Trod(str(told["done_by"]), str(told["stage"]), str(told["to_stage"])))
    return found
