"""Posts one by one: set up vacant, given another title, another role or range. Who holds them is in `holdings`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Author, Payload
from shanzhi.kernel.organisation.models import Post, PostPast, RegionState, Unit
from shanzhi.kernel.organisation.operations._common import from_day, state_of, write_journal
from shanzhi.kernel.organisation.payloads import PostAdded, PostChanged
from shanzhi.kernel.organisation.policy import NoSuchPost, Sees, UnitKind, check_code, default_sees
from shanzhi.kernel.organisation.policy.offices import (
    TITLE_MOST,
    BadPost,
    Difference,
    NoSuchUnit,
    check_day,
    check_same_version,
)
from shanzhi.kernel.organisation.queries.rules import unit_catalogue

SEES_NAMES: dict[Sees, str] = {
    Sees.REGION: msg("辖区内全部事项"),
    Sees.INTAKE: msg("辖区内待受理事项"),
    Sees.UNIT: msg("本单位参与的事项"),
    Sees.OFFICE: msg("不看事项"),
}
SEATS_MOST = 200


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be set up in a unit for a region. Without a title the role's name; without `sees` the role's usual sight."""

    unit_id: int
    role: str
    region_code: str
    title: str = ""
    sees: Sees | None = None


@dataclass(frozen=True, slots=True)
class PostNow:
    """How a post is to be: its role, its sight, and the prefixes that replace its region's codes (none: the region's)."""

    role: str
    sees: Sees
    prefixes: tuple[str, ...] = ()

    def ranges(self) -> CodeRanges | None:
        """The codes that replace the region's."""
        return CodeRanges.from_prefixes(*self.prefixes) if self.prefixes else None


@transaction.atomic
def post_add(*, new: NewPost, on: date, now: datetime, author: Author) -> int:
    """Set up a vacant post from `on`; returns its id. Its seat is the next free one of its role in unit and region.

    Raises:
        NoSuchUnit: the unit isn't open that day.
        UnknownRegion: the region doesn't exist that day.
        BadPost: a role that the rule book doesn't know, a title too long, too many seats.
    """
    unit = (
        Unit.objects.filter(pk=new.unit_id, opened_on__lte=on).filter(Q(closed_on=None) | Q(closed_on__gt=on)).first()
    )
    if unit is None:
        raise NoSuchUnit(msg("%(on)s 没有这个单位，可能已撤销，或者不在您管的范围里。请刷新后再选。"), on=on)
    state = state_of(new.region_code, on)
    role = _known_role(new.role)
    title = _title(new.title) if clean_text(new.title) else role
    seats = Post.objects.filter(unit_id=unit.pk, role=new.role, region_id=state.region_id)
    seat = (seats.aggregate(last=Max("seat"))["last"] or 0) + 1
    if seat > SEATS_MOST:
        raise BadPost(msg("同一单位同一角色最多 %(most)d 个岗位。请先撤销不用的。"), most=SEATS_MOST)
    post = Post.objects.create(
        unit_id=unit.pk,
        role=new.role,
        title=title,
        region_id=state.region_id,
        seat=seat,
        sees=new.sees or default_sees(new.role, UnitKind(unit.kind)),
        opened_on=on,
    )
    _journal(post, PostAdded(post.pk, unit.pk, new.role, state.region_id, seat, str(post.sees), on), on, author, now)
    return int(post.pk)


def post_rename(
    *, post_id: int, title: str, on: date, now: datetime, author: Author, version: int | None = None
) -> None:
    """Give a post another title from `on`, today or before.

    Raises:
        BadPost: no title. NoSuchPost, ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
    """
    _change(post_id, lambda _post: {"title": _title(title)}, on=on, now=now, author=author, version=version)


def post_change(
    *, post_id: int, to: PostNow, on: date, now: datetime, author: Author, version: int | None = None
) -> None:
    """Give a post another role, sight or range from `on`, today or before; whoever holds it has them at once.

    Raises:
        BadPost: a role that the rule book doesn't know, or a range that isn't codes.
        NoSuchPost, ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
    """
    check_post_now(to)

    def values(_post: Post) -> dict[str, Any]:
        return {"role": to.role, "sees": to.sees, "ranges": to.ranges()}

    _change(post_id, values, on=on, now=now, author=author, version=version)


