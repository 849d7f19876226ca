"""What the parts of the practice Graph share: the world, its JSON, tokens, and the reading of requests."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

from flask import request

from connectors.base import Platform
from connectors.practice.containers import Containers
from connectors.practice.graph_errors import GraphError, bad_parameter
from connectors.practice.graph_fields import Fields, parse_fields
from connectors.practice.graph_wire import POSTS_MAX, GraphWire, read_cursor
from connectors.practice.world import World

Answer: TypeAlias = dict[str, Any]


class GraphFrame:
    """The ground of every part."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wire = GraphWire(world)
        self._containers = Containers(world)

    def _value(self, name: str, default: str = "") -> str:
        """A parameter from the form, the query or a JSON body, as Graph takes them."""
        if name in request.form:
            return request.form[name]
        if name in request.args:
            return request.args[name]
        body = request.get_json(silent=True) if request.is_json else None
        if isinstance(body, dict) and name in body:
            value = body[name]
            # JSON can spell half characters, which are no text.
            return value.encode(errors="replace").decode() if isinstance(value, str) else json.dumps(value)
        return default

    def _bearer(self) -> str:
        """Whose token came: "page", "user" or "app". Raises Graph's 104 and 190."""
        header = request.headers.get("Authorization", "")
        kind, _, token = header.partition(" ")
        if kind.lower() not in {"bearer", "oauth"} or not token:
            token = self._value("access_token")
        if not token:
            raise GraphError("An access token is required to request this resource.", 104)
        secrets = self._world.secrets
        known = {
            secrets.page_access_token: "page",
            secrets.user_access_token: "user",
            f"{secrets.app_id}|{secrets.app_secret}": "app",
        }
        who = known.get(token) or ("private" if self.private_token(token) else None)
        if who is None:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        proof = self._value("appsecret_proof")
        wanted = hmac.new(secrets.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof and not hmac.compare_digest(proof, wanted):
            raise GraphError("Invalid appsecret_proof provided in the API argument", 100)
        return who

    def private_token(self, token: str) -> bool:
        """Whether this is the token of somebody who manages no Page; the login knows those."""
        return False

    def _fields(self) -> Fields:
        return parse_fields(self._value("fields"))

    def _limit(self, default: int, top: int) -> int:
        text = self._value("limit")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise bad_parameter("Param limit must be a positive number")
        return min(int(text), top)

    def _moment(self, name: str) -> datetime | None:
        text = self._value(name)
        if not text:
            return None
        try:
            return datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError) as error:
            raise bad_parameter(f"Param {name} must be a valid time") from error

    def _elsewhere(self, platform: Platform, kind: str) -> Answer:
        """What people post on the Page, or with the school tagged, newest first."""
        limit = self._limit(25, POSTS_MAX)
        asked = self._fields()
        return self._wire.listed(
            self._world.elsewhere(
                platform,
                kind,
                limit=limit + 1,
                before=read_cursor(self._value("after")) if self._value("after") else None,
            ),
            limit,
            request.base_url,
            dict(request.args),
            lambda found: found.ordinal,
            lambda found: self._wire.elsewhere(found, asked),
        )

    def _nothing(self, _object_id: str) -> Answer:
        return {"data": []}


def truth(name: str, text: str) -> bool:
    """A yes or no as Graph takes it, or its error 100."""
    if text.lower() in {"true", "1"}:
        return True
    if text.lower() in {"false", "0"}:
        return False
    raise bad_parameter(f"Param {name} must be a boolean")
