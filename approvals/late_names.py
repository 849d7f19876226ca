"""A pupil's name that was read inside a picture after its post was handed in (P26, P27).

The text inside a picture is read by a worker, in its own time. Whoever hands in sooner must hear of it, or
the post waits for a decision that nobody can make.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, checks, drafts, schedule, trouble_mail
from approvals.checks import account_name
from approvals.models import Draft, DraftRevision, RevisionPicture
from approvals.states import DraftState, PublicationState
from school.models import Person

_GONE = {PublicationState.CANCELLED, PublicationState.MISSED}


def inside(
    session: Session, revision: DraftRevision, *, media_id: UUID | None = None, now: datetime
) -> list[str]:
    """A sentence for each name that was read inside a picture of this revision, with what to do.

    Full names; and first names of the pupils shown who have no consent for being named. `media_id`: inside
    that picture alone.
    """
    problems = [
        *checks.name_problems(session, revision),
        *checks.consent_problems(session, revision, on=checks.day_out(revision, now=now)),
    ]
    return [
        problem.sentence
        for problem in problems
        if problem.inside is not None and media_id in {None, problem.inside}
    ]


def tell(session: Session, media_id: UUID, *, now: datetime) -> int:
    """Tell the authors whose post, handed in or approved, has this picture with a name in it; how many posts.

    Where it is out already, those who can have it taken down are told too. The mail names no pupil: the
    draft's page does, to whoever may see it.
    """
    told = 0
    query = (
        sa.select(Draft)
        .join(DraftRevision, DraftRevision.draft_id == Draft.id)
        .join(RevisionPicture, RevisionPicture.revision_id == DraftRevision.id)
        .where(
            RevisionPicture.media_id == media_id,
            DraftRevision.number == Draft.revision_number,
            Draft.state.in_([DraftState.SUBMITTED, DraftState.APPROVED]),
        )
    )
    for draft in session.scalars(query):
        if not inside(session, drafts.current_revision(session, draft), now=now):
            continue
        made = [one for one in schedule.publications(session, draft) if one.state not in _GONE]
        if draft.state is DraftState.APPROVED and not made:
            continue
        out = [one for one in made if one.state is PublicationState.PUBLISHED]
        to: list[Person] = [draft.author]
        for publication in out:
            to += trouble_mail.readers(session, publication)
        if out:
            where = ", ".join(account_name(one.account) for one in out)
            todo = (
                f"The post is out already on {where}. The headteacher or the senior leadership team can "
                "have it taken down, on the draft’s page."
            )
        else:
            todo = (
                "It can’t be approved or published as it is. On the draft’s page, press “Choose what to "
                "blur” below the picture and cover the name, or change the draft and take another picture; "
                "then hand it in again."
            )
        approval_mail.tell(
            session,
            to,
            draft_id=draft.id,
            subject="A pupil’s name is in a picture of " + ("a post that is out" if out else "your post"),
            sentences=[
                "Schoolgate has read the text inside a picture of this post: a pupil’s name is in it "
                "that may not stand there.",
                todo,
            ],
            purpose="name_in_picture",
            now=now,
        )
        told += 1
    return told
