"""The practice Graph: a Facebook Page and an Instagram professional account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from connectors.base import Platform
from connectors.practice.graph_errors import GraphError, unknown_object
from connectors.practice.graph_fields import parse_fields
from connectors.practice.graph_figures import GraphFigures
from connectors.practice.graph_frame import Answer
from connectors.practice.graph_instagram import GraphInstagram
from connectors.practice.graph_login import SCOPES, GraphLogin
from connectors.practice.graph_objects import GraphObjects
from connectors.practice.graph_page import GraphPage
from connectors.practice.graph_videos import GraphVideos
from connectors.practice.limits import CallMeter
from connectors.practice.pages import picture_response, video_response
from connectors.practice.world import World

Operation: TypeAlias = Callable[[str], Answer]


class GraphServer(GraphPage, GraphVideos, GraphInstagram, GraphObjects, GraphFigures, GraphLogin):
    """One Flask application over one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._meter = CallMeter()
        self.app = Flask("connectors.practice.graph", static_folder=None, template_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = 320 * 1024 * 1024
        self.app.register_error_handler(GraphError, lambda error: error.response())
        self.app.register_error_handler(HTTPException, _http_error)
        self.app.add_url_rule("/pictures/<platform>/<name>", view_func=self._picture)
        self.app.add_url_rule("/videos/<platform>/<name>", view_func=self._video_file)
        self.app.add_url_rule("/", endpoint="root", view_func=self._call, methods=["GET", "POST", "DELETE"])
        self.app.add_url_rule("/<path:path>", view_func=self._call, methods=["GET", "POST", "DELETE"])
        self._facebook: dict[tuple[str, str], Operation] = {
            ("GET", "feed"): self._posts,
            ("GET", "posts"): self._posts,
            ("GET", "published_posts"): self._posts,
            ("GET", "visitor_posts"): lambda _: self._elsewhere(Platform.FACEBOOK, "visitor_post"),
            ("GET", "tagged"): lambda _: self._elsewhere(Platform.FACEBOOK, "tag"),
            ("GET", "scheduled_posts"): self._nothing,
            ("POST", "feed"): self._publish,
            ("POST", "photos"): self._photo,
            ("POST", "videos"): self._video_phase,
            ("GET", "blocked"): self._blocked,
            ("POST", "blocked"): self._block,
            ("DELETE", "blocked"): self._unblock,
            ("POST", "moderate_conversations"): self._conversations,
            ("POST", "subscribed_apps"): lambda _: {"success": True},
        }
        self._instagram: dict[tuple[str, str], Operation] = {
            ("GET", "media"): self._media_list,
            ("POST", "media"): self._make_container,
            ("POST", "media_publish"): self._publish_container,
            ("GET", "content_publishing_limit"): self._quota,
            ("GET", "tags"): lambda _: self._elsewhere(Platform.INSTAGRAM, "tag"),
        }

    def _picture(self, platform: str, name: str) -> Response:
        return picture_response(self._world, platform, name)

    def _video_file(self, platform: str, name: str) -> Response:
        return video_response(self._world, platform, name)

    def _call(self, path: str = "") -> AnyResponse:
        parts = [part for part in path.split("/") if part]
        version = "v24.0"
        if parts and re.fullmatch(r"v\d+\.\d+", parts[0]):
            version = parts.pop(0)
        if parts == ["dialog", "oauth"]:
            return self.dialog()
        who = "" if parts == ["oauth", "access_token"] else self._bearer()
        answer = self._dispatch(parts, who)
        response = Response(
            json.dumps(answer, ensure_ascii=False),
            content_type="application/json; charset=UTF-8",
            headers={"facebook-api-version": version},
        )
        owner = self._world.school(
            Platform.INSTAGRAM if self._world.is_instagram(parts[0] if parts else "") else Platform.FACEBOOK
        )
        kind = "instagram" if owner.platform is Platform.INSTAGRAM else "pages"
        used = self._meter.count(owner.id)
        response.headers["X-Business-Use-Case-Usage"] = json.dumps(
            {
                owner.id: [
                    {
                        "type": kind,
                        "call_count": used,
                        "total_cputime": used // 4,
                        "total_time": used // 4,
                        "estimated_time_to_regain_access": 0,
                    }
                ]
            }
        )
        return response

    def _dispatch(self, parts: list[str], who: str) -> Answer:
        method = request.method
        if request.method == "POST" and self._value("method").upper() in {"DELETE", "GET"}:
            method = self._value("method").upper()
        if not parts:
            return {found: self._node(found, "GET", who) for found in self._value("ids").split(",") if found}
        if parts[0] == "ig-api-upload":
            return self._video_bytes(parts)
        if parts == ["debug_token"] and method == "GET":
            return self._debug_token()
        if parts == ["oauth", "access_token"]:
            return self.login_token()
        if who == "app":
            raise GraphError("(#200) This endpoint needs a user or Page token.", 200)
        if who == "private":
            return self.private_me(parts)
        if parts[0] == "me":
            if who == "user":
                return self._user(parts, method)
            parts = [self._world.school(Platform.FACEBOOK).id, *parts[1:]]
        if len(parts) == 1:
            return self._node(parts[0], method, who)
        if len(parts) != 2:
            raise GraphError(f"Unknown path components: /{'/'.join(parts[2:])}", 2500)
        return self._edge(parts[0], parts[1], method)

    def _edge(self, object_id: str, edge: str, method: str) -> Answer:
        if object_id == self._world.school(Platform.FACEBOOK).id and (method, edge) in self._facebook:
            return self._facebook[(method, edge)](object_id)
        if object_id == self._world.school(Platform.INSTAGRAM).id and (method, edge) in self._instagram:
            return self._instagram[(method, edge)](object_id)
        platform = Platform.INSTAGRAM if self._world.is_instagram(object_id) else Platform.FACEBOOK
        if (method, edge) == ("GET", "insights"):
            return self._insights(platform, object_id)
        if edge in {"comments", "replies"}:
            if method == "GET":
                return self._comments(platform, object_id, edge)
            if method == "POST":
                return self._say(platform, object_id, edge)
        raise unknown_object(object_id, method)

    # -- tokens ----------------------------------------------------------------------------------

    def _user(self, parts: list[str], method: str) -> Answer:
        if parts == ["me"] and method == "GET":
            return {"id": "10160000000000001", "name": "Larkfield Office"}
        if parts == ["me", "permissions"] and method == "GET":
            return self.permissions()
        if parts == ["me", "accounts"] and method == "GET":
            asked = self._fields() or parse_fields("id,name,access_token,category,tasks")
            return {
                "data": [self._wire.page(asked)],
                "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}},
            }
        raise unknown_object("/".join(parts), method)

    def _debug_token(self) -> Answer:
        secrets = self._world.secrets
        token = self._value("input_token")
        if token not in {secrets.page_access_token, secrets.user_access_token}:
            error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        page = token == secrets.page_access_token
        now = self._world.clock()
        data: Answer = {
            "app_id": secrets.app_id,
            "type": "PAGE" if page else "USER",
            "application": "Larkfield practice",
            "data_access_expires_at": int(self._ends("data_access", now + timedelta(days=90))),
            "expires_at": int(self._ends("token", None if page else now + timedelta(days=60))),
            "issued_at": int((now - timedelta(days=3)).timestamp()),
            "is_valid": True,
            "scopes": self._scopes(),
            "user_id": "10160000000000001",
        }
        if page:
            data["profile_id"] = self._world.school(Platform.FACEBOOK).id
        return {"data": data}

    def _scopes(self) -> list[str]:
        without = self._world.withdrawn_permissions()
        return [scope for scope in SCOPES if scope not in without]

    def _ends(self, what: str, otherwise: datetime | None) -> float:
        """Unix seconds; 0 is "never"."""
        end = self._world.token_end(what) or otherwise
        return end.timestamp() if end else 0.0


def _http_error(error: HTTPException) -> Response:
    return GraphError(f"Unsupported request: {error.name}", 100, status=error.code or 400).response()
