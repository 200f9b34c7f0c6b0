"""Who needs to reach the reporter now: seeing a matter isn't enough, and having dealt with it once isn't either.

Need-to-know after article 6 of the Personal Information Protection Law (the least that the purpose needs). The same
judgement, as far as rows can say it, stands in the policy on `vault_record` (migration `0002_need_to_know`).
"""

from shanzhi.core.errors import NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import Owner

TRIAGE, CHECK, SUPERVISE = ("dispatcher", "operator"), "checker", "supervisor"
"""Roles of the rule book: who takes in and triages, checks, supervises."""
ADMINISTRATORS = frozenset({"keeper", "security_officer", "auditor"})
"""Roles that keep the installation and watch over it (三权分立); no matter is theirs."""


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
