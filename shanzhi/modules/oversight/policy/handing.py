"""When a post's work may be handed to another post. Pure."""

from dataclasses import dataclass

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import msg

HANDED_MOST = 200
"""Matters that the page shows to choose from; all of them can be handed over at once."""


class NotMyUnit(NotAllowed):
    """The post is of a unit that the actor doesn't stand over."""

    code = "not-my-unit"


class NoSuchPostHere(NotFound):
    """There is no such post in the actor's places."""

    code = "no-such-post"


class CantReceive(InputError):
    """The post that was chosen can't receive the work."""

    code = "cant-receive"


class CantEnd(Conflict):
    """What the post has open can't be ended by somebody else."""

    code = "cant-end"


class NothingChosen(Conflict):
    """Nothing was chosen, or there is nothing to hand over."""

    code = "nothing-chosen"


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a hand-over: the post, its unit and role, and whether somebody holds it today."""

    post_id: int
    unit_id: int
    role: str
    title: str
    is_held: bool


def check_receiver(giver: Side, receiver: Side | None) -> Side:
    """The receiving post, if it can receive the giver's work.

    Raises:
        CantReceive: none was chosen; the giver itself; another unit's, another role's, a vacant one.
    """
    if receiver is None:
        raise _cant(msg("请选择接手的岗位。"))
    if receiver.post_id == giver.post_id:
        raise _cant(msg("不能转交给原来的岗位。请选择本单位的另一个岗位。"))
    if receiver.unit_id != giver.unit_id:
        raise _cant(msg("只能转交给同一单位的岗位。要换承办单位，请在事项页面“转办”。"))
    if not receiver.is_held:
        raise _cant(msg("“%(title)s”现在无人在任，不能接手。请先安排人员任职，或另选岗位。"), title=receiver.title)
    if receiver.role != giver.role:
        raise _cant(msg("“%(title)s”的职责不同，办不了这些事项。请选择同类岗位。"), title=receiver.title)
    return receiver


def _cant(sentence: str, **values: str) -> CantReceive:
    return CantReceive(sentence, fields={"to": sentence % values if values else sentence}, **values)


def check_vacant(giver: Side) -> None:
    """May somebody else end what this post has open?

    Raises:
        CantEnd: somebody holds it and ends it themselves.
    """
    if giver.is_held:
        raise CantEnd(msg("“%(title)s”现在有人在任，由本人办结。请联系本人；人员离任以后再来处理。"), title=giver.title)
