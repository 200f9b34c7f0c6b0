"""Handing a post's work over: who may, to whom; the matters do the rest in the same transaction. And ending what can't be."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.policy.unfinished import unfinished_kinds
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.matters import operations as matters
from shanzhi.modules.oversight.policy import FEATURE
from shanzhi.modules.oversight.policy.handing import CantEnd, NothingChosen, check_receiver, check_vacant
from shanzhi.modules.oversight.queries.posts import sides


@transaction.atomic
def post_hand_over(
    *, post_id: int, to_post_id: int | None, matter_ids: Collection[int] | None, actor: Actor, now: datetime
) -> int:
    """Hand what a post has in hand to another post of its unit: all of it, or these matters; returns how many.

    Whoever holds the post, or nobody. All or nothing; each matter has an entry in the journal, and the posts of the
    receiver's role are told. The unit, the clocks and who handled what before stay as they are.

    Raises:
        NotAllowed: the acting post doesn't supervise, or not this unit.
        NoSuchPostHere: no such post.
        CantReceive: see `policy.handing.check_receiver`.
        NothingChosen: no matter was chosen.
        NotInHand: what was chosen is in other hands by now; nothing was handed over.
    """
    check_may(actor, roles().get(actor.role), FEATURE)
    giver, receiver = sides(actor, post_id, to_post_id, now)
    chosen = check_receiver(giver, receiver)
    if matter_ids is not None and not matter_ids:
        raise NothingChosen(msg("还没有选择要转交的事项。请勾选，或选择全部转交。"))
    return matters.shares_hand_over(
        from_post_id=giver.post_id, to_post_id=chosen.post_id, matter_ids=matter_ids, actor=actor, now=now
    )


@transaction.atomic
def post_end_unfinished(*, post_id: int, kind: str, actor: Actor, now: datetime) -> int:
    """End what a vacant post has open of one sort beside matters (`access.policy.unfinished`), unread; returns how many.

    Raises:
        NotAllowed: the acting post doesn't supervise, or not this unit.
        NoSuchPostHere: no such post.
        CantEnd: somebody holds it, there is nothing, or this sort ends by itself alone.
    """
    check_may(actor, roles().get(actor.role), FEATURE)
    giver, _ = sides(actor, post_id, None, now)
    check_vacant(giver)
    found = unfinished_kinds().get(kind)
    count = found.end(post_id, actor, now) if found is not None and found.end is not None else 0
    if not count:
        raise CantEnd(msg("没有可以结束的，可能已经结束，或者已有人接任。请刷新页面查看。"))
    return count
