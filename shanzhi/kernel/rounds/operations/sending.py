"""An organiser has letters written: the round for each city, and what a city is to be told. The background writes them."""

from datetime import datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.rounds.models import Round, RoundCity
from shanzhi.kernel.rounds.operations._common import locked_city, missing
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.policy.words import CENTRE, ORGANISE, NotYourPart, StateMovedOn

LETTER_TOPIC = "rounds.letter"
"""The event that a letter is to be written: `what` is `round` or `slip`, of which row."""
TOLD = frozenset({
    State.RECEIVED, State.RETURNED, State.SCORED, State.THROUGH, State.SPOT_CHECKED, State.FINAL,
    State.WITHDRAWN,
})  # fmt: skip
"""States in which there is something to tell a city; moving into one writes a slip by itself."""


@transaction.atomic
def round_letters_ask(*, round_id: int, actor: Actor, now: datetime) -> int:
    """Have the round written out as a letter for each invited city; returns how many. Written once: asking again gives
    the same letters.

    Raises:
        SignInNeeded, NotAllowed: not a post that organises. NoSuchRound: none of ours in sight.
    """
    check_may(actor, acting.roles().get(actor.role), ORGANISE)
    if not Round.objects.filter(pk=round_id, is_ours=True).exists():
        raise missing()
    ids = list(RoundCity.objects.filter(round=round_id).order_by("city_code").values_list("pk", flat=True))
    notices.emit_many(topic=LETTER_TOPIC, bodies=[{"what": "round", "round_city": pk} for pk in ids], now=now)
    return len(ids)


@transaction.atomic
def slip_ask(*, city_id: int, actor: Actor, now: datetime) -> None:
    """Have written what a city is to be told as it stands now: findings that came since the last slip, say.

    Raises:
        SignInNeeded, NotAllowed: neither a post that organises nor one of the centre.
        NoSuchRound: none in sight. NotYourPart: another's round.
        StateMovedOn: there is nothing to tell yet.
    """
    role = acting.roles().get(actor.role)
    check_may(actor, role, CENTRE if role is not None and CENTRE in role.may else ORGANISE)
    row = locked_city(city_id)
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，回执由上级平台写。"))
    if State(row.state) not in TOLD:
        raise StateMovedOn(
            msg("%(city)s现在是“%(state)s”，还没有可以告诉它的。收到验收包以后再写回执。"),
            city=row.name,
            state=(STATES[State(row.state)],),
        )
    slip_due(row, now)


def slip_due(row: RoundCity, now: datetime) -> None:
    """Let the background write a slip for a city of ours, as part of what is being done."""
    notices.emit(topic=LETTER_TOPIC, body={"what": "slip", "round_city": row.pk}, now=now)
