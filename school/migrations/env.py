"""How Alembic meets the database: one transaction, one migrator at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from school.db import Base, make_engine
from school.models import School  # noqa: F401 - fills the metadata

_LOCK = 0x5C40_02


def run() -> None:
    """Run the migrations that were asked for."""
    engine = make_engine(context.config.attributes["url"])
    try:
        with engine.connect() as connection:
            postgresql = connection.dialect.name == "postgresql"
            if postgresql:
                connection.execute(sa.text("SET lock_timeout = '60s'"))
                connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
                connection.commit()
            else:
                # Changing a table on SQLite copies it; the references to it must not be followed.
                # The pragma counts outside a transaction only.
                raw = connection.connection.driver_connection
                assert raw is not None
                connection.rollback()
                raw.execute("PRAGMA foreign_keys=OFF")
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=not postgresql,
                compare_type=True,
                transaction_per_migration=False,
                user_module_prefix="school.db.",
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
    finally:
        engine.dispose()


run()
