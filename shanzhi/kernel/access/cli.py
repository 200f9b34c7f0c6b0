"""`shanzhi token`, `shanzhi account`, and `shanzhi access …`: tokens, sign-ins, sessions and sign-offs at a terminal."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from rich.console import Console
from rich.table import Table

from shanzhi.core.errors import InputError
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.policy.sessions import UnknownStaff
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as posts
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import StaffRow


class TokenFor(InputError):
    """It isn't clear which post a token is asked for."""

    code = "token-for"


def issue_token(who: str, label: str, days: int = 365, *, now: datetime, console: Console | None = None) -> str:
    """Issue a token for a post, given by its number or by its holder's sign-in name; tells for which, and returns it.

    Whoever calls prints it, once: it can't be had again. The rest is told on standard error.

    Raises:
        TokenFor: no such sign-in name, or its holder has no post today, or several (names them).
        NoPost: no such post today.
        InputError: no label, or a term outside 1 to 730 days.
    """
    console = console or Console(stderr=True)
    actor = queries.actor_of_post(_post_of(who.strip(), now), local_date(now))
    assert actor.post_id is not None  # noqa: S101 - an actor of a post has one
    token = operations.token_issue(post_id=actor.post_id, label=label, days=days, now=now)
    console.print(f"{actor.unit_name} {actor.post_title}（岗位 {actor.post_id}），有效 {days} 天。", highlight=False)
    console.print("令牌只显示这一次，请马上存好：", highlight=False)
    return token


class NoVacancy(InputError):
    """The unit has no vacant post of that role."""

    code = "no-vacancy"


@transaction.atomic
def open_account(username: str, *, unit: str, role: str, name: str, number: str, password: str, now: datetime) -> str:
    """Register somebody, let them take a unit's first vacant post of a role, and open their sign-in; returns the post's
    title. All or nothing; importer's role.

    Raises:
        NoVacancy: no such unit, or no vacant post of that role there.
        InputError: the password is too weak (Django's rules), or the work number is taken.
    """
    on = local_date(now)
    found = organisation.unit_by_code(unit, on)
    if found is None:
        raise NoVacancy(msg("没有代码为“%(unit)s”的单位。请核对，例如 centre-3703。"), unit=unit)
    vacant = [card for card in organisation.posts_of_unit(found.id, on) if card.role == role and card.staff_id is None]
    if not vacant:
        raise NoVacancy(msg("%(unit)s没有空缺的“%(role)s”岗位。请核对角色，或先办理离任。"), unit=found.name, role=role)
    try:
        validate_password(password)
    except ValidationError as error:
        raise InputError(msg("密码不合要求：%(why)s"), why="".join(error.messages)) from error
    author = Author("importer")
    staff_id = posts.staff_add(name=name, work_number=number, now=now, author=author)
    posts.hold_post(post_id=vacant[0].post_id, staff_id=staff_id, on=on, now=now, author=author)
    operations.account_open(username=username, staff_id=staff_id, password=password)
    return f"{found.name} {vacant[0].title}"


def staff_of(number: str) -> StaffRow:
    """The member of staff with a work number.

    Raises:
        UnknownStaff: nobody has it.
    """
    found = [row for row in organisation.find_staff(number.strip()) if row.work_number == number.strip()]
    if not found:
        raise UnknownStaff(msg("没有工号为“%(number)s”的工作人员。请核对工号。"), number=number)
    return found[0]


def tell_sessions(number: str, *, now: datetime, console: Console) -> None:
    """How many sessions somebody has, and when one was last used (importer's role)."""
    row = staff_of(number)
    sessions, seen_at = queries.count_sessions(row.staff_id, now)
    last = f"，最近使用 {seen_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}" if seen_at else ""
    console.print(f"{row.name}（{row.work_number}）：{sessions} 个会话{last}", highlight=False)


def end_sessions(number: str, reason: str, *, now: datetime, console: Console) -> None:
    """End all sessions of somebody (importer's role); raises where the reason isn't one of the list."""
    row = staff_of(number)
    ended = operations.sessions_end_from_terminal(staff_id=row.staff_id, reason=reason, now=now)
    console.print(f"{row.name}（{row.work_number}）：已结束 {ended} 个会话", highlight=False)


def tell_tokens(*, now: datetime, console: Console) -> None:
    """Every token in use, without its key (importer's role)."""
    table = Table("编号", "用途", "岗位", "负责人", "有效至", "最近使用")
    for row in queries.live_tokens(now):
        until = f"{row.expires_at.astimezone(CITY_ZONE):%Y-%m-%d}"
        used = row.used_on.isoformat() if row.used_on else "从未"
        table.add_row(str(row.id), row.label, f"{row.unit_name} {row.title}", row.staff_name, until, used)
    console.print(table)


def tell_signoffs(*, now: datetime, console: Console) -> None:
    """Sign-offs that wait for a decision, or whose approval can be used (importer's role)."""
    table = Table("编号", "事项", "状态", "申请人", "有效至")
    for row in queries.open_signoffs(now):
        who = f"{row.asked_by.unit_name} {row.asked_by.title} {row.asked_by.staff_name}"
        until = f"{row.expires_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"
        table.add_row(str(row.id), row.kind_name, row.state.label, who, until)
    console.print(table)


def _post_of(who: str, now: datetime) -> int:
    if who.isascii() and who.isdigit():
        return int(who)
    account = Account.objects.filter(username=who, is_active=True).first()
    if account is None:
        raise TokenFor(msg("没有“%(who)s”这个登录名。请核对，或直接给出岗位编号。"), who=who)
    held = queries.posts_of_account(account, local_date(now))
    if not held:
        raise TokenFor(msg("“%(who)s”现在没有任何岗位，不能发令牌。请先安排岗位。"), who=who)
    if len(held) > 1:
        listed = "；".join(f"{post.post_id} {post.unit_name} {post.title}" for post in held)
        raise TokenFor(msg("“%(who)s”有几个岗位，请给出岗位编号：%(posts)s。"), who=who, posts=listed)
    return held[0].post_id
