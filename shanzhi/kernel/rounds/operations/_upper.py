"""What the operations of the organiser's side share: who may assess a city now, and the guideline of a round."""

from datetime import date, datetime

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.rounds.models import Member, RoundCity, Score
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.policy.ties import check_untied
from shanzhi.kernel.rounds.policy.words import NoSuchItem, NotYourPart, Stage, StateMovedOn, TooLate
from shanzhi.kernel.rounds.queries.ties import is_tied
from shanzhi.kernel.rounds.reading import ASSESSES, FEATURES, guideline_of_round


def queue_for(*what: object) -> None:
    """Let everybody else who would change the same thing wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rounds {what}"])


def item_of(row: RoundCity, key: str) -> Indicator:
    """An item of a city's round.

    Raises:
        NoSuchItem: the guideline has none of this key.
    """
    found = next((one for one in items_of(guideline_of_round(row.round), row.round.last) if one.key == key), None)
    if found is None:
        raise NoSuchItem(msg("指南里没有“%(key)s”这一项。请从页面上选。"), key=key[:40])
    return found


def check_assesses(row: RoundCity, stage: Stage, actor: Actor, now: datetime) -> None:
    """May the acting post assess this city at a stage now?

    Raises:
        SignInNeeded, NotAllowed: not a post that assesses at this stage, not in the round's team.
        Tied: the acting member of staff has a tie to the city.
        StateMovedOn: the city isn't there yet, or no longer.
        TooLate: the stage's day is over.
    """
    check_may(actor, acting.roles().get(actor.role), FEATURES[stage])
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，评分由上级平台办。"))
    member = Member.objects.filter(round=row.round, stage=stage, post_id=actor.post_id or 0, ended_at=None)
    if not member.exists():
        raise NotYourPart(msg("您现在的岗位不在这个轮次的验收组里。请组织员先把这个岗位加进验收组。"))
    check_untied(is_tied(actor.staff_id or 0, row.city_code, local_date(now)), row.name)
    if State(row.state) not in ASSESSES[stage]:
        raise StateMovedOn(
            msg("%(city)s现在是“%(state)s”，还不能评，或者已经评完。请刷新页面。"),
            city=row.name,
            state=(STATES[State(row.state)],),
        )
    until = row.round.province_until if stage is Stage.PROVINCE else row.round.centre_until
    if local_date(now) > until:
        raise TooLate(msg("这一阶段 %(until)s 已经截止，不能再评。"), until=until)


def last_score(row: RoundCity, key: str, stage: Stage) -> Score | None:
    """The last score of an item at a stage."""
    return Score.objects.filter(round_city=row, key=key, stage=stage, is_last=True).first()


def stale_scores(row: RoundCity, on: date) -> set[tuple[str, str]]:
    """(key, stage) of the scores whose scorer has a tie to the city by now: to be given again by somebody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, stage FROM rounds_stale(%s, %s)", [row.pk, on])
        return set(cursor.fetchall())
