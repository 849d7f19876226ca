"""One decision on a post for several accounts on which it is held (P12).

Each account is decided on as if it were alone: what can't be done on one is said of it, and the others go
through. They are posts of their own, so a colleague who settled one meanwhile, or a consent that is lacking
for one platform, is no reason against the rest; and whoever had to send the form once more would send the
same for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import claims, holding, stop_mail
from approvals.checks import account_name
from approvals.models import Publication
from approvals.states import IN_WORDS, PublicationState
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.permissions import Action, require

WAITING = frozenset({PublicationState.HELD, PublicationState.FAILED})
"""States that wait for a person."""


@dataclass(frozen=True, slots=True)
class Left:
    """An account on which the post stays as it was, and why."""

    account: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Together:
    """What one decision came to."""

    settled: tuple[Publication, ...]
    left: tuple[Left, ...]


def settle(
    session: Session,
    draft_id: UUID,
    chosen: Mapping[UUID, int],
    *,
    to: Literal["publish", "cancel"],
    looked: bool,
    reason: str,
    by: Person,
    now: datetime,
) -> Together:
    """Let a post go out, or give it up, on its accounts that are `chosen`, as they were by `holding.seen`.

    `looked` as for `holding.publish_now`, of every one that may be there already. What moved since it was
    seen is left: so nothing that was sent meanwhile is sent again, on nobody's word about it. Raises
    NotPermitted, BadInput without a reason or an account, NotFound for what isn't this draft's.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    holding.check_reason(reason)
    if not chosen:
        raise BadInput("No account is chosen: load the page again.")
    if any((one := session.get(Publication, each)) is None or one.draft_id != draft_id for each in chosen):
        raise NotFound("There is no such post.")
    # All rows before the first move, which takes the trail: whoever holds one of them may be waiting for it.
    publications = [claims.locked(session, publication_id)[0] for publication_id in sorted(chosen)]
    moved = {each for each, number in holding.seen(session, publications).items() if number != chosen[each]}
    act = holding.publish_now if to == "publish" else holding.cancel
    settled: list[Publication] = []
    left: list[Left] = []
    for one in publications:
        name = account_name(one.account)
        if one.id in moved or one.state not in WAITING:
            left.append(Left(name, f"It changed meanwhile, and is {IN_WORDS[one.state]}."))
            continue
        try:
            with session.begin_nested():
                act(session, one.id, looked=looked, reason=reason, by=by, now=now)
        except (BadInput, MoveNotAllowed) as error:
            left.append(Left(name, str(error)))
        else:
            settled.append(one)
    if to == "cancel":
        # Its author reads of all accounts in one mail.
        stop_mail.tell_author(session, settled, reason=reason, by=by, now=now)
    return Together(tuple(settled), tuple(left))
