"""How allauth behaves here: accounts come from the organisation, nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in only."""

    # Whether the name or the password was wrong is not said: names are not for guessing.
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("用户名或密码不对。请检查大小写后再试。"),
        "account_inactive": gettext_lazy("这个账号已停用。请联系本单位管理员。"),
        "too_many_login_attempts": gettext_lazy("登录失败的次数太多。请过几分钟再试。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an account is opened for a staff member, not by a visitor."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" lines: the page says it already."""
