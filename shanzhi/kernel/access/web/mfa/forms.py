"""Forms of the second step, in our words; a code counts once, and tries are counted for the account."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.attempts import TooManyTries
from shanzhi.kernel.access.factors import totp_counter_of
from shanzhi.kernel.access.models import Account

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

NAME_MOST = 40
CODE_MOST = 20


def _now() -> datetime:
    now: datetime = context.request.now
    return now


def code_field(label: "StrPromise", help_text: "StrPromise") -> forms.CharField:
    """A field for a code: digits at the thumb, filled in by the phone where it can."""
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=CODE_MOST,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"required": gettext_lazy("请填写验证码。")},
    )


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code; used up by checking it."""

    reauthenticated = False
    code = code_field(
        gettext_lazy("验证码"), gettext_lazy("验证器里现在显示的 6 位数字；设备不在身边时，填一个备用码。")
    )

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        """Right, now, and for the first time."""
        code: str = self.cleaned_data["code"]
        try:
            attempt = operations.code_attempt_begin(account_id=self.user.pk, now=_now())
        except TooManyTries as held:
            told = gettext("验证码错误的次数太多。请在 %(minutes)s 分钟后再试，或用通行密钥。")
            raise forms.ValidationError(told % {"minutes": held.minutes}) from held
        used = operations.code_use(account_id=self.user.pk, code=code, now=_now())
        if used is None:
            raise forms.ValidationError(gettext("验证码不对，或者已经用过。请等验证器换一个新的再填。"))
        operations.attempt_confirmed(attempt_id=attempt)
        used.user = self.user
        self.authenticator = used
        return code

    def save(self) -> None:
        """Put it into the session's records."""
        post_authentication(context.request, self.authenticator, reauthenticated=self.reauthenticated)


class ReauthenticateCodeForm(CodeForm):
    """The same, of somebody who is signed in."""

    reauthenticated = True


class EnrolAppForm(forms.Form):
    """The first code of a newly enrolled app. The secret waits in the session, sealed, and is told once."""

    code = code_field(gettext_lazy("验证码"), gettext_lazy("扫码或填入密钥后，验证器里显示的 6 位数字。"))

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        sealed = context.request.session.get(SECRET_SESSION_KEY)
        # A wrong code must not change the secret that the app has taken over already.
        self.secret = get_adapter().decrypt(sealed) if sealed else generate_totp_secret()
        if not sealed:
            context.request.session[SECRET_SESSION_KEY] = get_adapter().encrypt(self.secret)

    def clean_code(self) -> str:
        """The app knows the secret, and its clock is right."""
        counter = totp_counter_of(self.secret, self.cleaned_data["code"], _now())
        if counter is None:
            raise forms.ValidationError(gettext("验证码不对。请核对手机的时间是否准确，再填验证器里现在的数字。"))
        self.counter = counter
        return str(self.cleaned_data["code"])


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name. Each is one that signs in by itself: possession, and the device's lock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("名称"),
            help_text=gettext_lazy("便于以后分辨，例如“办公手机”。可以不填。"),
            max_length=NAME_MOST,
            required=False,
        )
        self.initial["name"] = ""
        self.fields["passwordless"] = forms.BooleanField(required=False, widget=forms.HiddenInput)
        self.fields["credential"].error_messages["required"] = gettext_lazy("没有收到通行密钥。请按提示在设备上确认。")

    def clean_passwordless(self) -> bool:
        """Always: the device has to check its owner."""
        return True


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """A passkey's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("名称"),
            max_length=NAME_MOST,
            error_messages={"required": gettext_lazy("请填写名称。")},
        )
