"""One HTTP session for all platforms: a hard time limit, a limit on size, and no secret in an error."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from school.settings import is_loopback

MOST_BYTES = 8 * 1024 * 1024
"""No answer that the product asks for comes near this."""

CONNECT_SECONDS = 10.0

# At DEBUG these print tokens, headers and addresses; urllib3 warns with whole addresses too.
for _name, _level in {
    "tweepy": logging.WARNING,
    "tweepy.client": logging.WARNING,
    "tweepy.api": logging.WARNING,
    "oauthlib": logging.WARNING,
    "oauthlib.oauth1.rfc5849": logging.WARNING,
    "requests_oauthlib": logging.WARNING,
    "requests_oauthlib.oauth1_auth": logging.WARNING,
    "urllib3": logging.ERROR,
    "urllib3.connection": logging.ERROR,
    "urllib3.connectionpool": logging.ERROR,
    "urllib3.util.retry": logging.ERROR,
}.items():
    logging.getLogger(_name).setLevel(_level)


class NoAnswer(Exception):
    """No whole answer came. The text is a plain reason without address, header or body.

    `sent`: whether a connection stood, so that the platform may have had the request.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class _Watch:
    """Cuts one request's connection when its time is up, however slowly the answer drips."""

    def __init__(self, seconds: float) -> None:
        self.connected = False
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def guard(self, sock: socket.socket) -> None:
        """Take over a connected socket. A copy of it is kept, since TLS may replace the object."""
        with self._lock:
            self.connected = True
            self._release()
            self._socket = socket.socket(fileno=os.dup(sock.fileno()))
            if self.expired:
                self._shut()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._release()

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # An error means that the other side was faster: the connection is closed, as wanted.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


_watch: ContextVar[_Watch | None] = ContextVar("_watch", default=None)


def _guard(connection: HTTPConnection) -> None:
    watch = _watch.get()
    if watch is not None and connection.sock is not None:
        watch.guard(connection.sock)


class PlainConnection(HTTPConnection):
    """A connection that the watch can cut."""

    def connect(self) -> None:
        super().connect()
        _guard(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _guard(self)
        super().request(*args, **kwargs)


class TLSConnection(HTTPSConnection):
    """The same, encrypted."""

    def connect(self) -> None:
        super().connect()
        _guard(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _guard(self)
        super().request(*args, **kwargs)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = TLSConnection


Pools = Mapping[str, type[urllib3.HTTPConnectionPool]]
_POOLS: Pools = {"http": _PlainPool, "https": _TLSPool}


class _Adapter(HTTPAdapter):
    """Requests' adapter with connections that the watch can cut, direct or through a proxy."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


class Transport(requests.Session):
    """A requests session whose every request ends within `timeout` seconds, answer included.

    Redirects are not followed: neither platform sends any, and a token must not travel to
    wherever one points. Raises NoAnswer instead of requests' own errors, whose texts print
    addresses and headers.
    """

    pools: ClassVar[Pools] = _POOLS
    """How connections are made."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__()
        self.timeout = timeout
        self._adapter = _Adapter(self.pools)
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests does it; `timeout` becomes the limit for the whole exchange, in seconds."""
        seconds = float(kwargs.get("timeout") or self.timeout)
        kwargs |= {
            "proxies": _proxies(str(url), kwargs.get("proxies")),
            "timeout": (min(CONNECT_SECONDS, seconds), seconds),
            "allow_redirects": False,
            "stream": True,
        }
        if str(method).upper() != "GET":
            # A connection that the other side has just closed would leave it open whether a
            # write arrived; a fresh one can't be refused after sending.
            self._adapter.poolmanager.clear()
        watch = _Watch(seconds)
        token = _watch.set(watch)
        failure: NoAnswer | None = None
        try:
            response = super().request(method, url, *args, **kwargs)
            response._content = self.body_of(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            failure = NoAnswer(_reason(error, watch), sent=watch.connected)
        finally:
            _watch.reset(token)
            watch.stop()
        # Raised here, outside the handler, so that the original with its address isn't chained to it.
        if failure is not None:
            raise failure
        return response

    def body_of(self, response: requests.Response) -> bytes:
        """The whole body. Raises ValueError, which becomes NoAnswer, where it is over the limit."""
        parts: list[bytes] = []
        size = 0
        try:
            for part in response.iter_content(64 * 1024):
                size += len(part)
                if size > MOST_BYTES:
                    raise _TooLarge
                parts.append(part)
        except BaseException:
            response.close()
            raise
        return b"".join(parts)


class _TooLarge(ValueError):
    pass


def _reason(error: Exception, watch: _Watch) -> str:
    if watch.expired or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no whole answer in time" if watch.connected else "no connection in time"
    if isinstance(error, _TooLarge):
        return "the answer was too large"
    if isinstance(error, requests.exceptions.SSLError):
        return "the encrypted connection could not be made"
    if not watch.connected:
        return "no connection"
    return "the connection broke before the answer was whole"


def _proxies(url: str, given: Mapping[str, str | None] | None) -> Mapping[str, str | None] | None:
    """No proxy for this machine's own addresses, whatever the environment says."""
    try:
        own = is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        own = False
    return {"http": None, "https": None, "all": None} if own else given
