"""How allauth behaves here: accounts come from the organisation, nobody signs up; tries are counted in the database."""

import math
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.attempts import TooManyTries, held_up
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.web import session


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in only."""

    # Whether the name or the password was wrong is not said: names are not for guessing.
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("用户名或密码不对。请检查大小写后再试。"),
        "account_inactive": gettext_lazy("这个账号已停用。请联系本单位管理员。"),
        "too_many_login_attempts": gettext_lazy("登录失败的次数太多。请过几分钟再试。"),
        "enter_current_password": gettext_lazy("当前密码不对。请重新填写。"),
        "incorrect_password": gettext_lazy("密码不对。请重新填写。"),
    }

    def set_password(self, user: Account, password: str) -> None:
        """As allauth asks for it after it has checked the old password and the new one's strength."""
        operations.password_set(account=user, password=password)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an account is opened for a staff member, not by a visitor."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" lines: the page says it already."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Before factors change, unless the sign-in itself was within the last five minutes."""
        began = context.request.session.get(session.SIGNED_IN_AT, 0)
        if context.request.now.timestamp() - began < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, Any]]:
        """By a factor where there is one: the password alone changes no factors."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        by_factor = [method for method in methods if method["id"] != "reauthenticate"]
        words = {
            "reauthenticate": gettext_lazy("用密码确认"),
            "mfa_reauthenticate": gettext_lazy("用验证码确认"),
            "mfa_reauthenticate:webauthn": gettext_lazy("用通行密钥确认"),
        }
        return [method | {"description": words[method["id"]]} for method in by_factor or methods]

    def get_login_stages(self) -> list[str]:
        """The second step, and nothing of e-mail and phones."""
        return ["shanzhi.kernel.access.web.mfa.stage.SecondStep"]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Claim a try under this name before the password is looked at."""
        name = credentials.get("username", "")
        place = session.place_of(request, name)
        try:
            self.attempt = operations.attempt_begin(name=name, place=place, now=request.now)  # type: ignore[attr-defined]
        except TooManyTries as held:
            raise ImmediateHttpResponse(locked_out(request, held.wait)) from held

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """Check name and password; what comes of the try is kept."""
        account: Account | None = super().authenticate(request, **credentials)
        if account is not None:
            operations.attempt_passed(attempt_id=self.attempt)
            request.session[session.ATTEMPT] = self.attempt
        return account

    def reauthenticate(self, user: Account, password: str) -> bool:
        """The password once more, of somebody who is signed in."""
        is_right: bool = super().reauthenticate(user, password)
        if is_right:
            operations.attempt_confirmed(attempt_id=self.attempt)
        return is_right

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Where that was the last try for a while, say so at once."""
        name = credentials.get("username", "")
        held = held_up(name=name, place=session.place_of(request, name), now=request.now)  # type: ignore[attr-defined]
        if held is not None:
            raise ImmediateHttpResponse(locked_out(request, held.wait))

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        """Signed in: the session's time runs, the browser is known, and failed tries are told of."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        session.start(request, request.now)  # type: ignore[attr-defined]
        place = session.place_of(request, user.username)
        failed = operations.sign_in_done(
            account=user,
            attempt_id=request.session.pop(session.ATTEMPT, None),
            place=place,
            now=request.now,  # type: ignore[attr-defined]
        )
        if failed:
            told = gettext(
                "上次登录以后，有 %(n)s 次用您的账号登录没有成功。不是您本人的，请马上修改密码，并告诉本单位管理员。"
            )
            messages.warning(request, told % {"n": failed})
        session.remember_browser(request, response, user.username)
        return response


def locked_out(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """The page that says how long this name has to wait here."""
    minutes = math.ceil(wait.total_seconds() / 60)
    return render(request, "access/locked_out.html", {"minutes": minutes}, status=429)
