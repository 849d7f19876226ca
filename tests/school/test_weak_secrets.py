"""A real school doesn't start with a secret that anybody could guess; a practice school may (P11)."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from school import db, setup, weak_secrets
from school.errors import BadInput
from school.settings import settings
from worker import starting
from worker.commands import schools

GOOD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SECRET_KEY", "x" * 40, "only 1 different"),
        ("SECRET_KEY", "0123456789abcdef" * 4, "over and over"),
        ("SECRET_KEY", "change-me-to-32-random-characters!", "manual"),
        ("SECRET_KEY", "this is our Schoolgate installation", "manual"),
        ("OTHER_SECRET_KEYS", "z" * 40, "SCHOOLGATE_OTHER_SECRET_KEYS has only"),
        ("DATABASE_URL", "postgresql://app:short@db.test/school", "shorter than 12"),
        ("DATABASE_URL", "postgresql://larkfield:larkfield-2026@db.test/school", "user's name"),
        ("DATABASE_URL", "postgresql:///school?host=db.test&user=app&password=hunter2", "shorter than 12"),
        ("DATABASE_OWNER_URL", "postgresql://boss:my-password-here@db.test/school", "manual"),
        ("BROKER_URL", "redis://:changeme-please@redis.test/0", "manual"),
        ("METRICS_TOKEN", "prometheus", "shorter than 16"),
    ],
)
def test_a_secret_that_can_be_guessed_is_named_and_not_told(
    settings_home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", GOOD)
    monkeypatch.setenv(f"SCHOOLGATE_{name}", value)
    settings.cache_clear()
    with pytest.raises(BadInput, match=why) as refused:
        weak_secrets.refuse(settings())
    assert f"SCHOOLGATE_{name}" in str(refused.value) and "openssl rand -hex 32" in str(refused.value)
    assert value not in str(refused.value)


def test_the_databases_two_users_have_passwords_of_their_own(
    settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_DATABASE_URL", f"postgresql://app:{GOOD}@db.test/school")
    for password, why in ((GOOD, "protect nothing"), ("postgres-postgres", "manual")):
        monkeypatch.setenv("SCHOOLGATE_DATABASE_OWNER_URL", f"postgresql://own:{password}@db.test/school")
        settings.cache_clear()
        with pytest.raises(BadInput, match=why) as refused:
            # Before it asks a server for anything: there is none.
            schools.migrate_database()
        assert refused.value.field == "database_owner_url" and password not in str(refused.value)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_a_real_school_is_kept_from_starting(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        school = setup.set_up_practice(session, now=db.now())
    starting.settle_key(school)
    monkeypatch.setenv("SCHOOLGATE_METRICS_TOKEN", "secret")
    settings.cache_clear()
    starting.settle_key(school)
    school.practice = False
    with pytest.raises(BadInput, match="METRICS_TOKEN"):
        starting.settle_key(school)
    monkeypatch.setenv("SCHOOLGATE_METRICS_TOKEN", GOOD)
    settings.cache_clear()
    starting.settle_key(school)


def test_whoever_steals_the_hashes_pays_for_each_guess() -> None:
    """64 MiB and three rounds for each: the module as the product loads it, not the tests' quick one."""
    spec = util.find_spec("school.secrets")
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(untouched := util.module_from_spec(spec))
    hashed = untouched.hash_secret("three wet otters")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert untouched.check_secret("three wet otters", hashed)
    assert not untouched.check_secret("three dry otters", hashed)
