"""Bringing a database to the tables that this version needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from school.db import engine_for


def config(url: str) -> Config:
    """Alembic's settings for this database."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = url
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration that the database lacks; two at once wait for each other."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take migrations back."""
    command.downgrade(config(url), revision)


def check(url: str) -> None:
    """Raise alembic.util.CommandError when the models and the migrations differ.

    The models of the rooms above must be imported by the caller: this room knows only its own.
    """
    command.check(config(url))


def current(url: str) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine_for(url).execution_options(schoolgate_read_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this version knows."""
    return ScriptDirectory.from_config(config("sqlite://")).get_current_head()


def is_current(url: str) -> bool:
    """Whether the database has the tables that this version needs."""
    return current(url) == head()


def knows(revision: str) -> bool:
    """Whether this version knows the way from that revision to its own tables."""
    script = ScriptDirectory.from_config(config("sqlite://"))
    return revision in {found.revision for found in script.walk_revisions()}
