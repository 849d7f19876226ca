"""Two people decide on one whole series in the same moment: each post has one decision (P12)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from approvals.models import ApprovalDecision, DecisionKind, Publication
from approvals.states import DraftState
from school.db import reading
from school.models import Account, Role
from tests.web.conftest import Browser
from tests.web.test_whole_series import hand_in_all, listed, repeated, states

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

ROUNDS, WEEKS = 2, 5


def test_p12_head_and_deputy_on_one_series_at_once_decide_each_post_once(
    teacher: Browser,
    head: Browser,
    signed_in: Callable[[Role], Browser],
    x: Account,
    later: datetime,
) -> None:
    deputy = signed_in(Role.SLT)
    for _ in range(ROUNDS):
        path, others = repeated(teacher, x, later, weeks=WEEKS)
        hand_in_all(teacher, path)
        every = [path, *others]
        # One from the first post on and one from the last, so that each meets what the other holds.
        asked = {head: (path, "approve", ""), deputy: (others[-1], "reject", "Not now.")}
        sent = {browser: listed(browser.get(one).text) for browser, (one, _, _) in asked.items()}
        assert [len(found) for found in sent.values()] == [WEEKS, WEEKS]
        gate, came = threading.Barrier(len(asked)), Counter[int]()

        def press(browser: Browser) -> None:
            at, decision, reason = asked[browser]  # noqa: B023 - joined before the next round
            number = "1" if at == path else "2"  # noqa: B023
            gate.wait(30)  # noqa: B023
            answer = browser.post(
                f"{at}/decide",
                at,
                revision=number,
                decision=decision,
                reason=reason,
                series="yes",
                other=sent[browser],  # noqa: B023
            )
            came[answer.status_code] += 1  # noqa: B023

        pressing = [threading.Thread(target=press, args=(browser,)) for browser in asked]
        for thread in pressing:
            thread.start()
        for thread in pressing:
            thread.join(60)
        assert set(came) <= {302, 303, 409} and came.total() == 2, came
        ends = states(*every)
        assert set(ends) <= {DraftState.APPROVED, DraftState.REJECTED}, ends
        with reading() as session:
            ids = [one[-36:] for one in every]
            decided = session.execute(
                sa.select(ApprovalDecision.draft_id, ApprovalDecision.kind).where(
                    ApprovalDecision.draft_id.in_(ids)
                )
            ).all()
            out = session.scalars(sa.select(Publication.draft_id).where(Publication.draft_id.in_(ids))).all()
        assert len(decided) == len(every) == len({draft_id for draft_id, _kind in decided})
        approved = {draft_id for draft_id, kind in decided if kind is DecisionKind.APPROVE}
        assert sorted(out) == sorted(approved) and len(approved) == ends.count(DraftState.APPROVED)
