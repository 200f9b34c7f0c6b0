"""Calls to the city's identity provider: to its own address only, within seconds, and only a little at a time."""

import time
from typing import Any
from urllib.parse import urlsplit

import requests

CONNECT_SECONDS = 3
READ_SECONDS = 5
WHOLE_SECONDS = 10
MOST_BYTES = 512_000
_PIECE = 16_384
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def is_safe(url: str) -> bool:
    """HTTPS; plain HTTP on this machine alone."""
    scheme, host, _ = origin(url)
    return scheme == "https" or (scheme == "http" and host in _LOOPBACK)


class ProviderSession(requests.Session):
    """A session that goes nowhere but to `home`, follows no redirects, reads no proxy settings and gives up in time."""

    def __init__(self, home: str, seconds: float = WHOLE_SECONDS) -> None:
        super().__init__()
        self.home = origin(home)
        self.seconds = seconds
        self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """One call, read to its end here.

        Raises:
            requests.RequestException: another address, too slow, too much, or no answer.
        """
        to, how = str(url), str(method)
        if origin(to) != self.home or not is_safe(to):
            raise requests.exceptions.InvalidURL("not the identity provider's own address")
        options = {
            "timeout": (min(CONNECT_SECONDS, self.seconds), min(READ_SECONDS, self.seconds)),
            "allow_redirects": False,
            "stream": True,
        }
        # The clock of the machine's running time, not of the day: how long the call may take in all.
        until = time.monotonic() + self.seconds
        response = super().request(how, to, *args, **(kwargs | options))
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > until:
                response.close()
                raise requests.exceptions.Timeout("the identity provider's answer is too long or too slow")
        response._content = bytes(body)
        return response
