"""`shanzhi token`: a key for a program, shown once."""

from datetime import datetime

from rich.console import Console

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account


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


def _post_of(who: str, now: datetime) -> int:
    if who.isascii() and who.isdigit():
        return int(who)
    account = Account.objects.filter(username=who, is_active=True).first()
    if account is None:
        raise TokenFor(msg("没有“%(who)s”这个登录名。请核对，或直接给出岗位编号。"), who=who)
    posts = queries.posts_of_account(account, local_date(now))
    if not posts:
        raise TokenFor(msg("“%(who)s”现在没有任何岗位，不能发令牌。请先安排岗位。"), who=who)
    if len(posts) > 1:
        listed = "；".join(f"{post.post_id} {post.unit_name} {post.title}" for post in posts)
        raise TokenFor(msg("“%(who)s”有几个岗位，请给出岗位编号：%(posts)s。"), who=who, posts=listed)
    return posts[0].post_id
