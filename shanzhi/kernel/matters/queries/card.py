"""One matter, whole: what it is, whose turn it is and until when, what was done, what this actor may do now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shanzhi.core.geo import Point
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Duration, Light, Remaining, light, remaining
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter, Remark
from shanzhi.kernel.matters.operations.clocks import running
from shanzhi.kernel.matters.operations.standing import case_of
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.operations.upkeep import needs_reporter
from shanzhi.kernel.matters.policy.entries import entries_offered
from shanzhi.kernel.matters.policy.process import (
    Action,
    AskType,
    FieldSpec,
    Kind,
    KindUnknown,
    Owner,
    Stage,
    allowed_actions,
    ground_use,
    way_gone,
    way_left,
)
from shanzhi.kernel.matters.policy.report import CHANNELS, follow_hash, normalise_number
from shanzhi.kernel.matters.policy.rights import part_name
from shanzhi.kernel.matters.policy.shown import is_asked_again, is_entry_for_reporter
from shanzhi.kernel.matters.queries.changes import ClockChange, changes_of
from shanzhi.kernel.matters.queries.clocks import AskLine, ClockLine, ask_lines, asked_for, clock_lines, what_is_next
from shanzhi.kernel.matters.queries.first_duty import FirstDuty, first_duty
from shanzhi.kernel.matters.queries.hanging import Hanging, hanging
from shanzhi.kernel.matters.queries.links import Links, links_of
from shanzhi.kernel.matters.queries.names import Names, light_of
from shanzhi.kernel.matters.queries.papers import PaperLine, paper_lines
from shanzhi.kernel.matters.queries.parts import Parts, parts_of
from shanzhi.kernel.matters.queries.rungs import RungLine, rung_lines
from shanzhi.kernel.matters.rulebook import categories, grounds, kind_version, work_calendar
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault.operations import READ_BY_SYSTEM, READ_REASONS, keyring
from shanzhi.kernel.vault.policy.keeping import ERASE_REASONS, HOLD_GROUNDS


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """A button: the action's code and verb, and the fields that it takes, each with whether it is needed; `grounds` is the use
    of the rule book's grounds that it offers."""

    code: str
    name: str
    verb: str
    fields: tuple[tuple[FieldSpec, bool], ...]
    grounds: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that was done. `who` is a unit and post, never a person; `words` as far as this actor may read them."""

    step: int
    at: datetime
    action: str
    title: str
    who: str
    ground: str
    channel: str
    words: str
    reply: str
    due_at: datetime | None
    overdue: bool
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """A unit's share of the matter: since when, for how many whole days, and on which ground it was given back.

    Of a co-handler by when it is due and how that stands (of one that has ended, how it stood then), and the words with
    which it ended: its result, why it isn't its business, or why the lead waits no longer.
    """

    unit_name: str
    part: str
    state: str
    assigned_at: datetime
    is_open: bool
    days: int = 0
    ground: str = ""
    unit_id: int = 0
    due_at: datetime | None = None
    light: Light | None = None
    words: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class MatterCard:
    """All that a matter's page shows. `for_reporter` cards hold only what the reporter may read.

    `has_contact`, `has_originals`: the vault keeps them and this actor may open them; `may_reach` says whether the actor
    has to do with the reporter now at all. `is_sent_on`: the actor's unit checks it because the centre that took it in may
    not, or can't.
    """

    id: int
    number: str
    kind: Kind
    title: str
    body: str
    category: str
    category_name: str
    region_code: str
    region_name: str
    place: str
    latitude: float | None
    longitude: float | None
    point_elsewhere: str
    channel_name: str
    reported_at: datetime
    stage: str
    result: str | None
    next_sentence: str
    next_params: dict[str, Any]
    stages: tuple[tuple[str, str], ...]
    light: Light | None
    due_at: datetime | None
    left: Remaining | None
    ended_at: datetime | None
    holder_name: str
    version: int
    counts: dict[str, int]
    solved: bool | None
    satisfied: int | None
    reply: str
    shares: tuple[Share, ...]
    timeline: tuple[TimelineEntry, ...]
    attachments: tuple[AttachmentRow, ...]
    actions: tuple[ActionChoice, ...]
    clocks: tuple[ClockLine, ...]
    asks: tuple[AskLine, ...]
    rungs: tuple[RungLine, ...]
    has_contact: bool
    has_originals: bool
    may_reach: bool
    for_reporter: bool
    is_sent_on: bool
    links: Links
    parts: Parts
    papers: tuple[PaperLine, ...] = ()
    first: FirstDuty | None = None
    changes: tuple[ClockChange, ...] = ()

    @property
    def helping(self) -> Share | None:
        """The acting unit's share as a co-handler, while its result is awaited."""
        return next((share for share in self.shares if share.is_ours and share.is_open and share.part == "co"), None)

    @property
    def stage_name(self) -> str:
        """The stage's name."""
        return self.kind.stage(self.stage).name

    @property
    def kind_name(self) -> str:
        """What the kind is called (message id)."""
        return self.kind.name


