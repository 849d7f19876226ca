"""Handing a draft in for approval, with what Schoolgate finds in it (P12, P14)."""

from __future__ import annotations

from uuid import UUID

from approvals import asking, drafts, submissions, video_digest
from school.db import now, reading, transaction
from web import draft_findings
from web.access import current_person


def hand_in(draft_id: UUID, number: int) -> str:
    """Hand the version of that number in, as whoever is signed in, and say who is asked and when.

    Raises as `submissions.submit` does.
    """
    with reading() as session:
        person = current_person(session)
        draft = drafts.find(session, draft_id, by=person, now=now())
        revision = drafts.current_revision(session, draft)
        texts = revision.words
        link = revision.link
        video_digest.prepare(session, video_digest.of_draft(session, draft_id))
    # The classifier takes its time: no transaction is open here.
    found = draft_findings.findings(texts, link)
    with transaction() as session:
        submission = submissions.submit(
            session, draft_id, revision_number=number, findings=found, by=current_person(session), now=now()
        )
        return " ".join(one.sentence for one in asking.how_asked(session, submission))
