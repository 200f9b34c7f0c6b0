"""Real servers on this machine for the gateways to talk to: mail, and whoever takes signed requests."""

import datetime as dt
import email
import email.message
import email.policy
import json
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "shanzhi", "open-sesame-1"


@dataclass
class Mailbox:
    """What a mail server took, and what it says by turns to RCPT (`rcpt`) and to DATA (`data`); then 250."""

    port: int = 0
    taken: list[tuple[list[str], email.message.EmailMessage]] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    tries: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Say what is told."""
        self.tries += 1
        said = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep what is taken."""
        said = self.data.pop(0) if self.data else "250 OK"
        if said.startswith("250"):
            made = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(made, email.message.EmailMessage)
            self.taken.append((list(envelope.rcpt_tos), made))
        return said

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        """Only the one who knows the password."""
        good = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        if good:
            self.signed_in.append(mechanism)
        return AuthResult(success=good, handled=good)


class _Server(Controller):
    """On a port that is free."""

    def _create_server(self) -> Awaitable[Any]:
        async def make() -> Any:
            made: Any = await super(_Server, self)._create_server()
            self.port = made.sockets[0].getsockname()[1]
            return made

        return make()


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, auth: bool = False, at_once: bool = False) -> Iterator[Mailbox]:
    """A mail server, with STARTTLS or TLS `at_once`, that asks for a password or doesn't."""
    box = Mailbox()
    more: dict[str, Any] = {}
    if tls is not None:
        more = {"ssl_context": tls} if at_once else {"tls_context": tls, "require_starttls": True}
    if auth:
        # It knows no TLS but its own STARTTLS, so with the other one it only offers to be signed in to.
        more |= {"authenticator": box.authenticate, "auth_required": not at_once, "auth_require_tls": not at_once}
    server = _Server(box, hostname="127.0.0.1", port=0, **more)
    server.start()
    box.port = server.port
    try:
        yield box
    finally:
        server.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """Somebody who takes the connection and never says a word; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def nobody() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context for 127.0.0.1, and the file by which a client trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trust, secret = folder / "mail.pem", folder / "mail.key"
    trust.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust, secret)
    return context, str(trust)


@dataclass
class Hook:
    """Somebody who takes signed requests: answers by turns, the last one from then on ("slow": after a second)."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def said(self) -> list[dict[str, Any]]:
        """The bodies that came."""
        return [json.loads(body) for _, body in self.heard]


@contextmanager
def hook(*answers: int | str) -> Iterator[Hook]:
    """Such a one, for as long as it is needed."""
    made = Hook(answers=list(answers or (200,)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            if answer == "slow":
                time.sleep(1)
                return
            self.send_response(int(answer))
            if answer == 302:
                self.send_header("Location", f"{made.url}elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/take/"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