def hash_of_code(code: str) -> str:
    """The hash under which a follow code is known; empty for a text that can't be one."""
    return follow_hash(keyring().derive("follow"), code)


def matter_id_of_number(number: str) -> int | None:
    """The visible matter with this number, as people type it; 1 query."""
    normal = normalise_number(number)
    return Matter.objects.filter(number=normal).values_list("pk", flat=True).first() if normal else None


def card(matter_id: int, *, actor: Actor, now: datetime) -> MatterCard:
    """The matter as this actor may see it; 1 query for all that hangs on it, 1 more where it has a point.

    Raises:
        MatterNotFound: not there, or not visible.
    """
    hung = _visible(matter_id, local_date(now))
    matter, shares, clocks, entries = hung.matter, hung.shares, hung.clocks, hung.entries
    kind, for_reporter = kind_version(matter.kind, matter.kind_version), actor.kind == "reporter"
    stage, asks = kind.stage(matter.stage), hung.asks if kind.asks else []
    case = case_of(matter, kind, actor, shares, asks=asks, clocks=clocks, now=now, has_linked=hung.has_linked)
    names = Names([matter], now, {row.unit_id for row in shares} | _units_in(entries))
    remarks, may_reach = _remarks(hung.remarks, for_reporter), for_reporter or _may_reach(matter, actor, shares)
    timeline, links = _timeline(entries, kind, names, remarks, actor), links_of(hung, kind, for_reporter=for_reporter)
    parts, (says, due) = parts_of(hung, now), what_is_next(stage, clocks, matter.due_at, now)
    kept = hung.kept | (frozenset() if for_reporter else hung.kept_of_whole) if may_reach else frozenset()
    return MatterCard(
        id=matter.pk,
        number=matter.number,
        kind=kind,
        title=matter.title,
        body=matter.body,
        category=matter.category,
        category_name=categories().name(matter.category),
        region_code=matter.scope_code,
        region_name=names.region(matter.region_id),
        place=matter.place_text,
        latitude=float(matter.latitude) if matter.latitude is not None else None,
        longitude=float(matter.longitude) if matter.longitude is not None else None,
        point_elsewhere="" if for_reporter else _elsewhere(matter, now),
        channel_name=CHANNELS.get(matter.channel, matter.channel),
        reported_at=matter.reported_at,
        stage=matter.stage,
        result=matter.result,
        next_sentence=says,
        next_params={"unit": names.unit_full(matter.holder_unit_id), "due": due},
        stages=_way(kind, stage, entries, is_part=bool(parts.whole)),
        light=light_of(matter, now),
        due_at=matter.due_at,
        left=_left(matter.due_at, clocks, now),
        ended_at=matter.ended_at,
        holder_name=names.unit_full(matter.holder_unit_id),
        version=matter.version,
        counts=dict(matter.counts),
        solved=matter.solved,
        satisfied=matter.satisfied,
        reply=next((entry.reply for entry in reversed(timeline) if entry.reply), links.reply),
        shares=_shares(shares, names, remarks, actor, now),
        timeline=timeline,
        attachments=_attachments(hung.attachments, for_reporter),
        clocks=clock_lines(clocks, kind, now),
        changes=changes_of(clocks, kind, entries),
        asks=ask_lines(_asks_shown(asks, for_reporter), kind, names, now, _titles(entries)),
        rungs=() if for_reporter else rung_lines(hung, kind, actor, now),
        actions=tuple(choice_of(kind, action) for action in allowed_actions(case)),
        has_contact=bool(kept & {"name", "phone"}),
        has_originals=bool(kept - {"name", "phone"}),
        may_reach=may_reach,
        for_reporter=for_reporter,
        is_sent_on=stage.owner is Owner.CHECKER and actor.unit_id == matter.holder_unit_id != matter.intake_unit_id,
        links=links,
        papers=paper_lines(matter, kind, entries, actor),
        parts=parts,
        first=None if for_reporter else first_duty(matter, shares, entries, names),
    )


