"""What can go wrong when the product talks to a platform, sorted by what to do about it."""

from __future__ import annotations

from enum import StrEnum

from connectors.figures import Withheld
from school.errors import SchoolgateError


class ConnectorError(SchoolgateError):
    """A platform did not do what was asked.

    `detail` is a sentence for a person, free of tokens and of comment text; `code` is the
    platform's own code (such as "190/463" or "453"), empty when it gave none.
    """

    def __init__(self, detail: str, *, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class ConnectorUnavailable(ConnectorError):
    """Nothing was done; try again. `retry_after`: seconds, or None if the platform gave none."""

    def __init__(self, detail: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Span(StrEnum):
    """Of what length of time a limit is."""

    WINDOW = "window"
    """Minutes: it passes by itself and nobody need do anything."""
    DAY = "day"
    MONTH = "month"


class RateLimited(ConnectorUnavailable):
    """The platform's limit is used up; nothing was done. `retry_after` is always given (seconds)."""

    def __init__(
        self, detail: str, *, code: str = "", retry_after: float | None = None, span: Span = Span.WINDOW
    ) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)
        self.span = span


class OutcomeUnknown(ConnectorError):
    """A write may or may not have taken effect (time-out, 5xx, broken answer after sending).

    The caller must read back before it tries again: PLATFORMS.md section 5.
    """


class ConnectorRefused(ConnectorError):
    """The platform refused for good; never retry, tell a person."""


class CredentialsDead(ConnectorRefused):
    """The token is expired, revoked or of the wrong kind; the account must be connected anew."""


class NotAllowed(ConnectorRefused):
    """The account's tier or permissions don't cover this; the capability should count as absent."""


class OutOfCredit(ConnectorRefused):
    """The platform wants money (X: 402 CreditsDepleted)."""


class DuplicatePost(ConnectorRefused):
    """The platform says that the same text was posted lately: reconcile, it probably is ours."""


class Gone(ConnectorRefused):
    """The object doesn't exist (any more) for this account."""


class FiguresWithheld(ConnectorRefused):
    """The platform keeps a post's figures back for a reason that it names; nothing is wrong."""

    def __init__(self, detail: str, why: Withheld, *, code: str = "") -> None:
        super().__init__(detail, code=code)
        self.why = why


class NotSupported(ConnectorRefused):
    """This platform has no such operation; no request was made."""
