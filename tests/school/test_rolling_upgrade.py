"""Every migration leaves the former version's statements working: processes are replaced one by one.

The rule (README, "Upgrade"): tables and columns are only added; what the former version doesn't fill
has a default or may be empty; what is no longer used goes one version later.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from school import db, migrate

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def _steps() -> list[tuple[str, str]]:
    """Each migration with the one before it, oldest first; the very first makes the tables."""
    script = ScriptDirectory.from_config(migrate.config("sqlite://"))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    return list(pairwise(revisions))


def _schema(url: str) -> dict[str, dict[str, Any]]:
    """What a statement can stumble over: columns, and constraints on them."""
    engine = sa.create_engine(url)
    try:
        look = sa.inspect(engine)
        columns, indexes, unique = (
            look.get_multi_columns(),
            look.get_multi_indexes(),
            look.get_multi_unique_constraints(),
        )
        checks, foreign = look.get_multi_check_constraints(), look.get_multi_foreign_keys()
        return {
            key[1]: {
                "columns": {column["name"]: column for column in found},
                "unique": {
                    tuple(sorted(filter(None, index["column_names"])))
                    for index in indexes[key]
                    if index["unique"]
                }
                | {tuple(sorted(one["column_names"])) for one in unique[key]},
                "checks": {one["name"] for one in checks[key]},
                "foreign": {tuple(one["constrained_columns"]) for one in foreign[key]},
            }
            for key, found in columns.items()
        }
    finally:
        engine.dispose()


def stumbles(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What statements written for the earlier tables would fail on, in the later ones."""
    found = []
    for table, was in before.items():
        if table not in after:
            found.append(f"{table} is gone")
            continue
        now = after[table]
        for name, column in was["columns"].items():
            kept = now["columns"].get(name)
            if kept is None:
                found.append(f"{table}.{name} is gone")
            elif _kind(kept) != _kind(column):
                found.append(f"{table}.{name} was {_kind(column)} and is {_kind(kept)}")
            elif column["nullable"] and not kept["nullable"]:
                found.append(f"{table}.{name} may no longer be empty")
        new = now["columns"].keys() - was["columns"].keys()
        found += [
            f"{table}.{name} is new, has no default and may not be empty"
            for name in new
            if not now["columns"][name]["nullable"] and now["columns"][name]["default"] is None
        ]
        for what in ("unique", "checks", "foreign"):
            found += [
                f"{table} has a new {what} on {added}"
                for added in now[what] - was[what]
                if what == "checks" or set(added) <= was["columns"].keys()
            ]
    return found


def _kind(column: dict[str, Any]) -> str:
    # An enum may have got more values; the former version writes the ones it knows.
    return "enum" if isinstance(column["type"], sa.Enum) else str(column["type"])


def test_every_migration_can_be_applied_while_the_former_version_works(database: str) -> None:
    found = {}
    migrate.downgrade(database)
    db.engine_for(database).dispose()
    migrate.upgrade(database, _steps()[0][0])
    before = _schema(database)
    for _old, new in _steps():
        migrate.upgrade(database, new)
        after = _schema(database)
        if what := stumbles(before, after):
            found[new] = what
        before = after
    assert found == {}


def test_the_check_sees_what_would_break_a_running_process(database: str) -> None:
    before = _schema(database)
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        for statement in (
            "ALTER TABLE people DROP COLUMN pin_hash",
            "ALTER TABLE people ADD COLUMN nickname text NOT NULL",
            "ALTER TABLE people ADD COLUMN fine text NOT NULL DEFAULT ''",
            "ALTER TABLE drafts ALTER COLUMN revision_number TYPE text",
            "CREATE UNIQUE INDEX one_name ON people (name)",
            "ALTER TABLE school ALTER COLUMN restored_at SET NOT NULL",
            "DROP TABLE call_ledger",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    assert sorted(stumbles(before, _schema(database))) == [
        "call_ledger is gone",
        "drafts.revision_number was INTEGER and is TEXT",
        "people has a new unique on ('name',)",
        "people.nickname is new, has no default and may not be empty",
        "people.pin_hash is gone",
        "school.restored_at may no longer be empty",
    ]
