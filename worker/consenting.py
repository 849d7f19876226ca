"""The network's part of connecting an account in the browser: each step claimed, done, and recorded.

No page asks a platform anything. Every sentence that comes of it is for a person, without a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from connectors import facebook_login, permissions, x_connecting
from connectors.base import Credentials, Endpoints, Platform
from connectors.errors import ConnectorError, ConnectorUnavailable
from connectors.facebook_login import Login, Page
from connectors.posting import NAMES
from connectors.registry import connector_for
from school import accounts, app_keys, connecting
from school.connecting import AGAIN, Work
from school.db import transaction
from school.errors import SchoolgateError
from school.models.connections import ConnectionState
from school.settings import settings
from worker.clock import now
from worker.endpoints import PracticeAway, endpoints_for

log = structlog.get_logger(__name__)

Record = Callable[[Session], object]


class NotConnected(SchoolgateError):
    """It can't be connected; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Granted:
    """What an exchange came to."""

    credentials: Credentials
    there: accounts.Found
    notes: list[str]


def step(connection_id: UUID) -> None:
    """Do what is next for one try to connect an account."""
    with transaction() as session:
        work = connecting.claim(session, connection_id, lease=_lease(), now=now())
    if work is None:
        return
    try:
        record = _prepare(work) if work.state is ConnectionState.ASKED else _exchange(work)
        with transaction() as session:
            record(session)
        outcome = "done"
    except (ConnectorUnavailable, PracticeAway) as error:
        outcome, said = "later", f"{error} It is tried again."
        with transaction() as session:
            connecting.later(session, work, said, now=now())
    except SchoolgateError as error:
        # Refused by the platform, or by a rule that was asked again at the end.
        outcome = "failed"
        with transaction() as session:
            connecting.fail(session, work, str(error), now=now())
    log.info("connection_step", connection_id=str(connection_id), platform=work.platform, outcome=outcome)


def _lease() -> timedelta:
    """As long as the requests of one step may take: somebody waits at the page for a worker that was lost."""
    return min(settings().lease, timedelta(seconds=8 * settings().platform_timeout))


def _callback(work: Work) -> str:
    return app_keys.callback(app_keys.family_of(work.platform))


def _prepare(work: Work) -> Record:
    """Make the address of the platform's page."""
    platform = Platform(work.platform)
    endpoints, callback = endpoints_for(platform, practice=work.practice), _callback(work)
    if platform is Platform.X:
        token, secret = x_connecting.request_token(work.app.key, work.app.secret, callback, endpoints)
        address, values = x_connecting.authorize_address(token, endpoints), {"token": token, "secret": secret}
    else:
        token, values = secrets.token_urlsafe(32), {}
        address = facebook_login.dialog_address(work.app.key, callback, token, platform, endpoints)
    return lambda session: connecting.ready(
        session, work, address=address, token=token, values=values, now=now()
    )


def _exchange(work: Work) -> Record:
    """Make the account's keys of the platform's answer, and ask whose they are before they are kept."""
    platform = Platform(work.platform)
    endpoints = endpoints_for(platform, practice=work.practice)
    granted = _x(work, endpoints) if platform is Platform.X else _meta(work, platform, endpoints)
    return lambda session: connecting.finish(
        session,
        work,
        granted.there,
        credentials=granted.credentials.values,
        notes=granted.notes,
        now=now(),
    )


def _x(work: Work, endpoints: Endpoints) -> _Granted:
    credentials = x_connecting.access_keys(
        work.app.key,
        work.app.secret,
        work.values["token"],
        work.values["secret"],
        work.values["verifier"],
        endpoints,
    )
    return _checked(work, Platform.X, credentials, endpoints)


