"""The states of an application and of a title: from, to, whose move it is, and why; held by the database as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.modules.drives.policy.words import APPLY, DECIDE, VISIT, DriveMovedOn


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    APPLIED = "applied"
    VISITED = "visited"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATES: Mapping[State, str] = {
    State.DRAFT: msg("填写中"),
    State.APPLIED: msg("已申报，待核查"),
    State.VISITED: msg("已核查，待决定"),
    State.GRANTED: msg("已授予"),
    State.REFUSED: msg("不予授予"),
    State.WITHDRAWN: msg("已撤回申报"),
}
OPEN = (State.DRAFT, State.APPLIED, State.VISITED)
"""States that lead on; a place has at most one application in them for a drive."""


@dataclass(frozen=True, slots=True)
class Way:
    """A move: the feature of who makes it, and why it is there."""

    feature: str
    why: str


WAYS: Mapping[tuple[State, State], Way] = {
    (State.DRAFT, State.APPLIED): Way(APPLY, "every item has an answer"),
    (State.DRAFT, State.WITHDRAWN): Way(APPLY, "nobody has to go on with it"),
    (State.APPLIED, State.WITHDRAWN): Way(APPLY, "nobody has to go on with it"),
    (State.APPLIED, State.VISITED): Way(VISIT, "every item that is looked at on site was"),
    (State.APPLIED, State.REFUSED): Way(DECIDE, "the records show already that it can't be granted"),
    (State.VISITED, State.GRANTED): Way(DECIDE, "all that a title needs was found"),
    (State.VISITED, State.REFUSED): Way(DECIDE, "something that a title needs was not found"),
}
"""Every move that there is; the database's trigger holds the same pairs, which a test compares."""


class TitleState(StrEnum):
    """Where a title stands."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


TITLES: Mapping[TitleState, str] = {
    TitleState.IN_FORCE: msg("有效"),
    TitleState.EXPIRED: msg("已到期"),
    TitleState.WITHDRAWN: msg("已撤销"),
}


def check_way(source: State, target: State) -> Way:
    """The move from one state to another.

    Raises:
        DriveMovedOn: there is none.
    """
    found = WAYS.get((source, target))
    if found is None:
        raise DriveMovedOn(
            msg("这份申报现在是“%(now)s”，不能改为“%(then)s”。请刷新页面，看看现在该做什么。"),
            now=(STATES[source],),
            then=(STATES[target],),
        )
    return found
