"""Knowledge items: by words for an answer, in lists, in all their versions. Nothing in them is anybody's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BooleanField, Count, FloatField, Q, QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.citing import Cited
from shanzhi.kernel.matters.policy.search import query_of, words_of
from shanzhi.modules.hotline.models import KnowledgeVersion
from shanzhi.modules.hotline.policy import REVIEW_WITHIN, NoItem, Standing

ITEMS_MOST = 6
WORDS_MOST = 12
PAGE, FOUND_MOST = 25, 100
_SAID_OF_ANYTHING = frozenset(
    "怎么 怎么办 怎样 如何 什么 为什么 哪里 多少 办理 处理 解决 要求 需要 可以 请问 咨询 反映 投诉 问题 情况 没有 现在 一直"
    " 一下 不能 有人 我们 他们 你们 这个 那个 已经 今天 昨天 晚上 小时 时间 希望 部门 人员 家里 附近 说明 请告诉 告诉".split()
)
"""Words that callers say of anything: they lead to every item, and so to none."""


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
    ground: str = ""
    is_sample: bool = False

    @property
    def cite(self) -> str:
        """What a form sends to name it."""
        return str(Cited(self.code, self.version))

    def standing(self, on: date) -> Standing:
        """How it stands on a day: withdrawn, due for review (its last day is near or past), or valid."""
        if self.is_withdrawn:
            return Standing.WITHDRAWN
        is_due = self.valid_until is not None and self.valid_until <= on + REVIEW_WITHIN
        return Standing.DUE if is_due else Standing.VALID

    def holds(self, on: date) -> bool:
        """May it be cited on this day, if it is the newest version?"""
        return not self.is_withdrawn and self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


def items_for(text: str, category: str, on: date) -> tuple[Item, ...]:
    """Items that hold on a day and have most to do with a text and a category, best first; 1 query."""
    return items_of(items_wanted(text, category, on))


def items_of(rows: Iterable[KnowledgeVersion]) -> tuple[Item, ...]:
    """What `items_wanted` found; no query."""
    return tuple(map(_item, rows))


def items_wanted(text: str, category: str, on: date) -> QuerySet[KnowledgeVersion]:
    """What `items_for` asks, not asked yet: for who reads it together with other things."""
    words = [word for word in words_of(text) if len(word) > 1 and not word.isdigit() and word not in _SAID_OF_ANYTHING]
    words = sorted(words, key=len, reverse=True)[:WORDS_MOST]
    if not words and not category:
        return KnowledgeVersion.objects.none()
    sought = " | ".join(f"'{word}'" for word in words)
    rows = _valid(on)
    if sought:
        rank = RawSQL("ts_rank(words, %s::tsquery)", [sought], output_field=FloatField())
        hits = Q(pk__in=RawSQL("SELECT id FROM hotline_knowledgeversion WHERE words @@ %s::tsquery", [sought]))
        rows = rows.filter(hits | Q(categories__contains=[category]) if category else hits).annotate(rank=rank)
        rows = rows.order_by("-rank", "pk")
    else:
        rows = rows.filter(categories__contains=[category]).order_by("pk")
    return rows.defer("words")[:ITEMS_MOST]


def newest_items(on: date) -> tuple[Item, ...]:
    """Every item in its newest version, withdrawn ones last, by code; 1 query."""
    rows = KnowledgeVersion.objects.filter(is_newest=True).order_by("is_withdrawn", "code").defer("words")
    return tuple(_item(row) for row in rows[:500])


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of a list of items; `after` is the code to go on from, empty at the end."""

    items: tuple[Item, ...]
    after: str


def items_page(*, words: str, category: str, standing: Standing, on: date, after: str = "") -> ItemPage:
    """Newest versions by code, 25 a page; by words the best hundred at once; 1 query.

    `category` may be of the first level, which takes in what lies below it.
    """
    rows = _standing(standing, on)
    if category:
        below = RawSQL(
            "EXISTS (SELECT 1 FROM unnest(categories) c WHERE c = %s OR starts_with(c, %s))",
            [category, f"{category}."],
            output_field=BooleanField(),
        )
        rows = rows.filter(below)
    sought = query_of(words)
    if words.strip():
        if not sought:
            return ItemPage((), "")
        hits = RawSQL("SELECT id FROM hotline_knowledgeversion WHERE words @@ %s::tsquery AND is_newest", [sought])
        rows = rows.filter(pk__in=hits).annotate(rank=RawSQL("ts_rank(words, %s::tsquery)", [sought]))
        return ItemPage(tuple(map(_item, rows.order_by("-rank", "code").defer("words")[:FOUND_MOST])), "")
    found = rows.filter(code__gt=after).order_by("code").defer("words")[: PAGE + 1]
    items = tuple(map(_item, found))
    return ItemPage(items[:PAGE], items[PAGE - 1].code if len(items) > PAGE else "")


def standing_counts(on: date) -> dict[Standing, int]:
    """How many items stand how on a day; 1 query."""
    due = Q(is_withdrawn=False, valid_until__lte=on + REVIEW_WITHIN)
    found = KnowledgeVersion.objects.filter(is_newest=True).aggregate(
        every=Count("pk"), due=Count("pk", filter=due), gone=Count("pk", filter=Q(is_withdrawn=True))
    )
    every, past, gone = found["every"], found["due"], found["gone"]
    return {
        Standing.VALID: every - past - gone,
        Standing.DUE: past,
        Standing.WITHDRAWN: gone,
        Standing.ALL: every,
    }


def _standing(standing: Standing, on: date) -> QuerySet[KnowledgeVersion]:
    rows = KnowledgeVersion.objects.filter(is_newest=True)
    if standing is Standing.ALL:
        return rows
    if standing is Standing.WITHDRAWN:
        return rows.filter(is_withdrawn=True)
    is_due = Q(valid_until__lte=on + REVIEW_WITHIN)
    rows = rows.filter(is_withdrawn=False)
    return rows.filter(is_due) if standing is Standing.DUE else rows.filter(Q(valid_until=None) | ~is_due)


def item_of(code: str) -> Item:
    """An item in its newest version; 1 query.

    Raises:
        NoItem: there is none of this code.
    """
    row = KnowledgeVersion.objects.filter(code=code, is_newest=True).defer("words").first()
    if row is None:
        raise NoItem(msg("没有这条知识。请回到知识库再找。"))
    return _item(row)


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
        row.ground,
        row.is_sample,
    )