def _meta(work: Work, platform: Platform, endpoints: Endpoints) -> _Granted:
    login = facebook_login.exchange(
        work.app.key,
        work.app.secret,
        work.values["code"],
        _callback(work),
        platform,
        endpoints,
    )
    if login.declined:
        fails = permissions.NEEDED[platform].get(login.declined[0], "the account can't be found")
        names = ", ".join(f"“{name}”" for name in login.declined)
        raise NotConnected(
            f"On Facebook's page the permission {names} was taken out: {fails}. {AGAIN} Leave everything "
            "ticked there."
        )
    page = _page(work, platform, login)
    values = {"page_access_token": page.token, "app_secret": work.app.secret}
    owner = {"page_id": page.id} if platform is Platform.FACEBOOK else {"ig_user_id": page.instagram_id}
    return _checked(work, platform, Credentials({**owner, **values}), endpoints)


def _page(work: Work, platform: Platform, login: Login) -> Page:
    """The Page that is meant, among those that the person manages."""
    of_instagram = platform is Platform.INSTAGRAM
    candidates = [page for page in login.pages if page.token and (page.instagram_id or not of_instagram)]
    ids = {page.instagram_id if of_instagram else page.id: page for page in candidates}
    if work.platform_id:
        if work.platform_id in ids:
            return ids[work.platform_id]
    else:
        fitting = [
            page
            for page in candidates
            if _plain(work.handle) in {_plain(one) for one in _called(page, of_instagram)}
        ]
        if len(fitting) == 1:
            return fitting[0]
    what = "Instagram account" if of_instagram else "Page"
    if not login.pages:
        raise NotConnected(
            "Whoever was signed in to Facebook there manages no Page that Schoolgate was shown. Sign out of "
            f"Facebook, sign in as somebody who manages the school's, and choose it there. {AGAIN}"
        )
    if not candidates:
        raise NotConnected(
            "No Instagram account is joined to the Page that was chosen, or it is no professional one. Join "
            f"them in Instagram's settings. {AGAIN}"
        )
    shown = ", ".join(f"“{_called(page, of_instagram)[1]}”" for page in candidates)
    raise NotConnected(
        f"Facebook showed Schoolgate {shown}, and not the {what} “{work.handle}”. Choose that one on "
        f"Facebook's page, or check its name here. {AGAIN}"
    )


def _called(page: Page, of_instagram: bool) -> tuple[str, str]:
    """Id and name of the Page or of its Instagram account."""
    return (page.instagram_id, page.instagram_name) if of_instagram else (page.id, page.name)


def _checked(work: Work, platform: Platform, credentials: Credentials, endpoints: Endpoints) -> _Granted:
    """Whose the keys are, and what they allow, asked of the platform. Raises NotConnected."""
    name = NAMES[platform]
    try:
        inspection = connector_for(platform, credentials, work.platform_id, endpoints).inspect()
    except ConnectorUnavailable:
        # The answer is used up, so it can't be asked again later.
        raise NotConnected(
            f"{name} gave the keys, and then could not be asked whose they are. Nothing was kept. {AGAIN}"
        ) from None
    except ConnectorError as error:
        raise NotConnected(f"{name} gave keys and then did not take them: {error.detail} {AGAIN}") from None
    identity = inspection.identity
    if work.platform_id:
        right = identity.platform_id == work.platform_id
    else:
        names = {_plain(one) for one in (identity.handle, identity.display_name, identity.platform_id)}
        right = _plain(work.handle) in names
    if not right:
        shown = identity.handle or identity.display_name or identity.platform_id
        called = f"@{_plain(work.handle)}" if platform is Platform.X else f"“{work.handle}”"
        raise NotConnected(
            f"You were signed in to {name} as “{shown}”, and this is the connection of {called}. "
            f"Nothing was kept. Sign out there, sign in as {called}, then come back. {AGAIN}"
        )
    there = accounts.Found(
        platform=platform.value,
        identity_id=identity.platform_id,
        handle=identity.handle or work.handle,
        display_name=identity.display_name or work.handle,
        url=identity.url,
    )
    return _Granted(credentials, there, permissions.warnings(platform, inspection, now=now()))


def _plain(name: str) -> str:
    return "".join(name.split()).removeprefix("@").casefold()
