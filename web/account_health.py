"""How an account is, in plain words: what the accounts page says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from connectors import permissions
from connectors.base import Platform
from connectors.posting import NAMES
from moderation import costs, pacing
from moderation.coverage import Coverage, coverage
from school import accounts, pauses, probes
from school.models import Account, AccountProbe, AccountState
from school.settings import settings
from school.times import say


@dataclass(frozen=True, slots=True)
class Health:
    """One account and everything that there is to say of it."""

    account: Account
    words: str
    kind: str
    """"success", "warning", "danger" or "secondary": how bad it is."""
    coverage: Coverage
    problems: tuple[str, ...]
    """What is wrong and what to do about it."""
    wishes: tuple[str, ...]
    """What could be had besides, and how."""
    paused: str
    """Who paused it, when and why, in a sentence; empty where nobody did."""
    reads_next: str
    cost: str
    key: str
    """What is known of the account's key, in words."""
    key_kind: str
    """What the platform calls such a key, for whoever mends it there; empty where it isn't known."""
    key_seen_at: datetime | None
    """When that was looked at last."""
    has_budget: bool
    budget: str
    """The account's own, as one types it; empty where the settings' counts."""

    @property
    def connected(self) -> bool:
        """Whether it has credentials that work, so that pausing and using it again mean something."""
        return self.account.state in {AccountState.ACTIVE, AccountState.PAUSED}

    @property
    def active(self) -> bool:
        """Whether it is in use."""
        return self.account.state is AccountState.ACTIVE


def health(session: Session, account: Account, *, now: datetime) -> Health:
    """How the account is now."""
    probe = probes.of(session, account.id)
    warnings = tuple(probe.warnings) if probe is not None else ()
    problems = ((account.problem,) if account.problem else ()) + warnings
    own = account.monthly_budget_micro_usd
    words, kind = _words(account, warnings)
    pause = pauses.of(session, account)
    return Health(
        account=account,
        words=words,
        kind=kind,
        coverage=coverage(session, account, now=now),
        problems=problems,
        wishes=_wishes(account, probe),
        paused=pause.said if pause else "",
        reads_next=_reads_next(account, now),
        cost=_cost(session, account, now),
        key=_key(account, probe),
        key_kind=_key_kind(probe),
        key_seen_at=probe.probed_at if probe is not None else None,
        has_budget=account.platform == Platform.X and not account.practice,
        budget="" if own is None else f"{own / 1_000_000:.2f}",
    )


def _wishes(account: Account, probe: AccountProbe | None) -> tuple[str, ...]:
    if probe is None or not probe.permissions_known or account.state is not AccountState.ACTIVE:
        return ()
    return tuple(permissions.wishes(Platform(account.platform), probe.permissions))


def _words(account: Account, warnings: tuple[str, ...]) -> tuple[str, str]:
    match account.state:
        case AccountState.PAUSED:
            return "paused by a person", "warning"
        case AccountState.NEEDS_CONNECTING:
            return "needs connecting again", "danger"
        case AccountState.CLOSED:
            return "closed", "secondary"
    if account.problem:
        return "something is wrong", "danger"
    if warnings:
        return "working, but needs attention", "warning"
    return "working", "success"


def _reads_next(account: Account, now: datetime) -> str:
    if account.state is not AccountState.ACTIVE:
        return "not at present"
    if account.next_poll_at is None or account.next_poll_at <= now:
        return "as soon as possible"
    why = f". {account.pace_note}" if account.pace_note else ""
    return f"{say(account.next_poll_at)}{why}"


def _cost(session: Session, account: Account, now: datetime) -> str:
    if account.practice:
        return "nothing: practice accounts cost nothing"
    requests = f"{accounts.calls_this_month(session, account.id, now=now):,} requests"
    if account.platform != Platform.X:
        return f"nothing: {NAMES[Platform(account.platform)]} charges no money ({requests})"
    own = account.monthly_budget_micro_usd
    budget = settings().x_monthly_budget if own is None else own / 1_000_000
    read, acted = costs.this_month(session, account.id, now=now)
    spent = pacing.spending(budget, read, acted, now=now)
    return (
        f"${spent.spent:.2f} of ${budget:.2f} (${read:.2f} for reading, ${acted:.2f} for publishing and "
        f"answering; {requests})"
    )


def _key(account: Account, probe: AccountProbe | None) -> str:
    if account.state is AccountState.NEEDS_CONNECTING:
        return "does not work"
    if probe is None or (probe.probed_at is None and not probe.problem):
        return "not looked at yet; that happens once a day"
    if probe.probed_at is None:
        return f"could not be looked at so far: {probe.problem}"
    ends = f"works until {say(probe.expires_at)}" if probe.expires_at else "works, without an end"
    allow = (
        "" if probe.permissions_known else f". {NAMES[Platform(account.platform)]} doesn’t say what it allows"
    )
    again = f". The last look failed: {probe.problem}" if probe.problem else ""
    # Of a paused account nothing is asked, not even whether its key still works.
    if account.state is AccountState.PAUSED:
        return f"not checked while the account is paused; when it was last, {say(probe.probed_at)}, it {ends}"
    return f"{ends}{allow}{again}"


def _key_kind(probe: AccountProbe | None) -> str:
    if probe is None or not probe.kind:
        return ""
    of = f" of {probe.owner}" if probe.owner else ""
    return f"{probe.kind[:1].upper()}{probe.kind[1:]}{of}"