def _left(due_at: datetime | None, clocks: list[Clock], now: datetime) -> Remaining | None:
    """What is left, in days as the clock counts them that is due then."""
    if due_at is None:
        return None
    # "3mo+2mo": what was granted beside the limit is of the same sort.
    limits = [Duration.parse(row.limit_text.partition("+")[0]) for row in running(clocks) if row.due_at == due_at]
    is_working = not limits or any(limit.is_working for limit in limits)
    return remaining(now, due_at, work_calendar(), working=is_working)


def _timeline(
    entries: list[EntryRow], kind: Kind, names: Names, remarks: dict[tuple[int, str], str], actor: Actor
) -> tuple[TimelineEntry, ...]:
    is_reporter = actor.kind == "reporter"
    shown = (row for row in entries if _is_shown(row, kind, remarks, is_reporter))
    return tuple(_entry(row, kind, names, remarks, actor) for row in shown)


def _titles(entries: list[EntryRow]) -> dict[int, str]:
    """What each step is called."""
    return {row.step: step_title(row.action, row.payload) for row in entries}


def _asks_shown(rows: list[Ask], for_reporter: bool) -> list[Ask]:
    """Of what was asked a reporter reads what they asked themselves: their own urging."""
    return [row for row in rows if not for_reporter or row.post_id is None]


def _visible(matter_id: int, on: date) -> Hanging:
    hung = hanging(matter_id, on=on)
    if hung is None:
        raise MatterNotFound(msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))
    return hung


def _elsewhere(matter: Matter, now: datetime) -> str:
    """Where the point lies by the outlines, when that isn't the matter's region: a hint for people; nothing is changed."""
    if matter.latitude is None or matter.longitude is None:
        return ""
    on = local_date(now)
    there = organisation.region_at_point(Point(float(matter.latitude), float(matter.longitude)), on)
    own = organisation.region_by_id(matter.region_id, on) if there else None
    if there is None or own is None or own.ranges.contains(there.code) or there.ranges.contains(own.code):
        return ""
    return there.path


def _shares(
    rows: list[Assignment], names: Names, remarks: Mapping[tuple[int, str], str], actor: Actor, now: datetime
) -> tuple[Share, ...]:
    book = grounds().by_code
    return tuple(
        Share(
            unit_name=names.unit(row.unit_id),
            part=row.part,
            state=row.state,
            assigned_at=row.assigned_at,
            is_open=row.ended_at is None,
            days=max(0, ((row.ended_at or now) - row.assigned_at).days),
            ground=book[row.ground].name if row.ground in book else "",
            unit_id=row.unit_id,
            due_at=row.due_at,
            light=share_light(row, now),
            words=remarks.get((row.result_step, "words"), "") if row.result_step else "",
            is_ours=row.unit_id == actor.unit_id,
        )
        for row in rows
    )


def share_light(row: Assignment, now: datetime) -> Light | None:
    """Where a co-handler's promise stands, or stood when its share ended; None where nothing was promised."""
    if row.due_at is None or row.warn_at is None:
        return None
    return light(min(now, row.ended_at or now), row.warn_at, row.due_at)


