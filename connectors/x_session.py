"""tweepy's session: our address before signing, our time limit, our errors, in this one place.

tweepy itself has the host written in, no time limit, and error classes that fail on some bodies
(PLATFORMS.md section 6). It takes any requests session, so it only ever sees good answers here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.base import CallRecord
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    Gone,
    NotAllowed,
    OutOfCredit,
    RateLimited,
    Span,
)
from connectors.exchange import (
    Call,
    Effect,
    Ledger,
    json_of,
    moment,
    number,
    retry_after_header,
    sensible_wait,
    server_time,
    shown_code,
    unanswered,
)
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import record, records, text

RATE_LIMIT_WITHOUT_RESET = 60.0
"""Seconds to wait after a 429 that doesn't say how long (PLATFORMS.md section 5)."""

DAY = 24 * 3600.0
DAILY_CAP_WAIT = 3600.0
"""Seconds to wait after the day's limit where X doesn't say when the day ends."""

BLOCKED_ON_THE_WAY = 900.0
"""Seconds to wait after a 403 that is a web page: it comes from a gateway, not from X's API."""

_NOT_ALLOWED_KINDS = {
    "not-authorized-for-resource",
    "not-authorized-for-field",
    "client-forbidden",
    "disallowed-resource",
}

_DEAD_TOKEN_CODES = {32, 64, 89, 99, 215, 326}
"""v1.1 codes: can't authenticate, suspended, expired token, bad credentials, locked."""


