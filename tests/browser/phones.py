"""A real SMS gateway on this machine: it checks the signature as docs/sms.md asks, and keeps what it was given."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "a-secret-that-is-shared-with-the-gateway"


@dataclass(slots=True)
class Gateway:
    """The gateway's address as settings of the site, and the messages by phone."""

    settings: Mapping[str, str]
    messages: dict[str, list[str]] = field(default_factory=dict)

    def code(self, phone: str) -> str:
        """The digits of the last message to a phone."""
        found = re.search(r"\b\d{6}\b", self.messages[phone][-1])
        assert found
        return found[0]


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    """A gateway on a free port of this machine."""
    made: list[Gateway] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = self.headers["Shanzhi-Timestamp"].encode() + b"." + body
            wanted = "sha256=" + hmac.new(TOKEN.encode(), signed, hashlib.sha256).hexdigest()
            is_ours = hmac.compare_digest(wanted, self.headers["Shanzhi-Signature"])
            if is_ours:
                said = json.loads(body)
                made[0].messages.setdefault(said["phone"], []).append(said["text"])
            self.send_response(202 if is_ours else 403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings = {
        "SHANZHI_SMS": "http",
        "SHANZHI_SMS_URL": f"http://127.0.0.1:{server.server_address[1]}/",
        "SHANZHI_SMS_TOKEN": TOKEN,
        "SHANZHI_OUTBOUND_LOOPBACK": "1",
        "SHANZHI_KEEPER_NAME": "示例市社会治理中心",
        "SHANZHI_KEEPER_CONTACT": "0533-12345",
    }
    made.append(Gateway(settings))
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()
