"""Calling other servers: what is refused before anything is sent, and what a bad server can't do to us."""

import datetime as dt
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shanzhi.core import outbound
from shanzhi.core.outbound import AnswerTooLarge, Refused, Rules, TooSlow, Unreachable, check_url, is_public, send

LOOPBACK = Rules(http_on_loopback=True)
Handle = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(handle: Handle, trust: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            handle(self)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    if trust:
        web.socket = trust.wrap_socket(web.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web.server_address[1]
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def says(body: bytes, *headers: tuple[str, str], status: int = 200) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return handle


def never(_host: str, _port: int) -> list[str]:
    raise AssertionError("nobody should be asked")


# Refused before anything is sent


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "//example.org/",
        "example.org", "", "https://", "https:///x", "https://user:pass@example.org/", "https://example.org@10.0.0.1/",
        "https://exa mple.org/", "https://example.org/\r\nHost: x", "https://example.org/\n", "https://example.org\\@a/",
        "https://例子.中国/", "https://１２７.０.０.１/", "https://example.org:0/", "https://example.org:99999/",
        "https://example.org:22/", "https://example.org:5432/", "https://[::1", "https://[fe80::1%25eth0]/",
        "https://-a.org/", "https://a..b/",
    ],
)  # fmt: skip
def test_it_refuses_addresses_that_are_not_plain_https(url):
    with pytest.raises(Refused):
        send("GET", url, rules=Rules(resolve=lambda _host, _port: ["93.184.216.34"]))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "127.1", "127.0.1", "127.0.0.01",
        "1.2.3.4.5", "256.0.0.1", "example.0x10", "a.1",
    ],
)  # fmt: skip
def test_it_refuses_hosts_that_are_numbers_in_disguise_without_asking_for_them(host):
    with pytest.raises(Refused):
        check_url(f"https://{host}/", Rules(resolve=never))


INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "169.254.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.8", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1",
    "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_it_refuses_what_is_not_the_open_internet_by_name_and_by_number(address):
    host = f"[{address}]" if ":" in address else address
    assert not is_public(ip_address(address))
    with pytest.raises(Refused):
        check_url(f"https://{host}/", Rules(resolve=never))
    with pytest.raises(Refused):
        check_url("https://inside.example/", Rules(resolve=lambda _host, _port: [address]))


def test_it_refuses_a_name_with_one_good_and_one_inner_address():
    with pytest.raises(Refused):
        check_url("https://mixed.example/", Rules(resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.1"]))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_it_lets_the_open_internet_through(address):
    target = check_url("https://open.example/a?b=1#c", Rules(resolve=lambda _host, _port: [address]))
    assert target == outbound.Target("https", "open.example", 443, "/a?b=1", (ip_address(address),))


def test_it_lets_in_the_citys_own_hosts_and_networks_and_never_the_metadata():
    rules = Rules.read(" 10.20.0.0/16, SMS.city.example\nfd12::/16 ")
    assert rules.networks == (ip_network("10.20.0.0/16"), ip_network("fd12::/16"))
    assert check_url("https://10.20.3.4:9000/", rules).port == 9000
    inner = replace(rules, resolve=lambda _host, _port: ["10.99.0.1"])
    assert check_url("https://sms.city.example/", inner).addresses == (ip_address("10.99.0.1"),)
    with pytest.raises(Refused):
        check_url("https://other.city.example/", inner)
    everything = replace(Rules.read("0.0.0.0/0, meta.example"), resolve=lambda _host, _port: ["169.254.169.254"])
    for url in ("https://169.254.169.254/latest/", "https://meta.example/"):
        with pytest.raises(Refused):
            check_url(url, everything)


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "not a host!", "http://x", "10.0.0.0/99"])
def test_it_stops_at_a_list_that_can_not_be_read(entry):
    with pytest.raises(ValueError):
        Rules.read(f"{entry}!" if " " in entry else entry)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"}, {"X-A": "1\n2"}, {"X-A": "1\x00"}, {"X-A\r\nX-B": "1"}, {"X A": "1"}, {"": "1"},
        {"X-A": "中"}, {"Host": "10.0.0.1"}, {"content-length": "0"}, {"Transfer-Encoding": "chunked"},
    ],
)  # fmt: skip
def test_it_refuses_headers_that_smuggle(headers):
    with pytest.raises(Refused):
        send("GET", "https://open.example/", rules=Rules(resolve=never), headers=headers)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\nX: y"])
def test_it_refuses_other_methods(method):
    with pytest.raises(Refused):
        send(method, "https://open.example/", rules=Rules(resolve=never))