class XSession(Transport):
    """Sends tweepy's requests to where the settings say, and turns X's refusals into our errors."""

    def __init__(self, *, base_url: str, timeout: float, ledger: Ledger) -> None:
        super().__init__(timeout=timeout)
        self.base_url = base_url.rstrip("/")
        self.ledger = ledger
        self.call = Call("start")
        """What the next request is for; the connector sets it before each."""
        self.last_headers: Mapping[str, str] = {}

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """One request to X; the answer is a JSON object with status 2xx.

        Raises the errors of `connectors.errors` for everything else.
        """
        call = self.call
        kwargs["timeout"] = self.timeout * call.patience
        missing: ConnectorError | None = None
        try:
            response = super().request(method, self.base_url + _path(str(url)), *args, **kwargs)
        except NoAnswer as error:
            missing = unanswered(call, "X", error.reason, sent=error.sent)
        if missing is not None:
            self.ledger.add(CallRecord(operation=call.operation, status=0, items=0))
            raise missing
        self.last_headers = response.headers
        remaining = number(response.headers.get("x-rate-limit-remaining"))
        self.ledger.add(
            CallRecord(
                operation=call.operation,
                status=response.status_code,
                items=0,
                remaining=None if remaining is None else int(remaining),
                reset_at=moment(number(response.headers.get("x-rate-limit-reset"))),
            )
        )
        failure = failure_of(call, response.status_code, response.headers, response.content)
        if failure is not None:
            raise failure
        response.encoding = "utf-8-sig"
        return response


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def failure_of(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> ConnectorError | None:
    """What X's answer means (PLATFORMS.md section 5), or None if it is a good one."""
    try:
        answer = json_of(body)
    except ValueError:
        answer = None
    if 200 <= status < 300:
        if not isinstance(answer, Mapping):
            return unanswered(call, "X", "the answer was not what X documents", code=str(status))
        return _failure_inside(call, answer)
    problems = _problems(answer)
    code = shown_code(status, *_codes(problems))
    if status == 429 or _has_code(problems, 88):
        return _rate_limited(status, headers, problems, code)
    if status == 408 or status >= 500:
        return unanswered(
            call, "X", f"it answered {status}", code=code, retry_after=retry_after_header(headers)
        )
    if 300 <= status < 400 or status < 200:
        return unanswered(call, "X", f"it answered {status}, which it never should", code=code)
    if status == 402:
        return OutOfCredit(
            "X wants money: the credit of the school's app is used up. Buy credit at X.", code=code
        )
    if status == 401:
        if _has_code(problems, 135):
            return ConnectorUnavailable("X says that this computer's clock is wrong.", code=code)
        return CredentialsDead("X no longer takes the keys to this account; connect it again.", code=code)
    if status == 403:
        return _forbidden(headers, problems, code, whole=isinstance(answer, Mapping))
    if status == 404:
        if call.names_object:
            return Gone("X has no such post or person, or this account can't see it.", code=code)
        return ConnectorRefused("X knows no such address; check SCHOOLGATE_X_URL.", code=code)
    if not _explained(problems):
        # X says what was wrong with a request; where it doesn't, it may have been carried out.
        return unanswered(call, "X", f"it answered {status} without saying why", code=code)
    return ConnectorRefused(f"X refused the request ({code}).", code=code)


def _explained(problems: list[Mapping[str, object]]) -> bool:
    """Whether a problem has a kind, a code, or a list of what was wrong, as X documents them."""
    return bool(_codes(problems)) or len(problems) > 1


def _failure_inside(call: Call, answer: Mapping[str, object]) -> ConnectorError | None:
    """`errors` can come with status 200: without `data` they are the answer."""
    problems = records(answer.get("errors"))
    listed = number(record(answer.get("meta")).get("result_count")) is not None
    if not problems or answer.get("data") or listed or call.may_be_partial:
        return None
    code = shown_code(*_codes(problems))
    kinds = {text(problem.get("type")).rsplit("/", 1)[-1] for problem in problems}
    if "resource-not-found" in kinds:
        return Gone("X has no such post or person, or this account can't see it.", code=code)
    if kinds & _NOT_ALLOWED_KINDS:
        return NotAllowed("X does not let this account do that.", code=code)
    if call.effect is Effect.ONCE:
        return unanswered(call, "X", "it answered with an error and a success at once", code=code)
    return ConnectorRefused(f"X refused the request ({code}).", code=code)


def _problems(answer: object) -> list[Mapping[str, object]]:
    """The problem itself (v2) and the list within it (v2 and v1.1), whatever shape came."""
    if isinstance(answer, list):
        return records(answer)
    outer = record(answer)
    inner = records(outer.get("errors"))
    return [outer, *inner] if outer else inner


def _codes(problems: list[Mapping[str, object]]) -> list[object]:
    for problem in problems:
        if isinstance(problem.get("code"), int | str):
            return [problem["code"]]
    for problem in problems:
        kind = text(problem.get("type")).rsplit("/", 1)[-1]
        if kind and kind != "about:blank":
            return [kind]
    return []


def _has_code(problems: list[Mapping[str, object]], *wanted: int) -> bool:
    return any(number(problem.get("code")) in wanted for problem in problems)


def _forbidden(
    headers: Mapping[str, str], problems: list[Mapping[str, object]], code: str, *, whole: bool
) -> ConnectorError:
    if not problems and not whole:
        return ConnectorUnavailable(
            "Something on the way to X turned the request away.", code=code, retry_after=BLOCKED_ON_THE_WAY
        )
    words = " ".join(
        text(problem.get(name)).lower() for problem in problems for name in ("detail", "message", "title")
    )
    if "duplicate content" in words or "status is a duplicate" in words or _has_code(problems, 187):
        return DuplicatePost("X says that this account posted the same text lately.", code=code)
    if _has_code(problems, 186) or "too long" in words:
        return ConnectorRefused("X says that the text is too long.", code=code)
    if "deleted or not visible" in words:
        return Gone("What this answers is gone from X, or this account can't see it.", code=code)
    if _has_code(problems, *_DEAD_TOKEN_CODES):
        return CredentialsDead("X has locked the account or its keys; see to it on X.", code=code)
    return NotAllowed("X does not let this account do that: its level of access, or X's rules.", code=code)


def _rate_limited(
    status: int, headers: Mapping[str, str], problems: list[Mapping[str, object]], code: str
) -> RateLimited:
    """Which of X's limits is used up: the window's, the day's or the month's; each ends at its own time."""
    here = server_time(headers)
    capped = {text(problem.get("period")).lower() for problem in problems}
    if "monthly" in capped:
        following = (here.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
        return RateLimited(
            "The number of posts that X lets this app read in a month is used up. Raise the plan at X, or "
            "wait for the new month.",
            code=code,
            # No longer than a day: somebody may have bought more meanwhile.
            retry_after=sensible_wait(min((following - here).total_seconds(), DAY)),
            span=Span.MONTH,
        )
    daily = [
        reset
        for who in ("app", "user")
        if _is_zero(headers, f"x-{who}-limit-24hour-remaining")
        and (reset := number(headers.get(f"x-{who}-limit-24hour-reset"))) is not None
    ]
    wait = retry_after_header(headers)
    window = number(headers.get("x-rate-limit-reset"))
    resets = daily + ([window] if window is not None else [])
    if resets:
        wait = max(wait or 0.0, max(resets) - here.timestamp() + 1.0)
    if daily or "daily" in capped:
        return RateLimited(
            "X's limit for 24 hours is used up for this account. Nothing need be done.",
            code=code,
            retry_after=sensible_wait(wait if wait is not None else DAILY_CAP_WAIT),
            span=Span.DAY,
        )
    return RateLimited(
        "X's limit for a quarter of an hour is used up for this account. Nothing need be done.",
        code=code or str(status),
        retry_after=RATE_LIMIT_WITHOUT_RESET if wait is None else sensible_wait(wait),
    )


def _is_zero(headers: Mapping[str, str], name: str) -> bool:
    return number(headers.get(name)) == 0
