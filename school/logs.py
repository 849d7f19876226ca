"""Logs: an event's name and ids, to standard error and to a file in the home folder.

Never a token, a person's name or a comment's text: what looks like a secret by its key is taken
out here, whoever logs it, and libraries that print headers when they debug are pinned.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal

import structlog

FILE_BYTES_MAX = 5 * 1024 * 1024
FILES_KEPT = 5

_SECRET_KEY = re.compile(
    r"token|secret|passw|authorization|cookie|credential|api_?key|consumer_key|(^|_)pin($|_)|smtp_url|bounces_url|database_url",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?P<name>(?:access_token|appsecret_proof|client_secret|oauth_[a-z]+|app_secret|password|pin)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
    r"|(?P<scheme>\b(?:Bearer|Basic) )[A-Za-z0-9._~+/%=-]{12,}"
    r"|(?P<url>://[^/\s:@]+:)[^/\s@]+(?=@)",
    re.IGNORECASE,
)

# DEBUG lines of the first ones print the Authorization header; the others tell nothing that we
# don't say ourselves, every second.
_PINNED = {
    "tweepy": logging.WARNING,
    "oauthlib": logging.WARNING,
    "requests_oauthlib": logging.WARNING,
    "urllib3": logging.WARNING,
    "requests": logging.WARNING,
    "celery": logging.WARNING,
    "kombu": logging.WARNING,
    "amqp": logging.WARNING,
    "waitress": logging.WARNING,
    "waitress.queue": logging.ERROR,
    "werkzeug": logging.WARNING,
    "mail.log": logging.WARNING,
    "mail.debug": logging.WARNING,
    "alembic": logging.WARNING,
    "sqlalchemy.engine": logging.WARNING,
    "asyncio": logging.WARNING,
    "transformers": logging.ERROR,
    "httpx": logging.WARNING,
    "PIL": logging.WARNING,
}


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Line ends, what terminals obey, and what turns the order of letters round."""
_OF_SEVERAL_LINES = frozenset({"exception", "stack"})


class PatientFile(RotatingFileHandler):
    """A log file for its own user alone, that outlives a full disk.

    What can't be written is counted, not complained of on standard error in the middle of whatever
    is said there; the count is written as soon as there is room again.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file; raises OSError when it can't. Older files get the mode that new ones have."""
        self._lost = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(
            path, maxBytes=FILE_BYTES_MAX, backupCount=FILES_KEPT, encoding="utf-8", errors="backslashreplace"
        )
        for old in path.parent.glob(f"{path.name}*"):
            _for_its_user_alone(old)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, and before it, how many could not be written."""
        if self._lost:
            lost, self._lost = self._lost, 0
            values = {"event": "log_lines_lost", "count": lost}
            note = logging.LogRecord(__name__, logging.WARNING, __file__, 0, values, None, None)
            super().emit(note)
            if self._lost:
                self._lost += lost
                return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Count a record that the disk didn't take; anything else is a mistake of ours and is shown."""
        if isinstance(sys.exc_info()[1], OSError):
            self._lost += 1
        else:
            super().handleError(record)


def _for_its_user_alone(path: Path) -> None:
    try:
        path.chmod(0o600)
    except OSError:
        # Somebody else's file: it is theirs to mend, and no reason to go without logs.
        return


def drop_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace whatever looks like a secret, by its key or by its form, in an event and its traceback."""
    for key, value in event.items():
        if key != "event" and _SECRET_KEY.search(key):
            event[key] = "(removed)"
        elif isinstance(value, str):
            event[key] = _SECRET_VALUE.sub(_removed, value)
    return event


def keep_to_the_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let nothing in an event begin a line that looks like another event, or move the reader's cursor.

    Messages of libraries, and the words of errors, may hold what somebody outside wrote. The lines of a
    traceback are set in.
    """
    for key in list(event):
        value = event.pop(key)
        if key in _OF_SEVERAL_LINES and isinstance(value, str):
            event[key] = "\n".join(f"  {_escaped(line)}" for line in value.split("\n"))
        else:
            event[_escaped(key)] = _escaped(value) if isinstance(value, str) else value
    return event


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _removed(match: re.Match[str]) -> str:
    kept = match["name"] or match["scheme"] or match["url"]
    return f"{kept}(removed)"


def configure(
    *,
    log_format: Literal["plain", "json"] = "plain",
    file: Path | None = None,
    stderr_level: int | None = logging.INFO,
    level: int = logging.INFO,
) -> None:
    """Set up the logs of this process, in place of any former set-up.

    `file` gets everything from `level` on and is rotated at 5 MiB, five old ones being kept.
    `stderr_level` None: nothing on standard error. Raises OSError when the file can't be written.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )

    def formatter(*, colours: bool) -> logging.Formatter:
        renderer: Any = (
            structlog.processors.JSONRenderer()
            if log_format == "json"
            # Rich tracebacks would print local variables, comment texts and tokens among them.
            else structlog.dev.ConsoleRenderer(
                colors=colours, exception_formatter=structlog.dev.plain_traceback, sort_keys=False
            )
        )
        # JSON has no line ends within a line.
        lines = [keep_to_the_line] if log_format == "plain" else []
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                drop_secrets,
                *lines,
                renderer,
            ],
        )

    handlers: list[logging.Handler] = []
    if stderr_level is not None:
        stream = logging.StreamHandler(sys.stderr)
        stream.setLevel(stderr_level)
        stream.setFormatter(formatter(colours=sys.stderr.isatty()))
        handlers.append(stream)
    if file is not None:
        rotating = PatientFile(file)
        rotating.setFormatter(formatter(colours=False))
        handlers.append(rotating)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers or [logging.NullHandler()]:
        root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    for name, level in _PINNED.items():
        logging.getLogger(name).setLevel(level)
