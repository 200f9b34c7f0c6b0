"""Who needs to reach the reporter now: seeing a matter isn't enough, and having dealt with it once isn't either.

Need-to-know after article 6 of the Personal Information Protection Law (the least that the purpose needs). The same
judgement, as far as rows can say it, stands in the policies on `vault_record` (migrations `0002_need_to_know` and, for the
contact that a whole keeps for its parts, `0056_reach_as_undivided`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.errors import NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import Owner
from shanzhi.kernel.matters.policy.suggest import CategoryRules

TRIAGE, CHECK, SUPERVISE = ("dispatcher", "operator"), "checker", "supervisor"
"""Roles of the rule book: who takes in and triages, checks, supervises."""
ADMINISTRATORS = frozenset({"keeper", "security_officer", "auditor"})
"""Roles that keep the installation and watch over it (三权分立); no matter is theirs."""


TOWNSHIP = "township"
"""What a category of the rule book names in place of a department where the township itself answers."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A unit signed for the matter as its lead."""

    unit_id: int
    taken_at: datetime


def first_acceptor(signed: Iterable[Signed]) -> int | None:
    """首接单位: the unit that was first to sign for the matter. None: nobody has, and the centre that took it in is."""
    first = min(signed, key=lambda one: one.taken_at, default=None)
    return first.unit_id if first is not None else None


def answerable(signed: Iterable[Signed]) -> int | None:
    """Who answers for it, though another has been given it: the last unit that signed. None: the centre."""
    last = max(signed, key=lambda one: one.taken_at, default=None)
    return last.unit_id if last is not None else None


def departments_duty(rules: CategoryRules, category: str) -> str:
    """The department whose duty by law a category is; empty for one that the township answers for, or for none.

    What a department must do isn't handed down to a community or grid (the national rules on 12345, 国办发〔2020〕53号).
    """
    found = rules.categories.get(category)
    return found.department if found is not None and found.department != TOWNSHIP else ""


class NoDuty(NotAllowed):
    """The acting post sees the matter, and has nothing to do with its reporter at present."""

    code = "no-duty"


def may_reach_reporter(
    role: str, owner: Owner | None, *, has_open_share: bool, is_intake: bool, is_in_range: bool
) -> bool:
    """May a post of `role` open the contact and the originals of a matter whose stage is `owner`'s (None: ended)?

    - whoever's unit holds an open assignment (lead, co-handler who isn't done), whatever its role but an administrator's;
    - the triage or operator's desk that answers for the intake, while the matter is in intake;
    - the checker of the centre or of the place, while it is being checked;
    - the supervisor of the place, always: complaints about how a matter ended come to them.
    """
    if role in ADMINISTRATORS:
        return False
    if has_open_share and owner is not None:
        return True
    return (
        (role in TRIAGE and owner is Owner.INTAKE and is_intake)
        or (role == CHECK and owner is Owner.CHECKER and is_intake)
        or (role == SUPERVISE and is_in_range)
    )


def check_duty(is_needed: bool) -> None:
    """Raises NoDuty where the acting post has no need to reach the reporter."""
    if not is_needed:
        raise NoDuty(msg("这件事项现在不由您办理，不能查看联系方式和原文。需要时请联系正在办理的单位。"))
