"""What the desk reads: its calls, and knowledge items by words. Calls under row-level security: one's own post's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.policy.citing import Cited
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.vault.operations import keyring
from shanzhi.modules.hotline.models import Call, KnowledgeVersion
from shanzhi.modules.hotline.policy import Ending, Words

ITEMS_MOST = 6
CALLS_MOST = 12
WORDS_MOST = 12


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that isn't over: its name in addresses, since when, whether the exchange rang it through."""

    ref: UUID
    opened_at: datetime
    rung: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A knowledge item as it may be cited: `cite` is code and version."""

    code: str
    version: int
    title: str
    answer: str
    categories: tuple[str, ...]
    valid_from: date
    valid_until: date | None
    is_withdrawn: bool
    made_at: datetime

    @property
    def cite(self) -> str:
        """What a form sends to name it."""
        return str(Cited(self.code, self.version))


def open_calls(actor: Actor) -> tuple[OpenCall, ...]:
    """The acting post's calls that aren't over, newest first; 1 query."""
    rows = Call.objects.filter(post_id=actor.post_id or 0, ended_at=None).order_by("-opened_at", "-pk")[:CALLS_MOST]
    return tuple(OpenCall(row.ref, row.opened_at, row.rung) for row in rows.defer("sealed"))


def typed(ref: UUID, actor: Actor) -> Words | None:
    """What was typed in one of the acting post's open calls; None where there is no such call; 1 query."""
    row = Call.objects.filter(ref=ref, post_id=actor.post_id or 0, ended_at=None).first()
    return words_in(row) if row is not None else None


def words_in(call: Call) -> Words:
    """The draft of a call, opened."""
    if not call.sealed:
        return Words()
    return Words(**json.loads(keyring().open_sealed(call.sealed, context=call.ref.bytes)))


def counts_today(actor: Actor, now: datetime) -> Mapping[str, int]:
    """How the acting post's calls of today ended: ending → how many; 1 query."""
    day = local_date(now)
    since = datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE)
    rows = (
        Call.objects.filter(post_id=actor.post_id or 0, ended_at__gte=since)
        .values_list("ending")
        .annotate(n=Count("pk"))
    )
    found = dict(rows.order_by())
    return {ending.value: found.get(ending.value, 0) for ending in Ending}


def items_for(text: str, category: str, on: date) -> tuple[Item, ...]:
    """Items that hold on a day and have most to do with a text and a category, best first; 1 query."""
    words = [word for word in words_of(text) if len(word) > 1 and not word.isdigit()]
    words = sorted(words, key=len, reverse=True)[:WORDS_MOST]
    if not words and not category:
        return ()
    sought = " | ".join(f"'{word}'" for word in words)
    rows = _valid(on)
    if sought:
        rank = RawSQL("ts_rank(words, %s::tsquery)", [sought])
        hits = Q(pk__in=RawSQL("SELECT id FROM hotline_knowledgeversion WHERE words @@ %s::tsquery", [sought]))
        rows = rows.filter(hits | Q(categories__contains=[category]) if category else hits).annotate(rank=rank)
        rows = rows.order_by("-rank", "pk")
    else:
        rows = rows.filter(categories__contains=[category]).order_by("pk")
    return tuple(_item(row) for row in rows.defer("words")[:ITEMS_MOST])


def newest_items(on: date) -> tuple[Item, ...]:
    """Every item in its newest version, withdrawn ones last, by code; 1 query."""
    rows = KnowledgeVersion.objects.filter(is_newest=True).order_by("is_withdrawn", "code").defer("words")
    return tuple(_item(row) for row in rows[:500])


def versions_of(code: str) -> tuple[Item, ...]:
    """All versions of an item, newest first; 1 query."""
    rows = KnowledgeVersion.objects.filter(code=code).order_by("-version").defer("words")
    return tuple(_item(row) for row in rows)


def may_be_cited(item: Cited, on: date) -> bool:
    """Is this the newest version of an item that holds on this day? 1 query."""
    return _valid(on).filter(code=item.code, version=item.version).exists()


def _valid(on: date) -> QuerySet[KnowledgeVersion]:
    rows = KnowledgeVersion.objects.filter(is_newest=True, is_withdrawn=False, valid_from__lte=on)
    return rows.filter(Q(valid_until=None) | Q(valid_until__gte=on))


def _item(row: KnowledgeVersion) -> Item:
    return Item(
        row.code,
        row.version,
        row.title,
        row.answer,
        tuple(row.categories),
        row.valid_from,
        row.valid_until,
        row.is_withdrawn,
        row.made_at,
    )
