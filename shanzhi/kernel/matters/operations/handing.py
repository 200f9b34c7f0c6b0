"""A post's work handed to another post of its unit: because who held it left, or is about to.

The unit keeps its shares, clocks run on, and who handled what stays known to the separation of duties: only the post that
has a share in hand changes.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.step import author_of
from shanzhi.kernel.matters.policy.payloads import HandOver
from shanzhi.kernel.notices import operations as notices

HANDED_TOPIC = "matters.handed"


class NotInHand(Conflict):
    """What was to be handed over is in other hands by now, or over."""

    code = "not-in-hand"


@transaction.atomic
def shares_hand_over(
    *, from_post_id: int, to_post_id: int, matter_ids: Collection[int] | None, actor: Actor, now: datetime
) -> int:
    """Put open shares that one post has in hand into another's, all or these; returns how many. All or none.

    About 7 statements, however many. Two at once: the second waits and is told what is left.

    Raises:
        NotInHand: one of them isn't in the post's hands any more, or nothing is.
    """
    mine = Assignment.objects.filter(post_id=from_post_id, ended_at=None)
    asked = set(matter_ids) if matter_ids is not None else set(mine.values_list("matter_id", flat=True))
    locked = {row.pk: row for row in Matter.objects.select_for_update().filter(pk__in=asked).order_by("pk")}
    # Whoever waited for the locks reads the shares as they are now.
    shares = {row.matter_id: row for row in mine.all() if row.matter_id in locked}
    if not asked or shares.keys() != asked:
        raise NotInHand(msg("选中的事项有的已经转交、已经办结，或者您看不到了，这次一件也没有转交。请刷新页面后再选。"))
    Assignment.objects.filter(pk__in=[row.pk for row in shares.values()]).update(post_id=to_post_id)
    Matter.objects.filter(pk__in=locked).update(steps=F("steps") + 1)
    author = author_of(actor)
    journal.record_many(
        Draft(
            HandOver(
                number=matter.number,
                unit_id=shares[pk].unit_id,
                from_post_id=from_post_id,
                to_post_id=to_post_id,
            ),
            Subject("matter", pk, matter.steps + 1, matter.scope_code),
            author,
            now,
        )
        for pk, matter in locked.items()
    )
    steps = {str(pk): matter.steps + 1 for pk, matter in locked.items()}
    notices.emit(topic=HANDED_TOPIC, body={"post": to_post_id, "matters": steps}, now=now)
    return len(locked)
