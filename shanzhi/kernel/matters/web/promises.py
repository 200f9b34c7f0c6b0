"""Sentences that name a clock's date, and which clock it is: for staff the next step's, for the reporter the answer's."""

from datetime import datetime

from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.matters.queries import Promised
from shanzhi.kernel.matters.web.show import when


def for_staff(said: str, told: Promised | None, now: datetime) -> str:
    """The sentence with what is next to be done by when, and by when an answer is promised."""
    if told is None:
        return said
    if told.held_until is not None:
        return _with(msg("%(said)s现在暂停计时，最迟到%(due)s恢复。"), said, told.held_until, now)
    if told.step is not None:
        words = msg("%(said)s请%(unit)s在%(due)s前%(step)s。")
        late = msg("%(said)s%(unit)s应在%(due)s前%(step)s，已经超期。")
        names = {"unit": told.unit, "step": gettext(told.step.name)}
        said = _with(words if told.step.due_at > now else late, said, told.step.due_at, now, **names)
    for clock in told.clocks:
        words = msg("%(said)s“%(clock)s”到%(due)s为止。")
        late = msg("%(said)s“%(clock)s”到%(due)s为止，已经超期。")
        said = _with(words if clock.due_at > now else late, said, clock.due_at, now, clock=gettext(clock.name))
    if told.waits_until is not None:
        said = _with(msg("%(said)s等反映人回应，到%(due)s为止。"), said, told.waits_until, now)
    return with_answer(said, told, now)


def with_answer(said: str, told: Promised | None, now: datetime) -> str:
    """The sentence with by when an answer is promised, for staff."""
    if told is None or told.answer_at is None:
        return said
    words = msg("%(said)s承诺%(due)s前答复反映人。")
    late = msg("%(said)s应在%(due)s前答复反映人，已经超期。")
    return _with(words if told.answer_at > now else late, said, told.answer_at, now)


def _with(words: str, said: str, due: datetime, now: datetime, **names: str) -> str:
    return gettext(words) % {"said": said, "due": when(due, now), **names}
