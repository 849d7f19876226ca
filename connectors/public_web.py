"""Asking for what stands at an address that somebody typed: on the public web alone, and little of it.

The address may be anybody's choice, and the server behind it anything: no name may lead into the school's own
network, no answer may take long or much memory. What the name means is looked up once, checked, and exactly
that is connected to, so that it can't mean something else a moment later; each redirect likewise.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import ClassVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from urllib3.connection import HTTPConnection

from connectors.transport import (
    CONNECT_SECONDS,
    NoAnswer,
    PlainConnection,
    Pools,
    TLSConnection,
    Transport,
)
from connectors.untrusted import media_type

SECONDS = 5.0
"""For each answer; at most `REDIRECTS` and one more are asked for."""
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
CALLED = "Mozilla/5.0 (compatible; Schoolgate link preview)"
_MOVED = frozenset({301, 302, 303, 307, 308})
_PLAIN = re.compile(r"[!-\[\]-~\u00a1-\U0010ffff]+")
"""No blanks and no backslashes, which another reader of the address may take for the end of the name."""
_KNOWN_BY_ALL = ("api.x.com", "graph.facebook.com")
"""Names that the product needs anyway: where none of them means anything, it isn't the name that is wrong."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_FOUR_IN_SIX = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_SIX = ipaddress.ip_network("2000::/3")


class Refused(Exception):
    """The address may not be asked for; the text says why, to be put before a person."""


class NoSuchName(Exception):
    """Nothing on the web has this name."""


class NoNames(Exception):
    """This machine finds no names outside at all, so nothing can be said of this one."""


def is_public(ip: IP) -> bool:
    """Whether an IP address is one of the public internet: not this machine, nor any inner network."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(ip.ipv4_mapped)
        if ip in _FOUR_IN_SIX:
            return is_public(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip not in _GLOBAL_SIX or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def resolved(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a name. Raises OSError as `socket.getaddrinfo` does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an address may lead. As it stands: to the public web, by its own ports."""

    allowed: Callable[[IP], bool] = is_public
    port_allowed: Callable[[str, int], bool] = lambda scheme, port: PORTS[scheme] == port
    resolve: Callable[[str, int], Sequence[str]] = resolved


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said in the end."""

    address: str
    """Where that was, after redirects."""
    status: int
    content_type: str
    """Without its parameters, in small letters."""
    content_type_whole: str
    body: bytes
    """Its beginning at least, where the kind was wanted and the status is 200; else empty."""


def fetch(
    address: str, *, kinds: frozenset[str], most: int, cut: bool = False, reach: Reach | None = None
) -> Answer:
    """What stands at an address.

    `kinds`: content types whose body is read; `most`: bytes of it, unpacked; with `cut` a longer one is
    read so far, else it is refused. Sends no cookie, no key and no name of ours but `CALLED`. Raises Refused
    (also for a redirect to where it may not lead), NoSuchName, NoNames, NoAnswer.
    """
    session = _Session(kinds, most, cut=cut)
    with session, _reaching(reach or Reach()):
        for _ in range(REDIRECTS + 1):
            parts = _checked(address, reach or Reach())
            answer = session.get(address, headers={"Accept": ", ".join(sorted(kinds))})
            target = answer.headers.get("Location", "")
            if answer.status_code not in _MOVED or not target:
                kind, whole = media_type(answer.headers), answer.headers.get("Content-Type", "")
                return Answer(parts.geturl(), answer.status_code, kind, whole, answer.content)
            # requests gives headers as Latin-1; a server that writes letters there writes UTF-8.
            target = target.encode("latin-1", "replace").decode("utf-8", "replace")
            try:
                address = urljoin(address, target)
            except ValueError:
                raise Refused("the site leads on to something that is no web address") from None
    raise Refused(f"the site leads on to other addresses more than {REDIRECTS} times")


def _checked(address: str, reach: Reach) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Refused("it is no web address") from None
    if parts.scheme not in PORTS or not parts.hostname or not _PLAIN.fullmatch(address):
        raise Refused("it leads to something that is no web address")
    if parts.username is not None or parts.password is not None:
        raise Refused("there is a user name or a password in the address")
    if not reach.port_allowed(parts.scheme, port or PORTS[parts.scheme]):
        raise Refused(f"it leads to port {port}, where no public website is")
    return parts


_reach: ContextVar[Reach] = ContextVar("_reach")


@contextmanager
def _reaching(reach: Reach) -> Iterator[None]:
    token = _reach.set(reach)
    try:
        yield
    finally:
        _reach.reset(token)


def _connected(connection: HTTPConnection) -> socket.socket:
    """A connection to an IP address that was looked up and checked just now, and to no other."""
    reach = _reach.get()
    host, port = connection.host, connection.port or 0
    until = time.monotonic() + SECONDS
    found = _looked_up(reach, host, port)
    for text in found:
        if not reach.allowed(ipaddress.ip_address(text.partition("%")[0])):
            raise Refused("it leads into a network of the school’s own, not to the public web")
    trouble: OSError | None = None
    for text in dict.fromkeys(found):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((text, port), timeout=min(left, CONNECT_SECONDS))
        except OSError as error:
            trouble = error
    raise urllib3.exceptions.NewConnectionError(connection, "no connection") from trouble


def _looked_up(reach: Reach, host: str, port: int) -> Sequence[str]:
    """The IP addresses of a name, within `SECONDS`. Raises NoSuchName, NoNames, TimeoutError."""
    try:
        return _in_time(reach.resolve, host, port)
    except UnicodeError:
        raise NoSuchName from None
    except socket.gaierror as error:
        if error.errno not in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
            raise NoNames from None
    for name in _KNOWN_BY_ALL:
        try:
            if _in_time(reach.resolve, name, 443):
                raise NoSuchName
        except OSError:
            continue
    raise NoNames


def _in_time(resolve: Callable[[str, int], Sequence[str]], host: str, port: int) -> Sequence[str]:
    # The system's own look-up takes no time limit.
    found: list[Sequence[str]] = []
    troubles: list[Exception] = []

    def look_up() -> None:
        try:
            found.append(resolve(host, port))
        except (OSError, UnicodeError) as error:
            troubles.append(error)

    looking = threading.Thread(target=look_up, daemon=True)
    looking.start()
    looking.join(SECONDS)
    if troubles:
        raise troubles[0]
    if not found:
        raise TimeoutError
    return found[0]


class _Plain(PlainConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _TLS(TLSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLS


class _Session(Transport):
    """One look at the web: nothing of the environment's (proxies, passwords), no more than is wanted."""

    pools: ClassVar[Pools] = {"http": _PlainPool, "https": _TLSPool}

    def __init__(self, kinds: frozenset[str], most: int, *, cut: bool) -> None:
        super().__init__(timeout=SECONDS)
        self._kinds, self._most, self._cut = kinds, most, cut
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": CALLED, "Accept-Encoding": "gzip, deflate"})

    def body_of(self, response: requests.Response) -> bytes:
        """As much as is wanted: nothing of what is no page or picture."""
        kind = media_type(response.headers)
        parts: list[bytes] = []
        size = 0
        try:
            if response.status_code == 200 and kind in self._kinds:
                for part in response.iter_content(16 * 1024):
                    parts.append(part)
                    size += len(part)
                    if size > self._most:
                        break
        finally:
            # What wasn't read is never to come.
            response.close()
        if size > self._most and not self._cut:
            raise ValueError
        return b"".join(parts)[: self._most]


__all__ = ["Answer", "NoAnswer", "NoNames", "NoSuchName", "Reach", "Refused", "fetch", "is_public"]
