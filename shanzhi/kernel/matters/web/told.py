"""What became of a matter on its way, in sentences: dates that moved, asks that nobody answered, returns and rulings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import BadDuration, Duration
from shanzhi.kernel.matters.policy.process import AskType
from shanzhi.kernel.matters.queries import AskLine, ClockChange, MatterCard, TimelineEntry
from shanzhi.ui import components
from shanzhi.ui.formats import day_text, span_text

_CHANGES = {
    "extended": msg("由%(was)s延至%(due)s（延长%(by)s）"),
    "paused": msg("%(since)s起暂停计时，最迟到%(due)s恢复"),
    "resumed": msg("%(since)s起的暂停到%(at)s结束，共暂停%(span)s"),
}
_FALLEN = {
    AskType.EXTEND: msg("延期申请未批，已失效"),
    AskType.PAUSE: msg("暂停申请未批，已失效"),
    AskType.RULING: msg("裁定申请未答复，已失效"),
    AskType.CROSS: msg("移交申请未答复，已失效"),
    AskType.URGE: msg("催办未回应，已失效"),
    AskType.URGE_CO: msg("催办协办未回应，已失效"),
}

Draw = Callable[[TimelineEntry, str], components.TimelineEntry]


def _lang() -> str:
    return get_language() or "zh-hans"


def day_said(at: datetime | None, now: datetime) -> str:
    """The day of a moment: 12月9日."""
    return day_text(localtime(at).date(), localtime(now).date(), _lang()) if at else ""


def limit_said(text: str) -> str:
    """A limit in the reader's language: 5个工作日."""
    limit = Duration.parse(text)
    return gettext(limit.message) % {"amount": limit.amount}


def amount_said(text: str) -> str:
    """What was asked for: a duration in words, a day as a day, anything else (a place, what can't be read) as it is."""
    try:
        return limit_said(text)
    except BadDuration:
        pass
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return day_text(day, None, _lang()) if day.isoformat() == text else text


def change_told(change: ClockChange, now: datetime, *, why: bool = False) -> str:
    """A date that moved: from which day to which and by how much; since when the clocks stood still, and for how long. With
    the reason where `why`."""
    said = gettext(_CHANGES[change.what]) % {
        "was": day_said(change.was_due_at, now),
        "due": day_said(change.due_at, now),
        "by": limit_said(change.by) if change.by else "",
        "since": day_said(change.since, now),
        "at": day_said(change.at, now),
        "span": span_text(change.at - change.since, _lang()) if change.since else "",
    }
    parts = [said]
    if change.what == "resumed" and change.due_at is not None:
        parts.append(gettext(msg("时限改为%(due)s")) % {"due": day_said(change.due_at, now)})
    if why and change.reason:
        parts.append(gettext(msg("理由：%(what)s")) % {"what": gettext(change.reason)})
    return gettext(msg("，")).join(parts)


def why_fallen(ask: AskLine) -> str:
    """Why nobody answers an ask any more; empty for one that was answered or still waits."""
    if ask.state != "dropped":
        return ""
    if not ask.fell_by:
        return gettext(msg("事项已离开提出申请时的环节，不再需要答复。"))
    return gettext(msg("因事项已“%(action)s”而失效，不再需要答复。")) % {"action": gettext(ask.fell_by)}


def history(card: MatterCard, now: datetime, draw: Draw) -> tuple[components.TimelineEntry, ...]:
    """What was done, newest first, each entry as `draw` draws it, which is told of the dates that moved with it; between them
    the asks that fell away."""
    moved: dict[int, list[str]] = {}
    for change in card.changes:
        moved.setdefault(change.step, []).append(change_told(change, now))
    drawn = [(entry.step, draw(entry, "\n".join(moved.get(entry.step, ())))) for entry in card.timeline]
    drawn += [(ask.decided_step, _fallen(card, ask)) for ask in card.asks if ask.state == "dropped" and ask.decided_at]
    # Of one step the ask comes last: it fell away by it. (The order of equals is kept.)
    drawn.sort(key=lambda pair: pair[0])
    return tuple(entry for _, entry in reversed(drawn))


def _fallen(card: MatterCard, ask: AskLine) -> components.TimelineEntry:
    title = gettext(_FALLEN.get(AskType(ask.type), msg("申请未答复，已失效")))
    who = "" if card.for_reporter else ask.unit_name
    return components.TimelineEntry(ask.decided_at or ask.asked_at, title, who, why_fallen(ask), tone="warn")


@dataclass(frozen=True, slots=True)
class ReturnsShown:
    """Who gave a matter back, the newest first, and what was ruled; `title` says how often."""

    title: str
    returns: tuple[TimelineEntry, ...]
    rulings: tuple[TimelineEntry, ...]


def returns_of(card: MatterCard) -> ReturnsShown | None:
    """The returns, for whoever gives it out again; None where it never came back."""
    returns = tuple(entry for entry in reversed(card.timeline) if entry.action == "matters.hand_back")
    rulings = tuple(entry for entry in reversed(card.timeline) if entry.detail.get("ruled"))
    if not returns:
        return None
    return ReturnsShown(gettext(msg("退单 %(n)s 次")) % {"n": len(returns)}, returns, rulings)
