"""A matter's card in the shapes that the components draw: facts, steps, timeline, photos, the light in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Light, Remaining
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.matters.policy.ladder import Tell
from shanzhi.kernel.matters.queries import ClockLine, MatterCard, RungLine, Share, TimelineEntry, work_calendar
from shanzhi.kernel.matters.web.told import amount_said, history
from shanzhi.ui import components
from shanzhi.ui.formats import left_text as spell_left
from shanzhi.ui.formats import when_text

LEVELS: dict[Light | None, components.LightLevel] = {
    Light.NORMAL: "normal",
    Light.WARNING: "near",
    Light.OVERDUE: "over",
    None: "none",
}
"""The clock's light → the component's level."""

PURPOSES = {"report": msg("反映时提交"), "reply": msg("答复时提交"), "evidence": msg("办理中提交")}
PARTS = {"lead": msg("主办"), "co": msg("协办")}
SHARE_STATES: dict[str, tuple[str, components.Tone]] = {
    "waiting": (msg("待签收"), "warn"),
    "taken": (msg("办理中"), "action"),
    "done": (msg("已完成"), "good"),
    "returned": (msg("已退单"), "bad"),
    "moved": (msg("已转走"), "neutral"),
    "over": (msg("已结束"), "neutral"),
    "excused": (msg("不再等待"), "neutral"),
}
RESULTS = {
    "closed": msg("已办结"),
    "refused": msg("不予受理"),
    "withdrawn": msg("反映人撤回"),
    "lapsed": msg("到期未评价，按办结处理"),
    "joined": msg("答复并入整体"),
}
_TONES: dict[str, components.Tone] = {
    "matters.refuse": "bad",
    "matters.hand_back": "warn",
    "matters.assist_done": "good",
    "matters.assist_back": "warn",
    "matters.excuse": "warn",
    "matters.check_fail": "warn",
    "matters.vacate": "warn",
    "matters.receive": "good",
    "matters.reply": "good",
    "matters.check_pass": "good",
    "matters.rate": "good",
    "vault.read": "neutral",
}


def left_text(left: Remaining | None) -> str:
    """剩 1 天 4 小时（工作时间）, 超期 2 天（工作时间）, in the reader's language; empty without a clock."""
    if left is None:
        return ""
    day = work_calendar().day_length if left.working else timedelta(days=1)
    span = left.days * day + timedelta(hours=left.hours, minutes=left.minutes)
    day_seconds = int(day.total_seconds())
    signed = -span if left.is_overdue else span
    return spell_left(signed, get_language() or "zh-hans", day_seconds=day_seconds, working=left.working)


def when(at: datetime | None, now: datetime) -> str:
    """今天 14:05, 11月25日: the moment as a sentence uses it."""
    lang = get_language() or "zh-hans"
    text = when_text(at, now.astimezone(), lang) if at else ""
    return text[:1].lower() + text[1:] if lang.startswith("en") else text


def steps_of(card: MatterCard) -> tuple[components.Step, ...]:
    """The way through the stages, with where it stands."""
    return tuple(components.Step(gettext(name), state) for name, state in card.stages)  # type: ignore[arg-type]


def facts_of(card: MatterCard) -> tuple[tuple[str, object], ...]:
    """What, where, by which door."""
    point = f"{card.latitude:.5f}, {card.longitude:.5f}" if card.latitude is not None and card.longitude else ""
    return (
        (gettext(msg("分类")), gettext(card.category_name)),
        (gettext(msg("区域")), card.region_name),
        (gettext(msg("地点")), card.place),
        (gettext(msg("坐标（WGS84）")), point),
        (gettext(msg("坐标在别的区域")), card.point_elsewhere),
        (gettext(msg("来源")), gettext(card.channel_name)),
        (gettext(msg("结果")), gettext(RESULTS[card.result]) if card.result in RESULTS else ""),
        (gettext(msg("反映人评价")), _verdict(card.kind.score_name(card.satisfied), card.solved, card.satisfied)),
        (gettext(msg("次数")), _counts(card)),
    )


def _verdict(named: str, solved: bool | None, satisfied: int | None) -> str:
    """`named`: what the kind itself calls the score (满意)."""
    if solved is None or named:
        return gettext(named) if named else ""
    said = gettext(msg("已解决")) if solved else gettext(msg("没有解决"))
    return (
        said
        if satisfied is None
        else gettext(msg("，")).join((said, gettext(msg("满意程度 %(score)s 分")) % {"score": satisfied}))
    )


