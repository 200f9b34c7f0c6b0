"""Calling other servers without being turned against our own network (SSRF: OWASP Top 10, A10; ASVS 5.0, V4 and V15).

An address that a person typed in (a webhook, a gateway) may lead inside: to the database, to another city's server, to
the cloud's metadata. So:

- https only, certificate and name verified; plain http to this very machine where `Rules.http_on_loopback` says so (tests);
- the name is looked up once, each address found is judged, and the connection goes to the judged address: a second
  answer of the name server (DNS rebinding) is never asked for;
- refused: private, shared, loopback, link-local, multicast and reserved addresses, IPv4 wrapped in IPv6, hosts written
  as numbers (`2130706433`, `0177.1`, `0x7f.1`), metadata services; `Rules.allow` lets in what belongs to the city;
- no redirect is followed, no proxy is taken from the environment, headers and address can't carry line breaks;
- one time limit for all of it, a slow trickle included, and one for the size of the answer.
"""

import http.client
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.text import msg

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Name and port → addresses in the order to try; raises OSError where there are none."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})
OPEN_PORTS = frozenset({443, 8443})
"""Ports that strangers may be called on; an allowed host may have any."""

_NEVER = frozenset(
    ip_address(text)
    # Metadata and wire servers of the large clouds: what they hand out opens everything else.
    for text in (
        "169.254.169.254",
        "169.254.0.23",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "0.0.0.0",  # noqa: S104 - refused here, not bound to
        "::",
    )
)
_NOT_OPEN = tuple(
    ip_network(text)
    # IPv4 inside IPv6 (NAT64, 6to4, Teredo, compatible), site-local; and what older tables of Python call global.
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "192.0.0.0/24")
)
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_NUMERIC_END = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$", re.ASCII)
_TARGET = re.compile(r"[\x21-\x7e]+", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*", re.ASCII)
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})
_CHUNK = 65_536


class Refused(InputError):
    """We don't call this address; nothing was sent."""

    code = "outbound-refused"


class Unreachable(DomainError):
    """The other server can't be reached, or its certificate isn't good."""

    status = 502
    code = "outbound-unreachable"


class TooSlow(DomainError):
    """The other server didn't finish in time."""

    status = 504
    code = "outbound-too-slow"


class AnswerTooLarge(DomainError):
    """The other server answered with more than may be read."""

    status = 502
    code = "outbound-too-large"


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that this machine's resolver knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom we may call, and what it may cost: `seconds` for the whole call, `most_bytes` of the answer's body.

    `hosts` and `networks` are the city's own, which would otherwise be refused. `trust` replaces the machine's
    certificate authorities, `resolve` its resolver.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    http_on_loopback: bool = False
    seconds: float = 10.0
    most_bytes: int = 1_000_000
    resolve: Resolver = field(default=system_resolver, repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def read(cls, allow: str, *, http_on_loopback: bool = False) -> "Rules":
        """Rules with the allowed hosts and networks of a setting: `10.20.0.0/16, sms.city.example`.

        Raises:
            ValueError: an entry is neither a network nor a host name.
        """
        hosts, networks = set(), []
        for entry in re.split(r"[\s,;]+", allow.strip().lower()):
            if not entry:
                continue
            if re.fullmatch(r"[0-9.]+(/\d+)?|[0-9a-f:]*:[0-9a-f:.]*(/\d+)?", entry):
                networks.append(ip_network(entry))
            elif _HOST.fullmatch(entry):
                hosts.add(entry)
            else:
                raise ValueError(f"neither a network nor a host name: {entry!r}")
        return cls(hosts=frozenset(hosts), networks=tuple(networks), http_on_loopback=http_on_loopback)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said: header names in small letters, the body as it came (never unpacked)."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Is it a 2xx? A redirect is not: it isn't followed."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called: its parts, and the network addresses that were judged."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[Address, ...]

    @property
    def host_header(self) -> str:
        """The Host header (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def check_url(url: str, rules: Rules) -> Target:
    """Judge an address before anything is sent: for a form that stores one, and at each call again.

    Raises:
        Refused: not https, a form that isn't plain, or an address that we don't call.
        Unreachable: the name isn't known.
        TooSlow: the name server doesn't answer.
    """
    return _target(url, rules, time.monotonic() + rules.seconds)


def send(method: str, url: str, *, rules: Rules, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Call another server once and return its answer, whatever its status.

    Raises:
        Refused: address, method or headers aren't allowed; nothing was sent.
        Unreachable, TooSlow, AnswerTooLarge: it didn't come to an answer; the other side may have acted on it.
    """
    ends_at = time.monotonic() + rules.seconds
    if method not in METHODS:
        raise Refused(msg("不支持用这种方法访问外部地址。"))
    sent = _checked_headers(headers or {})
    target = _target(url, rules, ends_at)
    sent |= {"Host": target.host_header, "Accept-Encoding": "identity", "Connection": "close"}
    if body or method in {"POST", "PUT"}:
        sent["Content-Length"] = str(len(body))
    with _connected(target, rules, ends_at) as raw, _watched(raw, ends_at) as has_ended:
        try:
            answer = _exchange(raw, target, rules, method, body, sent)
            if has_ended():
                # An answer without a length looks whole where it was cut.
                raise TimeoutError
            return answer
        except (OSError, HTTPError, http.client.HTTPException, ValueError) as error:
            if has_ended() or isinstance(error, TimeoutError):
                raise TooSlow(
                    msg("对方服务器没有在 %(seconds)s 秒内答完。请稍后再试。"), seconds=rules.seconds
                ) from error
            if isinstance(error, ssl.SSLError):
                raise Unreachable(
                    msg("%(host)s 的证书不可信或与域名不符。请联系对方换证书。"), host=target.host
                ) from error
            raise Unreachable(msg("连不上 %(host)s。请核对地址，稍后再试。"), host=target.host) from error


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value) or name.lower() in _OURS:
            raise Refused(msg("请求头里有不允许的内容。请检查配置。"))
    return dict(headers)


