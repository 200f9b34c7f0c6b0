"""How allauth behaves here: accounts come from the organisation, nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an account is opened for a staff member, not by a visitor."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" lines: the page says it already."""
