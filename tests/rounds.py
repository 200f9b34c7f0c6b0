"""A trial round by the shipped guideline over the month before, in which the standing city evaluates itself."""

from datetime import datetime, timedelta
from uuid import UUID

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.periods import Period, month_of
from shanzhi.kernel.indicators.queries.book import SHIPPED
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import Calendar, Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import RoundKind
from shanzhi.kernel.rounds.queries import board, round_rows

NAME = "本市二〇二五年试评"


def round_begun(lead: Actor, now: datetime) -> tuple[int, str]:
    """The round comes and the city's lead takes it as far as self-evaluation; returns the city's id in it and an item's key."""
    on = local_date(now)
    written = SHIPPED.read_text(encoding="utf-8")
    found = sound_catalogue(written, SHIPPED.name)
    month = Period(month_of(on)).before().first
    until = [on + timedelta(days=days) for days in (0, 30, 60, 90, 120)]
    text = RoundText(
        UUID(int=5), NAME, RoundKind.TRIAL, Guideline(found.code, found.version, written), month, month,
        Calendar(*until), Place("37", "山东省"), (Place("3703", "淄博市"),),
    )  # fmt: skip
    with acting(lead):
        operations.round_take_over(text=text, letter=None, actor=lead, now=now)
        (row,) = [one for one in round_rows() if one.name == NAME]
        for target in (State.JOINED, State.EVALUATING):
            operations.city_move(city_id=row.city_id, target=target, actor=lead, now=now)
        return row.city_id, board(row.city_id, on).projects[0].items[0].indicator.key
