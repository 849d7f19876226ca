"""`schoolgate accounts …`: taking over the accounts that the school already has (P8, P9, P11)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from connectors import permissions
from connectors.base import Credentials, Identity, Inspection, Platform
from connectors.credentials import validate_credentials
from connectors.errors import ConnectorError, ConnectorUnavailable
from connectors.registry import connector_for
from school import accounts, keys, people, setup
from school.db import now, reading, transaction
from school.errors import BadInput, NotPermitted
from school.models import Account, Role
from school.times import say
from worker.endpoints import endpoints_for
from worker.practice import at_hand_if_practice
from worker.terminal import AsJson, Failure, answer, table

commands = typer.Typer(help="The school's accounts on the platforms.")

_CREDENTIALS_BYTES_MAX = 64 * 1024


def platform_called(name: str) -> Platform:
    """A platform by its name. Raises BadInput."""
    try:
        return Platform(name.strip().lower())
    except ValueError:
        known = ", ".join(platform.value for platform in Platform)
        raise BadInput(
            f"“{name[:40]}” is no platform here. Choose one of: {known}.", field="platform"
        ) from None


def account_called(session: Session, name: str) -> Account:
    """The account of that handle (HANDLE or PLATFORM:HANDLE). Raises BadInput when none or several fit."""
    platform, _, handle = name.strip().rpartition(":")
    wanted = handle.removeprefix("@").casefold()
    found = [
        account
        for account in accounts.everything(session)
        if account.handle.removeprefix("@").casefold() == wanted and platform in ("", account.platform)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(f"{account.platform}:{account.handle}" for account in found)
        raise BadInput(f"“{name[:80]}” is on several platforms: say {names}.", field="account")
    raise BadInput(
        f"No account here is called “{name[:80]}”. See `schoolgate accounts list`.", field="account"
    )


@commands.command("adopt")
def adopt(
    platform: Annotated[str, typer.Option(help="x, facebook or instagram.")],
    handle: Annotated[str, typer.Option(help="The account's name on the platform.")],
    email: Annotated[str, typer.Option(help="The school's e-mail address that the account is tied to.")],
    adopted_by: Annotated[str, typer.Option(help="E-mail address of the headteacher who takes it over.")],
    credentials: Annotated[
        str, typer.Option(help="File with one JSON object, or - for standard input. Never a value itself.")
    ],
    reason: Annotated[str, typer.Option(help="Why the school takes it over, for the register.")] = (
        accounts.HAD_ALREADY
    ),
    as_json: AsJson = False,
) -> None:
    """Take over an account that the school already has; its credentials are encrypted at once."""
    chosen = platform_called(platform)
    with reading() as session:
        practice, address = _may_adopt(session, email, adopted_by)
        keys.check(session)
    values = validate_credentials(chosen, _read_credentials(credentials))
    with at_hand_if_practice():
        inspection = _ask(chosen, values, practice=practice)
    identity = inspection.identity
    _same_account(chosen, handle, identity)
    if elsewhere := permissions.belongs_elsewhere(inspection, identity.platform_id):
        raise BadInput(f"{elsewhere} Nothing was stored.", field="credentials")
    notes = permissions.warnings(chosen, inspection, now=now())
    with transaction() as session:
        head = people.find(session, adopted_by)
        assert head is not None
        account = accounts.adopt(
            session,
            platform=chosen.value,
            identity_id=identity.platform_id,
            handle=identity.handle or handle.strip().removeprefix("@"),
            display_name=identity.display_name or handle.strip(),
            url=identity.url,
            school_email=address,
            credentials=values.values,
            adopted_by=head,
            practice=practice,
            reason=reason,
            now=now(),
        )
        told = _told(account) | {"warnings": notes}
    answer(
        told,
        [
            f"{told['platform']}:{told['handle']} ({told['display_name']}) is connected; "
            f"its id there is {told['platform_id']}.",
            "Its credentials are stored encrypted. You can delete the file now.",
            f"Next: let people write for it: schoolgate people authorise EMAIL --account "
            f"{told['platform']}:{told['handle']} --by {adopted_by.strip().lower()} --reason …",
            *(f"Note: {note}" for note in notes),
        ],
        as_json=as_json,
    )


@commands.command("list")
def show(as_json: AsJson = False) -> None:
    """List the accounts, their state and when they were last read."""
    with reading() as session:
        rows = [_told(account) for account in accounts.everything(session)]
    shown = table("Account", "State", "Last complete poll", "Problem")
    for row in rows:
        polled = row["last_polled_at"]
        shown.add_row(
            f"{row['platform']}:{row['handle']}",
            str(row["state"]) + (" (practice)" if row["practice"] else ""),
            say(polled) if polled else "never",
            row["problem"] or "",
        )
    answer({"accounts": rows}, shown, as_json=as_json)


def _told(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.id),
        "platform": account.platform,
        "handle": account.handle,
        "display_name": account.display_name,
        "platform_id": account.platform_id,
        "url": account.url,
        "email": account.school_email,
        "practice": account.practice,
        "state": account.state.value,
        "problem": account.problem,
        "last_polled_at": account.last_polled_at,
    }


def _may_adopt(session: Session, email: str, adopted_by: str) -> tuple[bool, str]:
    """Refuse before any secret is read: no school, not the headteacher, not the school's address."""
    school = setup.current_school(session)
    if school is None:
        raise BadInput("There is no school yet: run `schoolgate setup` first.", field="school")
    head = people.find(session, adopted_by)
    if head is None:
        raise BadInput(f"Nobody here has the address “{adopted_by[:80]}” (--adopted-by).", field="adopted-by")
    if Role.HEADTEACHER not in head.roles:
        raise NotPermitted(f"{head.email} is not a headteacher: only the headteacher takes over accounts.")
    address = people.email_address(email)
    if address.rpartition("@")[2] != school.domain:
        raise BadInput(
            f"“{address}” is not an address of the school: it must end in @{school.domain}.",
            field="email",
        )
    return school.practice, address


