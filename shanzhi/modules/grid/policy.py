"""What stands on a grid worker's page. Pure."""

from collections.abc import Iterable

from shanzhi.core.errors import Conflict
from shanzhi.kernel.matters.policy.process import OWNER_ROLES, Kind, Owner, Role, Verb

INCIDENT = "incident"
GRID_ROLES = frozenset({Role.GRID_WORKER, Role.GRID_CHIEF})


class NoGrid(Conflict):
    """The acting post stands for no grid."""

    code = "no-grid"


def due_stages(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The stages in which a grid's staff move a matter on: what is due from them. No stage is named here."""
    found = (
        stage.code
        for kind in kinds
        for stage in kind.stages
        if stage.owner is Owner.LEAD and OWNER_ROLES[stage.owner] & GRID_ROLES
        for action in kind.actions
        if stage.code in action.from_stages and not action.stays and GRID_ROLES & set(action.by)
    )
    return tuple(dict.fromkeys(found))


def take_up_of(kind: Kind) -> str:
    """Code of the action by which a grid worker takes up what was just reported; empty where the kind has none."""
    found = (action for action in kind.verb_at(Verb.TAKE_UP, kind.initial) if GRID_ROLES & set(action.by))
    return next((action.code for action in found), "")