def test_it_refuses_http_even_on_loopback_where_no_setting_allows_it():
    with pytest.raises(Refused):
        send("GET", "http://127.0.0.1:1/", rules=Rules())
    with pytest.raises(Refused):
        send("GET", "http://open.example/", rules=replace(LOOPBACK, resolve=lambda _host, _port: ["93.184.216.34"]))


# Calls


def test_it_sends_what_it_is_given_and_returns_what_it_gets():
    seen: dict[str, Any] = {}

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.update(request.headers.items())
        seen["path"], seen["body"] = request.path, request.rfile.read(int(request.headers["Content-Length"]))
        says(b'{"ok":true}', ("X-Answer", "yes"), status=201)(request)

    with server(handle) as port:
        url = f"http://127.0.0.1:{port}/hook?a=1"
        answer = send("POST", url, rules=LOOPBACK, body="你好".encode(), headers={"X-Ask": "1"})
    assert (answer.status, answer.body, answer.headers["x-answer"], answer.is_good) == (
        201,
        b'{"ok":true}',
        "yes",
        True,
    )
    assert (seen["path"], seen["body"].decode(), seen["X-Ask"]) == ("/hook?a=1", "你好", "1")
    assert (seen["Host"], seen["Connection"], seen["Accept-Encoding"]) == (f"127.0.0.1:{port}", "close", "identity")


def test_it_asks_for_a_name_once_and_connects_to_what_was_judged():
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with server(says(b"here")) as port:
        answer = send("GET", f"http://name.example:{port}/", rules=replace(LOOPBACK, resolve=rebinding))
    assert (answer.body, asked) == (b"here", [("name.example", port)])


def test_it_follows_no_redirect():
    with server(says(b"", ("Location", "http://169.254.169.254/"), status=302)) as port:
        answer = send("GET", f"http://127.0.0.1:{port}/", rules=LOOPBACK)
    assert (answer.status, answer.is_good) == (302, False)


def test_it_takes_no_proxy_from_the_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    with server(says(b"direct")) as port:
        assert send("GET", f"http://127.0.0.1:{port}/", rules=LOOPBACK).body == b"direct"


def test_it_reads_no_more_than_it_may_and_unpacks_nothing():
    with server(says(b"x" * 1001)) as port, pytest.raises(AnswerTooLarge):
        send("GET", f"http://127.0.0.1:{port}/", rules=replace(LOOPBACK, most_bytes=1000))
    with server(says(b"\x1f\x8b bomb", ("Content-Encoding", "gzip"))) as port:
        assert send("GET", f"http://127.0.0.1:{port}/", rules=LOOPBACK).body == b"\x1f\x8b bomb"


@contextmanager
def trickle(piece: bytes) -> Iterator[int]:
    """A server that sends `piece` again and again, and never comes to an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            while not over.wait(0.03):
                try:
                    peer.sendall(piece)
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "scheme, piece", [("http", b"H"), ("http", b"HTTP/1.1 200 OK\r\n\r\nbody"), ("https", b"\x16\x03"), ("http", b"")]
)
def test_it_ends_a_trickle_in_time_in_headers_in_the_body_and_in_the_handshake(scheme, piece):
    with trickle(piece) as port, pytest.raises((TooSlow, Unreachable)) as told:
        send("GET", f"{scheme}://127.0.0.1:{port}/", rules=replace(LOOPBACK, seconds=0.4, most_bytes=10_000_000))
    # Two bytes of rubbish end a handshake sooner than the clock does.
    assert isinstance(told.value, TooSlow) or scheme == "https"


def test_it_waits_for_no_name_server_longer_than_for_the_rest():
    over = threading.Event()

    def silent(_host: str, _port: int) -> list[str]:
        over.wait(5)
        return []

    with pytest.raises(TooSlow):
        send("GET", "https://silent.example/", rules=Rules(seconds=0.2, resolve=silent))
    over.set()


def test_it_says_when_nobody_is_there():
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable):
        send("GET", "https://unknown.example/", rules=Rules(resolve=unknown))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    with pytest.raises(Unreachable):
        send("GET", f"http://127.0.0.1:{free}/", rules=LOOPBACK)


# TLS


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for hook.example, and one that trusts its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1))
        .not_valid_after(dt.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return serving, ssl.create_default_context(cafile=folder / "cert.pem")


def test_it_verifies_the_name_though_it_connects_by_number(tls):
    serving, trusting = tls
    rules = replace(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], trust=trusting)
    with server(says(b"sealed"), serving) as port:
        assert send("GET", f"https://hook.example:{port}/", rules=rules).body == b"sealed"
        with pytest.raises(Unreachable, match="证书"):
            send("GET", f"https://other.example:{port}/", rules=rules)
        with pytest.raises(Unreachable, match="证书"):
            send("GET", f"https://hook.example:{port}/", rules=replace(rules, trust=None))
