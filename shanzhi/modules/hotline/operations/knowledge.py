"""Editing knowledge items: each edit is a new version with its date; an earlier one is taken up again by a later one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.matters.queries import categories
from shanzhi.modules.hotline.models import KnowledgeVersion
from shanzhi.modules.hotline.payloads import KnowledgeEdited
from shanzhi.modules.hotline.policy import BadItem, ItemMovedOn, NewItem, NoItem
from shanzhi.modules.hotline.queries import Item

_ADD = (
    "INSERT INTO hotline_knowledgeversion (code, version, title, answer, categories, valid_from, valid_until,"
    " is_withdrawn, ground, is_sample, is_newest, words, made_at, post_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, array_to_tsvector(%s::text[]), %s, %s) RETURNING id"
)


@transaction.atomic
def item_edit(*, new: NewItem, based_on: int, actor: Actor, now: datetime) -> Item:
    """Write an item's next version; `based_on` is the version that the screen showed (0: a new item, which gets a code
    of its own where none is given).

    Raises:
        BadItem: a sentence for each field that can't be used.
        ItemMovedOn: there is a newer version than the screen showed, or the code is taken.
    """
    if not new.code and not based_on:
        new = replace(new, code=_free_code(now))
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
                new.ground,
                new.is_sample,
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
        new.ground,
        new.is_sample,
    )


def _free_code(now: datetime) -> str:
    """A code that no item has yet: the day, and a number of that day. Two editors at once queue up here."""
    day = f"k{local_date(now):%y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('hotline codes', 0))")
    taken = set(KnowledgeVersion.objects.filter(code__startswith=f"{day}-").values_list("code", flat=True))
    return next(code for place in range(1, len(taken) + 2) if (code := f"{day}-{place}") not in taken)


def _as_new(row: KnowledgeVersion, *, is_withdrawn: bool) -> NewItem:
    return NewItem(
        code=row.code,
        title=row.title,
        answer=row.answer,
        categories=tuple(row.categories),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        is_withdrawn=is_withdrawn,
        ground=row.ground,
        is_sample=row.is_sample,
    )


@transaction.atomic
def item_withdraw(*, code: str, based_on: int, actor: Actor, now: datetime) -> Item:
    """Take an item out of use, by a later version that is withdrawn: nobody cites it any more, what cited it stays.

    Raises:
        NoItem: there is none of this code.
        ItemMovedOn: as `item_edit`; also where it is withdrawn already.
    """
    row = KnowledgeVersion.objects.filter(code=code, is_newest=True).first()
    if row is None:
        raise NoItem(msg("没有这条知识。请回到知识库再找。"))
    if row.is_withdrawn:
        raise ItemMovedOn(msg("这条知识已经撤下了。要再用它，请在下面恢复一个旧版本。"))
    return item_edit(new=_as_new(row, is_withdrawn=True), based_on=based_on, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file of items came to: how many are new, how many have a new version, how many stood so already."""

    added: int
    changed: int
    same: int


@transaction.atomic
def items_load(*, items: Sequence[NewItem], actor: Actor, now: datetime) -> Loaded:
    """Take in a file of items, all or nothing: new ones, and a new version of each that the file has otherwise.

    Raises:
        BadItem: an item can't be used, and which.
    """
    known = {row.code: row for row in KnowledgeVersion.objects.filter(is_newest=True).defer("words")}
    added = changed = 0
    for item in items:
        row = known.get(item.code)
        if row is not None and _as_new(row, is_withdrawn=row.is_withdrawn) == item:
            continue
        try:
            item_edit(new=item, based_on=row.version if row else 0, actor=actor, now=now)
        except BadItem as error:
            raise BadItem(
                msg("“%(title)s”不能用：%(wrong)s"), title=item.title, wrong=tuple(error.fields.values())
            ) from error
        added, changed = added + (row is None), changed + (row is not None)
    return Loaded(added, changed, len(items) - added - changed)


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
    return item_edit(new=_as_new(row, is_withdrawn=False), based_on=based_on, actor=actor, now=now)
