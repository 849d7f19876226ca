"""The Graph's refusals as our errors (PLATFORMS.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    FiguresWithheld,
    Gone,
    NotAllowed,
    RateLimited,
    Span,
)
from connectors.exchange import (
    LONGEST_WAIT,
    Call,
    Effect,
    json_of,
    number,
    retry_after_header,
    sensible_wait,
    shown_code,
    unanswered,
)
from connectors.figures import Withheld
from connectors.untrusted import record, records, text

RATE_LIMIT_WAIT = 15 * 60.0
"""Seconds to wait where the Graph doesn't say how long."""
SPAM_BLOCK_WAIT = 4 * 3600.0
DAILY_QUOTA_WAIT = 3600.0
NOT_READY_WAIT = 60.0

_RATE_CODES = {4, 17, 32, 341, 613} | set(range(80000, 80015))
_TOKEN_CODES = {190, 102}
_TOKEN_SUBCODES = {458, 459, 460, 463, 464, 467, 492}
_TRANSIENT_CODES = {-1, -2, 1, 2}
_TRANSIENT_SUBCODES = {2207001, 2207003, 2207008, 2207032, 2207053}
_PERMISSION_CODES = {3, 10} | set(range(200, 300))
_BEFORE_PROFESSIONAL = 2108006


def failure_of(
    call: Call, platform: str, status: int, headers: Mapping[str, str], answer: object
) -> ConnectorError | None:
    """What an answer means, or None if it is a good one. `answer`: the parsed body, None if it is no JSON."""
    error = record(record(answer).get("error"))
    if not error:
        return _failure_without_words(call, platform, status, headers, answer)
    number_, subnumber = number(error.get("code")), number(error.get("error_subcode"))
    code = shown_code(_whole(number_), _whole(subnumber)) or str(status)
    # First of all: after a publish, a 5xx or a fault may have posted nonetheless.
    if status >= 500 or number_ in _TRANSIENT_CODES:
        return unanswered(
            call, platform, "it had a passing fault", code=code, retry_after=retry_after_header(headers)
        )
    if subnumber == 2207042:
        return RateLimited(
            f"{platform}'s number of posts for today is used up.",
            code=code,
            retry_after=DAILY_QUOTA_WAIT,
            span=Span.DAY,
        )
    if subnumber == 2207027 or number_ == 9007:
        return ConnectorUnavailable(
            f"{platform} is still preparing the pictures.", code=code, retry_after=NOT_READY_WAIT
        )
    if subnumber == 2207052 or number_ == 9004:
        return ConnectorUnavailable(
            f"{platform} could not fetch a picture from this server.", code=code, retry_after=NOT_READY_WAIT
        )
    if subnumber in _TRANSIENT_SUBCODES:
        return unanswered(call, platform, "it had a passing fault", code=code)
    if number_ in _RATE_CODES or status == 429:
        return _rate_limited(platform, headers, code)
    if number_ == 368:
        return RateLimited(
            f"{platform} has blocked this account from doing that for some hours.",
            code=code,
            retry_after=SPAM_BLOCK_WAIT,
            span=Span.DAY,
        )
    if number_ in _TOKEN_CODES or subnumber in _TOKEN_SUBCODES:
        return CredentialsDead(
            f"{platform} no longer takes the key to this account; connect it again.", code=code
        )
    # Under the code of a missing permission, and told apart by the words alone.
    if number_ == 10 and "not enough viewers" in text(error.get("message")).lower():
        return FiguresWithheld(
            f"Too few have seen this for {platform} to say how many.", Withheld.TOO_FEW, code=code
        )
    if subnumber == _BEFORE_PROFESSIONAL:
        return FiguresWithheld(
            f"{platform} counts nothing for what was posted before the account was a professional one.",
            Withheld.BEFORE,
            code=code,
        )
    if number_ in _PERMISSION_CODES:
        return NotAllowed(
            f"{platform} does not let this account do that: a permission is missing.", code=code
        )
    if number_ == 506:
        return DuplicatePost(f"{platform} says that this account posted the same text lately.", code=code)
    # Only here: rate limits are called transient too, and are a clear no.
    if error.get("is_transient") is True:
        return unanswered(call, platform, "it had a passing fault", code=code)
    if (number_ == 100 and subnumber == 33) or number_ == 803 or subnumber == 2207006:
        return Gone(f"{platform} has no such object, or this account can't see it.", code=code)
    return ConnectorRefused(f"{platform} refused the request ({code}).", code=code)


