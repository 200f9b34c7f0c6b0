"""When the second step is asked for."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from shanzhi.kernel.access.web import session


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    """Always where the account has a factor, unless this sign-in was by passkey or the identity provider vouches for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        account = self.login.user
        if account is not None and session.second_step_by_provider(request, account):
            return False
        return bool(super()._should_handle(request))
