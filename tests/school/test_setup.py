"""A real school is empty, a practice school is peopled, and there is one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import approvals.models  # noqa: F401 - fills the metadata
import moderation.models  # noqa: F401 - fills the metadata
from school import db, migrate, people, secrets, setup, sign_up
from school.errors import BadInput
from school.models import Role
from school.settings import settings

NOW = db.now()


def _real(session: Session, **more: str) -> str:
    values = {
        "name": "Ysgol Gynradd Llanfair",
        "domain": "Llanfair.SCH.uk",
        "headteacher_name": "Eleri Bowen",
        "headteacher_email": "head@llanfair.sch.uk",
        **more,
    }
    return setup.set_up(session, now=NOW, **values)


def test_a_real_school_has_its_headteacher_and_nobody_else(session: Session) -> None:
    token = _real(session)
    session.commit()
    school = setup.current_school(session)
    assert school is not None
    assert (school.domain, school.practice) == ("llanfair.sch.uk", False)
    (head,) = people.everybody(session)
    assert head.roles == {Role.STAFF, Role.HEADTEACHER}
    assert head.password is None
    assert sign_up.invited(session, token, now=NOW) == head
    with pytest.raises(BadInput, match="already"):
        _real(session)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("domain", {"domain": "not a domain"}),
        ("domain", {"domain": "larkfield"}),
        ("school", {"name": "  "}),
        ("headteacher-email", {"headteacher_email": "head@gmail.com"}),
        ("headteacher-email", {"headteacher_email": "head"}),
        ("headteacher-name", {"headteacher_name": ""}),
    ],
)
def test_bad_input_is_named(session: Session, field: str, values: dict[str, str]) -> None:
    with pytest.raises(BadInput) as error:
        _real(session, **values)
    assert error.value.field == field


def test_migrations_go_both_ways_and_match_the_models(database: str) -> None:
    assert migrate.is_current(database)
    migrate.check(database)
    migrate.downgrade(database)
    assert migrate.current(database) is None
    migrate.upgrade(database)
    migrate.check(database)


def test_a_short_secret_key_is_refused_and_a_made_one_is_kept_private(
    settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = secrets.secret_key()
    assert secrets.secret_key() == made
    assert (settings_home / "secret.key").stat().st_mode & 0o077 == 0
    sealed = secrets.encrypt(b"token")
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", "x" * 40)
    settings.cache_clear()
    with pytest.raises(secrets.KeyMissing):
        secrets.decrypt(sealed)
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", "short")
    settings.cache_clear()
    with pytest.raises(BadInput, match="at least 32"):
        secrets.secret_key()
