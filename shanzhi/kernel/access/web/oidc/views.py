"""There and back: the two addresses of signing in by the city's identity provider."""

import logging
from typing import Any

import requests
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries
from shanzhi.kernel.access.web import session
from shanzhi.kernel.access.web.oidc.provider import PROVIDER, CityClient, CityProvider, vouches_for_second_step

logger = logging.getLogger("shanzhi.access.sign_in")


class ProviderFailed(DomainError):
    """The identity provider doesn't answer, or its answer doesn't hold."""

    status = 502
    code = "provider-failed"


class SignInBroken(DomainError):
    """The way back isn't the one that was begun here: an old page, another browser, or a code for the second time."""

    status = 400
    code = "sign-in-broken"


class SignInCancelled(NotAllowed):
    """The provider let nobody in."""

    code = "sign-in-cancelled"


class NoAccount(NotAllowed):
    """The provider knows somebody who has no account here."""

    code = "no-account"


def _provider(request: HttpRequest) -> CityProvider:
    if not settings.OIDC["url"]:
        raise Http404
    provider: CityProvider = get_adapter(request).get_provider(request, PROVIDER)
    return provider


def _failed(error: Exception) -> ProviderFailed:
    # Only the kind of error: an answer of the provider may name a person.
    logger.error("identity provider: %s", type(error).__name__)
    return ProviderFailed(msg("统一身份认证没有应答，或者答复有误，没有登录。请稍后再试，或者用密码登录。"))


@never_cache
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider.

    Raises:
        ProviderFailed: it can't be reached.
    """
    try:
        response: HttpResponse = _provider(request).redirect_from_request(request)
    except (requests.RequestException, OAuth2Error, ValueError, KeyError) as error:
        raise _failed(error) from error
    return response


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider: whose account it is, and then the stages of every sign-in.

    Raises:
        SignInBroken, SignInCancelled, ProviderFailed, NoAccount: see the classes.
    """
    provider = _provider(request)
    state = statekit.unstash_state(request, provider_id=provider.sub_id, state_id=request.GET.get("state", ""))
    if state is None:
        raise SignInBroken(msg("这次登录已经过期，或者不是从这里开始的，没有登录。请回到登录页重新登录。"))
    if "error" in request.GET or "code" not in request.GET:
        raise SignInCancelled(msg("统一身份认证没有放行，没有登录。请重新登录；仍不行请联系本单位管理员。"))
    try:
        claims = _claims(request, provider, state)
    except (requests.RequestException, OAuth2Error, ValueError, KeyError, TypeError) as error:
        raise _failed(error) from error
    value = claims.get(settings.OIDC["claim"])
    account = queries.account_of_claim(settings.OIDC["claim"], value) if isinstance(value, str) and value else None
    if account is None:
        raise NoAccount(msg("统一身份认证认得您，但本系统还没有您的账号。请联系本单位管理员开通。"))
    if request.user.is_authenticated:
        logout(request)
    record_authentication(request, account, "socialaccount", provider=PROVIDER)
    if vouches_for_second_step(claims):
        session.vouched(request, account)
    response: HttpResponse = perform_login(request, Login(user=account, redirect_url=state.get("next")))
    return response


def _claims(request: HttpRequest, provider: CityProvider, state: dict[str, Any]) -> dict[str, Any]:
    client = CityClient(request)
    issuer = request.GET.get("iss")
    if issuer is not None and issuer != client.openid_config["issuer"]:
        raise OAuth2Error("the answer is of another issuer")
    exchange = client.get_client(request, provider.app)
    tokens = exchange.get_access_token(request.GET["code"], pkce_code_verifier=state.get("pkce_code_verifier"))
    return client.claims(tokens, str(state.get("nonce", "")))
