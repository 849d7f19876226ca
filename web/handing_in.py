"""Handing a draft in for approval, with what Schoolgate finds in it (P12, P14)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from approvals import asking, differences, drafts, submissions, video_digest
from approvals.states import DraftState
from school import standing_in
from school.db import now, reading, transaction
from school.errors import BadInput
from web import draft_findings
from web.access import current_person

STANDS: Mapping[DraftState, str] = {
    DraftState.SUBMITTED: "it waits for a decision as before",
    DraftState.APPROVED: "the approval stands",
}
"""What is so of a post that was handed in, where saving it changed nothing."""
TAKEN_BACK: Mapping[DraftState, str] = {
    DraftState.SUBMITTED: "Nobody is asked about it now: hand it in again.",
    DraftState.APPROVED: "Its approval no longer counts, so it will not be published: hand it in again.",
}
"""What is so of it where something was changed (P12)."""


class NothingChanged(BadInput):
    """Changes were asked for and none was made. The text says who asked for what."""


def hand_in(draft_id: UUID, number: int, *, as_it_is: bool = False) -> str:
    """Hand the version of that number in, as whoever is signed in, and say who is asked and when.

    Raises as `submissions.submit` does, and NothingChanged where changes were asked for and none was made,
    unless the author says that they mean it (`as_it_is`).
    """
    with reading() as session:
        person = current_person(session)
        draft = drafts.find(session, draft_id, by=person, now=now())
        revision = drafts.current_revision(session, draft)
        asked = differences.asked_before(session, revision)
        waits = draft.state in {DraftState.DRAFT, DraftState.CHANGES_REQUESTED}
        if asked is not None and asked.unchanged and waits and not as_it_is:
            raise NothingChanged(f"{asked.unchanged}. Change it, or tick that you hand it in as it is.")
        texts = revision.words
        link = revision.link
        video_digest.prepare(session, video_digest.of_draft(session, draft_id))
    # The classifier takes its time: no transaction is open here.
    found = draft_findings.findings(texts, link)
    with transaction() as session:
        submission = submissions.submit(
            session, draft_id, revision_number=number, findings=found, by=current_person(session), now=now()
        )
        ways, author = asking.how_asked(session, submission), current_person(session)
        whom = [one.person_id for one in ways]
        why = standing_in.on_own_post(session, author, whom, reader=author, now=now())
        return " ".join([why, *(one.sentence for one in ways)]).strip()