_COUNTS = {
    "returns": msg("退单 %(n)s 次"),
    "check_failures": msg("核查退回 %(n)s 次"),
    "reopenings": msg("重办 %(n)s 次"),
    "crossing_refusals": msg("移交被拒收 %(n)s 次"),
    "linked": msg("名下并案 %(n)s 件"),
    "parts": msg("拆成 %(n)s 部分"),
}


def _counts(card: MatterCard) -> str:
    said = (gettext(_COUNTS[code]) % {"n": n} for code, n in card.counts.items() if n and code in _COUNTS)
    return gettext(msg("，")).join(said)


_HELPER_STATES: dict[str, tuple[str, components.Tone]] = {
    "waiting": (msg("待协办"), "warn"),
    "returned": (msg("已退回协办"), "bad"),
}


def shares_of(card: MatterCard) -> tuple[tuple[Share, str, components.Badge, components.LightLevel], ...]:
    """Each unit's share: lead or co-handler, its state as a badge, and how a co-handler's date stands; open ones first."""
    rows = sorted(card.shares, key=lambda share: (not share.is_open, share.part != "lead"))
    made = []
    for share in rows:
        known = SHARE_STATES | _HELPER_STATES if share.part == "co" else SHARE_STATES
        words, tone = known.get(share.state, (share.state, "neutral"))
        part = gettext(PARTS.get(share.part, share.part))
        made.append((share, part, components.Badge(gettext(words), tone), LEVELS[share.light]))
    return tuple(made)


