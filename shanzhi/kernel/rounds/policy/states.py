"""The states of a city in a round and who may move them: one table for both sides, held by the database as well.

A city's installation and its organiser's keep the same table. What the other side does arrives as a letter; `path` says by
which steps the own row follows it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.rounds.policy.words import CENTRE, LEAD, ORGANISE, SIGN, StateMovedOn


class State(StrEnum):
    """Where a city stands in a round."""

    INVITED = "invited"
    JOINED = "joined"
    EVALUATING = "evaluating"
    LOCKED = "locked"
    SENT = "sent"
    RECEIVED = "received"
    SCORED = "scored"
    RETURNED = "returned"
    THROUGH = "through"
    SPOT_CHECKED = "spot_checked"
    FINAL = "final"
    WITHDRAWN = "withdrawn"


STATES: Mapping[State, str] = {
    State.INVITED: msg("已邀请"),
    State.JOINED: msg("已参加"),
    State.EVALUATING: msg("自评中"),
    State.LOCKED: msg("已锁定"),
    State.SENT: msg("已上报"),
    State.RECEIVED: msg("省级已收"),
    State.SCORED: msg("省级已评"),
    State.RETURNED: msg("已退回"),
    State.THROUGH: msg("省级通过"),
    State.SPOT_CHECKED: msg("已抽查"),
    State.FINAL: msg("结果已定"),
    State.WITHDRAWN: msg("已退出"),
}
ENDS = frozenset({State.FINAL, State.WITHDRAWN})
"""States that nothing leads out of."""


class Side(StrEnum):
    """Whose move it is."""

    CITY = "city"
    PROVINCE = "province"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Way:
    """A move: who may make it (`feature` of roles.toml, on `side`), and why it is there. `needs_reason`: in words."""

    source: State
    target: State
    side: Side
    feature: str
    why: str
    needs_reason: bool = False


def _ways() -> Iterator[Way]:
    s, city, province, centre = State, Side.CITY, Side.PROVINCE, Side.CENTRE
    yield Way(s.INVITED, s.JOINED, city, LEAD, "cities volunteer")
    yield Way(s.JOINED, s.EVALUATING, city, LEAD, "items and duties are laid out")
    yield Way(s.EVALUATING, s.LOCKED, city, SIGN, "the head signs the whole: nothing changes any more")
    yield Way(s.LOCKED, s.SENT, city, LEAD, "the pack is handed out")
    yield Way(s.SENT, s.RECEIVED, province, ORGANISE, "the pack was read and checked")
    yield Way(s.RECEIVED, s.SCORED, province, ORGANISE, "every item has the province's score")
    yield Way(s.RECEIVED, s.RETURNED, province, ORGANISE, "items go back with reasons", needs_reason=True)
    yield Way(
        s.SCORED, s.RETURNED, province, ORGANISE, "items go back with reasons after scoring too", needs_reason=True
    )
    yield Way(s.RETURNED, s.EVALUATING, city, LEAD, "the returned items alone are open again")
    yield Way(s.SCORED, s.THROUGH, province, ORGANISE, "the city is through the provincial acceptance")
    yield Way(s.THROUGH, s.SPOT_CHECKED, centre, CENTRE, "the city was drawn and checked on site")
    yield Way(s.SPOT_CHECKED, s.FINAL, centre, CENTRE, "the final list is published, objections decided")
    yield Way(s.THROUGH, s.FINAL, centre, CENTRE, "the city was not drawn")
    for source in (s.INVITED, s.JOINED, s.EVALUATING, s.LOCKED, s.SENT, s.RECEIVED, s.SCORED, s.RETURNED):
        yield Way(
            source, s.WITHDRAWN, city, LEAD, "cities volunteer, and may leave until they are through", needs_reason=True
        )


WAYS: Mapping[tuple[State, State], Way] = {(way.source, way.target): way for way in _ways()}
"""Every move that there is, by from and to; the database's trigger holds the same pairs, which a test compares."""


UNANSWERED = frozenset({State.INVITED, State.JOINED, State.EVALUATING, State.LOCKED, State.SENT, State.RETURNED})
"""The city's turn, as the organiser sees it: no pack of it is here, or it went back. After its day the organiser may take
the city out of the round, by the pair of the city's own withdrawal: else one that never answers holds up all."""


def last_day(state: State, self_until: date, province_until: date) -> date:
    """Until when a city has its turn: the self-evaluation's day, of what was returned the province's."""
    return province_until if state is State.RETURNED else self_until


def check_out(state: State, on: date, until: date) -> None:
    """May the organiser take a city out of the round now?

    Raises:
        StateMovedOn: its pack is here, or its day isn't over.
    """
    if state not in UNANSWERED:
        raise StateMovedOn(
            msg("这个城市现在是“%(now)s”，不是没有上报，不能让它退出本轮。请刷新页面。"), now=(STATES[state],)
        )
    if on <= until:
        raise StateMovedOn(msg("上报 %(until)s 才截止，请等到截止以后再让没有上报的城市退出。"), until=until)


def way_between(source: State, target: State) -> Way:
    """The move from one state to another.

    Raises:
        StateMovedOn: there is none.
    """
    found = WAYS.get((source, target))
    if found is None:
        raise StateMovedOn(
            msg("现在是“%(now)s”，不能改为“%(then)s”。请刷新页面，看看现在该做什么。"),
            now=(STATES[source],),
            then=(STATES[target],),
        )
    return found


def path(source: State, target: State) -> tuple[Way, ...]:
    """The shortest way from one state to another, as a letter from the other side carries it out; empty where it is there
    already. Withdrawing lies on no way to anything else.

    Raises:
        StateMovedOn: none leads there.
    """
    queue: deque[tuple[State, tuple[Way, ...]]] = deque([(source, ())])
    seen = {source}
    while queue:
        at, gone = queue.popleft()
        if at is target:
            return gone
        for way in WAYS.values():
            if way.source is at and way.target not in seen:
                seen.add(way.target)
                queue.append((way.target, (*gone, way)))
    way_between(source, target)
    raise AssertionError(f"{source} to {target}")
