"""The city's identity provider, on allauth's OpenID Connect client; stricter where a city can't take its word for it.

Beyond allauth: a nonce, the signature of every ID token (also of one that came straight from the token endpoint), the issuer
of discovery, token and answer, and an address that can't be led elsewhere (OpenID Connect Core 1.0, 3.1.3.7; RFC 9207).
"""

import hmac
from typing import Any, ClassVar

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string

from shanzhi.kernel.access.web.oidc.http import ProviderSession

__all__ = ["CityAdapter", "CityClient", "CityProvider", "vouches_for_second_step"]


PROVIDER = "city"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = 60
NONCE_SIGNS = 32


class CityAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """One provider, from the settings alone: a row in the database adds none."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one that the settings name, or none."""
        given = settings.OIDC
        if not given["url"] or provider not in (None, PROVIDER, "openid_connect"):
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=PROVIDER,
                name=given["name"],
                client_id=given["client_id"],
                secret=given["client_secret"],
                settings={"server_url": given["url"], "oauth_pkce_enabled": True},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> "CityProvider":
        """Ours, whatever is asked for."""
        return CityProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        """Never."""
        return False

    def get_requests_session(self) -> requests.Session:
        """Only to the provider's own address, and not for long."""
        return ProviderSession(settings.OIDC["url"])


class CityClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """What is asked of the provider, and what is believed of its answers."""

    def __init__(self, request: HttpRequest, provider_id: str = PROVIDER) -> None:
        super().__init__(request, provider_id)

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document, of the issuer that the settings name (OpenID Connect Discovery 1.0, 4.3)."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != settings.OIDC["url"]:
            raise OAuth2Error("the discovery document is of another issuer")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends people back to."""
        return request.build_absolute_uri(reverse("openid_connect_callback"))

    def claims(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """What the provider says of the person who has signed in there: the ID token's claims, and the user info's where
        the claim that names the account is missing.

        Raises:
            OAuth2Error: a token that isn't the provider's, for us, of now, and for this very sign-in.
            requests.RequestException: the provider doesn't answer.
        """
        found = self._id_token(str(tokens.get("id_token", "")))
        if not nonce or not hmac.compare_digest(str(found.get("nonce", "")), nonce):
            raise OAuth2Error("the token is of another sign-in")
        if settings.OIDC["claim"] not in found and self.openid_config.get("userinfo_endpoint"):
            more = self._fetch_user_info(str(tokens["access_token"]))
            if more.get("sub") != found["sub"]:
                raise OAuth2Error("the user info is of somebody else")
            found = more | found
        return found

    def _id_token(self, token: str) -> dict[str, Any]:
        client_id = self.get_provider().app.client_id
        try:
            header = jwt.get_unverified_header(token)
            key = next(key for key in self._keys() if key.key_id == header.get("kid") or "kid" not in header)
            found: dict[str, Any] = jwt.decode(
                token,
                key=key,
                algorithms=[*ALGORITHMS],
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except (jwt.PyJWTError, StopIteration) as error:
            raise OAuth2Error("the ID token doesn't hold") from error
        if found.get("azp", client_id) != client_id:
            raise OAuth2Error("the ID token is for another program")
        return found

    def _keys(self) -> list[jwt.PyJWK]:
        with ProviderSession(settings.OIDC["url"]) as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            return [key for key in jwt.PyJWKSet.from_dict(answer.json()).keys if key.public_key_use in (None, "sig")]


class CityProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider as a person is sent to it: PKCE, state and nonce, and nothing that an address can add."""

    oauth2_adapter_class: ClassVar[type[CityClient]] = CityClient
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        """What names the person."""
        return ["openid", "profile"]

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Where to go afterwards, and nothing else from the request."""
        found: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        return {name: found[name] for name in ("next_url",) if name in found} | {"process": AuthProcess.LOGIN}

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: object = None, **kwargs: Any
    ) -> HttpResponse:
        """Send the person there; the nonce waits in the session with the state."""
        nonce = get_random_string(NONCE_SIGNS)
        params = {"nonce": nonce}
        wanted = settings.OIDC["mfa"]
        if wanted not in ("", "1"):
            params["acr_values"] = wanted
        response: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=params, scope=self.get_default_scope(), nonce=nonce, **kwargs
        )
        return response


def vouches_for_second_step(claims: dict[str, Any]) -> bool:
    """Does the provider say that it asked for a second step? By `amr` (RFC 8176: "mfa"), or by the class (`acr`) that the
    settings name; not believed unless the settings say so."""
    wanted = settings.OIDC["mfa"]
    if not wanted:
        return False
    methods = claims.get("amr")
    if wanted == "1":
        return isinstance(methods, list) and "mfa" in methods
    return bool(claims.get("acr") == wanted)
