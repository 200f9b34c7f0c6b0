"""Editing knowledge items: each edit is a new version with its date; an earlier one is taken up again by a later one."""

from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.matters.queries import categories
from shanzhi.modules.hotline.models import KnowledgeVersion
from shanzhi.modules.hotline.payloads import KnowledgeEdited
from shanzhi.modules.hotline.policy import BadItem, NewItem, NoItem
from shanzhi.modules.hotline.queries import Item

_ADD = (
    "INSERT INTO hotline_knowledgeversion (code, version, title, answer, categories, valid_from, valid_until,"
    " is_withdrawn, is_newest, words, made_at, post_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, array_to_tsvector(%s::text[]), %s, %s) RETURNING id"
)


class ItemMovedOn(Conflict):
    """Somebody else has edited the item meanwhile."""

    code = "knowledge-moved-on"


@transaction.atomic
def item_edit(*, new: NewItem, based_on: int, actor: Actor, now: datetime) -> Item:
    """Write an item's next version; `based_on` is the version that the screen showed (0: a new item).

    Raises:
        BadItem: a sentence for each field that can't be used.
        ItemMovedOn: there is a newer version than the screen showed, or the code is taken.
    """
    new = new.cleaned()
    if any(code not in categories().rules.categories for code in new.categories):
        raise BadItem(
            msg("这条知识还不能保存，请按提示改正。"), fields={"categories": msg("没有这个分类，请从列表里选。")}
        )
    with connection.cursor() as cursor:
        # Two edits of one item queue up here: the second sees the version of the first, and is told so.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('hotline ' || %s, 0))", [new.code])
    before = KnowledgeVersion.objects.filter(code=new.code, is_newest=True).first()
    if (before.version if before else 0) != based_on:
        raise ItemMovedOn(msg("这条知识刚刚有人改过，或者代码已经用了。请看过新内容再保存，您填写的还在。"))
    KnowledgeVersion.objects.filter(code=new.code, is_newest=True).update(is_newest=False)
    version = based_on + 1
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [
                new.code,
                version,
                new.title,
                new.answer,
                list(new.categories),
                new.valid_from,
                new.valid_until,
                new.is_withdrawn,
                words_of(new.title, new.title, new.answer),
                now,
                actor.post_id,
            ],
        )
        pk = cursor.fetchone()[0]
    journal.record(
        payload=KnowledgeEdited(new.code, version, new.categories, new.valid_from, new.valid_until, new.is_withdrawn),
        subject=Subject("knowledge", pk, 1, actor.region_code),
        author=Author("post", actor.post_id, actor.unit_id) if actor.is_post else Author("importer"),
        happened_at=now,
    )
    return Item(
        new.code,
        version,
        new.title,
        new.answer,
        new.categories,
        new.valid_from,
        new.valid_until,
        new.is_withdrawn,
        now,
    )


@transaction.atomic
def item_restore(*, code: str, version: int, based_on: int, actor: Actor, now: datetime) -> Item:
    """Take up an earlier version again, as a later one: how an edit is undone.

    Raises:
        NoItem: there is no such version.
        ItemMovedOn: as `item_edit`.
    """
    row = KnowledgeVersion.objects.filter(code=code, version=version).first()
    if row is None:
        raise NoItem(msg("没有这条知识的这一版。请刷新后再看。"))
    old = NewItem(code, row.title, row.answer, tuple(row.categories), row.valid_from, row.valid_until, row.is_withdrawn)
    return item_edit(new=old, based_on=based_on, actor=actor, now=now)
