"""What every command does alike: one JSON document or plain lines, one-line errors, exit statuses."""

from __future__ import annotations

import errno
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
import structlog
import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.table import Column, Table

# Typer brings its own copy of click and shows these two nowhere else.
from typer._click.exceptions import ClickException, UsageError

from school import logs
from school.errors import BadInput, NotFound, SchoolgateError
from school.settings import may_hold_secret, settings
from worker import signals

log = structlog.get_logger(__name__)

BAD_INPUT = 2
FAILURE = 1
WIDE = 240
"""Characters of a line that no terminal shows."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


class Failure(SchoolgateError):
    """A command that could not do its work; the sentence says why and what to do."""


class Refused(SchoolgateError):
    """A command that can't start as it was asked to: bad input whose field is an option or a setting."""


def answer(document: Mapping[str, Any], lines: Iterable[str] | Table, *, as_json: bool) -> None:
    """Print what a command did: the document as JSON, or lines or a table for people."""
    if as_json:
        write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    elif isinstance(lines, Table):
        # Into a file or a pipe nothing is cut short for want of a screen's width.
        Console(highlight=False, width=None if sys.stdout.isatty() else WIDE).print(lines)
    else:
        write("".join(f"{line}\n" for line in lines))


def table(*headings: str) -> Table:
    """An empty table that folds what is too long rather than cutting it."""
    return Table(*(Column(heading, overflow="fold") for heading in headings), box=box.SIMPLE)


def write(text: str) -> None:
    """Put text on standard output, in UTF-8 whatever the terminal's locale is."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def complain(sentence: str) -> None:
    """One line on standard error."""
    line = " ".join(sentence.split())
    sys.stderr.buffer.write(f"schoolgate: {line}\n".encode("utf-8", "replace"))
    sys.stderr.buffer.flush()


def guarded(command: Callable[[], Any]) -> int:
    """Run a command and turn however it ends into an exit status and, for errors, one line."""
    try:
        outcome = command()
    except UsageError as error:
        path = error.ctx.command_path if error.ctx else "schoolgate"
        complain(f"{error.format_message().rstrip('.')}. See {path} --help")
        return BAD_INPUT
    except ClickException as error:
        complain(error.format_message())
        return BAD_INPUT
    except signals.Stopped:
        # A start that was stopped: asked for, and so no failure.
        return 0
    except (typer.Abort, KeyboardInterrupt):
        complain("Stopped.")
        return FAILURE
    except (BadInput, Refused, NotFound) as error:
        complain(str(error))
        return BAD_INPUT
    except SchoolgateError as error:
        complain(str(error))
        return FAILURE
    except ValidationError as error:
        complain(setting_sentence(error))
        return BAD_INPUT
    except BrokenPipeError:
        # Whoever read our output has had enough. What is still buffered has nowhere to go.
        sys.stdout = None
        return FAILURE
    except (sa.exc.DBAPIError, OSError) as error:
        return _outside(error)
    except Exception as error:  # noqa: BLE001 - the last place: logged with its traceback, said in one line
        return _unexpected(error)
    return outcome if isinstance(outcome, int) else 0


def setting_sentence(error: ValidationError) -> str:
    """Which setting can't be taken and why, without its value where that may be a secret."""
    parts = []
    for problem in error.errors(include_url=False):
        field = str(problem["loc"][0])
        name = f"SCHOOLGATE_{field.upper()}"
        value = problem.get("input")
        if isinstance(value, timedelta):
            value = f"{value.total_seconds():g} seconds"
        tell = isinstance(value, (str, int, float)) and not may_hold_secret(field, value)
        shown = f" (“{str(value)[:60]}”)" if tell else ""
        said = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{name}{shown}: {said[0].lower()}{said[1:]}")
    return f"A setting can't be used. {'; '.join(parts)}. Correct it in the environment or in .env."


def database_sentence(error: sa.exc.DBAPIError) -> str:
    """What is wrong with the database, in a sentence with what to do."""
    said = str(error.orig or "").lower()
    chosen = settings()
    sqlite = chosen.effective_database_url.startswith("sqlite")
    where = (
        f"The database file {sa.make_url(chosen.effective_database_url).database}"
        if sqlite
        else "The database"
    )
    if "readonly" in said or "read-only" in said or "permission denied" in said:
        return f"{where} can't be written: it is read-only for this user. Make it writable, then start again."
    if "unable to open database file" in said:
        return f"{where} can't be opened. Check that its folder exists and that this user may write there."
    if "not a database" in said or "malformed" in said:
        return f"{where} is damaged or is no database. Restore it from a backup."
    if "full" in said or "no space left" in said:
        return f"{where} can't grow: the disk is full. Make room, then start again."
    if "disk i/o error" in said:
        return (
            f"{where} can't be read or written: its disk is full or failing. Make room or look at the disk, "
            "then start again."
        )
    if "password authentication failed" in said or "no password supplied" in said:
        return f"{where} refuses the user name or password. Correct them in SCHOOLGATE_DATABASE_URL."
    if not sqlite and re.search(r'(database|role) ".*" does not exist', said):
        return (
            f"{where}'s server knows no such database or user. Make it, or correct SCHOOLGATE_DATABASE_URL."
        )
    if any(words in said for words in ("no such table", "no such column", "does not exist")):
        return f"{where} has not this version's tables. Run `schoolgate run` or `schoolgate setup` first."
    if "locked" in said:
        return f"{where} is held by another program for too long. Stop it, then try again."
    if isinstance(error, sa.exc.OperationalError) and not sqlite:
        return f"{where} can't be reached. Check SCHOOLGATE_DATABASE_URL and that the server is running."
    return f"{where} refused a request ({type(error.orig).__name__}); the log has the details."


def file_sentence(error: OSError) -> str:
    """What is wrong with a file or folder, in a sentence."""
    name = error.filename or "A file"
    match error.errno:
        case errno.EROFS:
            return f"{name} can't be written: its disk is read-only. Make it writable, then try again."
        case errno.EACCES | errno.EPERM:
            return f"{name} can't be used: this user may not read or write it. Change that, then try again."
        case errno.ENOSPC | errno.EDQUOT:
            return f"{name} can't be written: the disk is full. Make room, then try again."
        case _:
            return f"{name}: {error.strerror or type(error).__name__}."


def _outside(error: sa.exc.DBAPIError | OSError) -> int:
    log.error("command_failed", exc_info=error)
    complain(database_sentence(error) if isinstance(error, sa.exc.DBAPIError) else file_sentence(error))
    return FAILURE


def _unexpected(error: Exception) -> int:
    log.error("command_failed_unexpectedly", exc_info=error)
    complain(
        f"Something unexpected went wrong ({type(error).__name__}). Details are in {log_file('command')}."
    )
    return FAILURE


def log_file(name: str) -> str:
    """Where the log of a process of that name is."""
    return str(settings().home / "logs" / f"{name}.log")


def logs_of(name: str, *, stderr_level: int | None = None) -> None:
    """Set up this process's logs: a file in the home folder and, if asked, standard error.

    Where the file can't be written (a read-only home) the command itself will say so.
    """
    chosen = settings()
    level = logging.DEBUG if chosen.log_level == "debug" else logging.INFO
    file = chosen.home / "logs" / f"{name}.log" if chosen.log_files else None
    try:
        logs.configure(log_format=chosen.log_format, file=file, stderr_level=stderr_level, level=level)
    except OSError:
        logs.configure(log_format=chosen.log_format, stderr_level=stderr_level, level=level)
        logging.getLogger(__name__).info("no log file")
