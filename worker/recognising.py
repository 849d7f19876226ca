"""The network's part of single sign-on: what the provider says of itself, and of whom it sent back.

No page asks it anything: whoever waits at a page sees what the worker found.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from connectors import id_tokens, openid
from connectors.errors import ConnectorError, ConnectorUnavailable
from connectors.id_tokens import Known
from school import single_sign_on
from school.db import reading, transaction
from school.provider import Provider
from school.settings import settings
from school.single_sign_on import MEANWHILE, Work
from worker.clock import now

log = structlog.get_logger(__name__)


def refresh() -> None:
    """Fetch what the provider says of itself, if that is due."""
    with reading() as session:
        provider = single_sign_on.offered(session)
        said = single_sign_on.said_by(session, provider) if provider is not None else None
    if provider is None or (said is not None and said.next_try_at > now()):
        return
    with transaction() as session:
        if not single_sign_on.take_document(session, provider, lease=_lease(), now=now()):
            return
    try:
        known = openid.fetch(provider, timeout=settings().platform_timeout)
    except ConnectorError as error:
        log.warning("provider_not_usable", reason=error.detail)
        with transaction() as session:
            single_sign_on.not_fetched(session, provider, error.detail, now=now())
        return
    with transaction() as session:
        single_sign_on.keep_document(session, provider, known.document, known.keys, now=now())
    log.info("provider_looked_at", keys=len(known.keys.get("keys", ())))


def step(sign_in_id: UUID) -> None:
    """Ask the provider about one answer, and record who it is or why nobody comes in."""
    with transaction() as session:
        provider = single_sign_on.offered(session)
        work = single_sign_on.claim(session, provider, sign_in_id, lease=_lease(), now=now())
    if work is None or provider is None:
        return
    outcome = _asked(work, provider)
    log.info("provider_sign_in", sign_in_id=str(sign_in_id), outcome=outcome)


def _asked(work: Work, provider: Provider) -> str:
    before = Known(work.document, work.keys)
    try:
        claims, known = openid.who(
            provider,
            before,
            code=work.values["code"],
            verifier=work.values["verifier"],
            nonce=work.values["nonce"],
            timeout=settings().platform_timeout,
            now=now(),
        )
    except ConnectorUnavailable as error:
        with transaction() as session:
            single_sign_on.later(session, work, f"{error.detail} It is asked again. {MEANWHILE}", now=now())
        return "later"
    except ConnectorError as error:
        with transaction() as session:
            single_sign_on.refuse(session, work, error.detail)
        return "refused"
    with transaction() as session:
        if known is not before:
            single_sign_on.keep_document(session, provider, known.document, known.keys, now=now())
        person = single_sign_on.recognise(
            session,
            work,
            provider,
            subject=id_tokens.subject(provider, claims),
            address=id_tokens.address(provider, claims),
            second_factor=provider.trusts_second_factor(claims),
            now=now(),
        )
    return "known" if person is not None else "nobody"


def _lease() -> timedelta:
    """As long as its requests may take: somebody waits at the page for a worker that was lost."""
    return min(settings().lease, timedelta(seconds=4 * settings().platform_timeout))
