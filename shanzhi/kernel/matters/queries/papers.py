"""Papers of a matter: which there are, how one reads before it is issued, and what an issued one says for ever."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import BadDuration, Duration
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Assignment, Clock, Matter, Remark
from shanzhi.kernel.matters.operations.standing import is_intake
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.operations.upkeep import needs_reporter
from shanzhi.kernel.matters.policy import papers
from shanzhi.kernel.matters.policy.papers import PART, PaperSpoilt, PaperUnknown, Sheet, day_text
from shanzhi.kernel.matters.policy.process import SLOTS, FieldSpec, Kind, Owner, Paper, PaperTo, Result
from shanzhi.kernel.matters.policy.report import CHANNELS
from shanzhi.kernel.matters.rulebook import categories, grounds, kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault.policy.envelope import commit

ISSUED, VOIDED = "matters.paper", "matters.paper_void"
REVIEW, ABOVE = "matters.review", "上一级机关、单位"
NOT_DUE = msg("事项已经撤回，或者又往下办了，这份文书不用再开具。请回到事项页查看。")
ANSWERS = frozenset({"matters.reply", "matters.review", "matters.conclude"})
ANSWERED = frozenset({"matters.appeal", "matters.rate", "matters.check_fail"})
_VERDICTS: Mapping[object, str] = {True: "满意", False: "不满意"}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper of a step: `issued_step` the entry by which it was issued, None for one that waits for it. One that was
    withdrawn (`is_void`) stays, beside the one that is issued anew."""

    step: int
    code: str
    name: str
    at: datetime
    issued_step: int | None
    may_issue: bool
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper as it reads. `fill` and `lacks` (sentence names of what has to be put into the matter first) of a draft."""

    number: str
    paper: Paper
    step: int
    sheet: Sheet
    issued_step: int | None = None
    issued_at: datetime | None = None
    fill: tuple[FieldSpec, ...] = ()
    lacks: tuple[str, ...] = ()
    voided_at: datetime | None = None
    void_reason: str = ""
    may_void: bool = False
    may_name: bool = False
    """May the actor put the addressee's name in now? Who has nothing to do with the reporter any more may not."""

    @property
    def is_to_reporter(self) -> bool:
        """Is it for the reporter, whose name may stand in it?"""
        return self.paper.to == PaperTo.REPORTER


@dataclass(frozen=True, slots=True)
class Draft:
    """What a paper is filled from: the matter, the step's entry, the template, and the slots as of that step."""

    matter: Matter
    kind: Kind
    paper: Paper
    entries: Sequence[EntryRow]
    entry: EntryRow
    facts: Mapping[str, str]

    @property
    def issued(self) -> EntryRow | None:
        """The entry by which it was issued."""
        return _issued(self.entries, self.entry.step, self.paper.code)

    @property
    def is_due(self) -> bool:
        """Is it still to be issued, if it isn't?"""
        return papers.is_due(self.paper, since(self.matter, self.kind, self.entries, self.entry))

    @property
    def addressees(self) -> tuple[int, ...]:
        """The units to which it is addressed, as of the step."""
        given = _given(self.entries, self.entry)
        lead = given.get("lead_unit_id")
        by_party = {
            PaperTo.LEAD: (lead,) if lead else (),
            PaperTo.CO: tuple(given.get("co_unit_ids") or ()),
            PaperTo.INTAKE: (self.matter.intake_unit_id,),
        }
        return by_party.get(PaperTo(self.paper.to), ()) if self.paper.to else ()


def paper_lines(matter: Matter, kind: Kind, entries: Sequence[EntryRow], actor: Actor) -> tuple[PaperLine, ...]:
    """The papers that this actor may open: issued ones (a reporter's: those addressed to them), and those that it may
    issue; the oldest first. No query."""
    found = [line for row in entries for line in _lines_of(matter, kind, entries, row, actor)]
    return tuple(line for line in found if line.issued_step is not None or line.may_issue)


