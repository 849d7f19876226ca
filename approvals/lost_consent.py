"""Posts on their way whose pupils' consent is gone: who is told, and what they are told to do (P25, P26)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, checks, drafts, takedowns
from approvals.checks import account_name
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRevision, Publication, RevisionPupil
from approvals.states import TO_COME, DraftState, PublicationState
from school.models import Consent, MailState, OutboxEmail, Person
from school.times import today
from school.wording import and_last

_PURPOSE = "consent_lost"
TOLD_WITHIN = timedelta(days=1)
"""So long one mail does for the withdrawal and for the hold; later the second reminds its author."""


def sentences(session: Session, draft: Draft, *, now: datetime) -> list[str]:
    """What is missing for a post that waits for its approval or its time, a sentence each; naming pupils."""
    if not _on_its_way(session, draft):
        return []
    revision = drafts.current_revision(session, draft)
    found = checks.consent_problems(session, revision, on=checks.day_out(revision, now=now))
    return [problem.sentence for problem in found]


def stopped(session: Session, author: Person, *, now: datetime) -> list[Draft]:
    """The posts of an author that are handed in or approved and can't go out for want of a consent."""
    theirs = _with_pupils(session, Draft.author_id == author.id)
    return [draft for draft in theirs if sentences(session, draft, now=now)]


def keeps_back(
    session: Session,
    pupil_id: UUID,
    draft: Draft,
    revision: DraftRevision,
    publication: Publication | None,
    *,
    now: datetime,
) -> bool:
    """Whether this can't go out for want of this pupil's consent: a draft in work, or one that waits."""
    if publication is None:
        ended = draft.state is DraftState.REJECTED or draft.thrown_away_at is not None
        on, platforms = checks.day_out(revision, now=now), None
    else:
        ended = publication.state not in TO_COME
        on = max(today(publication.due_at), today(now))
        platforms = [publication.account.platform]
    if ended:
        return False
    lacking = checks.without_consent(session, revision, on=on, platforms=platforms)
    return pupil_id in {pupil.id for pupil in lacking}


def lock_posts(session: Session, pupil_ids: Collection[UUID]) -> None:
    """Lock the posts that show or name one of these pupils, for whoever is about to end consents.

    To be called before anything else: whoever edits, decides or publishes takes the draft and then the trail,
    and in the other order the two would wait for each other.
    """
    shown = sa.select(RevisionPupil.revision_id).where(RevisionPupil.pupil_id.in_(pupil_ids))
    made = sa.select(Publication.draft_id).where(Publication.revision_id.in_(shown))
    session.execute(
        sa.select(Draft.id).where(Draft.id.in_(made)).order_by(Draft.id).with_for_update(of=Draft)
    )


def withdrawn(session: Session, pupil_ids: Collection[UUID], *, now: datetime) -> tuple[int, int]:
    """Do what follows from consents of these pupils that were just withdrawn (P25).

    How many published posts are to be taken down, and of how many on their way the authors are told.
    """
    opened = takedowns.open_for_withdrawn_consent(session, now=now)
    return len(opened), tell(session, pupil_ids, again=False, now=now)


def tell(session: Session, pupil_ids: Collection[UUID], *, again: bool = True, now: datetime) -> int:
    """Tell the authors whose posts on their way show a pupil of these without consent; how many posts.

    To be called when consents have just ended. The mail names no pupil: the draft's page does. `again`
    False: not whoever was told that consent is missing for this version, while none was recorded since.
    """
    told = 0
    for draft in _with_pupils(session, RevisionPupil.pupil_id.in_(pupil_ids)):
        revision = drafts.current_revision(session, draft)
        lacking = checks.without_consent(session, revision, on=checks.day_out(revision, now=now))
        if not {pupil.id for pupil in lacking} & set(pupil_ids) or not _on_its_way(session, draft):
            continue
        told += 1
        if not again and _known(session, draft, revision):
            continue
        waits = draft.state is DraftState.SUBMITTED
        where = and_last(_held_later(session, draft, now=now))
        approval_mail.tell(
            session,
            [draft.author],
            draft_id=draft.id,
            subject=f"Consent is missing: {known_by(session, revision)}",
            sentences=[
                "The consent of a pupil in this post has ended. It can’t "
                f"{'be approved' if waits else 'go out'} as it is."
                f"{f' When its time comes it is held on {where}.' if where else ''}",
                "Its page says who it is and what for. Take the pupil out, or what the consent is missing "
                "for, and hand it in again; or take the post back.",
            ],
            purpose=_PURPOSE,
            now=now,
        )
    return told


