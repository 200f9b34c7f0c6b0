"""Which units may be offered where somebody chooses who is to have a matter: those that the step itself would take."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.matters.policy.duty import departments_duty
from shanzhi.kernel.matters.policy.process import Kind, Verb
from shanzhi.kernel.matters.policy.receiving import helping_roles, leading_roles, why_unfit
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UnitKind
from shanzhi.kernel.organisation.queries import UnitRow

_GIVES = (Verb.DISPATCH, Verb.TRANSFER, Verb.SPLIT, Verb.HAND_DOWN, Verb.ENTRUST, Verb.RULE, Verb.INVOLVE)


@dataclass(frozen=True, slots=True)
class Receiving:
    """For what a unit is chosen: a process, its action (of a form that stands for several: any other code), the matter's
    category; as a co-handler, or as the lead. `without` are units that have their part already."""

    kind: Kind
    action: str
    category: str
    is_co: bool
    without: frozenset[int] = frozenset()


def fit_units(units: Sequence[UnitRow], wanted: Receiving, on: date) -> list[UnitRow]:
    """Those of the units that can be given the part, by the rule by which they are given it; 1 query."""
    kind = wanted.kind
    gives = [action for verb in _GIVES for action in kind.verb(verb)]
    action = kind.action(wanted.action) if kind.has_action(wanted.action) else next(iter(gives), None)
    if action is None or action.verb not in _GIVES:
        return list(units)
    can = helping_roles(kind) if wanted.is_co else leading_roles(kind, action, action.from_stages[0])
    held = organisation.held_roles_of_units([unit.id for unit in units], on)
    is_duty = bool(departments_duty(categories(on).rules, wanted.category))
    return [unit for unit in units if unit.id not in wanted.without and _fits(unit, held, can, is_duty)]


def _fits(unit: UnitRow, held: dict[int, frozenset[str]], can: Collection[str], is_duty: bool) -> bool:
    is_community = unit.kind is UnitKind.COMMUNITY
    mine = held.get(unit.id, frozenset())
    return why_unfit(held=mine, can=can, is_community=is_community, is_departments_duty=is_duty) is None
