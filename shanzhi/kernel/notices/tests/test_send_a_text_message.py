"""A text message goes to the city's gateway, signed; whatever the gateway does, the page gets a sentence."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shanzhi.core.outbound import Rules
from shanzhi.kernel.notices.operations import SmsFailed, SmsOff, is_sms_offered, send_sms
from shanzhi.kernel.notices.sms import signature
from tests.city import NOW

TOKEN = "t" * 32


@contextmanager
def gateway(status: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    heard: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/sms", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def http(settings) -> None:
    settings.SMS, settings.SMS_TOKEN = "http", TOKEN
    settings.OUTBOUND = Rules(http_on_loopback=True)


def test_it_is_signed_and_says_no_more_than_it_must(settings):
    with gateway(202) as (settings.SMS_URL, heard):
        assert send_sms(phone="13812345678", text="验证码 123456", now=NOW).shown == ""
    [(headers, body)] = heard
    said = json.loads(body)
    assert said.pop("id")
    assert said == {"phone": "13812345678", "text": "验证码 123456", "sent_at": "2025-11-18T02:30:00+00:00"}
    stamp = headers["Shanzhi-Timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    assert headers["Shanzhi-Signature"] == f"sha256={signature(TOKEN, stamp, body)}"
    assert TOKEN not in str(headers)
    assert signature(TOKEN, stamp, body + b" ") != signature(TOKEN, stamp, body)


@pytest.mark.parametrize("status", [302, 400, 500])
def test_it_says_when_the_gateway_did_not_take_it(settings, status):
    with gateway(status) as (settings.SMS_URL, _), pytest.raises(SmsFailed):
        send_sms(phone="13812345678", text="x", now=NOW)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "file:///etc/passwd"])
def test_it_says_no_more_of_an_address_that_can_not_be_called(settings, url):
    settings.SMS_URL = url
    with pytest.raises(SmsFailed, match=r"^短信没有发出去。"):
        send_sms(phone="13812345678", text="x", now=NOW)


def test_it_sends_nothing_without_a_gateway(settings):
    settings.SMS = "none"
    assert not is_sms_offered()
    with pytest.raises(SmsOff):
        send_sms(phone="13812345678", text="x", now=NOW)


def test_it_shows_the_message_in_a_demo(settings):
    settings.SMS = "log"
    assert is_sms_offered()
    assert send_sms(phone="13812345678", text="验证码 123456", now=NOW).shown == "验证码 123456"