def _lines_of(
    matter: Matter, kind: Kind, entries: Sequence[EntryRow], row: EntryRow, actor: Actor
) -> Iterator[PaperLine]:
    done_by = str(row.payload.get("done_by", ""))
    later = since(matter, kind, entries, row)
    for paper in papers.papers_of(kind, done_by):
        if actor.kind == "reporter" and paper.to != PaperTo.REPORTER:
            continue
        for old in _issues_of(entries, row.step, paper.code):
            if _void_of(entries, old) is not None:
                yield PaperLine(row.step, paper.code, paper.name, old.happened_at, old.step, False, is_void=True)
        issued = _issued(entries, row.step, paper.code)
        yield PaperLine(
            row.step,
            paper.code,
            paper.name,
            row.happened_at,
            issued.step if issued else None,
            issued is None and issues(matter, kind, row, actor) and papers.is_due(paper, later),
        )


TAKEN_AWAY = frozenset({"matters.hand_back", "matters.vacate", "matters.give_back"})
"""After these steps the unit that led has it no more."""


def since(matter: Matter, kind: Kind, entries: Sequence[EntryRow], entry: EntryRow) -> papers.Since:
    """What became of the matter after the step of an entry."""
    later = [row for row in entries if row.step > entry.step]
    done_by = entry.payload.get("done_by")
    return papers.Since(
        is_withdrawn=matter.result == Result.WITHDRAWN
        and any(row.payload.get("to_stage") == matter.stage for row in later),
        is_decided=any(row.payload.get("to_stage") not in (None, kind.initial) for row in later),
        is_done_anew=any(row.payload.get("done_by") == done_by for row in later),
        is_elsewhere=any(row.action in TAKEN_AWAY or row.payload.get("lead_unit_id") for row in later),
    )


def _issues_of(entries: Sequence[EntryRow], step: int, code: str) -> list[EntryRow]:
    """Every entry by which a paper of a step was issued, the oldest first."""
    return [
        row
        for row in entries
        if row.action == ISSUED and row.payload["of_step"] == step and row.payload["paper"] == code
    ]


def _void_of(entries: Sequence[EntryRow], issued: EntryRow) -> EntryRow | None:
    """The entry by which an issued paper was withdrawn."""
    return next((row for row in entries if row.action == VOIDED and row.payload["of_issue"] == issued.step), None)


def _issued(entries: Sequence[EntryRow], step: int, code: str) -> EntryRow | None:
    """The entry by which the paper that holds was issued."""
    return next((row for row in _issues_of(entries, step, code) if _void_of(entries, row) is None), None)


def _given(entries: Sequence[EntryRow], entry: EntryRow) -> Mapping[str, Any]:
    """What the last step up to an entry told that gave the matter to a lead."""
    earlier = [row for row in entries if row.step < entry.step]
    return next((row.payload for row in (entry, *reversed(earlier)) if row.payload.get("lead_unit_id")), {})


def issues(matter: Matter, kind: Kind, entry: EntryRow, actor: Actor) -> bool:
    """May this actor issue the papers of the step of an entry?"""
    done_by = str(entry.payload["done_by"])
    return actor.is_post and papers.may_issue(
        kind.action(done_by) if kind.has_action(done_by) else None,
        roles=actor.roles,
        unit_id=actor.unit_id,
        author_unit_id=entry.author_unit_id if entry.author_kind == "post" else None,
        is_intake=is_intake(matter, actor),
    )


def draft_of(matter: Matter, step: int, code: str) -> Draft:
    """What the paper `code` of a step is filled from; 6 queries.

    Raises:
        PaperUnknown: the step has no such paper.
    """
    kind = kind_version(matter.kind, matter.kind_version)
    entries = journal.entries_of("matter", matter.pk)
    entry = next((row for row in entries if row.step == step and row.payload.get("done_by")), None)
    if entry is None:
        raise PaperUnknown(msg("这一步没有这份文书。请回到事项页，从“文书”里打开。"))
    paper = papers.paper_of(kind, str(entry.payload["done_by"]), code)
    return Draft(matter, kind, paper, entries, entry, _facts(matter, kind, paper, entries, entry))


