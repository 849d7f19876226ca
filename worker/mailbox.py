"""The built-in mail server: real SMTP on loopback, whose mailbox is a folder (and a page, /practice)."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

log = structlog.get_logger(__name__)

# A post's pictures travel inside the approval mail: four of 25 MiB, in base64, and some air.
MESSAGE_BYTES_MAX = 160 * 1024 * 1024


class MailboxHandler:
    """Keeps every mail that arrives as one file, named by the time of its arrival (UTC)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take one mail. It is on the disk before the sender is told that it was taken."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        try:
            keep(self._folder / name, raw)
        except OSError as error:
            log.error("mail_not_kept", error=type(error).__name__, errno=error.errno)
            return "452 The mailbox's disk is full or read-only; try again later"
        log.info("mail_kept", file=name, bytes=len(raw))
        return "250 Taken"


def keep(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(path)


class _LoopbackController(Controller):
    """A controller on a port of the system's choice: the library's own looks for itself at port 0."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """The running mail server. `url` is what SCHOOLGATE_SMTP_URL would be for it."""

    def __init__(self, folder: Path) -> None:
        """Doesn't start yet; makes the folder. Raises OSError when it can't."""
        folder.mkdir(parents=True, exist_ok=True)
        self._controller = _LoopbackController(
            MailboxHandler(folder),
            hostname="127.0.0.1",
            port=0,
            server_hostname="schoolgate.localhost",
            data_size_limit=MESSAGE_BYTES_MAX,
            enable_SMTPUTF8=True,
            ident="Schoolgate mailbox",
        )

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening and end the thread."""
        self._controller.stop(no_assert=True)
