"""Sign-in: Flask-Security over the school's own table of people.

The library needs a user class and a store that finds users. The school's rooms know no web
framework, so `SignedIn` wraps a `Person`, and `PeopleStore` reads people with the product's own
sessions: one short read for each request, never the write lock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask import session as browser_session
from flask_security import LoginForm, RoleMixin, Security, UserMixin, user_authenticated
from flask_security.datastore import UserDatastore
from sqlalchemy.orm import Session

from school import secrets
from school.db import now, reading, transaction
from school.models import Person, Role
from school.people import authorised_accounts
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN, current_school, practice_people
from web.naming import role_name


class SchoolRole(RoleMixin):
    """A role, as the sign-in library wants to see it."""

    def __init__(self, role: Role) -> None:
        self.name = role.value
        self.description = role.value.replace("_", " ")


class SignedIn(UserMixin):
    """A person as the sign-in library sees one."""

    fs_uniquifier = ""  # the library checks the class for this name

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = person.id  # type: ignore[assignment]  # the library says int and means any key
        self.email = person.email
        self.password = person.password
        self.active = person.active
        self.fs_uniquifier = person.fs_uniquifier
        self.confirmed_at = person.confirmed_at
        self.roles = [SchoolRole(role) for role in sorted(person.roles)]

    def verify_and_update_password(self, password: str) -> bool:
        """Whether this is the person's password. The hash is made and checked by `school.secrets` alone."""
        return self.password is not None and secrets.check_secret(password, self.password)


class PeopleStore(UserDatastore):
    """Finds people for the sign-in library. It changes nothing: `school.people` does."""

    def __init__(self) -> None:
        super().__init__(SignedIn, SchoolRole)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> SignedIn | None:
        """The person with this `email`, `fs_uniquifier` or `id`; None if there is none."""
        [(name, value)] = kwargs.items()
        columns = {"email": Person.email, "fs_uniquifier": Person.fs_uniquifier, "id": Person.id}
        if name == "email":
            value = str(value).strip().lower()
        with reading() as session:
            person = session.scalar(sa.select(Person).where(columns[name] == value))
        return None if person is None else SignedIn(person)

    def find_role(self, role: str) -> SchoolRole | None:
        """The role of this name."""
        return SchoolRole(Role(role)) if role in set(Role) else None

    def commit(self) -> None:
        """Nothing to do: this store only reads."""


def _note_sign_in(_app: Flask, *, user: SignedIn, **_more: Any) -> None:
    """Keep when somebody signed in, for the people page; the session ends after a working day unused."""
    browser_session.permanent = True
    with transaction() as session:
        person = session.get_one(Person, user.id)
        person.last_login_at = person.current_login_at
        person.current_login_at = now()
        person.login_count += 1


def _practice_box() -> dict[str, Any]:
    """For a practice school, who there is to sign in as; nothing at all for a real one."""
    with reading() as session:
        school = current_school(session)
        if school is None or not school.practice:
            return {}
        return {
            "practice_people": [
                {
                    "name": person.name,
                    "email": person.email,
                    "what": ", ".join(
                        role_name(role) for role in sorted(person.roles) if role is not Role.STAFF
                    )
                    or _staff(session, person),
                }
                for person in practice_people(session)
                if person.active
            ],
            "practice_password": PRACTICE_PASSWORD,
            "practice_pin": PRACTICE_PIN,
        }


def _staff(session: Session, person: Person) -> str:
    return (
        "Teacher who may write posts"
        if authorised_accounts(session, person)
        else "Teacher without leave to write posts"
    )


def install(app: Flask) -> Security:
    """Give the app its sign-in and sign-out pages."""
    app.config.update(
        SECURITY_CACHE_CONTROL=None,  # every page says so itself, in web.app
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGIN_USER_TEMPLATE="security/sign_in.html",
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},
        SECURITY_PASSWORD_NORMALIZE_FORM=None,  # the hash is school.secrets's business, bytes as typed
        SECURITY_EMAIL_VALIDATOR_ARGS={"test_environment": True},  # the practice school is at larkfield.test
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page of the library that asks for the password again
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
    )
    security = Security(app, PeopleStore(), login_form=LoginForm)
    security.login_context_processor(_practice_box)
    user_authenticated.connect(_note_sign_in, app)
    return security
