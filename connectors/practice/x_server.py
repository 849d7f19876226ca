"""The practice X: API v2, and the few calls of v1.1 that the product may use."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connectors.base import Platform
from connectors.practice import x_errors
from connectors.practice.consents import Consents
from connectors.practice.limits import RateWindows
from connectors.practice.pages import picture_response, video_response
from connectors.practice.world import World
from connectors.practice.x_consent import XConsent
from connectors.practice.x_errors import XError, generic
from connectors.practice.x_frame import Answer
from connectors.practice.x_people import XPeople
from connectors.practice.x_pictures import XPictures
from connectors.practice.x_posts import XPosts
from connectors.practice.x_signature import SignatureCheck
from connectors.practice.x_videos import XVideos

READ_SCALE = 5
"""The practice X allows five times X's own number of reads, because the product looks at it every few
seconds; the headers say so. Writes are limited as on X."""


class XServer(XPosts, XPictures, XVideos, XPeople):
    """One Flask application over one world."""

    def __init__(self, world: World, window: int = 900) -> None:
        super().__init__(world)
        self._signature = SignatureCheck(world)
        self._consents = Consents(world)
        self._rates = RateWindows(window)
        self.app = Flask("connectors.practice.x", static_folder=None, template_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
        self.app.register_error_handler(XError, lambda error: error.response())
        self.app.register_error_handler(HTTPException, self._http_error)
        self.app.after_request(self._headers)
        self._routes()

    def _routes(self) -> None:
        add = self._route
        add("POST", "/2/tweets", "post", 100, self.create, status=201)
        add("GET", "/2/tweets", "tweets", 900 * READ_SCALE, self.lookup)
        add("GET", "/2/tweets/search/recent", "search", 300 * READ_SCALE, self.search)
        add("GET", "/2/tweets/<tweet_id>", "tweet", 900 * READ_SCALE, self.one)
        add("DELETE", "/2/tweets/<tweet_id>", "delete", 50, self.delete)
        add("PUT", "/2/tweets/<tweet_id>/hidden", "hidden", 50, self.hide)
        add("POST", "/2/media/upload", "media", 500, self.upload)
        add("GET", "/2/media/upload", "media-status", 1000, self.upload_status)
        add("POST", "/2/media/upload/initialize", "media-begin", 1875, self.begin_upload)
        add("POST", "/2/media/upload/<media_id>/append", "media-append", 1875, self.append)
        add("POST", "/2/media/upload/<media_id>/finalize", "media-close", 1875, self.close_upload)
        add("POST", "/2/media/metadata", "metadata", 500, self.describe)
        add("GET", "/2/users/me", "me", 75 * READ_SCALE, self.me)
        add("GET", "/2/users", "users", 900 * READ_SCALE, self.users)
        add("GET", "/2/users/by", "users-by", 900 * READ_SCALE, self.users_by)
        add("GET", "/2/users/by/username/<username>", "user-by", 900 * READ_SCALE, self.user_by)
        add("GET", "/2/users/<user_id>", "user", 900 * READ_SCALE, self.user)
        add("GET", "/2/users/<user_id>/mentions", "mentions", 300 * READ_SCALE, self.mentions)
        add("GET", "/2/users/<user_id>/tweets", "timeline", 900 * READ_SCALE, self.timeline)
        add("GET", "/2/users/<user_id>/followers", "followers", 300 * READ_SCALE, self.followers)
        add("GET", "/2/users/<user_id>/muting", "muted", 15 * READ_SCALE, self.muted)
        add("POST", "/2/users/<user_id>/muting", "mute", 50, self.mute)
        add("DELETE", "/2/users/<user_id>/muting/<target_id>", "unmute", 50, self.unmute)
        add("GET", "/2/users/<user_id>/blocking", "blocked", 15 * READ_SCALE, self.blocked)
        add("POST", "/2/users/<user_id>/blocking", "block", 50, self.block)
        add("GET", "/1.1/friendships/incoming.json", "incoming", 15 * READ_SCALE, self.incoming)
        add("POST", "/1.1/media/upload.json", "media", 500, self.upload_v1)
        add("POST", "/1.1/media/metadata/create.json", "metadata", 500, self.describe_v1)
        add("POST", "/1.1/blocks/create.json", "block", 50, self.block_v1)
        self.app.add_url_rule("/pictures/<platform>/<name>", view_func=self._picture)
        self.app.add_url_rule("/videos/<platform>/<name>", view_func=self._video_file)
        page = XConsent(self._world, self._signature)
        for method, path, view in (
            ("POST", "/oauth/request_token", page.request_token),
            ("GET", "/oauth/authorize", page.show),
            ("POST", "/oauth/authorize", page.decide),
            ("POST", "/oauth/access_token", page.access_token),
        ):
            self.app.add_url_rule(path, endpoint=f"{method} {path}", view_func=view, methods=[method])

    def _private_secret(self, token: str) -> str | None:
        return self._consents.private_secret(Platform.X, token)

    def _route(
        self,
        method: str,
        path: str,
        name: str,
        limit: int,
        call: Callable[..., Answer | Response],
        *,
        status: int = 200,
    ) -> None:
        @wraps(call)
        def view(**values: str) -> Response:
            token = self._signature.token(request, self._private_secret)
            if not token:
                raise x_errors.unauthorised()
            g.signed_as = token.partition("-")[0]
            if g.signed_as != self._world.school(Platform.X).id and name != "me":
                # Somebody's own account has nothing here that the product would need.
                raise x_errors.unauthorised()
            standing = self._rates.count(name, limit)
            g.rate_headers = {
                "x-rate-limit-limit": str(standing.limit),
                "x-rate-limit-remaining": str(standing.remaining),
                "x-rate-limit-reset": str(standing.reset),
            }
            if standing.exceeded:
                raise x_errors.too_many({})
            answer = call(**values)
            if isinstance(answer, Response):
                return answer
            return Response(json.dumps(answer), status=status, content_type="application/json; charset=utf-8")

        self.app.add_url_rule(path, endpoint=f"{method} {path}", view_func=view, methods=[method])

    def _headers(self, response: Response) -> Response:
        response.headers.update(g.get("rate_headers", {}))
        response.headers["x-access-level"] = self._world.x_access
        response.headers["api-version"] = "2.159"
        return response

    @staticmethod
    def _http_error(error: HTTPException) -> Response:
        code = error.code or 500
        if request.path.startswith("/1.1/"):
            return x_errors.v1(code, 34, "Sorry, that page does not exist.").response()
        return generic(code, error.name, error.name).response()

    def _picture(self, platform: str, name: str) -> Response:
        return picture_response(self._world, platform, name)

    def _video_file(self, platform: str, name: str) -> Response:
        return video_response(self._world, platform, name)