def first_told(card: MatterCard) -> str:
    """Who answers for the matter after the first acceptor, as a sentence; empty where nobody has accepted it."""
    first = card.first
    if first is None:
        return ""
    if not first.is_signed:
        return gettext(msg("还没有单位签收，现在由%(unit)s负责。")) % {"unit": first.answerable_name}
    if first.is_waiting:
        return gettext(msg("新的主办单位签收以前，由%(unit)s负责。")) % {"unit": first.answerable_name}
    return gettext(msg("已签收，现在由%(unit)s负责。")) % {"unit": first.answerable_name}


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A clock as the page tells it: its light, and how its date came about, sentence by sentence."""

    name: str
    owner: str
    level: components.LightLevel
    due_at: datetime
    how: tuple[str, ...]


def clocks_of(card: MatterCard, now: datetime) -> tuple[ClockShown, ...]:
    """The running clocks, those through several stages first."""
    return tuple(
        ClockShown(
            gettext(line.name),
            gettext(line.owner),
            "paused" if line.paused_at else LEVELS[line.light],
            line.due_at,
            tuple(clock_told(line, now)),
        )
        for line in card.clocks
    )


def clock_told(line: ClockLine, now: datetime) -> Iterator[str]:
    """How a date came about: what happened step by step, with the article and the notice, and what the limit rests on."""
    for step in line.how:
        rests = [gettext(step.article)] if step.article else []
        rests += [step.source.to_text(gettext)] if step.source else []
        yield step.to_text(gettext) + (f"（{gettext('，').join(rests)}）" if rests else "")
    if not line.paused_at and line.how[-1].at != line.due_at:
        moved = gettext(msg("最后一天放假，时限顺延到下一个工作日"))
        yield gettext(msg("%(what)s：%(due)s。")) % {"what": moved, "due": when(line.due_at, now)}
    if line.paused_at:
        said = {"since": when(line.paused_at, now), "until": when(line.due_at, now)}
        yield gettext(msg("%(since)s起暂停计时，最迟到%(until)s恢复。")) % said
    if line.law:
        yield gettext(line.law)


_WHOM = {
    Tell.HOLDER: msg("现在该办的岗位"),
    Tell.UNIT: msg("承办单位"),
    Tell.CENTRE: msg("受理中心督办员"),
    Tell.ABOVE: msg("承办单位上一级的督办员"),
}


def rungs_of(card: MatterCard) -> tuple[tuple[datetime, str], ...]:
    """Why it reached somebody by the ladder, newest first: when, and one sentence."""
    return tuple((line.told_at, _why(line)) for line in reversed(card.rungs))


def _why(line: RungLine) -> str:
    clock = {"clock": gettext(line.clock_name), "days": line.days}
    why = (
        gettext(msg("“%(clock)s”快到期")) % clock
        if line.is_near
        else gettext(msg("“%(clock)s”超期满 %(days)s 个工作日")) % clock
        if line.days
        else gettext(msg("“%(clock)s”超期")) % clock
    )
    whom = {"whom": gettext(msg("您")) if line.for_me else gettext(_WHOM[line.tell])}
    is_up = line.tell in (Tell.CENTRE, Tell.ABOVE)
    done = gettext(msg("升级至%(whom)s")) % whom if is_up else gettext(msg("提醒%(whom)s")) % whom
    return gettext(msg("因%(why)s，按催办阶梯第 %(rung)s 级%(done)s。")) % {"why": why, "rung": line.rung, "done": done}


_ASKED = {
    "matters.ask": msg("请%(what)s答复"),
    "matters.grant": msg("申请单位：%(what)s"),
    "matters.urge": msg("请%(what)s回应"),
    "matters.supervise": msg("请%(what)s报告"),
    "matters.insist": msg("请%(what)s报告"),
    "matters.report_back": msg("请%(what)s答复"),
    "matters.decline": msg("申请单位：%(what)s"),
    "matters.receive": msg("移出单位：%(what)s"),
    "matters.rule": msg("申请单位：%(what)s"),
}
ASK_TONES: dict[str, components.Tone] = {"open": "warn", "granted": "good", "declined": "bad", "dropped": "neutral"}


def photos_of(card: MatterCard) -> tuple[components.Photo, ...]:
    """The pictures, oldest first."""
    return tuple(
        components.Photo(
            reverse("files:attachment", args=[row.id]),
            reverse("files:preview", args=[row.id]),
            gettext(msg("%(purpose)s的照片 %(name)s")) % {"purpose": _purpose(row), "name": row.name},
        )
        for row in card.attachments
        if row.is_picture
    )


def papers_of(card: MatterCard) -> tuple[tuple[str, AttachmentRow, str], ...]:
    """The other files: address, file, when it was handed in."""
    return tuple(
        (reverse("files:attachment", args=[row.id]), row, _purpose(row))
        for row in card.attachments
        if not row.is_picture
    )


def _purpose(row: AttachmentRow) -> str:
    return gettext(PURPOSES.get(row.purpose, row.purpose))


def timeline_of(card: MatterCard, now: datetime) -> tuple[components.TimelineEntry, ...]:
    """What was done, newest first. Only the promise that still runs is repeated there."""
    running = next((entry.step for entry in reversed(card.timeline) if entry.due_at and card.due_at), None)

    def drawn(entry: TimelineEntry, moved: str) -> components.TimelineEntry:
        return components.TimelineEntry(
            at=entry.at,
            title=gettext(entry.title),
            who=gettext(entry.who),
            text="\n".join(_said(entry, now, with_due=entry.step == running, moved=moved)),
            tone="warn" if entry.detail.get("solved") is False else _TONES.get(entry.action, "neutral"),
        )

    return history(card, now, drawn)


def _double_check(detail: dict[str, Any]) -> tuple[str, ...]:
    """The two answers at the end of a supervision (一案双查)."""
    if detail.get("claim_solved") is None:
        return ()
    solved = msg("诉求已解决") if detail["claim_solved"] else msg("诉求没有解决")
    negligent = msg("承办单位有失职") if detail.get("negligent") else msg("承办单位没有失职")
    return (gettext(solved), gettext(negligent))


def _named(name: str | None) -> str:
    return gettext(name) if name else ""


def _said(entry: TimelineEntry, now: datetime, *, with_due: bool, moved: str) -> list[str]:
    detail, reason = entry.detail, entry.detail.get("reason")
    named = (
        (msg("主办：%(what)s"), detail.get("lead")),
        (msg("协办：%(what)s"), detail.get("co")),
        (_ASKED.get(entry.action, ""), detail.get("asked")),
        (msg("申请内容：%(what)s"), amount_said(detail["amount"]) if detail.get("amount") and not moved else ""),
        (msg("文书：%(what)s"), _named(detail.get("paper"))),
        (msg("理由：%(what)s"), entry.ground or (gettext(reason) if reason else "")),
        (msg("告知的渠道：%(what)s"), entry.channel),
        (msg("涉及：%(what)s"), gettext(msg("、")).join(gettext(part) for part in detail.get("parts", ()))),
    )
    lines = [gettext(text) % {"what": what} for text, what in named if text and what]
    lines += [
        text
        for text in (
            _verdict(detail.get("scored", ""), detail.get("solved"), detail.get("satisfied")),
            *_double_check(detail),
            moved,
            entry.words,
            entry.reply,
        )
        if text
    ]
    if entry.due_at and with_due:
        lines.append(gettext(msg("下一步时限：%(due)s")) % {"due": when(entry.due_at, now)})
    if entry.overdue:
        lines.append(gettext(msg("做这一步时已经超期。")))
    return lines