def _may_reach(matter: Matter, actor: Actor, shares: list[Assignment]) -> bool:
    has_share = any(row.ended_at is None and row.unit_id == actor.unit_id for row in shares)
    return actor.is_post and needs_reporter(matter, actor, has_open_share=has_share)


def choice_of(kind: Kind, action: Action) -> ActionChoice:
    """An action with its fields, whether it may be done now or not."""
    fields = tuple((kind.field(code), code in action.needs) for code in action.fields)
    asked = kind.verdict_by(action)
    if asked is not None:  # The score is the whole verdict: what follows from it isn't asked.
        fields = ((asked[0], True), *((spec, needed) for spec, needed in fields if spec not in asked))
    return ActionChoice(action.code, action.name, action.verb.value, fields, ground_use(kind, action))


def _way(kind: Kind, now_in: Stage, entries: list[EntryRow], *, is_part: bool) -> tuple[tuple[str, str], ...]:
    """The matter's own way as (name, state): what it has gone (done), where it is (now), what is left (todo)."""
    been = (str(row.payload.get("to_stage") or "") for row in entries)
    gone = way_gone([code for code in (*been, now_in.code) if code])
    left = way_left(kind, now_in.code, is_part=is_part)
    states = [*(("done", code) for code in gone[:-1]), ("now", now_in.code), *(("todo", code) for code in left)]
    return tuple((kind.stage(code).name, state) for state, code in states)


def _units_in(entries: list[EntryRow]) -> set[int]:
    found = {row.author_unit_id for row in entries}
    for row in entries:
        found |= {row.payload.get(key) for key in ("lead_unit_id", "from_unit_id", "to_unit_id", "asked_unit_id")}
        found |= set(row.payload.get("co_unit_ids") or ())
    return {unit for unit in found if unit is not None}


def _remarks(rows: list[Remark], for_reporter: bool) -> dict[tuple[int, str], str]:
    return {(row.step, row.part): row.text for row in rows if row.for_reporter or not for_reporter}


def _attachments(rows: tuple[AttachmentRow, ...], for_reporter: bool) -> tuple[AttachmentRow, ...]:
    return tuple(row for row in rows if row.shown_to_reporter or not for_reporter)


def _is_shown(row: EntryRow, kind: Kind, remarks: Mapping[tuple[int, str], str], for_reporter: bool) -> bool:
    has_words = (row.step, "words") in remarks
    return not for_reporter or is_entry_for_reporter(
        row.action, row.payload, row.author_kind, kind, has_words=has_words
    )


_TITLES = {
    "matters.report": msg("反映"),
    "matters.part": msg("由整体拆分出来"),
    "matters.settle": msg("随历史数据导入，已答复办结"),
    "matters.paper": msg("开具文书"),
    "matters.paper_void": msg("作废文书"),
    "matters.recode": msg("区划变更，所在区域随之调整"),
    "matters.succeed": msg("单位撤并，由接替的单位继续办理"),
    "matters.due_moved": msg("最后一天放假，时限顺延到下一个工作日"),
    "matters.promise_moved": msg("工作日历有变，协办、答复的期限随之调整"),
    "matters.ask_fall": msg("没有人能答复，改由上一级答复"),
    "matters.helper_left": msg("协办单位没有人在岗，不再等它"),
    "matters.hand_over": msg("在本单位内转交给另一个岗位"),
    "matters.post_fall": msg("岗位空缺，转由本单位负责人接办"),
    "vault.read": msg("查看联系方式或原文"),
    "vault.copied": msg("本人下载副本"),
    "vault.corrected": msg("本人更正联系方式"),
    "matters.consent": msg("本人撤回公开同意"),
    "matters.erase_asked": msg("本人申请删除"),
    "matters.erased": msg("已按本人请求删除"),
    "vault.erased": msg("删除联系方式或原文"),
    "vault.held": msg("个人信息延长保存"),
    "vault.hold_lifted": msg("不再延长保存个人信息"),
}


