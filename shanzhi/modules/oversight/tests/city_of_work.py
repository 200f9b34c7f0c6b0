"""Matters at many points of their way, in two counties: what a supervisor's figures are counted from in tests."""

from datetime import timedelta

from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import Cast

HERE, THERE = "370303009006", "370306100200"
NOT_OURS = "return.not-our-duty"


def reported(region: str, *, days: float = 0, body: str = "路灯不亮，已经两天了。") -> tuple[int, str]:
    """A report of so many days ago; its id, and the hash of its follow code."""
    with acting(ANYONE):
        made = operations.report(
            new=NewReport(body=body, region_code=region, contact_phone="13812345678"),
            actor=ANYONE,
            now=timezone.now() - timedelta(days=days),
        )
    return made.matter_id, made.follow_hash


def do(actor: Actor, matter_id: int, action: str, *, days: float = 0, **fields: object) -> None:
    """One action, so many days ago."""
    with acting(actor):
        operations.act(
            matter_id=matter_id, action=action, actor=actor, now=timezone.now() - timedelta(days=days), fields=fields
        )


def dispatched(cast: Cast, region: str, lead: Actor, *, days: float = 0, taken: bool = True) -> tuple[int, str]:
    """A matter that a unit has, in hand if `taken`."""
    made = reported(region, days=days)
    do(cast.dispatcher, made[0], "accept", days=days, category="housing.property-service")
    do(cast.dispatcher, made[0], "dispatch", days=days, lead=lead.unit_id)
    if taken:
        do(lead, made[0], "take", days=days)
    return made


def given_back(cast: Cast, matter_id: int, first: Actor, second: Actor | None, *, days: float = 0) -> None:
    """Given back by the first unit, and led by the second from then on (None: it waits at the centre)."""
    do(first, matter_id, "hand_back", days=days, ground=NOT_OURS, words="不归本单位")
    if second is not None:
        do(cast.dispatcher, matter_id, "dispatch", days=days, lead=second.unit_id)


def to_the_end(cast: Cast, made: tuple[int, str], lead: Actor, *, solved: bool) -> None:
    """Answered, checked, and judged by the resident."""
    do(lead, made[0], "reply", reply="已修好。")
    do(cast.checker, made[0], "check_pass", words="属实")
    do(Actor(follow=(made[1],)), made[0], "rate", solved=solved)


def work(cast: Cast) -> None:
    """Waiting, in hand, late, given back once and twice, idle, with the resident, ended, without a place or category."""
    first, second, neighbour = cast.handler, cast.second_handler, cast.neighbour_handler
    reported(HERE)
    reported("", days=30)
    reported("37030300900600" + "1", days=1)
    reported(THERE, days=12)
    dispatched(cast, HERE, first)
    dispatched(cast, "370303008001", first, days=20)
    dispatched(cast, THERE, neighbour, days=15, taken=False)
    dispatched(cast, THERE, neighbour)
    once = dispatched(cast, HERE, first, days=9)
    given_back(cast, once[0], first, second, days=8)
    twice = dispatched(cast, HERE, first, days=9)
    given_back(cast, twice[0], first, second, days=8)
    given_back(cast, twice[0], second, None, days=1)
    checked = dispatched(cast, HERE, second)
    do(second, checked[0], "reply", reply="已修好。")
    do(cast.checker, checked[0], "check_pass", words="属实")
    to_the_end(cast, dispatched(cast, HERE, first), first, solved=True)
    to_the_end(cast, dispatched(cast, THERE, neighbour), neighbour, solved=False)
