"""Somebody beside the cast who holds two posts in the standing city: checker at the centre, handler in a department."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from shanzhi.config import database
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.queries import PostCard
from tests.city import LOADER, NOW, PASSWORD

LOGIN = "two-posts"
FROM = NOW.date().replace(month=1, day=1)


@dataclass(frozen=True, slots=True)
class TwoPosts:
    """A sign-in name, and the two posts; `checker` is the wider one and so the first."""

    login: str
    staff_id: int
    checker: PostCard
    handler: PostCard


def _last(unit_code: str, role: str) -> PostCard:
    unit = queries.unit_by_code(unit_code, NOW.date())
    assert unit is not None
    posts = [card for card in queries.posts_of_unit(unit.id, NOW.date()) if card.role == role]
    return posts[-1]


@cache
def two_posts() -> TwoPosts:
    """Give a checker a handler's post too, once; whoever held that one leaves it. Outside of any test's transaction."""
    with database.acting_as(settings.INSTALLATION, "importer"):
        checker, handler = _last("centre-3703", "checker"), _last("water-370303", "handler")
        assert checker.staff_id is not None
        operations.end_holding(post_id=handler.post_id, on=FROM, now=NOW, author=LOADER)
        operations.hold_post(post_id=handler.post_id, staff_id=checker.staff_id, on=FROM, now=NOW, author=LOADER)
        access.account_open(username=LOGIN, staff_id=checker.staff_id, password=PASSWORD)
    return TwoPosts(LOGIN, checker.staff_id, checker, handler)