def step_title(action: str, payload: Mapping[str, Any]) -> str:
    """What a journal entry of a matter tells of, as a title (a message id); the action's code where nobody knows a name."""
    told = _TITLES.get(action) or entries_offered().get(action)
    if told or not payload.get("kind"):
        return told or action
    try:
        kind = kind_version(str(payload.get("kind", "")), int(payload.get("kind_version") or 0))
    except KindUnknown:
        return action
    done_by = str(payload.get("done_by", ""))
    return kind.action(done_by).name if kind.has_action(done_by) else action


def _entry(row: EntryRow, kind: Kind, names: Names, remarks: dict[tuple[int, str], str], actor: Actor) -> TimelineEntry:
    done_by = str(row.payload.get("done_by", ""))
    title = (
        _TITLES.get(row.action)
        or entries_offered().get(row.action)
        or (kind.action(done_by).name if kind.has_action(done_by) else done_by)
    )
    ground = grounds().by_code.get(str(row.payload.get("ground") or ""))
    due = row.payload.get("due_at")
    detail = {
        "lead": names.unit(given)
        if (given := row.payload.get("lead_unit_id") or row.payload.get("to_unit_id"))
        else "",
        "co": "、".join(names.unit(unit) for unit in row.payload.get("co_unit_ids") or ()),
        "asked": names.unit(asked) if (asked := row.payload.get("asked_unit_id")) else "",
        "amount": _asked_for(row, kind, names),
        "solved": row.payload.get("solved"),
        "claim_solved": row.payload.get("claim_solved"),
        "negligent": row.payload.get("negligent"),
        "ruled": _is_ruling(row, kind),
        "satisfied": row.payload.get("satisfied"),
        "scored": kind.score_name(row.payload.get("satisfied")),
        "paper": next((paper.name for paper in kind.papers if paper.code == row.payload.get("paper")), ""),
        "reason": _reason(row, kind),
        "parts": tuple(dict.fromkeys(part_name(part) for part in row.payload.get("parts") or ())),
    }
    return TimelineEntry(
        step=row.step,
        at=row.happened_at,
        action=row.action,
        title=title,
        who=_who(row, names),
        ground=ground.name if ground else "",
        channel=ground.channel if ground else "",
        words=remarks.get((row.step, "words"), ""),
        reply=remarks.get((row.step, "reply"), ""),
        due_at=datetime.fromisoformat(due) if due else None,
        overdue=bool(row.payload.get("overdue")),
        detail=detail,
    )


def _asked_for(row: EntryRow, kind: Kind, names: Names) -> str:
    amount, code = str(row.payload.get("amount") or ""), str(row.payload.get("ask") or "")
    spec = next((each for each in kind.asks if each.code == code), None)
    return asked_for(spec.type.value, amount, names.on) if spec is not None else amount


def _is_ruling(row: EntryRow, kind: Kind) -> bool:
    """Did the level above say by it whose duty the matter is?"""
    rulings = {ask.code for ask in kind.asks if ask.type is AskType.RULING}
    return row.action in ("matters.rule", "matters.decline") and row.payload.get("ask") in rulings


_NOT_SOLVED = msg("反映同一问题的另一位反映人认为没有解决，退回承办单位重办。")


def _reason(row: EntryRow, kind: Kind) -> str:
    """Why personal data was read, removed or kept on, or a matter was done anew for another's sake, as the reporter is told;
    empty for other entries."""
    if row.action == "matters.reopen" or (row.action == "matters.follow" and is_asked_again(row.payload, kind)):
        return _NOT_SOLVED
    code = str(row.payload.get("reason") or row.payload.get("ground") or "")
    if row.action == "vault.erased":
        return ERASE_REASONS[code].sentence if code in ERASE_REASONS else ""
    if row.action in {"vault.held", "vault.hold_lifted"}:
        return HOLD_GROUNDS[code].sentence if code in HOLD_GROUNDS else ""
    return READ_REASONS.get(code) or READ_BY_SYSTEM.get(code, "")


_AUTHORS = {"reporter": msg("反映人"), "system": msg("系统"), "importer": msg("导入")}


def _who(row: EntryRow, names: Names) -> str:
    return names.unit(row.author_unit_id) if row.author_kind == "post" else _AUTHORS.get(row.author_kind, "")
