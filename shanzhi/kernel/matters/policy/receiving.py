"""Who can do what they would be given: asked where a matter is given, and where units are offered to be chosen. Pure."""

from collections.abc import Collection
from enum import StrEnum

from shanzhi.kernel.matters.policy.process import Action, Kind, Owner, Verb

_WORK = (Verb.TAKE, Verb.REPLY, Verb.CONCLUDE, Verb.REVIEW)
"""What a lead does about a matter; everything else only passes it on, or asks."""


class Unfit(StrEnum):
    """Why a unit can't be given a part: nobody holds a post, none of those who do can do it, or it is a department's duty and
    the unit a community."""

    EMPTY = "empty"
    UNABLE = "unable"
    DUTY = "duty"


def why_unfit(
    *, held: Collection[str], can: Collection[str], is_community: bool, is_departments_duty: bool
) -> Unfit | None:
    """Why a unit can't be given its part; None: it can. `held` are the roles in which somebody is there, `can` those that do
    the part (empty: any)."""
    if not held:
        return Unfit.EMPTY
    if can and not set(held) & set(can):
        return Unfit.UNABLE
    return Unfit.DUTY if is_community and is_departments_duty else None


def leading_roles(kind: Kind, action: Action, stage: str) -> frozenset[str]:
    """In which roles somebody of the lead does something about the matter where this action puts it (from `stage`); empty: any,
    since it goes to a centre's intake, which decides further, or the kind names none."""
    at = stage if action.stays else action.to
    if kind.stage(at).owner is Owner.INTAKE:
        return frozenset()
    works = [work for verb in _WORK for work in kind.verb(verb)]
    there = [work for work in works if at in work.from_stages]
    # A whole is put to its lead once its parts have ended: in another stage.
    return frozenset(str(role) for work in there or works for role in work.by)


def helping_roles(kind: Kind) -> frozenset[str]:
    """In which roles somebody of a co-handler gives its result."""
    return frozenset(str(role) for action in kind.verb(Verb.ASSIST_DONE) for role in action.by)
