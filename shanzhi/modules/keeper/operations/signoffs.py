"""What gives somebody a post or a wider sight takes two: a keeper asks, a security officer agrees, the worker does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.operations import PostNow
from shanzhi.kernel.organisation.policy import PostTaken, Sees
from shanzhi.kernel.organisation.policy.offices import ChangedMeanwhile
from shanzhi.modules.keeper.operations._common import check_keeper, check_somebody_left, post_here
from shanzhi.modules.keeper.policy import check_not_mine

_WORKER = Author("system")


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who is to take a post: by work number, with a name where the number is new; from when, up to when, and why."""

    number: str
    name: str
    since: date
    until: date | None
    reason: str


@transaction.atomic
def appoint_ask(*, post_id: int, to: Appointment, actor: Actor, now: datetime) -> int:
    """Ask for an appointment; somebody whose work number is new is entered first. The sign-off's number.

    Raises:
        SignInNeeded, NotAllowed, NotHere: who acts may not, or the post isn't in their place.
        OwnPost: one's own post, or oneself.
        PostTaken: somebody holds it in that time.
        InputError: no number, or a number that belongs to another name.
    """
    author = check_keeper(actor)
    card = post_here(post_id, actor)
    check_not_mine(actor, post_ids=[post_id])
    _check_free(card, to)
    staff_id = _staff(to, author, now)
    check_not_mine(actor, staff_id=staff_id)
    fields = {
        "post": str(post_id),
        "staff": str(staff_id),
        "since": to.since.isoformat(),
        "until": to.until.isoformat() if to.until else "",
        "reason": to.reason,
    }
    return access.signoff_ask(kind="post.appoint", fields=fields, actor=actor, now=now)


def appoint_run(params: Mapping[str, str], now: datetime) -> str:
    """Carry out an appointment that was agreed to; the worker's. Returns the sentence that says so.

    Raises:
        DomainError: it can't be any more; see `organisation.operations.hold_post`.
    """
    until = params.get("until")
    organisation.hold_post(
        post_id=int(params["post"]),
        staff_id=int(params["staff"]),
        on=date.fromisoformat(params["since"]),
        until=date.fromisoformat(until) if until else None,
        now=now,
        author=_WORKER,
        only_next=True,
    )
    return msg("任职已登记。")


@transaction.atomic
def change_ask(*, post_id: int, to: PostNow, version: int, reason: str, actor: Actor, now: datetime) -> int:
    """Ask for another role, sight or range of a post; the sign-off's number.

    Raises:
        SignInNeeded, NotAllowed, NotHere, OwnPost: see `appoint_ask`.
        LastOne: the post is the last administrator's.
        BadPost, BadCode: no such role, or no codes.
        ChangedMeanwhile: somebody changed it since the page was opened.
    """
    check_keeper(actor)
    card = post_here(post_id, actor)
    check_not_mine(actor, post_ids=[post_id])
    organisation.check_post_now(to)
    if version != card.version:
        _check_version(post_id, version)
    if to.role != card.role:
        check_somebody_left([post_id], actor, local_date(now))
    outside = to.ranges()
    if outside is not None and not actor.place.covers(outside):
        sentence = msg("有代码不在您管的范围里。请核对，或由上级的系统管理员申请。")
        raise InputError(sentence, fields={"codes": sentence})
    fields = {
        "post": str(post_id),
        "role": to.role,
        "sees": str(to.sees),
        "codes": ",".join(to.prefixes),
        "revision": str(version),
        "reason": reason,
    }
    return access.signoff_ask(kind="post.change", fields=fields, actor=actor, now=now)


def change_run(params: Mapping[str, str], now: datetime) -> str:
    """Carry out a change of a post that was agreed to, as of today; the worker's. Returns the sentence that says so.

    Raises:
        DomainError: it can't be any more; see `organisation.operations.post_change`.
    """
    codes = params.get("codes", "")
    organisation.post_change(
        post_id=int(params["post"]),
        to=PostNow(params["role"], Sees(params["sees"]), tuple(codes.split(",")) if codes else ()),
        on=local_date(now),
        version=int(params["revision"]),
        now=now,
        author=_WORKER,
    )
    return msg("岗位已变更。")


def _check_version(post_id: int, version: int) -> None:
    told = organisation.post_differences(post_id, version)
    raise ChangedMeanwhile(
        msg("您打开页面之后，别人已经改过（%(changes)s）。您填写的内容还在，请看过新情况再提交。"),
        changes="；".join(f"{one.label}：{one.before or '—'} → {one.after or '—'}" for one in told),
    )


def _check_free(card: queries.SeatCard, to: Appointment) -> None:
    if to.until is not None and to.until <= to.since:
        sentence = msg("离任日期应晚于任职日期。")
        raise InputError(sentence, fields={"until": sentence})
    if to.since < card.opened_on or (card.closed_on is not None and to.since >= card.closed_on):
        sentence = msg("那一天没有这个岗位。请核对日期。")
        raise InputError(sentence, fields={"since": sentence})
    for row in card.held:
        if (row.until is None or row.until > to.since) and (to.until is None or to.until > row.since):
            raise PostTaken(
                msg("“%(title)s”自 %(since)s 起由%(name)s担任。请先办理离任，或改用离任之后的日期。"),
                title=card.title,
                since=row.since,
                name=row.staff_name,
            )


def _staff(to: Appointment, author: Author, now: datetime) -> int:
    number, name = clean_text(to.number), clean_text(to.name)
    if not number:
        sentence = msg("请填写工号。")
        raise InputError(sentence, fields={"number": sentence})
    found = next((row for row in queries.find_staff(number) if row.work_number == number), None)
    if found is None:
        if not name:
            sentence = msg("工号“%(number)s”还没有登记。请核对；是新人就同时填写姓名。")
            raise InputError(sentence, number=number, fields={"name": msg("新登记的人员请填写姓名。")})
        return organisation.staff_add(name=name, work_number=number, now=now, author=author)
    if name and name != found.name:
        sentence = msg("工号“%(number)s”登记的不是这个姓名。请核对工号和姓名。")
        raise InputError(sentence, number=number, fields={"name": msg("与登记的姓名不一致。")})
    return found.staff_id
