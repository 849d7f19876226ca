"""`schoolgate setup`: a real, empty school."""

from __future__ import annotations

from typing import Annotated

import typer

from school import migrate, secrets, setup, weak_secrets
from school.db import now, transaction
from school.settings import settings
from worker.terminal import AsJson, answer


def set_up(
    school: Annotated[str, typer.Option(help="Name of the school.")],
    domain: Annotated[
        str, typer.Option(help="Domain of the school's e-mail addresses, such as larkfield.sch.uk.")
    ],
    headteacher_name: Annotated[str, typer.Option(help="The headteacher's name.")],
    headteacher_email: Annotated[str, typer.Option(help="The headteacher's address; must be of the domain.")],
    as_json: AsJson = False,
) -> None:
    """Make a real, empty school and print the headteacher's sign-up link."""
    settings().home.mkdir(parents=True, exist_ok=True)
    secrets.make_key_if_none()
    weak_secrets.refuse(settings())
    migrate.prepare()
    with transaction() as session:
        token = setup.set_up(
            session,
            name=school,
            domain=domain,
            headteacher_name=headteacher_name,
            headteacher_email=headteacher_email,
            now=now(),
        )
        made = setup.current_school(session)
        assert made is not None
        name, kept_domain = made.name, made.domain
    link = sign_up_link(token)
    answer(
        {
            "school": name,
            "domain": kept_domain,
            "headteacher": headteacher_email.strip().lower(),
            "sign_up_link": link,
        },
        [
            f"{name} is set up; its e-mail domain is {kept_domain}.",
            f"The headteacher's sign-up link, good for 7 days and for one use: {link}",
            *where_it_begins(),
            "Next: start the product with `schoolgate run`, then open the link.",
        ],
        as_json=as_json,
    )


def migrate_database(as_json: AsJson = False) -> None:
    """Bring the database to this version's tables; its owner, if named, then gives the user its rights."""
    settings().home.mkdir(parents=True, exist_ok=True)
    if settings().database_owner_url:
        # No other process has the owner's address to look at.
        weak_secrets.refuse_database_passwords(settings())
    two = migrate.prepare()
    said = [f"The database has this version's tables ({migrate.head()})."]
    said.append(
        "The running product's user reads and adds to trail and log, and can change nothing there."
        if two
        else "One user owns the tables and runs the product: see “Two users of the database” in the README."
    )
    answer({"migration": migrate.head(), "two_users": two}, said, as_json=as_json)


def sign_up_link(token: str) -> str:
    """Where somebody sets their password and PIN, once."""
    return f"{settings().effective_public_url}/join/{token}"


def where_it_begins() -> list[str]:
    """Why a link may have to begin otherwise; nothing where the school's address is set."""
    if settings().public_url:
        return []
    return [
        f"SCHOOLGATE_PUBLIC_URL is not set, so the link begins with {settings().effective_public_url}: if "
        "Schoolgate runs under another name or port, begin it with that."
    ]
