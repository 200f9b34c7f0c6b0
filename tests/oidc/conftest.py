"""A real identity provider beside the tests: `oidc-provider` on Node, on loopback."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.site import ROOT

REDIRECT = "http://testserver/accounts/provider/back/"
HOPS = 8


@dataclass(slots=True)
class IdentityProvider:
    """The provider's process, and what a browser does with it."""

    url: str
    process: "subprocess.Popen[bytes]"

    def next(self, who: str, *, wrong: str = "", **claims: object) -> None:
        """Who signs in next, with which claims, and which answer is to be wrong."""
        said = json.dumps({"who": who, "claims": claims, "wrong": wrong})
        requests.post(f"{self.url}/test", data=said, timeout=5).raise_for_status()

    def visit(self, address: str) -> str:
        """Follow the provider's redirects as a browser does, until it leads back to us; returns that address."""
        with requests.Session() as browser:
            for _ in range(HOPS):
                answer = browser.get(address, allow_redirects=False, timeout=5)
                assert answer.status_code in (302, 303), answer.text
                address = requests.compat.urljoin(address, answer.headers["Location"])
                if address.startswith(REDIRECT):
                    return address
        raise AssertionError("the provider leads in circles")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    port = free_port()
    script = Path(__file__).with_name("provider.mjs")
    process = subprocess.Popen([node, script, str(port), REDIRECT], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        yield IdentityProvider(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def provider(running_provider: IdentityProvider, settings) -> IdentityProvider:
    """The provider, known to the city."""
    settings.OIDC = {
        "url": running_provider.url,
        "client_id": "shanzhi",
        "client_secret": "client-secret-of-the-tests",
        "name": "市统一身份认证",
        "claim": "preferred_username",
        "mfa": "",
    }
    return running_provider
