"""Let others take over from units and posts whose region ends, within the transaction of the redraw."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import F, Func, Value

from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as journal_entries
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.organisation.models import Post, PostHolding, Unit, UnitHeir
from shanzhi.kernel.organisation.operations._common import from_day
from shanzhi.kernel.organisation.payloads import PostSucceeded, UnitSucceeded
from shanzhi.kernel.organisation.policy.succession import PostGoes, PostState, Succession, UnitState

_BATCH = 2000


def offices_follow(
    *,
    goes: Succession,
    region_ids: Mapping[int, int],
    codes: Mapping[int, str],
    on: date,
    redraw_id: int,
    now: datetime,
    author: Author,
) -> None:
    """End units and posts from the day `on`, set up those that take over, and let holders go on there.

    `region_ids`: the ids that new regions were given, by those of the plan; `codes` of regions, for the journal. Open
    work follows in the background (kernel/matters). What stands on a holding that ends (tokens) is looked at anew with
    each request and ends within the minute (kernel/access), so nothing is told here.
    """
    unit_ids = _units(goes, region_ids, on, redraw_id)
    post_ids = _posts(goes, region_ids, unit_ids, on)
    opened = {unit.unit_id for unit in goes.opened}
    drafts = [
        (
            UnitSucceeded(one.unit.unit_id, unit_ids.get(one.to_id, one.to_id), on, one.to_id in opened, redraw_id),
            ("unit", one.unit.unit_id, codes.get(one.unit.region_id, "")),
        )
        for one in goes.units
    ] + [
        (
            PostSucceeded(
                one.post.post_id, post_ids.get(one.post.post_id), one.post.unit_id, one.post.staff_id, on, redraw_id
            ),
            ("post", one.post.post_id, codes.get(one.post.region_id, "")),
        )
        for one in goes.posts
    ]  # fmt: skip
    journal.record_many(
        Draft(payload, Subject(kind, id_, journal_entries.last_step(kind, id_) + 1, code), author, now)
        for payload, (kind, id_, code) in drafts
    )


def _units(goes: Succession, region_ids: Mapping[int, int], on: date, redraw_id: int) -> dict[int, int]:
    """Returns the ids that new units were given, by those of the plan."""
    Unit.objects.filter(pk__in=[one.unit.unit_id for one in goes.units]).update(closed_on=on)
    ids: dict[int, int] = {}
    for unit in goes.opened:
        ids[unit.unit_id] = _open_unit(unit, region_ids, ids, on)
    for old_id, parent_id in goes.below:
        Unit.objects.filter(pk=old_id).update(parent_id=ids.get(parent_id, parent_id))
    UnitHeir.objects.bulk_create(
        UnitHeir(
            old_unit_id=one.unit.unit_id, new_unit_id=ids.get(one.to_id, one.to_id), effective_on=on, redraw_id=redraw_id
        )
        for one in goes.units
    )  # fmt: skip
    return ids


def _open_unit(unit: UnitState, region_ids: Mapping[int, int], ids: Mapping[int, int], on: date) -> int:
    parent_id = unit.parent_id
    made = Unit.objects.create(
        kind=str(unit.kind),
        name=unit.name,
        short_name=unit.short_name,
        code=unit.code,
        level=unit.level,
        region_id=region_ids.get(unit.region_id, unit.region_id),
        # A superior that is set up too is set up first: the plan sorts by the length of codes.
        parent_id=None if parent_id is None else ids.get(parent_id, parent_id),
        department=unit.department,
        opened_on=on,
    )
    return made.id


def _posts(goes: Succession, region_ids: Mapping[int, int], unit_ids: Mapping[int, int], on: date) -> dict[int, int]:
    """Returns the ids of the posts in which holders go on, by those that end."""
    Post.objects.filter(pk__in=[one.post.post_id for one in goes.posts]).update(closed_on=on)
    carried = [one for one in goes.posts if one.to is not None]
    made = Post.objects.bulk_create(
        [_post(one.to, region_ids, unit_ids, on) for one in carried if one.to is not None], batch_size=_BATCH
    )
    ids = {one.post.post_id: post.id for one, post in zip(carried, made, strict=True)}
    _holders(carried, ids, on)
    return ids


def _post(post: PostState, region_ids: Mapping[int, int], unit_ids: Mapping[int, int], on: date) -> Post:
    return Post(
        unit_id=unit_ids.get(post.unit_id, post.unit_id),
        role=post.role,
        title=post.title,
        region_id=region_ids.get(post.region_id, post.region_id),
        seat=post.seat,
        sees=str(post.sees),
        ranges=post.ranges,
        opened_on=on,
    )


def _holders(carried: list[PostGoes], ids: Mapping[int, int], on: date) -> None:
    held = [one.post for one in carried if one.post.staff_id is not None]
    PostHolding.objects.filter(post__in=[post.post_id for post in held], valid__contains=on).update(
        valid=Func(Func(F("valid"), function="lower"), Value(on), Value("[)"), function="daterange")
    )
    PostHolding.objects.bulk_create(
        [
            PostHolding(post_id=ids[post.post_id], staff_id=post.staff_id, valid=from_day(on, post.until))
            for post in held
            if post.staff_id is not None
        ],
        batch_size=_BATCH,
    )
