"""Stands before a practice server and carries out the faults that are switched on."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import structlog
from werkzeug.wrappers import Response

from connectors.base import Platform
from connectors.practice import x_errors
from connectors.practice.faults import AFTER_EFFECT, Fault, FaultRule, OperationKind
from connectors.practice.graph_errors import GraphError
from connectors.practice.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

Operation = tuple[Platform, OperationKind]

_HTML = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)
_UNTOUCHED = re.compile(r"/(pictures|videos)/|/oauth/authorize$|(/v\d+\.\d+)?/dialog/oauth$")
"""What people see in their browser."""
_LOGIN = re.compile(r"(/v\d+\.\d+)?/oauth/(request_token|access_token)$")
"""Where keys are given out: those that died don't matter there."""


def x_operation(method: str, path: str) -> Operation:
    """What a request to the practice X is for."""
    if method == "GET":
        return Platform.X, OperationKind.READ
    publishes = method == "POST" and (
        path in {"/2/tweets", "/1.1/media/upload.json"} or path.startswith("/2/media/upload")
    )
    return Platform.X, OperationKind.PUBLISH if publishes else OperationKind.ACTION


def graph_operation(world: World) -> Callable[[str, str], Operation]:
    """How to tell what a request to the practice Graph is for, and which platform's object it names."""

    def operation(method: str, path: str) -> Operation:
        parts = [part for part in path.split("/") if part]
        if parts and re.fullmatch(r"v\d+\.\d+", parts[0]):
            parts = parts[1:]
        if parts[:1] == ["ig-api-upload"]:
            return Platform.INSTAGRAM, OperationKind.PUBLISH
        target, edge = [*parts, "", ""][:2]
        platform = Platform.INSTAGRAM if world.is_instagram(target) else Platform.FACEBOOK
        if method in {"GET", "HEAD"}:
            return platform, OperationKind.READ
        publishes = method == "POST" and edge in {
            "feed",
            "photos",
            "videos",
            "comments",
            "replies",
            "media",
            "media_publish",
            "mentions",
        }
        return platform, OperationKind.PUBLISH if publishes else OperationKind.ACTION

    return operation


class Gate:
    """A WSGI application around another one."""

    def __init__(
        self, app: WSGIApplication, world: World, operation: Callable[[str, str], Operation]
    ) -> None:
        self._app = app
        self._world = world
        self._operation = operation

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "/"))
        if _UNTOUCHED.match(path):
            return self._app(environ, start_response)
        platform, kind = self._operation(str(environ["REQUEST_METHOD"]), path)
        rules = self._world.faults.draw(platform, kind)
        if _LOGIN.match(path):
            rules = [rule for rule in rules if rule.fault not in {Fault.DEAD_TOKEN, Fault.OUT_OF_CREDIT}]
        for rule in rules:
            log.info("practice_fault", platform=platform.value, kind=kind.value, fault=rule.fault.value)
            if rule.fault is Fault.DELAY:
                time.sleep(rule.seconds)
        for rule in rules:
            if rule.fault is not Fault.DELAY and rule.fault not in AFTER_EFFECT:
                return self._instead(platform, rule, environ)(environ, start_response)
        for rule in rules:
            if rule.fault in AFTER_EFFECT:
                answer = Response.from_app(self._app, environ, buffered=True)
                return self._spoiled(platform, rule, answer, environ)(environ, start_response)
        return self._app(environ, start_response)

    def _instead(self, platform: Platform, rule: FaultRule, environ: WSGIEnvironment) -> Response:
        """The answer that comes although nothing was done."""
        match rule.fault:
            case Fault.RESET_BEFORE:
                cut(environ)
            case Fault.HTML_502:
                return Response(_HTML, status=502, content_type="text/html; charset=utf-8")
            case Fault.ERROR_503:
                return Response("", status=503, content_type="text/plain; charset=utf-8")
        if platform is Platform.X:
            return _x_error(rule).response()
        return self._graph_error(platform, rule).response()

    def _graph_error(self, platform: Platform, rule: FaultRule) -> GraphError:
        match rule.fault:
            case Fault.RATE_LIMIT:
                usage = {
                    self._world.school(platform).id: [
                        {
                            "type": "pages" if platform is Platform.FACEBOOK else "instagram",
                            "call_count": 100,
                            "total_cputime": 25,
                            "total_time": 25,
                            "estimated_time_to_regain_access": max(round(rule.seconds / 60), 1),
                        }
                    ]
                }
                code = 32 if platform is Platform.FACEBOOK else 80_002
                return GraphError(
                    f"(#{code}) Page request limit reached",
                    code,
                    headers={"X-Business-Use-Case-Usage": json.dumps(usage)},
                )
            case Fault.RATE_LIMIT_NO_RESET:
                return GraphError("(#4) Application request limit reached", 4, transient=True, status=403)
            case Fault.DEAD_TOKEN:
                return GraphError(
                    "Error validating access token: Session has expired on Monday, 01-Jan-24 00:00:00 PST.",
                    190,
                    subcode=463,
                )
        return GraphError(
            "An unexpected error has occurred. Please retry your request later.",
            2,
            transient=True,
            status=500,
        )

    def _spoiled(
        self, platform: Platform, rule: FaultRule, answer: Response, environ: WSGIEnvironment
    ) -> Response:
        """What becomes of an answer after the operation was carried out."""
        if rule.fault is Fault.RESET_AFTER:
            cut(environ)
        elif rule.fault is Fault.TRUNCATED:
            answer.set_data(answer.get_data()[: max(len(answer.get_data()) // 2, 1)])
        elif rule.fault is Fault.EMPTY:
            answer.set_data(b"")
        elif rule.fault is Fault.JSON_ARRAY:
            answer = Response(
                json.dumps(["Internal error"]), status=500, content_type="application/json; charset=utf-8"
            )
        elif platform is Platform.X:
            return x_errors.generic(400, "Bad Request", "Something went wrong.").response()
        else:
            return GraphError("An unknown error occurred", 1, transient=False, status=500).response()
        return answer


def _x_error(rule: FaultRule) -> x_errors.XError:
    match rule.fault:
        case Fault.RATE_LIMIT:
            reset = str(int(time.time() + rule.seconds))
            return x_errors.too_many(
                {"x-rate-limit-limit": "300", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset}
            )
        case Fault.RATE_LIMIT_NO_RESET:
            return x_errors.too_many({})
        case Fault.DEAD_TOKEN:
            return x_errors.unauthorised()
        case Fault.OUT_OF_CREDIT:
            return x_errors.out_of_credit()
    return x_errors.generic(500, "Internal Server Error", "Something is broken.")


def cut(environ: WSGIEnvironment) -> None:
    """Breaks the connection so that the other side sees a reset, and ends the request."""
    connection: Any = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
    raise ConnectionResetError("cut by a practice fault")
