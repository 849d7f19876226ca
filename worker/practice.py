"""The practice platforms of a practice school: one process runs them, the others find them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from connectors.base import Credentials, Identity, Platform
from connectors.errors import ConnectorError
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for
from school import accounts, app_keys, closing, people, setup
from school.app_keys import App, Family
from school.db import reading, transaction
from school.models import Account, AccountState, Role
from school.secrets import KeyMissing
from worker import endpoints
from worker.locks import FileLock
from worker.mailbox import keep

log = structlog.get_logger(__name__)


def forget_ports() -> None:
    """Take the note of the servers' addresses away: no other command should ask them any more."""
    (endpoints.practice_folder() / "ports.json").unlink(missing_ok=True)


class Running:
    """The practice platforms, run by this process, and the note that tells others where they are."""

    def __init__(self, *, pace: float) -> None:
        """Takes no port yet. Raises OSError when the folder can't be written."""
        self._lock = FileLock(endpoints.practice_folder() / "lock")
        self._pace = pace
        self.platforms: PracticePlatforms | None = None

    def start(self) -> bool:
        """Start them; False when another process of this home runs them already."""
        if not self._lock.take():
            return False
        try:
            self.platforms = PracticePlatforms(endpoints.practice_folder(), pace=self._pace)
            self.platforms.start()
            note = {"x_url": self.platforms.x_url, "graph_url": self.platforms.graph_url}
            keep(endpoints.practice_folder() / "ports.json", json.dumps(note).encode())
        except BaseException:
            self._lock.free()
            raise
        endpoints.practice_at(endpoints.PracticeUrls(self.platforms.x_url, self.platforms.graph_url))
        return True

    def stop(self) -> None:
        """Stop them and take the note away."""
        if self.platforms is None:
            return
        forget_ports()
        endpoints.practice_at(None)
        self.platforms.stop()
        self.platforms = None
        self._lock.free()


@contextmanager
def at_hand() -> Iterator[None]:
    """The practice platforms, for the time of a command: those that run, or else ones of our own."""
    running = Running(pace=0)
    for _attempt in range(50):
        if running.start():
            try:
                yield
            finally:
                running.stop()
            return
        if endpoints.practice_urls() is not None:
            yield
            return
        # Another process has the lock and is just starting or stopping them.
        time.sleep(0.1)
    raise endpoints.PracticeAway(
        "Another process is busy with the practice platforms; try again in a few seconds."
    )


@contextmanager
def at_hand_if_practice() -> Iterator[None]:
    """`at_hand` for a practice school; nothing for a real one."""
    with reading() as session:
        school = setup.current_school(session)
    if school is None or not school.practice:
        yield
        return
    with at_hand():
        yield


def adopt_practice_accounts(platforms: PracticePlatforms, *, now: datetime) -> list[Account]:
    """Connect the practice school to its three practice accounts, as the headteacher would.

    Only what is missing or differs is changed, so a second start leaves the school as it was.
    Where a platform's address is set to another server, its practice account is left out.
    """
    _keep_practice_apps(platforms, now=now)
    adopted = []
    for platform in Platform:
        if endpoints.elsewhere(platform):
            continue
        values = platforms.credentials(platform)
        own_id = platforms.world.school(platform).id
        with reading() as session:
            known = [account for account in accounts.everything(session) if account.platform == platform]
            if any(account.platform_id == own_id and _in_order(account, values) for account in known):
                continue
            if own_id in {account.platform_id for account, _closing in closing.closed_accounts(session)}:
                # The headteacher closed it: a start revives nothing.
                continue
        try:
            identity = connector_for(
                platform, Credentials(values), "", endpoints.endpoints_for(platform, practice=True)
            ).probe()
        except ConnectorError as error:
            # The platform's switches of misbehaviour outlive a restart; the account stays as it was.
            log.warning("practice_account_not_connected", platform=platform.value, code=error.code)
            continue
        adopted.append(_adopt(platform, identity, values, now=now))
    if adopted:
        with transaction() as session:
            setup.authorise_practice(session, now=now)
    return adopted


def _adopt(platform: Platform, identity: Identity, values: dict[str, str], *, now: datetime) -> Account:
    with transaction() as session:
        school = setup.current_school(session)
        assert school is not None
        for old in accounts.everything(session):
            if old.platform == platform and old.practice and old.platform_id != identity.platform_id:
                # The world was made anew: its former account exists nowhere any more.
                old.state = AccountState.CLOSED
        return accounts.adopt(
            session,
            platform=platform.value,
            identity_id=identity.platform_id,
            handle=identity.handle or identity.display_name,
            display_name=identity.display_name,
            url=identity.url,
            school_email=f"social@{school.domain}",
            credentials=values,
            adopted_by=people.holders(session, Role.HEADTEACHER)[0],
            practice=True,
            now=now,
        )


def _keep_practice_apps(platforms: PracticePlatforms, *, now: datetime) -> None:
    """Enter the practice apps' keys, so that practice accounts can be connected with nothing configured."""
    kept = platforms.world.secrets
    apps = {
        Family.X: App(kept.x_consumer_key, kept.x_consumer_secret),
        Family.META: App(kept.app_id, kept.app_secret),
    }
    with transaction() as session:
        for family, app in apps.items():
            row = app_keys.entered(session, family)
            if row is None or row.key != app.key:
                app_keys.keep(session, family, app, by=None, now=now)


def _in_order(account: Account, values: dict[str, str]) -> bool:
    """Whether the account can go on as it is: a paused one was paused by a person."""
    if account.state not in {AccountState.ACTIVE, AccountState.PAUSED}:
        return False
    try:
        return accounts.credentials_of(account) == values
    except KeyMissing:
        # The installation has another secret key now: the credentials are sealed anew.
        return False
