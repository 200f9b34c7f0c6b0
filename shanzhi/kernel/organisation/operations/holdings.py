"""Who holds a post: take it, leave it."""

from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.models import Post, PostHolding, RegionState, Staff
from shanzhi.kernel.organisation.operations._common import from_day, write_journal
from shanzhi.kernel.organisation.payloads import PostClosed, PostHeld, PostLeft, StaffAdded
from shanzhi.kernel.organisation.policy import (
    BadPeriod,
    BadStaff,
    HoldingEnded,
    NoSuchPost,
    NoSuchStaff,
    PostTaken,
    PostVacant,
    WorkNumberTaken,
    tell_of_end,
)
from shanzhi.kernel.organisation.policy.offices import HistoryWritten


def staff_add(*, name: str, work_number: str, now: datetime, author: Author) -> int:
    """Enter a member of staff; returns the id.

    Raises:
        BadStaff: the name or the work number is empty or too long.
        WorkNumberTaken: somebody has this work number.
    """
    name, work_number = clean_text(name), clean_text(work_number)
    if not (0 < len(name) <= 50 and 0 < len(work_number) <= 32):
        raise BadStaff(msg("请填写姓名（不超过 50 字）和工号（不超过 32 位）。"))
    with transaction.atomic():
        staff, is_new = Staff.objects.get_or_create(work_number=work_number, defaults={"name": name})
        if not is_new:
            raise WorkNumberTaken(
                msg("工号“%(number)s”已由%(name)s使用。请核对工号。"), number=work_number, name=staff.name
            )
        payload = StaffAdded(staff.id)
        write_journal(payload, kind="staff", subject_id=staff.id, scope_code="", author=author, now=now)
        return staff.id


def hold_post(
    *,
    post_id: int,
    staff_id: int,
    on: date,
    now: datetime,
    author: Author,
    until: date | None = None,
    only_next: bool = False,
) -> int:
    """Somebody takes a post from `on`, up to (not with) `until` where that is known; returns the holding's id.

    One person a post; a person may hold several. `only_next`: nobody is put before somebody who has taken it already.

    Raises:
        NoSuchPost: no such post, or not open on that date.
        NoSuchStaff: no such member of staff.
        BadPeriod: `until` isn't after `on`.
        PostTaken: somebody holds it in that time; names who and since when.
        HistoryWritten: with `only_next`, somebody took it after `on`: that it was vacant until then is on record.
    """
    if until is not None and until <= on:
        raise BadPeriod(msg("离任日期 %(until)s 应晚于任职日期 %(on)s。请改正。"), until=until, on=on)
    with transaction.atomic():
        post = _locked_post(post_id, on)
        if not Staff.objects.filter(id=staff_id).exists():
            raise NoSuchStaff(msg("没有这位工作人员。请先登记，再安排岗位。"))
        valid = from_day(on, until)
        taken = PostHolding.objects.select_related("staff").filter(post_id=post_id, valid__overlap=valid).first()
        if taken is not None:
            raise PostTaken(
                msg("“%(title)s”自 %(since)s 起由%(name)s担任。请先办理离任，或改用离任之后的日期。"),
                title=post.title,
                since=taken.valid.lower,
                name=taken.staff.name,
            )
        if only_next:
            _check_no_later(post, on, now)
        holding = PostHolding.objects.create(post_id=post_id, staff_id=staff_id, valid=valid)
        payload = PostHeld(post_id, post.unit_id, staff_id, on, until)
        write_journal(
            payload, kind="post", subject_id=post_id, scope_code=_scope_code(post, on), author=author, now=now
        )
        return holding.id


def end_holding(*, post_id: int, on: date, now: datetime, author: Author) -> None:
    """Whoever holds a post leaves it: `on` is the first day without. From today or before, sessions and tokens that stand
    on it end in the same transaction (`policy.on_holding_ended`), where a keeper did it in the web within a minute.

    Raises:
        NoSuchPost: no such post, or not open on that date.
        PostVacant: nobody held it on the day before `on`.
    """
    with transaction.atomic():
        post = _locked_post(post_id, on)
        holding = PostHolding.objects.filter(post_id=post_id, valid__contains=on).first()
        if holding is None or holding.valid.lower == on:
            raise PostVacant(
                msg("“%(title)s”在 %(on)s 之前无人在任，不用办理离任。请核对日期。"), title=post.title, on=on
            )
        holding.valid = from_day(holding.valid.lower, on)
        holding.save(update_fields=["valid"])
        payload = PostLeft(post_id, post.unit_id, holding.staff_id, on)
        write_journal(
            payload, kind="post", subject_id=post_id, scope_code=_scope_code(post, on), author=author, now=now
        )
        _maybe_tell(HoldingEnded(post_id, holding.staff_id, on), author, now)


def post_close(*, post_id: int, on: date, now: datetime, author: Author) -> None:
    """Abolish a post: `on` is the first day without. Whoever holds it then leaves it, and nobody can take it any more.

    Raises:
        NoSuchPost: no such post, or not open on that date.
        BadPeriod: it was opened on that day or somebody takes it later.
    """
    with transaction.atomic():
        post = _locked_post(post_id, on)
        later = PostHolding.objects.filter(post_id=post_id, valid__startswith__gte=on).exists()
        if later or post.opened_on >= on:
            raise BadPeriod(
                msg("“%(title)s”在 %(on)s 或之后才有人任职，不能从这一天撤销。请改日期。"), title=post.title, on=on
            )
        holding = PostHolding.objects.filter(post_id=post_id, valid__contains=on).first()
        if holding is not None:
            end_holding(post_id=post_id, on=on, now=now, author=author)
        post.closed_on = on
        post.save(update_fields=["closed_on"])
        payload = PostClosed(post_id, post.unit_id, on)
        write_journal(
            payload, kind="post", subject_id=post_id, scope_code=_scope_code(post, on), author=author, now=now
        )
        _maybe_tell(HoldingEnded(post_id, None, on), author, now)


def _maybe_tell(ended: HoldingEnded, author: Author, now: datetime) -> None:
    # A keeper in the web has no hand on other people's sessions, tokens and exports: the worker's job of every minute
    # ends them, and until then each request looks anew who holds which post.
    if ended.on <= local_date(now) and author.kind != "post":
        tell_of_end(ended, now)


def _check_no_later(post: Post, on: date, now: datetime) -> None:
    """Nobody is put before a holding that has begun: that the post was vacant then is on record."""
    begun = (
        PostHolding.objects.filter(post_id=post.pk, valid__startswith__gte=on, valid__startswith__lte=local_date(now))
        .order_by("-valid")
        .first()
    )
    if begun is not None:
        raise HistoryWritten(
            msg("“%(title)s”自 %(since)s 起已有任职登记，不能再从更早的 %(on)s 补登。请改用之后的日期。"),
            title=post.title,
            since=begun.valid.lower,
            on=on,
        )


def _locked_post(post_id: int, on: date) -> Post:
    """The post, locked: two people can't take it at once."""
    post = Post.objects.select_for_update().filter(id=post_id).first()
    if post is None or post.opened_on > on or (post.closed_on is not None and post.closed_on <= on):
        raise NoSuchPost(msg("%(on)s 没有这个岗位，可能已撤销。请刷新后再选。"), on=on)
    return post


def _scope_code(post: Post, on: date) -> str:
    state = RegionState.objects.filter(region_id=post.region_id, valid__contains=on).first()
    return "" if state is None else state.code