def _target(url: str, rules: Rules, ends_at: float) -> Target:
    parts = _parts(url)
    host, port = _host_of(parts), _port_of(parts)
    found = _resolved(host, port, rules, ends_at)
    is_loopback = all(address.is_loopback for address in found)
    is_plain = parts.scheme == "http"
    if is_plain and not (rules.http_on_loopback and is_loopback):
        raise Refused(msg("只访问 https 地址。请改用 https。"))
    is_ours = all(_is_ours(address, host, rules) for address in found)
    if not is_ours and not all(is_public(address) for address in found):
        raise Refused(msg("这个地址在内部网络里，不能访问。确需访问的，请管理员加入允许名单。"))
    if not is_ours and port not in OPEN_PORTS:
        raise Refused(msg("只访问 443 和 8443 端口。确需访问其他端口的，请管理员加入允许名单。"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, found)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url) if _TARGET.fullmatch(url) and "\\" not in url else None
    except ValueError:
        parts = None
    if parts is None or "@" in parts.netloc:
        raise Refused(msg("这个地址的写法不对。请写成 https://域名/路径，不带用户名和空格。"))
    if parts.scheme not in {"http", "https"}:
        raise Refused(msg("只访问 https 地址。请改用 https。"))
    return parts


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host or re.fullmatch(r"[\d.]+", host, re.ASCII):
        # Strict: four decimal numbers without leading zeros, or IPv6 without a zone.
        with suppress(ValueError):
            if "%" not in host:
                return str(ip_address(host))
    elif _HOST.fullmatch(host) and not _NUMERIC_END.search(host):
        return host
    raise Refused(msg("这个地址的域名写法不对。请写完整的域名。"))


def _port_of(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise Refused(msg("这个地址的端口不对。请写 1 到 65535。"))
    return port or (443 if parts.scheme == "https" else 80)


def _resolved(host: str, port: int, rules: Rules, ends_at: float) -> tuple[Address, ...]:
    """The addresses of a name, within the time that is left: a resolver knows no time limit of its own."""
    with suppress(ValueError):
        return (ip_address(host),)
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(rules.resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="outbound-resolve").start()
    try:
        found = answers.get(timeout=max(0.0, ends_at - time.monotonic()))
    except queue.Empty:
        raise TooSlow(msg("查不到 %(host)s 的地址：域名服务器没有应答。请稍后再试。"), host=host) from None
    if isinstance(found, Exception) or not found:
        raise Unreachable(msg("没有 %(host)s 这个域名。请核对地址。"), host=host)
    try:
        return tuple(ip_address(text) for text in found)
    except ValueError:
        raise Refused(msg("这个地址在内部网络里，不能访问。确需访问的，请管理员加入允许名单。")) from None


def is_public(address: Address) -> bool:
    """Is it an address of the open internet, in its plain form? (IANA special-purpose registries, RFC 6890)"""
    if address in _NEVER or address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in _NOT_OPEN)


def _is_ours(address: Address, host: str, rules: Rules) -> bool:
    """Does the city's own list let it in? Metadata services never."""
    if address in _NEVER:
        return False
    if address.is_loopback and rules.http_on_loopback:
        return True
    return host in rules.hosts or any(
        address.version == network.version and address in network for network in rules.networks
    )


@contextmanager
def _connected(target: Target, rules: Rules, ends_at: float) -> Iterator[socket.socket]:
    """A connection to one of the judged addresses, in their order."""
    raw = None
    for address in target.addresses:
        with suppress(OSError):
            left = ends_at - time.monotonic()
            if left <= 0:
                break
            raw = socket.create_connection((str(address), target.port), timeout=left)
            break
    if raw is None:
        if time.monotonic() >= ends_at:
            raise TooSlow(msg("对方服务器没有在 %(seconds)s 秒内答完。请稍后再试。"), seconds=rules.seconds)
        raise Unreachable(msg("连不上 %(host)s。请核对地址，稍后再试。"), host=target.host)
    with raw:
        yield raw


@contextmanager
def _watched(raw: socket.socket, ends_at: float) -> Iterator[Callable[[], bool]]:
    """Cut the connection when time is up. A limit on each reading alone would let a trickle go on for ever."""
    ended = threading.Event()
    # A second handle: TLS takes the first one away from its socket object.
    with raw.dup() as handle:

        def cut() -> None:
            ended.set()
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, ends_at - time.monotonic()), cut)
        timer.daemon = True
        timer.start()
        try:
            yield ended.is_set
        finally:
            timer.cancel()
            timer.join()


def _exchange(
    raw: socket.socket, target: Target, rules: Rules, method: str, body: bytes, headers: Mapping[str, str]
) -> Answer:
    if target.scheme == "https":
        context = rules.trust or ssl.create_default_context()
        raw = context.wrap_socket(raw, server_hostname=target.host)
    connection = HTTPConnection(target.host, target.port, timeout=rules.seconds)
    connection.sock = raw
    try:
        connection.request(
            method, target.path, body=body or None, headers=headers, preload_content=False, decode_content=False
        )
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, _body(response, rules))
    finally:
        connection.close()


def _body(response: BaseHTTPResponse, rules: Rules) -> bytes:
    size, pieces = 0, []
    while piece := response.read(min(_CHUNK, rules.most_bytes + 1), decode_content=False):
        size += len(piece)
        if size > rules.most_bytes:
            raise AnswerTooLarge(msg("对方服务器的应答太大。请联系对方。"))
        pieces.append(piece)
    return b"".join(pieces)
