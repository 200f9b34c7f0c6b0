"""Posts and the work that they have in hand: of those that nobody holds, and of a unit. No person's figures."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.policy.unfinished import PostRef, Unfinished, unfinished_of
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import Fallen, MatterRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import LeftPost, PostCard
from shanzhi.modules.oversight.policy.handing import HANDED_MOST, NoSuchPostHere, NotMyUnit, Side


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post with work in hand. `unfinished`: what else it has open that nobody else sees to (calls, sign-offs).
    `left_on`: since when nobody holds it; None: somebody does."""

    post_id: int
    unit_name: str
    title: str
    in_hand: int
    unfinished: int
    left_on: date | None


@dataclass(frozen=True, slots=True)
class UnitPosts:
    """The posts of the unit that was looked for; `why`: why none is shown (a message id)."""

    unit_name: str
    lines: tuple[PostLine, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class PostWork:
    """What a post has in hand, the posts that could take it as (id, name), and what it has open beside matters."""

    giver: Side
    unit_name: str
    title: str
    in_hand: int
    rows: tuple[MatterRow, ...]
    receivers: tuple[tuple[int, str], ...]
    unfinished: tuple[Unfinished, ...]


@dataclass(frozen=True, slots=True)
class PostsPage:
    """Posts that were left with work, what fell to others because nobody was there, and the unit that was looked for."""

    left: tuple[PostLine, ...]
    fallen: tuple[Fallen, ...]
    unit: UnitPosts


def left_with_work(actor: Actor, *, now: datetime) -> tuple[PostLine, ...]:
    """Posts in the actor's places that nobody holds any more and that have open work in hand, or calls or sign-offs that
    nobody else sees to; 1 to 4 queries, however many."""
    left = organisation.left_posts(actor.place, local_date(now)) if actor.place else []
    counts = matters.in_hand_counts([row.post_id for row in left])
    return _left_lines(left, counts, _unfinished_counts([PostRef(row.post_id, row.role) for row in left], actor, now))


def _left_lines(left: Sequence[LeftPost], counts: Mapping[int, int], more: Mapping[int, int]) -> tuple[PostLine, ...]:
    lines = (
        PostLine(
            row.post_id, row.unit_name, row.title, counts.get(row.post_id, 0), more.get(row.post_id, 0), row.left_on
        )
        for row in left
        if row.post_id in counts or row.post_id in more
    )
    return tuple(sorted(lines, key=lambda line: (-line.in_hand, -line.unfinished)))


def _unfinished_counts(posts: Collection[PostRef], actor: Actor, now: datetime) -> Counter[int]:
    counts: Counter[int] = Counter()
    for one in unfinished_of(posts, actor, now):
        if one.is_left:
            counts[one.post_id] += one.count
    return counts


def posts_page(actor: Actor, *, unit: str, now: datetime) -> PostsPage:
    """Posts left with work (`left_with_work`), what fell to others, and the posts of the one unit of this name in the actor's
    places, with what they have in hand; 2 to 7 queries, however many."""
    on, name = local_date(now), clean_text(unit)
    left = organisation.left_posts(actor.place, on) if actor.place else []
    found = organisation.units_within(actor.place, on, text=name) if name and actor.place else []
    same = [row for row in found if name in (row.name, row.short_name)] or found
    cards = organisation.posts_of_unit(same[0].id, on) if len(same) == 1 else []
    refs = {row.post_id: PostRef(row.post_id, row.role) for row in left}
    refs |= {card.post_id: PostRef(card.post_id, card.role) for card in cards}
    counts, fell = matters.in_hand_and_fallen(refs, now=now)
    more = _unfinished_counts(refs.values(), actor, now)
    lines = tuple(
        PostLine(
            card.post_id,
            same[0].name,
            _title(card),
            counts.get(card.post_id, 0),
            more.get(card.post_id, 0),
            None if card.staff_id else on,
        )
        for card in cards
    )
    looked_for = UnitPosts(same[0].name, lines) if len(same) == 1 else UnitPosts(name, (), _why(name, len(same)))
    return PostsPage(_left_lines(left, counts, more), fell, looked_for)


def _why(name: str, count: int) -> str:
    if not name:
        return ""
    if count:
        return msg("叫这个名字的单位不止一个。请写全称。")
    return msg("您管的范围里没有这个单位。请检查名称。")


def _title(card: PostCard) -> str:
    """What a post is called among its unit's, with its place where it isn't the unit's own."""
    return f"{card.title}（{card.region_name}）"


def sides(actor: Actor, post_id: int, to_post_id: int | None, now: datetime) -> tuple[Side, Side | None]:
    """Both ends of a hand-over; 2 to 4 queries. Whose a closed unit was is asked of its region, as of the last day known.

    Raises:
        NoSuchPostHere: no such post.
        NotMyUnit: its unit isn't in the actor's places.
    """
    on = local_date(now)
    cards = organisation.post_cards({post_id} | ({to_post_id} if to_post_id else set()), on)
    giver = _side(cards[post_id]) if post_id in cards else _closed(actor, post_id, on)
    unit = organisation.unit_by_id(giver.unit_id, on)
    code = unit.region_code if unit is not None else organisation.place_code_of_unit(giver.unit_id, on)
    if not code or not actor.place.contains(code):
        raise NotMyUnit(msg("这个岗位不在您管的范围里，不能转交它的工作。请联系上一级督办员。"))
    return giver, _side(cards[to_post_id]) if to_post_id in cards else None


def _side(card: PostCard) -> Side:
    return Side(card.post_id, card.unit_id, card.role, card.title, card.staff_id is not None)


def _closed(actor: Actor, post_id: int, on: date) -> Side:
    """A post that was abolished with work in hand."""
    for row in organisation.left_posts(actor.place, on) if actor.place else []:
        if row.post_id == post_id:
            return Side(row.post_id, row.unit_id, row.role, row.title, False)
    raise NoSuchPostHere(msg("没有找到这个岗位，或者它不在您管的范围里。请返回督办首页。"))


def post_work(actor: Actor, post_id: int, *, now: datetime) -> PostWork:
    """What a post has in hand, soonest due first, who could take it, and what else it has open; 5 queries, 1 more for grids, 2
    for a post that was closed.

    Raises:
        NoSuchPostHere, NotMyUnit: as `sides`.
    """
    giver, _ = sides(actor, post_id, None, now)
    cards = organisation.posts_of_unit(giver.unit_id, local_date(now))
    own = next((card for card in cards if card.post_id == post_id), None) or organisation.post_names([post_id])[post_id]
    receivers = tuple(
        (card.post_id, f"{_title(card)} {card.staff_name}")
        for card in cards
        if card.post_id != post_id and card.role == giver.role and card.staff_id is not None
    )
    count, rows = matters.in_hand(post_id, now=now, most=HANDED_MOST)
    return PostWork(
        giver=giver,
        unit_name=own.unit_name,
        title=own.title,
        in_hand=count,
        rows=rows,
        receivers=receivers,
        unfinished=tuple(unfinished_of([PostRef(post_id, giver.role)], actor, now)),
    )
