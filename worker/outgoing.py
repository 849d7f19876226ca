"""Where this process hands its mail to: the school's server, or the built-in mailbox."""

from __future__ import annotations

from school.settings import settings

_mailbox: dict[str, str] = {}


def deliver_to(url: str) -> None:
    """Tell this process where the built-in mailbox listens."""
    _mailbox["url"] = url


def smtp_url() -> str | None:
    """The setting, else the mailbox of this process; None where there is neither."""
    return settings().smtp_url or _mailbox.get("url")
