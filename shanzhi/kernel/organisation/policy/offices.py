"""Changes of units and posts: what is wrong with one, what the first of two keepers changed, who stands in the way. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author

NAME_MOST = 100
SHORT_MOST = 30
TITLE_MOST = 50
CAPACITY_MOST = 1_000_000


class NoSuchUnit(NotFound):
    """The unit isn't there, or not on that date."""

    code = "unit-unknown"


class BadUnit(InputError):
    """A unit that can't be."""

    code = "unit"


class UnitExists(Conflict):
    """There is such a unit already."""

    code = "unit-exists"


class UnitBusy(Conflict):
    """A unit that can't be closed yet."""

    code = "unit-busy"


class BadPost(InputError):
    """A post that can't be."""

    code = "post"


class HistoryWritten(Conflict):
    """A date before what is on record already: what was true then stays."""

    code = "history-written"


class ChangedMeanwhile(Conflict):
    """Somebody else changed it since the page was opened; says what."""

    code = "changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise now: what it is called, what it was and what it is, in words."""

    label: str
    before: str
    after: str


def check_same_version(version: int | None, current: int, differences: Callable[[], Sequence[Difference]]) -> None:
    """Is the page's version still the current one? `differences` is asked only where it isn't; None: nobody asks.

    Raises:
        ChangedMeanwhile: no; the sentence names what became of it.
    """
    if version is None or version == current:
        return
    told = "；".join(f"{one.label}：{one.before or '—'} → {one.after or '—'}" for one in differences())
    raise ChangedMeanwhile(
        msg("您打开页面之后，别人已经改过（%(changes)s）。您填写的内容还在，请看过新情况再提交。"),
        changes=told or msg("内容未变，只是重新保存过"),
    )


def check_day(on: date, *, since: date, today: date, is_future_fine: bool = False) -> None:
    """May a change take effect on this day?

    Raises:
        HistoryWritten: something on record is as of a later day.
        BadPeriod-like InputError: it lies in the future, where that can't be.
    """
    if on < since:
        raise HistoryWritten(
            msg("%(since)s 已有登记，不能再从更早的 %(on)s 改起。请改用 %(since)s 或以后的日期。"), since=since, on=on
        )
    if on > today and not is_future_fine:
        raise InputError(
            msg("%(on)s 还没有到，这项变更从当天起生效。请到那一天再办。"),
            fields={"on": msg("请填今天或以前的日期。")},
            on=on,
        )


@dataclass(frozen=True, slots=True)
class UnitClosing:
    """A unit is about to be closed from `on`, the first day without; `successor_id` takes over its open work."""

    unit_id: int
    unit_name: str
    successor_id: int | None
    on: date


CloseListener = Callable[[UnitClosing, Author, datetime], None]
_close_listeners: list[CloseListener] = []


def on_unit_closing(listener: CloseListener) -> None:
    """Let `listener` be called in the transaction that closes a unit, before it is closed: it may raise
    UnitBusy where the unit still has something and nobody takes over."""
    if listener not in _close_listeners:
        _close_listeners.append(listener)


def tell_of_closing(closing: UnitClosing, author: Author, now: datetime) -> None:
    """Call everybody who listens."""
    for listener in _close_listeners:
        listener(closing, author, now)
