"""The clocks of a matter and what was asked about it, as pages and the command line tell of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import ClockStep, Course, Light, Pause, WorkCalendar, explain, light
from shanzhi.kernel.matters.models import Ask, Clock, Matter
from shanzhi.kernel.matters.operations.clocks import course_of
from shanzhi.kernel.matters.policy.clocks import STAGE
from shanzhi.kernel.matters.policy.process import OWNER_NAMES, AskType, Kind, Owner, Stage
from shanzhi.kernel.matters.queries.boards import Named
from shanzhi.kernel.matters.queries.names import Names
from shanzhi.kernel.matters.rulebook import grounds, kind_version, work_calendar
from shanzhi.kernel.organisation import queries as organisation

ASK_STATES = {"open": msg("待答复"), "granted": msg("已同意"), "declined": msg("未同意"), "dropped": msg("已失效")}
_PUSHED = {
    "urge": {"open": msg("待回应"), "granted": msg("已回应")},
    "supervise": {"open": msg("督办中"), "granted": msg("已销号"), "declined": msg("继续督办")},
    "report": {"granted": msg("已通过"), "declined": msg("未通过")},
    "cross": {"open": msg("待接收"), "granted": msg("已接收"), "declined": msg("拒收")},
    "ruling": {"granted": msg("已裁定"), "declined": msg("维持原单位")},
}
"""What a state is called of what is put to the lead, where it differs."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock as it stands: what it measures, who answers for it, and by when. `how` tells step by step how the date came
    about, by the calendar of the day when it was promised; `kept` whether it stopped in time (None: it runs)."""

    code: str
    name: str
    owner: str
    limit_text: str
    calendar_version: str
    law: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    stopped_at: datetime | None
    paused_at: datetime | None
    how: tuple[ClockStep, ...]
    light: Light

    @property
    def kept(self) -> bool | None:
        """Did it stop in time?"""
        return None if self.stopped_at is None else self.stopped_at <= self.due_at


@dataclass(frozen=True, slots=True)
class AskLine:
    """Something that was asked: by which unit, of whom, on which ground, what for, and what was decided.

    `fell_by`: what was done with the matter that left it without an answer (a message id); `decided_step` by which entry.
    """

    code: str
    name: str
    type: str
    amount: str
    ground: str
    unit_name: str
    to_unit_name: str
    asked_at: datetime
    due_at: datetime
    light: Light
    state: str
    state_name: str
    decided_at: datetime | None
    fell_by: str = ""
    decided_step: int = 0


@dataclass(frozen=True, slots=True)
class AskWaiting:
    """What waits for a unit's answer: the matter's number and title, what is asked and by when it is to be answered."""

    matter_id: int
    number: str
    title: str
    name: str
    amount: str
    unit_name: str
    asked_at: datetime
    due_at: datetime
    light: Light


HELD = msg("%(unit)s正在办理。现在暂停计时，最迟到%(due)s恢复，恢复后继续计算答复您的时限。")
"""What a reporter reads while the clocks stand still: when they go on at the latest, which is no promise of an answer."""


LATE = msg("%(unit)s应在%(due)s前办完这一步，已经超期，还在办理。")
"""What a reporter reads once the promised day is over: nothing is promised for the past."""


def what_is_next(
    stage: Stage, rows: Iterable[Clock], due_at: datetime | None, now: datetime
) -> tuple[str, datetime | None]:
    """What comes next, as the stage says it (a message id), and when the stage is to be over: by its own clock or the one that
    rules it, though another may be due sooner. While the clocks stand still, that they do, and until when; once it is late,
    that it is."""
    runs = [row for row in rows if row.stopped_at is None]
    # A linked matter's clock has its lead's course: it stands still with it.
    held = next((row for row in runs if row.paused_at or (row.course and Course.from_json(row.course).is_paused)), None)
    if held is not None:
        return HELD, held.due_at
    due = next((row.due_at for row in runs if row.code == stage.clock), due_at)
    is_late = due is not None and due < now and stage.owner not in (None, Owner.REPORTER) and "%(due)s" in stage.says
    return LATE if is_late else stage.says, due


def clock_lines(rows: Iterable[Clock], kind: Kind, now: datetime, *, every: bool = False) -> tuple[ClockLine, ...]:
    """The running ones of a matter's clocks, those through several stages first; with `every` all that ever ran, without
    the rows that an extension or a pause replaced."""
    last = {(row.code, row.started_at): row for row in rows}
    shown = [row for row in last.values() if every or row.stopped_at is None]
    return tuple(_clock(row, kind, now) for row in sorted(shown, key=lambda row: (row.code == STAGE, row.started_at)))


def _clock(row: Clock, kind: Kind, now: datetime) -> ClockLine:
    spec = kind.clock(row.code) if any(each.code == row.code for each in kind.clocks) else None
    stage = kind.stage(row.stage)
    owner = spec.owner if spec else stage.owner
    course = course_of(row, kind)
    return ClockLine(
        code=row.code,
        name=spec.name if spec else stage.name,
        owner=OWNER_NAMES[Owner(owner)],
        limit_text=row.limit_text,
        calendar_version=row.calendar_version,
        law=spec.law if spec else stage.law,
        started_at=row.started_at,
        due_at=row.due_at,
        warn_at=row.warn_at,
        stopped_at=row.stopped_at,
        paused_at=row.paused_at,
        how=explain(course, _calendar_of(row, course, now)),
        light=light(row.stopped_at or now, row.warn_at, row.due_at),
    )


def _calendar_of(row: Clock, course: Course, now: datetime) -> WorkCalendar:
    """The calendar by which the date was promised: that of the day of the promise, or today's, which it followed since."""
    days = (local_date(_promised_at(course)), local_date(now))
    known = [work_calendar(day).named(row.calendar) for day in days]
    return next((calendar for calendar in known if calendar.version == row.calendar_version), known[0])


