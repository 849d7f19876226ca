"""What reading and answering cost, for the account's ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import CallRecord, Platform
from school.accounts import LedgerItem
from school.models import CallLedger
from school.times import LONDON

_FREE = frozenset(
    {"hide", "unhide", "mute", "unmute", "block", "unblock", "upload", "alt_text", "delete_post"}
)


_ACTING = ("publish", "reply")
"""What people decided and what costs money; everything else is reading."""


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars: for one item read from X, and for one answer sent there. The Graph is free."""

    x_read: float = 0.001
    x_post: float = 0.015


USUAL_PRICES = Prices()


def ledger_items(platform: str, calls: Iterable[CallRecord], prices: Prices) -> list[LedgerItem]:
    """A connector's calls as `school.accounts.note_calls` takes them."""
    return [
        LedgerItem(
            operation=call.operation[:60],
            ok=200 <= call.status < 300,
            items=call.items,
            cost_micro_usd=_cost(platform, call, prices),
        )
        for call in calls
    ]


def _cost(platform: str, call: CallRecord, prices: Prices) -> int:
    if platform != Platform.X or not 200 <= call.status < 300 or call.operation in _FREE:
        return 0
    dollars = prices.x_post if call.operation == "reply" else prices.x_read * call.items
    return round(dollars * 1_000_000)


def this_month(session: Session, account_id: UUID, *, now: datetime) -> tuple[float, float]:
    """US dollars that went into reading and into acting since the first of the month, school time."""
    start = now.astimezone(LONDON).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    cost = sa.func.sum(CallLedger.cost_micro_usd)
    whole, acted = session.execute(
        sa.select(cost, cost.filter(CallLedger.operation.in_(_ACTING))).where(
            CallLedger.account_id == account_id, CallLedger.hour >= start
        )
    ).one()
    return float((whole or 0) - (acted or 0)) / 1_000_000, float(acted or 0) / 1_000_000