def paper(matter_id: int, step: int, code: str, *, actor: Actor, was: int | None = None) -> PaperView:
    """The paper `code` of a step as a post sees it: issued as it was then, before that as a draft for who issues it.
    `was`: the one that was issued by this entry, withdrawn since or not.

    Raises:
        MatterNotFound: not there, or not visible.
        PaperUnknown: no such paper, or not issued and not this post's to issue, or not due any more.
        PaperGone, PaperSpoilt: see `policy.papers`.
    """
    draft = draft_of(_visible(matter_id), step, code)
    issued = draft.issued
    if was is not None:
        issued = next((row for row in _issues_of(draft.entries, step, code) if row.step == was), issued)
    if issued is not None:
        is_ours = issued.author_unit_id == actor.unit_id and issues(draft.matter, draft.kind, draft.entry, actor)
        view = _view_of_issued(draft.matter, draft.paper, issued, draft.entries, is_ours=is_ours)
        return replace(view, may_name=_may_name(view, draft.matter, actor))
    if not issues(draft.matter, draft.kind, draft.entry, actor):
        raise PaperUnknown(msg("这份文书还没有开具，由办这一步的单位开具。"))
    if not draft.is_due:
        raise PaperUnknown(NOT_DUE)
    lacks = tuple(SLOTS[name] for name in papers.lacking(draft.paper, draft.facts) if name in SLOTS)
    fill = tuple(draft.kind.field(name) for name in draft.paper.fill)
    sheet = papers.compose(draft.paper, draft.facts)
    return PaperView(draft.matter.number, draft.paper, step, sheet, fill=fill, lacks=lacks)


def _may_name(view: PaperView, matter: Matter, actor: Actor) -> bool:
    """By the judgement that `operations.reveal_contact` makes; 1 query, where a name has a place in the paper at all."""
    if not view.is_to_reporter or not view.sheet.to or view.voided_at is not None or not actor.is_post:
        return False
    mine = Assignment.objects.filter(matter=matter, unit=actor.unit_id, ended_at=None)
    return needs_reporter(matter, actor, has_open_share=mine.exists())


def own_paper(matter_id: int, issued_step: int) -> PaperView:
    """A paper that was addressed to the reporter who asks; 3 queries.

    Raises:
        MatterNotFound: not theirs.
        PaperUnknown: none was issued by this step, or to somebody else.
        PaperGone, PaperSpoilt: see `policy.papers`.
    """
    matter = _visible(matter_id)
    entries = journal.entries_of("matter", matter.pk)
    issued = next((row for row in entries if row.step == issued_step and row.action == ISSUED), None)
    if issued is None or issued.payload["to"] != PaperTo.REPORTER:
        raise PaperUnknown(msg("没有这份文书。请回到您的事项页，从“文书”里打开。"))
    kind = kind_version(matter.kind, matter.kind_version)
    found = next(one for one in kind.papers if one.code == issued.payload["paper"])
    return _view_of_issued(matter, found, issued, entries)


def _visible(matter_id: int) -> Matter:
    matter = Matter.objects.filter(pk=matter_id).first()
    if matter is None:
        raise MatterNotFound(msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))
    return matter


def _view_of_issued(
    matter: Matter, paper: Paper, issued: EntryRow, entries: Sequence[EntryRow], *, is_ours: bool = False
) -> PaperView:
    kept = Remark.objects.filter(matter=matter, step=issued.step, part=PART).first()
    if kept is None:
        raise PaperUnknown(msg("没有这份文书。请回到事项页，从“文书”里打开。"))
    sheet = Sheet.from_text(kept.text)
    # Without its salt (deleted by law with the personal data) the commitment can't be tried any more.
    if kept.salt and commit(kept.text, bytes(kept.salt)).hex() != issued.payload["paper_sealed"]:
        raise PaperSpoilt(msg("这份文书与开具时的内容不一致，不能打印。请报告系统管理员。"))
    void = _void_of(entries, issued)
    said = Remark.objects.filter(matter=matter, step=void.step, part="words").first() if void is not None else None
    return PaperView(
        matter.number,
        paper,
        issued.payload["of_step"],
        sheet,
        issued.step,
        issued.happened_at,
        voided_at=void.happened_at if void is not None else None,
        void_reason=said.text if said is not None else "",
        may_void=is_ours and void is None,
    )