def _promised_at(course: Course) -> datetime:
    """When the date was promised that holds: at the start, or with the last thing that happened to the clock."""
    happened = (
        (event.until or event.since) if isinstance(event, Pause) else (event.granted_at or course.start)
        for event in course.events
    )
    return max((course.start, *happened))


def ask_lines(
    rows: Iterable[Ask], kind: Kind, names: Names, now: datetime, titles: Mapping[int, str]
) -> tuple[AskLine, ...]:
    """What was asked about a matter; `titles` says what each of its steps is called."""
    book = grounds().by_code
    return tuple(
        AskLine(
            code=row.code,
            name=kind.ask(row.code).name,
            type=kind.ask(row.code).type.value,
            amount=asked_for(row.type, row.amount, local_date(now)),
            ground=book[row.ground].name if row.ground in book else "",
            unit_name=names.unit(row.unit_id),
            to_unit_name=names.unit(row.to_unit_id),
            asked_at=row.asked_at,
            due_at=row.due_at,
            light=light(row.decided_at or now, row.warn_at, row.due_at),
            state=row.state,
            state_name=_PUSHED.get(row.type, {}).get(row.state) or ASK_STATES[row.state],
            decided_at=row.decided_at,
            fell_by=titles.get(row.decided_step or 0, "") if row.state == "dropped" else "",
            decided_step=row.decided_step or 0,
        )
        for row in rows
    )


def asked_for(kind: str, amount: str, on: date) -> str:
    """What was asked for, as it is told: a duration or a day as they are, a place by its names."""
    if kind != AskType.CROSS or not amount:
        return amount
    region = organisation.region_of_code(amount, on) or organisation.region_at_or_above(amount, on)
    return (region.path or region.name) if region is not None else amount


def crossings_wanted(unit_id: int, most: int = 50) -> Named:
    """Matters that another county asks this centre to take over, the soonest answer due first; not asked yet."""
    waiting = Ask.objects.filter(to_unit_id=unit_id, state="open", type=AskType.CROSS.value).order_by("due_at")[:most]
    ids = waiting.values_list("matter_id", flat=True)
    return Named(Matter.objects.filter(pk__in=ids), ids)


def asks_waiting(unit_id: int, now: datetime, most: int = 50) -> tuple[AskWaiting, ...]:
    """What waits for this unit's answer, the soonest due first, of the matters in sight; 2 queries."""
    rows = list(Ask.objects.filter(to_unit_id=unit_id, state="open").select_related("matter").order_by("due_at")[:most])
    names = Names([], now, {row.unit_id for row in rows})
    return tuple(_waiting(row, names, now) for row in rows)


def _waiting(row: Ask, names: Names, now: datetime) -> AskWaiting:
    kind = kind_version(row.matter.kind, row.matter.kind_version)
    return AskWaiting(
        matter_id=row.matter_id,
        number=row.matter.number,
        title=row.matter.title,
        name=kind.ask(row.code).name,
        amount=asked_for(row.type, row.amount, local_date(now)),
        unit_name=names.unit(row.unit_id),
        asked_at=row.asked_at,
        due_at=row.due_at,
        light=light(now, row.warn_at, row.due_at),
    )


def clocks_told(number: str, now: datetime) -> tuple[Kind, tuple[ClockLine, ...]] | None:
    """All clocks of the visible matter with this number, stopped ones too, and its process; 2 queries."""
    found = Matter.objects.filter(number=number).only("pk", "kind", "kind_version").first()
    if found is None:
        return None
    kind = kind_version(found.kind, found.kind_version)
    return kind, clock_lines(Clock.objects.filter(matter=found).order_by("id"), kind, now, every=True)
