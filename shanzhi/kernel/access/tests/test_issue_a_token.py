"""Issuing a token on the command line: shown once, acting as one post until its date."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from rich.console import Console

from shanzhi.core.errors import InputError
from shanzhi.kernel.access.cli import TokenFor, issue_token
from shanzhi.kernel.access.models import Token
from shanzhi.kernel.access.policy import NoPost, SignInNeeded
from shanzhi.kernel.access.queries import actor_of_token
from tests.city import LOGINS, Cast

pytestmark = pytest.mark.django_db


def issued(who: str, label: str = "热线系统", days: int = 30) -> tuple[str, str]:
    told = io.StringIO()
    now = timezone.now()
    return issue_token(who, label, days, now=now, console=Console(file=told, width=200)), told.getvalue()


def test_it_acts_as_the_post_of_a_sign_in_name_or_a_number(cast: Cast) -> None:
    for who in (LOGINS["handler"], str(cast.handler.post_id)):
        token, told = issued(who)
        assert token not in told
        assert cast.handler.post_title in told
        assert actor_of_token(token, timezone.now()) == cast.handler


def test_it_keeps_only_a_hash_and_ends_by_itself(cast: Cast) -> None:
    token, _ = issued(LOGINS["handler"], days=1)
    assert token.encode() not in bytes(Token.objects.latest("pk").token_hash)
    with pytest.raises(SignInNeeded):
        actor_of_token(token, timezone.now() + timedelta(days=1, seconds=1))


@pytest.mark.parametrize("who", ["nobody", "", "99999999", "９"])
def test_it_says_that_there_is_no_such_post(cast: Cast, who: str) -> None:
    with pytest.raises((TokenFor, NoPost)):
        issued(who)


@pytest.mark.parametrize("label,days", [(" ", 30), ("x", 0), ("x", 731)])
def test_it_wants_a_label_and_a_term(cast: Cast, label: str, days: int) -> None:
    with pytest.raises(InputError):
        issued(LOGINS["handler"], label, days)
