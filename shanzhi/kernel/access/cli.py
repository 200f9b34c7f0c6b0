"""`shanzhi token`: a key for a program, shown once; `shanzhi account`: a post and a sign-in for somebody."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from rich.console import Console

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as posts
from shanzhi.kernel.organisation import queries as organisation


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
