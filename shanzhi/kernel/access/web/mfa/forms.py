"""Forms of the second step, in our words; a code counts once, and tries are counted for the account."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
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
CREDENTIAL_MOST = 20_000
_TRIPS = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    struct.error,
    InvalidSignature,
    UnsupportedAlgorithm,
)


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


@contextmanager
def _of_a_passkey() -> Iterator[None]:
    """What a stranger sends as a passkey's answer is bytes in JSON; libraries take it apart and trip over it in many ways.
    All of them mean the same: it isn't one.

    Raises:
        ValidationError: it isn't one.
    """
    try:
        yield
    except _TRIPS as error:
        raise get_adapter().validation_error("incorrect_code") from error


class CredentialField(forms.JSONField):
    """A passkey's answer as the page sends it."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)
        self.error_messages["required"] = gettext_lazy("没有收到通行密钥。请按提示在设备上确认。")
        self.error_messages["invalid"] = get_adapter().error_messages["incorrect_code"]

    def to_python(self, value: Any) -> Any:
        """The JSON's value."""
        if isinstance(value, str) and len(value) > CREDENTIAL_MOST:
            raise get_adapter().validation_error("incorrect_code")
        with _of_a_passkey():
            return super().to_python(value)


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """One of this person's, for this very question."""
        with _of_a_passkey():
            return super().clean_credential()


class PasskeySignInForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey that signs in by itself."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """Somebody's, for this very question."""
        with _of_a_passkey():
            return super().clean_credential()


class ReauthenticatePasskeyForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey of somebody who is signed in."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """One of this person's, for this very question."""
        with _of_a_passkey():
            return super().clean_credential()


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name. Each is one that signs in by itself: possession, and the device's lock."""

    credential = CredentialField()

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

    def clean(self) -> dict[str, Any]:
        """It holds."""
        with _of_a_passkey():
            cleaned: dict[str, Any] = super().clean()
        return cleaned

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
