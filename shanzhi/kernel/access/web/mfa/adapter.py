"""How allauth's second step behaves here: secrets sealed, the last factor kept where one is needed."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.sealing import seal, unseal


class StaffMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps and recovery codes of staff."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("没有核对成功。请再试一次，或换一种方式。"),
        "cannot_delete_authenticator": gettext_lazy("这是最后一种验证方式，不能去掉。请先添加另一种，再去掉这一种。"),
        "cannot_generate_recovery_codes": gettext_lazy("还没有设置两步验证。请先添加通行密钥或验证器。"),
    }

    def encrypt(self, text: str) -> str:
        """Sealed as it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Opened for use."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last factor stays where posts need one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return not settings.MFA_REQUIRED or others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

    def generate_authenticator_name(self, user: Account, type: Authenticator.Type) -> str:
        """A name for a passkey whose owner gave none."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("第 %(n)s 把通行密钥") % {"n": count}

    def get_totp_label(self, user: Account) -> str:
        """What the app shows beside the city's name."""
        return user.username

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)
