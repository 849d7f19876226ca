"""The daily look at an account's credentials: whose they are, what they allow, until when."""

from __future__ import annotations

from uuid import UUID

import structlog

from approvals import reach
from connectors import permissions
from connectors.base import Inspection, Platform
from connectors.errors import ConnectorError, CredentialsDead
from connectors.figures import PERMISSIONS
from moderation import costs
from school import accounts, probes
from school.db import transaction
from school.models import Account
from school.settings import settings
from worker import rounds
from worker.clock import now

log = structlog.get_logger(__name__)


def probe(account_id: UUID) -> list[str] | None:
    """Look at one account's credentials now; the warnings. None when another does or nothing can be asked."""
    found = rounds.connector_of(account_id)
    if found is None:
        return None
    account, connector = found
    with transaction() as session:
        lease = probes.claim(session, account_id, lease=settings().lease, now=now())
    if lease is None:
        return None
    inspection: Inspection | None = None
    problem, dead = "", ""
    try:
        inspection = connector.inspect()
    except CredentialsDead as error:
        dead = error.detail
    except ConnectorError as error:
        problem = error.detail
    calls = connector.calls()
    if inspection is not None:
        dead = permissions.belongs_elsewhere(inspection, account.platform_id)
    with transaction() as session:
        # Locks in the order account, ledger, as everywhere.
        row = session.get_one(Account, account_id, with_for_update={"key_share": True})
        price = rounds.prices(practice=row.practice)
        accounts.note_calls(session, row, costs.ledger_items(row.platform, calls, price), now=now())
        kept = probes.record(
            session,
            row,
            lease,
            _found(row, inspection) if inspection is not None and not dead else None,
            problem=problem or dead,
            url=settings().effective_public_url,
            now=now(),
        )
        if kept and not dead and _may_see_figures(row, inspection):
            reach.permission_came(session, account_id, now=now())
        if kept and dead:
            accounts.mark_dead(session, row, f"{dead} Connect the account again.", now=now())
        warnings = _warnings(row, inspection)
    log.info("account_probed", account_id=str(account_id), warnings=len(warnings), answered=not problem)
    return warnings


def _may_see_figures(account: Account, inspection: Inspection | None) -> bool:
    allowed = (inspection.permissions if inspection is not None else None) or frozenset()
    return PERMISSIONS.get(account.platform) in allowed


def _warnings(account: Account, inspection: Inspection | None) -> list[str]:
    if inspection is None:
        return []
    return permissions.warnings(Platform(account.platform), inspection, now=now())


def _found(account: Account, inspection: Inspection) -> probes.Found:
    return probes.Found(
        kind=inspection.kind,
        owner=inspection.identity.display_name or inspection.identity.handle,
        permissions=None if inspection.permissions is None else sorted(inspection.permissions),
        expires_at=inspection.expires_at,
        data_access_expires_at=inspection.data_access_expires_at,
        warnings=_warnings(account, inspection),
    )
