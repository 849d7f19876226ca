"""Graph's error answers."""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Response


class GraphError(Exception):
    """An answer that is an error; mostly HTTP 400."""

    def __init__(
        self,
        message: str,
        code: int,
        *,
        subcode: int | None = None,
        status: int = 400,
        transient: bool | None = None,
        title: str = "",
        explanation: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error: dict[str, Any] = {
            "message": message,
            "type": "GraphMethodException" if (code, subcode) == (100, 33) else "OAuthException",
            "code": code,
        }
        if subcode is not None:
            self.error["error_subcode"] = subcode
        if transient is not None:
            self.error["is_transient"] = transient
        if title:
            self.error["error_user_title"] = title
            self.error["error_user_msg"] = explanation

    def response(self) -> Response:
        """The HTTP answer."""
        body = {"error": {**self.error, "fbtrace_id": f"A{secrets.token_urlsafe(16)}"}}
        answer = Response(
            json.dumps(body), status=self.status, content_type="application/json; charset=UTF-8"
        )
        answer.headers.update(self.headers)
        if self.error["code"] == 190:
            answer.headers["WWW-Authenticate"] = (
                'OAuth "Facebook Platform" "invalid_token" "The access token is not valid"'
            )
        return answer


def bad_parameter(message: str) -> GraphError:
    """Code 100: a parameter that Graph doesn't take."""
    return GraphError(f"(#100) {message}", 100)


def unknown_object(object_id: str, method: str) -> GraphError:
    """Code 100 subcode 33: gone, or not visible to this token."""
    return GraphError(
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be"
        " loaded due to"
        " missing permissions, or does not support this operation.",
        100,
        subcode=33,
    )


def not_permitted(message: str) -> GraphError:
    """Code 10: no permission for this."""
    return GraphError(f"(#10) {message}", 10)
