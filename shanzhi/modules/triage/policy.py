"""The triage desk's rules: which matters wait on it, and what can go wrong there alone."""

from collections.abc import Iterable

from shanzhi.core.errors import InputError
from shanzhi.kernel.matters.policy.process import Kind, Owner, Role


class NothingChanged(InputError):
    """A correction that corrects nothing."""

    code = "nothing-changed"


class SuggestionMoved(InputError):
    """The suggested unit was left as it stood, but the category or region that now stands suggests another."""

    code = "suggestion-moved"


def intake_stages(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The stages, of any kind, in which the intake centre has its turn; each code once."""
    return tuple(dict.fromkeys(stage.code for kind in kinds for stage in kind.stages if stage.owner is Owner.INTAKE))


def led_stages(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The stages in which a centre that holds a matter itself moves it on: what was escalated to it, and came back."""
    return tuple(
        dict.fromkeys(
            stage.code
            for kind in kinds
            for stage in kind.stages
            if stage.owner is Owner.LEAD
            for action in kind.actions
            if stage.code in action.from_stages and not action.stays and Role.DISPATCHER in action.by
        )
    )
