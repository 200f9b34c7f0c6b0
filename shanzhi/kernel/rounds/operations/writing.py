"""What a city says about an item: words, and a reasoned objection to what was computed. No figure is typed in here."""

from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.indicators.policy.values import MISSING
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Duty, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import locked_city, words_of
from shanzhi.kernel.rounds.operations._scores import as_scored, check_open, score_put
from shanzhi.kernel.rounds.policy.items import scored
from shanzhi.kernel.rounds.policy.words import (
    FILL,
    LEAD,
    WORDS_MOST,
    BadScore,
    NoSuchRound,
    NotYourPart,
    StateMovedOn,
    TooLate,
)


@transaction.atomic
def item_write(
    *, city_id: int, key: str, words: str, objection: str, based_on: int, actor: Actor, now: datetime
) -> int:
    """Write an item's words, and what is objected to in its computation (of a figure that is missing: why it is); returns the
    score's number. `based_on` is the number that the page showed, 0 where there was none.

    Raises:
        SignInNeeded, NotAllowed, NotYourPart: not a post that owes this project's part.
        NoSuchRound: no such round or item.
        ItemLocked, TooLate, StateMovedOn: not now.
        BadScore: too long.
    """
    check_may(actor, acting.roles().get(actor.role), FILL)
    row = locked_city(city_id)
    indicator = ruler_of(row.round).items.get(key)
    if indicator is None:
        raise NoSuchRound(msg("这一轮的指南里没有“%(key)s”这一项。请从列表里选。"), key=key)
    check_open(row, key)
    check_time(row, local_date(now))
    check_fills(row, indicator.project, actor)
    for name, text in (("words", words), ("objection", objection)):
        if len(text) > WORDS_MOST:
            raise BadScore(msg("最多 %(most)s 个字。"), most=WORDS_MOST, fields={name: msg("请写短一些。")})
    before = Score.objects.filter(round_city=row, key=key, stage="self", is_last=True).first()
    if based_on != (before.number if before else 0):
        raise StateMovedOn(msg("“%(name)s”刚刚变过。您写的内容还在，请看过新的内容再保存。"), name=indicator.name)
    kept = as_scored(before) if before is not None else scored(indicator, MISSING)
    return score_put(row, kept, before, actor=actor, now=now, reason=words_of(objection), words=words_of(words)).number


def check_time(row: RoundCity, on: date) -> None:
    """Is it early enough for the self-evaluation, or for what was returned?

    Raises:
        TooLate: says since when.
    """
    until = row.until_on or row.round.self_until
    if on > until:
        raise TooLate(
            msg("自评截止日 %(until)s 已过，不能再改。确需补报的，请组织方退回并写明新的截止日。"), until=until
        )


def check_fills(row: RoundCity, project: str, actor: Actor) -> None:
    """Does the acting post owe this project's part, or lead the city's round?

    Raises:
        NotYourPart: it doesn't.
    """
    role = acting.roles().get(actor.role)
    if role is not None and LEAD in role.may and actor.place.contains(row.city_code):
        return
    duty = Duty.objects.filter(round_city=row, project=project, is_last=True).first()
    if duty is None or (duty.unit_id, duty.role) != (actor.unit_id, actor.role):
        raise NotYourPart(msg("这个项目不由您现在的岗位负责。请换一个岗位，或请负责单位填写。"))
