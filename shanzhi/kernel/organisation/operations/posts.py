"""Set up a city's posts from the rule book, and fill vacant ones in one go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.models import Post, PostHolding, Staff
from shanzhi.kernel.organisation.operations._common import from_day, lock_organisation, state_of, write_journal
from shanzhi.kernel.organisation.payloads import PostsLoaded, PostsStaffed
from shanzhi.kernel.organisation.people import Person
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.rulebook import PostPlan, UnitCatalogue

_BATCH = 2000

_UNITS_OF_CITY = (
    "SELECT u.id, u.kind, u.level, u.region_id FROM organisation_unit u"
    " JOIN organisation_region_state s ON s.region_id = u.region_id AND s.valid @> %(on)s::date"
    " WHERE s.code <@ %(ranges)s::codemultirange"
    " AND u.opened_on <= %(on)s AND (u.closed_on IS NULL OR u.closed_on > %(on)s) ORDER BY u.id"
)
_GRIDS_OF_CITY = (
    "SELECT parent_id, region_id FROM organisation_region_state"
    " WHERE level = 'grid' AND code <@ %(ranges)s::codemultirange AND valid @> %(on)s::date ORDER BY code"
)
_REGIONS_OF_CITY = (
    "SELECT region_id, code FROM organisation_region_state"
    " WHERE code <@ %(ranges)s::codemultirange AND valid @> %(on)s::date"
)
_OPEN_POSTS = (
    "SELECT id, unit_id, role, seat, region_id FROM organisation_post WHERE opened_on <= %(on)s AND closed_on IS NULL"
)
# Asked for one by one and put together here: right after a load the planner has no statistics, and joins badly.
_HELD = "SELECT post_id FROM organisation_post_holding WHERE valid && daterange(%(on)s::date, NULL)"


class TooFewPeople(InputError):
    """There are more vacant posts than people."""

    code = "too-few-people"


@dataclass(frozen=True, slots=True)
class PostsCount:
    """What a load did: new posts, and how many were there."""

    added: int
    kept: int


@dataclass(frozen=True, slots=True)
class StaffCount:
    """New members of staff, and posts that they took."""

    staff: int
    holdings: int


def posts_load(*, city_code: str, catalogue: UnitCatalogue, on: date, now: datetime, author: Author) -> PostsCount:
    """Make the posts of a city's units that aren't there yet; all or nothing, and nothing a second time.

    By the rule book: so many seats of a role in each unit of a kind and level; a role at level `grid` is made for each
    grid of a community's unit.

    Raises:
        UnknownRegion: the city isn't loaded on that date.
    """
    with transaction.atomic():
        lock_organisation()
        city = state_of(city_code, on)
        wanted = list(_wanted(catalogue, city.ranges.to_pg(), on))
        there = set(Post.objects.filter(closed_on=None).values_list("unit_id", "role", "region_id", "seat"))
        new = [post for post in wanted if (post.unit_id, post.role, post.region_id, post.seat) not in there]
        for post in new:
            post.opened_on = on
        Post.objects.bulk_create(new, batch_size=_BATCH)
        if new:
            write_journal(
                PostsLoaded(city_code, on, len(new), len(wanted) - len(new)),
                kind="region",
                subject_id=city.region_id,
                scope_code=city_code,
                author=author,
                now=now,
            )
        return PostsCount(len(new), len(wanted) - len(new))


def posts_staff(*, city_code: str, people: Iterable[Person], on: date, now: datetime, author: Author) -> StaffCount:
    """Fill every vacant post of a city from `on`, from `people` in their order; nothing happens without vacancies.

    People whose work number is in use are passed over. The clerk of a community also becomes chief of its first grid.

    Raises:
        TooFewPeople: not enough people for the vacant posts; nothing was changed.
        UnknownRegion: the city isn't loaded on that date.
    """
    with transaction.atomic():
        lock_organisation()
        city = state_of(city_code, on)
        vacant = _vacant(city.ranges.to_pg(), on)
        alone = [post_id for post_id, clerk in vacant.items() if clerk is None]
        staff = _hire(people, len(alone))
        holder = {post_id: member.id for post_id, member in zip(alone, staff, strict=True)}
        holder |= {post_id: holder[clerk] for post_id, clerk in vacant.items() if clerk is not None}
        PostHolding.objects.bulk_create(
            [PostHolding(post_id=post, staff_id=member, valid=from_day(on)) for post, member in holder.items()],
            batch_size=_BATCH,
        )
        count = StaffCount(len(staff), len(holder))
        if holder:
            write_journal(
                PostsStaffed(city_code, on, count.staff, count.holdings),
                kind="region",
                subject_id=city.region_id,
                scope_code=city_code,
                author=author,
                now=now,
            )
        return count


def _vacant(ranges: str, on: date) -> dict[int, int | None]:
    """Vacant post → the vacant post whose new holder takes it too, widest places first.

    A community's own clerk is the chief of its first grid, as in most communities: one person, two posts.
    """
    params: dict[str, Any] = {"ranges": ranges, "on": on}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, params)
        held = {post_id for (post_id,) in cursor.fetchall()}
        cursor.execute(_REGIONS_OF_CITY, params)
        codes = dict(cursor.fetchall())
        cursor.execute(_OPEN_POSTS, params)
        open_posts = cursor.fetchall()
    posts = [(*post, codes[region]) for *post, region in open_posts if region in codes and post[0] not in held]
    posts.sort(key=lambda post: (len(post[4]), post[4], *post[1:4], post[0]))
    clerks = {unit_id: post_id for post_id, unit_id, role, seat, _ in posts if role == "handler" and seat == 1}
    return {
        post_id: clerks.get(unit_id) if role == "grid_chief" and seat == 1 and code.endswith("001") else None
        for post_id, unit_id, role, seat, code in posts
    }


def _hire(people: Iterable[Person], count: int) -> list[Staff]:
    if not count:
        return []
    taken = set(Staff.objects.values_list("work_number", flat=True))
    fresh = (person for person in people if person.work_number not in taken)
    hired = [Staff(name=person.name, work_number=person.work_number) for person in islice(fresh, count)]
    if len(hired) < count:
        raise TooFewPeople(
            msg("有 %(posts)s 个空缺岗位，只有 %(people)s 人可用。请再准备 %(missing)s 人。"),
            posts=count,
            people=len(hired),
            missing=count - len(hired),
        )
    return Staff.objects.bulk_create(hired, batch_size=_BATCH)


def _wanted(catalogue: UnitCatalogue, ranges: str, on: date) -> Iterator[Post]:
    """The posts that the rule book asks for."""
    grids: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GRIDS_OF_CITY, {"ranges": ranges, "on": on})
        for community_id, grid_id in cursor.fetchall():
            grids.setdefault(community_id, []).append(grid_id)
        cursor.execute(_UNITS_OF_CITY, {"ranges": ranges, "on": on})
        units = cursor.fetchall()
    for unit_id, kind, level, region_id in units:
        for plan in catalogue.posts:
            if plan.kind != kind:
                continue
            if level in plan.levels:
                yield from _seats(catalogue, plan, plan.seats(Level(level)), unit_id, region_id)
            if Level.GRID in plan.levels and level == Level.COMMUNITY:
                for grid_id in grids.get(region_id, ()):
                    yield from _seats(catalogue, plan, plan.seats(Level.GRID), unit_id, grid_id)


def _seats(catalogue: UnitCatalogue, plan: PostPlan, seats: int, unit_id: int, region_id: int) -> Iterator[Post]:
    for seat in range(1, seats + 1):
        yield Post(
            unit_id=unit_id,
            role=plan.role,
            title=catalogue.roles[plan.role].name,
            region_id=region_id,
            seat=seat,
            sees=plan.sees,
        )