def _read_credentials(source: str) -> Mapping[str, object]:
    """One JSON object from a file or standard input. No error ever repeats what was read."""
    try:
        if source == "-":
            raw = sys.stdin.buffer.read(_CREDENTIALS_BYTES_MAX + 1)
        else:
            with Path(source).open("rb") as opened:
                raw = opened.read(_CREDENTIALS_BYTES_MAX + 1)
    except OSError as error:
        # A secret given in place of a file name must not be repeated.
        raise BadInput(
            f"The credentials file can't be read ({error.strerror or 'no such file'}). Give a file's name, "
            "or - for standard input; never the secrets themselves.",
            field="credentials",
        ) from None
    if len(raw) > _CREDENTIALS_BYTES_MAX:
        raise BadInput("The credentials are over 64 KiB: that can't be the right file.", field="credentials")
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadInput(
            "The credentials are not JSON: give one object, {…}, with the fields that the README names.",
            field="credentials",
        ) from None
    if not isinstance(found, dict):
        raise BadInput("The credentials must be one JSON object, {…}.", field="credentials")
    return found


def _ask(platform: Platform, values: Credentials, *, practice: bool) -> Inspection:
    """Whose the credentials are and what they allow, as far as the platform says."""
    connector = connector_for(platform, values, "", endpoints_for(platform, practice=practice))
    try:
        try:
            return connector.inspect()
        except ConnectorUnavailable:
            # Whose they are is needed; what they allow can be asked tomorrow.
            return Inspection(connector.probe())
    except ConnectorUnavailable as error:
        raise Failure(
            f"The platform can't be reached now: {error.detail} Nothing was stored; try again."
        ) from None
    except ConnectorError as error:
        code = f" (its code: {error.code})" if error.code else ""
        raise Failure(
            f"The platform refuses these credentials: {error.detail}{code} Nothing was stored."
        ) from None


def _same_account(platform: Platform, handle: str, identity: Identity) -> None:
    wanted = _plain(handle)
    if not wanted:
        raise BadInput("The handle is empty: write the account's name on the platform.", field="handle")
    names = {_plain(name) for name in (identity.handle, identity.display_name, identity.platform_id)} - {""}
    if wanted not in names and names:
        shown = identity.handle or identity.display_name
        raise BadInput(
            f"These credentials belong to “{shown}” on {platform.value}, not to “{handle[:80]}”. "
            "Give that account's handle, or the right credentials.",
            field="handle",
        )


def _plain(name: str) -> str:
    return "".join(name.split()).removeprefix("@").casefold()