def just_told(
    session: Session, draft: Draft, held: Sequence[tuple[Publication, str]], *, now: datetime
) -> bool:
    """Whether its author was told within a day that for want of consent, and nothing else, all this is held.

    `held`: each with why it may not go out, by `approvals.permits`.
    """
    revision = drafts.current_revision(session, draft)
    last = _last_told(session, draft, revision)
    if last is None or last < now - TOLD_WITHIN or not _known(session, draft, revision):
        return False
    # What was withdrawn since, and where, that mail doesn't say.
    ids = [entry.pupil_id for entry in revision.pupils]
    more = sa.select(Consent.id).where(Consent.pupil_id.in_(ids), Consent.withdrawn_at > last)
    if session.scalar(more.limit(1)) is not None:
        return False
    for publication, why in held:
        there = [publication.account.platform]
        lacking = checks.consent_problems(session, revision, on=today(now), platforms=there)
        if not lacking or why != " ".join(problem.sentence for problem in lacking):
            return False
    return True


def _held_later(session: Session, draft: Draft, *, now: datetime) -> list[str]:
    """The accounts on which it will be held when its time comes, for want of consent."""
    query = sa.select(Publication).where(
        Publication.draft_id == draft.id, Publication.state == PublicationState.SCHEDULED
    )
    return [
        account_name(one.account)
        for one in session.scalars(query.order_by(Publication.id))
        if checks.without_consent(
            session,
            session.get_one(DraftRevision, one.revision_id),
            on=max(today(one.due_at), today(now)),
            platforms=[one.account.platform],
        )
    ]


def _known(session: Session, draft: Draft, revision: DraftRevision) -> bool:
    """Whether the author knows already that this version can't go out for want of a consent."""
    last = _last_told(session, draft, revision)
    if last is None:
        return False
    # With a consent since, it may have been mended meanwhile.
    ids = [entry.pupil_id for entry in revision.pupils]
    since = sa.select(Consent.id).where(Consent.pupil_id.in_(ids), Consent.recorded_at > last)
    return session.scalar(since.limit(1)) is None


def _last_told(session: Session, draft: Draft, revision: DraftRevision) -> datetime | None:
    """When the author was told last that this version lacks a consent, by a mail that was not lost."""
    last = session.scalar(
        sa.select(sa.func.max(OutboxEmail.created_at)).where(
            OutboxEmail.about_id == draft.id,
            OutboxEmail.purpose == _PURPOSE,
            OutboxEmail.state != MailState.FAILED,
        )
    )
    return None if last is None or last < revision.made_at else last


def _with_pupils(session: Session, which: sa.ColumnElement[bool]) -> list[Draft]:
    """The posts handed in or approved that show or name a pupil, of those `which` says."""
    query = (
        sa.select(Draft)
        .join(DraftRevision, DraftRevision.draft_id == Draft.id)
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .where(
            which,
            DraftRevision.number == Draft.revision_number,
            Draft.state.in_([DraftState.SUBMITTED, DraftState.APPROVED]),
        )
        .distinct()
    )
    return list(session.scalars(query))


def _on_its_way(session: Session, draft: Draft) -> bool:
    if draft.state is DraftState.APPROVED:
        waiting = sa.select(Publication.id).where(
            Publication.draft_id == draft.id, Publication.state.in_(TO_COME)
        )
        return session.scalar(waiting.limit(1)) is not None
    return draft.state is DraftState.SUBMITTED
