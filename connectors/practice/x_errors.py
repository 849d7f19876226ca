"""X's error answers: problems (v2) and code lists (v1.1)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

_PROBLEMS = "https://api.twitter.com/2/problems/"


class XError(Exception):
    """An answer that is an error: status, body and further headers."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body.get("title", ""))
        self.status = status
        self.body = body
        self.headers = headers or {}

    def response(self) -> Response:
        """The HTTP answer."""
        kind = "application/problem+json" if "title" in self.body else "application/json"
        answer = Response(json.dumps(self.body), status=self.status, content_type=f"{kind}; charset=utf-8")
        answer.headers.update(self.headers)
        return answer


def invalid(parameter: str, value: str, message: str) -> XError:
    """400: a parameter that X doesn't take."""
    return XError(
        400,
        {
            "errors": [{"parameters": {parameter: [value]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{_PROBLEMS}invalid-request",
        },
    )


def generic(status: int, title: str, detail: str) -> XError:
    """A problem without a type of its own."""
    return XError(status, {"title": title, "detail": detail, "type": "about:blank", "status": status})


def unauthorised() -> XError:
    """401: no signature, a wrong one, or a dead token."""
    return generic(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> XError:
    """403 with X's reason."""
    return generic(403, "Forbidden", detail)


def not_enrolled() -> XError:
    """403: this tier of the API doesn't have the call."""
    return XError(
        403,
        {
            "title": "Client Forbidden",
            "detail": "This request must be made by a developer account that is enrolled in the right tier.",
            "type": f"{_PROBLEMS}client-forbidden",
            "reason": "client-not-enrolled",
            "registration_url": "https://developer.x.com/en/docs/x-api",
            "status": 403,
        },
    )


def out_of_credit() -> XError:
    """402: the prepaid money is used up."""
    return XError(
        402,
        {
            "title": "CreditsDepleted",
            "detail": "Your enrolled account does not have any credits to fulfill this request.",
            "type": f"{_PROBLEMS}credits",
            "status": 402,
        },
    )


def too_many(headers: dict[str, str]) -> XError:
    """429."""
    return XError(
        429,
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429},
        headers,
    )


def missing(kind: str, resource_id: str, *, parameter: str = "id") -> dict[str, Any]:
    """The problem that says that a post or user doesn't exist; part of a 200 answer or a 404."""
    noun = {"tweet": "tweet", "user": "user", "media": "media"}[kind]
    return {
        "value": resource_id,
        "detail": f"Could not find {noun} with {parameter}: [{resource_id}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": resource_id,
        "type": f"{_PROBLEMS}resource-not-found",
    }


def gone(kind: str, resource_id: str, *, parameter: str = "id") -> XError:
    """404 for an operation on something that doesn't exist."""
    return XError(404, {**missing(kind, resource_id, parameter=parameter), "status": 404})


def v1(status: int, code: int, message: str) -> XError:
    """An error as v1.1 words it."""
    return XError(status, {"errors": [{"code": code, "message": message}]})