def check_post_now(to: PostNow) -> None:
    """Raises BadPost for a role that the rule book doesn't know, BadCode for a range that isn't codes."""
    _known_role(to.role)
    for prefix in to.prefixes:
        check_code(prefix)


def post_differences(post_id: int, version: int) -> list[Difference]:
    """What became of a post since a version of it."""
    post = Post.objects.filter(pk=post_id).first()
    return [] if post is None else differences_of_post(post, version)


def differences_of_post(post: Post, version: int) -> list[Difference]:
    """What is otherwise with a post than it was under an earlier version."""
    past = PostPast.objects.filter(post_id=post.pk, version=version).first()
    if past is None:
        return []
    roles = unit_catalogue().roles
    pairs = (
        (msg("岗位名称"), past.title, post.title),
        (msg("角色"), *(roles[code].name if code in roles else code for code in (past.role, post.role))),
        (msg("可见范围"), SEES_NAMES[Sees(past.sees)], SEES_NAMES[Sees(post.sees)]),
        (msg("区域代码"), *(one.to_pg() if one else "" for one in (past.ranges, post.ranges))),
    )
    return [Difference(label, before, after) for label, before, after in pairs if before != after]


@transaction.atomic
def _change(
    post_id: int,
    values: Callable[[Post], dict[str, Any]],
    *,
    on: date,
    now: datetime,
    author: Author,
    version: int | None,
) -> None:
    """Change a post from `on`; nothing happens where it is so already.

    Raises:
        NoSuchPost: it isn't open that day.
        ChangedMeanwhile: `version` isn't the post's any more; says what became of it.
        HistoryWritten: a later change is on record. InputError: `on` lies in the future.
    """
    rows = Post.objects.select_for_update().filter(Q(closed_on=None) | Q(closed_on__gt=on))
    post = rows.filter(pk=post_id, opened_on__lte=on).first()
    if post is None:
        raise NoSuchPost(msg("%(on)s 没有这个岗位，可能已撤销。请刷新后再选。"), on=on)
    check_same_version(version, post.version, lambda: differences_of_post(post, version or 0))
    given = values(post)
    changed = tuple(name for name, value in given.items() if getattr(post, name) != value)
    if not changed:
        return
    since = _since(post)
    check_day(on, since=since, today=local_date(now))
    PostPast.objects.create(
        post_id=post.pk,
        version=post.version,
        role=post.role,
        title=post.title,
        sees=post.sees,
        ranges=post.ranges,
        valid=from_day(since, on),
        changed_at=now,
        changed_by_post=author.post_id,
    )
    for name in changed:
        setattr(post, name, given[name])
    post.version += 1
    post.save(update_fields=[*changed, "version"])
    ranges = post.ranges.to_pg() if post.ranges else ""
    said = PostChanged(post_id, post.unit_id, post.version, changed, post.title, post.role, str(post.sees), ranges, on)
    _journal(post, said, on, author, now)


def _since(post: Post) -> date:
    last = PostPast.objects.filter(post_id=post.pk, valid__isempty=False).order_by("-version").first()
    return post.opened_on if last is None else last.valid.upper


def _known_role(code: str) -> str:
    role = unit_catalogue().roles.get(code)
    if role is None:
        sentence = msg("请从列表里选择角色。")
        raise BadPost(sentence, fields={"role": sentence})
    return role.name


def _title(title: str) -> str:
    title = clean_text(title).replace("\n", " ")
    if not 0 < len(title) <= TITLE_MOST:
        sentence = msg("岗位名称要有 1 到 50 个字。")
        raise BadPost(sentence, fields={"title": sentence})
    return title


def _journal(post: Post, payload: Payload, on: date, author: Author, now: datetime) -> None:
    state = RegionState.objects.filter(region_id=post.region_id, valid__contains=on).first()
    code = "" if state is None else state.code
    write_journal(payload, kind="post", subject_id=post.pk, scope_code=code, author=author, now=now)