# -- the slots, as of the step ------------------------------------------------------------------------------------------


def _facts(matter: Matter, kind: Kind, paper: Paper, entries: Sequence[EntryRow], entry: EntryRow) -> dict[str, str]:
    said = entry.payload
    on = local_date(entry.happened_at)
    earlier = [row for row in entries if row.step < entry.step]
    words = {(row.step, row.part): row.text for row in Remark.objects.filter(matter=matter, step__lte=entry.step)}
    given = _given(entries, entry)
    before = next((row for row in reversed(earlier) if row.action in ANSWERS), None)
    asked = next((row for row in reversed(earlier) if row.action in ANSWERED), None)
    ground = grounds().by_code.get(str(said.get("ground") or ""))
    names = _Units(on)
    category = str(said.get("category") or "")
    return {
        "number": matter.number,
        "title": matter.title,
        "body": matter.body,
        "category": categories(on).name(category) if category else "",
        "region": organisation.paths_of({said["region_id"]}, on).get(said["region_id"], ""),
        "place": matter.place_text,
        "channel": CHANNELS.get(matter.channel, matter.channel),
        "reported_on": day_text(local_date(matter.reported_at)),
        "on": day_text(on),
        "unit": names.of(entry.author_unit_id or matter.intake_unit_id),
        "intake": names.of(matter.intake_unit_id),
        "lead": names.of(given.get("lead_unit_id")),
        "co": "、".join(names.of(unit) for unit in given.get("co_unit_ids") or ()),
        "due": _day(said.get("due_at")),
        "until": _until(matter, paper.clock, entry.happened_at),
        "words": words.get((entry.step, "words"), ""),
        "reply": words.get((entry.step, "reply"), ""),
        "ground": ground.name if ground else "",
        "ground_channel": ground.channel if ground else "",
        "amount": _amount(str(said.get("amount") or "")),
        "passed_to": str(said.get("passed_to") or ""),
        "solved": _VERDICTS.get(said.get("solved"), ""),
        "satisfied": kind.score_name(said["satisfied"]) or f"{said['satisfied']} 分" if said.get("satisfied") else "",
        "before_unit": _answering(kind, before, names) if before else "",
        "before_on": day_text(local_date(before.happened_at)) if before else "",
        "asked_on": day_text(local_date(asked.happened_at)) if asked else "",
        "asked": words.get((asked.step, "words"), "") if asked else "",
    }


def _answering(kind: Kind, answer: EntryRow, names: "_Units") -> str:
    """Who answered before. What the centre only entered, a body above it decided."""
    entered = answer.action == REVIEW and kind.stage(str(answer.payload["stage"])).owner is Owner.INTAKE
    return ABOVE if entered else names.of(answer.author_unit_id)


class _Units:
    """Official names of units as they were on a day."""

    def __init__(self, on: date) -> None:
        self.on = on

    def of(self, unit_id: int | None) -> str:
        """A unit's name, of one closed by then too; empty for none."""
        if unit_id is None:
            return ""
        found = organisation.units_by_ids([unit_id], self.on).get(unit_id)
        return found.name if found else organisation.unit_names([unit_id]).get(unit_id, "")


def _until(matter: Matter, clock: str, at: datetime) -> str:
    """The day until which a clock was promised at a moment."""
    rows = Clock.objects.filter(matter=matter, code=clock).order_by("id") if clock else ()
    running = next((row for row in rows if row.stopped_at is None or row.stopped_at > at), None)
    return day_text(local_date(running.due_at)) if running else ""


def _day(at: str | None) -> str:
    return day_text(local_date(datetime.fromisoformat(at))) if at else ""


def _amount(text: str) -> str:
    """What was asked for, in words; what can't be read, as it is."""
    try:
        return day_text(date.fromisoformat(text)) if "-" in text else Duration.parse(text).to_text() if text else ""
    except (ValueError, BadDuration):
        return text