def _failure_without_words(
    call: Call, platform: str, status: int, headers: Mapping[str, str], answer: object
) -> ConnectorError | None:
    """An answer without `error`: a good one, or a web page, a list, nothing at all."""
    code = str(status)
    if 200 <= status < 300:
        # Some older edges answer a bare `true` to what they have done.
        if isinstance(answer, Mapping) or (answer is True and call.effect is Effect.REPEATABLE):
            return None
        return unanswered(call, platform, "the answer was not what it documents", code=code)
    if status == 429:
        return _rate_limited(platform, headers, code)
    if status == 401:
        return CredentialsDead(
            f"{platform} no longer takes the key to this account; connect it again.", code=code
        )
    if status == 404 and call.names_object and isinstance(answer, Mapping):
        return Gone(f"{platform} has no such object, or this account can't see it.", code=code)
    if status == 403:
        # The Graph's own refusals are JSON: a gateway on the way has turned this one away.
        return ConnectorUnavailable(
            f"Something on the way to {platform} turned the request away.",
            code=code,
            retry_after=RATE_LIMIT_WAIT,
        )
    # A refusal of the Graph's own is JSON: of one that breaks off nobody knows what was refused, and why.
    broken_off = status == 400 and answer is None
    if broken_off or status == 408 or status >= 500 or status < 400:
        return unanswered(
            call,
            platform,
            f"it answered {status} without saying why",
            code=code,
            retry_after=retry_after_header(headers),
        )
    return ConnectorRefused(f"{platform} refused the request ({code}).", code=code)


def _rate_limited(platform: str, headers: Mapping[str, str], code: str) -> RateLimited:
    waits = [minutes * 60.0 for minutes in _minutes_to_regain(headers) if minutes > 0]
    wait = max(waits) if waits else retry_after_header(headers)
    return RateLimited(
        f"{platform}'s limit for this account is used up for now. Nothing need be done.",
        code=code,
        retry_after=RATE_LIMIT_WAIT if wait is None else sensible_wait(wait),
    )


def usage_of(headers: Mapping[str, str]) -> tuple[int | None, datetime | None]:
    """What is left of the account's allowance in per cent, and when it will be whole again.

    From X-Business-Use-Case-Usage, X-App-Usage and X-Page-Usage; None where they say nothing.
    """
    used = [
        share
        for entry in _usage_entries(headers)
        for name in ("call_count", "total_cputime", "total_time")
        if (share := number(entry.get(name))) is not None
    ]
    minutes = max(_minutes_to_regain(headers), default=0.0)
    return (
        max(0, 100 - int(max(used))) if used else None,
        datetime.now(UTC) + timedelta(minutes=minutes) if minutes > 0 else None,
    )


def _minutes_to_regain(headers: Mapping[str, str]) -> list[float]:
    found = (number(entry.get("estimated_time_to_regain_access")) for entry in _usage_entries(headers))
    return [min(minutes, LONGEST_WAIT / 60) for minutes in found if minutes is not None]


def _usage_entries(headers: Mapping[str, str]) -> list[Mapping[str, object]]:
    entries: list[Mapping[str, object]] = []
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        if name not in headers:
            continue
        try:
            said = record(json_of(headers[name].encode()))
        except ValueError:
            continue
        entries.append(said)
        for listed in said.values():
            entries.extend(records(listed))
    return entries


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
