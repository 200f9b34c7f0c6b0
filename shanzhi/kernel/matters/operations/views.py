"""Saved views: kept, written over and dropped by who has them. A preference and no record, so the journal says nothing."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from shanzhi.core.errors import Conflict, InputError, NotAllowed
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import SavedView

VIEWS_MOST = 30
NAME_MOST = 40
QUERY_MOST = 2000


class TooManyViews(Conflict):
    """Somebody has thirty views already."""

    code = "too-many-views"


@transaction.atomic
def view_save(*, name: str, query: str, actor: Actor, now: datetime) -> None:
    """Keep the query of a list's address under a name, for this post and its holder; the same name is written over.

    Raises:
        NotAllowed: a reporter or a program asks.
        InputError: no name, or name or query too long.
        TooManyViews: there are thirty already.
    """
    name = clean_text(name).strip()
    if not name or len(name) > NAME_MOST:
        raise InputError(msg("请给视图起个名字，最多 40 个字。"))
    if len(query) > QUERY_MOST:
        raise InputError(msg("条件太长，不能保存。请减少条件。"))
    mine = _mine(actor)
    if mine.filter(name=name).update(query=query):
        return
    if mine.count() >= VIEWS_MOST:
        raise TooManyViews(msg("已经保存了 30 个视图。请先删除不用的。"))
    SavedView.objects.bulk_create(
        [SavedView(post_id=actor.post_id or 0, staff_id=actor.staff_id or 0, name=name, query=query, saved_at=now)],
        ignore_conflicts=True,
    )


@transaction.atomic
def view_drop(*, view_id: int, actor: Actor) -> None:
    """Forget one of one's own views; one that isn't there is forgotten already.

    Raises:
        NotAllowed: a reporter or a program asks.
    """
    _mine(actor).filter(pk=view_id).delete()


def _mine(actor: Actor) -> QuerySet[SavedView]:
    if not actor.is_post or actor.staff_id is None or actor.by_token:
        raise NotAllowed(msg("保存视图需要用岗位登录。"))
    return SavedView.objects.filter(post_id=actor.post_id or 0, staff_id=actor.staff_id)
