"""Bringing a database to the tables that this version needs."""

from __future__ import annotations

from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from school import database_roles
from school.db import engine_for
from school.errors import BadInput
from school.settings import settings


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


def prepare() -> bool:
    """Bring the database of the settings to this version's tables; whether two users share it.

    By its owner where SCHOOLGATE_DATABASE_OWNER_URL names one, who then gives the running product its rights.
    Raises BadInput where the product's user may not change tables, and no owner is named.
    """
    running, owner = settings().effective_database_url, settings().effective_database_owner_url
    if owner:
        upgrade(owner)
        return database_roles.settle(owner, running)
    try:
        if not is_current(running):
            upgrade(running)
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        raise BadInput(
            "The database has the tables of another version, and its user may not change them: run "
            "`schoolgate migrate` with SCHOOLGATE_DATABASE_OWNER_URL (docker compose run --rm migrate).",
            field="database_owner_url",
        ) from None
    return False


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
