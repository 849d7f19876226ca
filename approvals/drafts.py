"""Writing drafts: saving a revision, taking one back, and finding drafts (P1, P12)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, defaultload, lazyload

from approvals import checks, link_looks, revising, submissions
from approvals.checks import DraftRefused, account_name
from approvals.content import DraftContent, in_one_order, of_revision, revision_hash, tidy
from approvals.models import (
    ApprovalDecision,
    DecisionKind,
    Draft,
    DraftMove,
    DraftRevision,
    Publication,
    RevisionAccount,
    RevisionPupil,
    Submission,
)
from approvals.moves import begin_draft, move_draft
from approvals.sight import NO_SUCH, check_seen, may_see
from approvals.states import IN_WORDS, TO_COME, Actor, DraftState, PublicationState
from school import people
from school.db import new_id
from school.errors import MoveNotAllowed, NotFound, NotPermitted
from school.models import Person
from school.permissions import Action, may, require

LISTED_AT_ONCE = 100
"""Drafts on one page of a list."""
EDITED = "It was edited."
"""What is noted of a draft that is handed in or decided on and is changed: it is being written again."""
EDITED_AFTER = "The draft was edited after this. When it is handed in again, a new e-mail comes."
TAKEN_BACK_AFTER = "The author took the draft back. When it is handed in again, a new e-mail comes."
"""Why a link or a decision no longer counts."""
ON_THEIR_WAY_MOST = 5
"""Of an author's own drafts on the first page."""
WITHOUT_MEDIA = (
    lazyload(DraftRevision.pictures),
    lazyload(DraftRevision.video),
    defaultload(DraftRevision.accounts).lazyload(RevisionAccount.account),
)
"""For lists: they show no picture, and have the same few accounts in every row."""


class EditConflict(MoveNotAllowed):
    """Somebody saved a newer revision since this one was opened; nothing was changed."""


def save(
    session: Session,
    draft_id: UUID | None,
    content: DraftContent,
    *,
    by: Person,
    now: datetime,
    begin_as: UUID | None = None,
) -> Draft:
    """Keep what somebody wrote as a new revision; `draft_id` None begins a draft.

    `begin_as`: the id that a form gives the draft which it begins. Saved from that form once more, the
    draft is changed instead of a second one begun. What is saved already just so is not saved again,
    whatever it is based on: no version is made, and what was handed in or approved stands.

    A draft in work is kept as it is, with a text too long or a time in the past as well: what can't be
    handed in so, handing it in says. An edit takes the draft back to being written: its approval and
    links are void and what was scheduled is cancelled (P12). Raises NotPermitted without the
    headteacher's leave for every account chosen (P1) or for somebody else's draft, EditConflict when it
    was saved meanwhile, MoveNotAllowed when it is out of the author's hands, and DraftRefused naming what
    can't be kept, and of a draft that is handed in or approved all that is wrong: it stands as it was.
    """
    require(by, Action.WRITE_DRAFTS)
    if draft_id is None and begin_as is not None and session.get(Draft, begin_as) is not None:
        # What that form knows is what it began the draft with.
        draft_id, content = begin_as, replace(content, based_on=1)
    draft = _own_draft(session, draft_id, by=by, now=now) if draft_id is not None else None
    revision, problems = revising.revise(session, content, draft, by=by, now=now)
    if draft is not None:
        if not problems and is_saved(session, draft, revision):
            return draft
        _check_version(draft, content.based_on)
        check_editable(session, draft)
        if draft.state in {DraftState.SUBMITTED, DraftState.APPROVED}:
            # What waits for a decision or is approved isn't given up for what can't be handed in.
            problems += checks.unsound(revision, now=now)
    if problems:
        raise DraftRefused(problems)
    if draft is None:
        draft = Draft(
            id=begin_as or new_id(),
            author_id=by.id,
            state=DraftState.DRAFT,
            revision_number=0,
            created_at=now,
            changed_at=now,
        )
        session.add(draft)
        # The revision and the first move name the draft by id.
        session.flush()
        begin_draft(session, draft, by=by, now=now)
    elif draft.state is not DraftState.DRAFT:
        submissions.void(
            session,
            draft,
            EDITED_AFTER,
            actor=Actor.AUTHOR,
            by=by,
            now=now,
        )
        move_draft(session, draft, DraftState.DRAFT, actor=Actor.AUTHOR, by=by, reason=EDITED, now=now)
    draft.revision_number += 1
    draft.changed_at = now
    revision.draft_id, revision.number = draft.id, draft.revision_number
    session.add(revision)
    # The hash is made from what the database holds, as it will be again before publication.
    session.flush()
    revision.content_hash = revision_hash(session, revision)
    link_looks.ask(session, link_looks.addresses(revision), now=now)
    return draft


def withdraw(session: Session, draft_id: UUID, *, reason: str, by: Person, now: datetime) -> Draft:
    """Take a draft back that waits for approval or is approved: links and approval are void (P12).

    Raises MoveNotAllowed when it is neither, or is on its way to a platform already.
    """
    draft = _own_draft(session, draft_id, by=by, now=now)
    if draft.state not in {DraftState.SUBMITTED, DraftState.APPROVED}:
        raise MoveNotAllowed(f"This draft is {IN_WORDS[draft.state]}: there is nothing to take back.")
    check_editable(session, draft)
    why = tidy(reason)[: revising.WORDS_MAX] or "Its author took it back."
    move_draft(session, draft, DraftState.DRAFT, actor=Actor.AUTHOR, by=by, reason=why, now=now)
    submissions.void(
        session,
        draft,
        TAKEN_BACK_AFTER,
        actor=Actor.AUTHOR,
        by=by,
        now=now,
    )
    return draft


def find(session: Session, draft_id: UUID, *, by: Person, now: datetime) -> Draft:
    """A draft that the person may see: their own, one they may decide on, or any by their role.

    Raises NotFound for every other, as for one that doesn't exist.
    """
    draft = session.get(Draft, draft_id)
    if draft is None or not may_see(session, draft, by=by, now=now):
        raise NotFound(NO_SUCH)
    return draft


def listed(
    session: Session,
    *,
    by: Person,
    mine: bool,
    in_work: bool = False,
    only: Of | None = None,
    waiting_of: Collection[UUID] = (),
    skip: int = 0,
    now: datetime,
) -> tuple[list[Draft], bool]:
    """Drafts by planned time: the person's own, or all where their role allows that; and whether more follow.

    Those to come are first, the soonest before the others; then those without a time, and those of the
    past or rejected, the latest first. Left out are those handed in by `waiting_of`, which are shown by
    themselves, and what others have never handed in; `in_work`: that alone, of everybody. `only`: of the
    person's own, those alone.
    """
    group = sa.case(
        (Draft.state == DraftState.REJECTED, 2),
        (DraftRevision.planned_at >= now, 0),
        (DraftRevision.planned_at.is_(None), 1),
        else_=2,
    )
    to_come = sa.case((DraftRevision.planned_at >= now, DraftRevision.planned_at))
    query = (
        sa.select(Draft)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(Draft.thrown_away_at.is_(None))
        .order_by(group, to_come, DraftRevision.planned_at.desc(), Draft.changed_at.desc(), Draft.id.desc())
        .offset(skip)
        .limit(LISTED_AT_ONCE + 1)
    )
    all_of_them = may(by, Action.SEE_ALL_DRAFTS) or by in people.deputies(session, now=now)
    handed_in = sa.select(Submission.id).where(Submission.draft_id == Draft.id).exists()
    if only is not None:
        query = query.where(Draft.author_id == by.id, only.where())
    elif mine or not all_of_them:
        query = query.where(Draft.author_id == by.id)
    elif in_work:
        query = query.where(Draft.state == DraftState.DRAFT, sa.not_(handed_in))
    else:
        query = query.where(sa.or_(Draft.author_id == by.id, Draft.state != DraftState.DRAFT, handed_in))
    if waiting_of:
        query = query.where(sa.or_(Draft.state != DraftState.SUBMITTED, Draft.author_id.not_in(waiting_of)))
    found = list(session.scalars(query))
    return found[:LISTED_AT_ONCE], len(found) > LISTED_AT_ONCE


class Of(StrEnum):
    """Which of an author's own drafts a list is of."""

    CHANGE = "change"
    """Those that changes were asked for."""
    WRITING = "writing"
    """Those that are being written and were never sent back."""

    def where(self) -> sa.ColumnElement[bool]:
        """The condition."""
        if self is Of.CHANGE:
            return sa.or_(Draft.state == DraftState.CHANGES_REQUESTED, is_being_changed())
        return sa.and_(Draft.state == DraftState.DRAFT, sa.not_(is_being_changed()))


def with_author(session: Session, author: Person) -> Mapping[Of, tuple[int, int]]:
    """How many an author has of each: as pieces of work, and as drafts.

    A repeated post and its repetitions are one piece of work.
    """
    pieces = sa.func.count(sa.distinct(sa.func.coalesce(Draft.series_id, Draft.id)))
    theirs = sa.select(pieces, sa.func.count(Draft.id)).where(
        Draft.author_id == author.id, Draft.thrown_away_at.is_(None)
    )
    found = {}
    for of in Of:
        work, each = session.execute(theirs.where(of.where())).one()
        found[of] = (work, each)
    return found


def unpublished_of(session: Session, author: Person) -> int:
    """How many posts of an author are handed in, or approved and not out everywhere."""
    waits = sa.select(Publication.id).where(Publication.draft_id == Draft.id, Publication.state.in_(TO_COME))
    handed_in = Draft.state == DraftState.SUBMITTED
    query = sa.select(sa.func.count(Draft.id)).where(
        Draft.author_id == author.id,
        sa.or_(handed_in, sa.and_(Draft.state == DraftState.APPROVED, waits.exists())),
    )
    return session.scalar(query) or 0


def being_changed(session: Session, drafts: Sequence[Draft]) -> set[UUID]:
    """Those of these drafts that were sent back and are being written again: to change until handed in."""
    ids = [one.id for one in drafts if one.state is DraftState.DRAFT]
    query = sa.select(Draft.id).where(Draft.id.in_(ids), is_being_changed())
    return set(session.scalars(query)) if ids else set()


def is_being_changed() -> sa.ColumnElement[bool]:
    """Begun to be changed, or taken back after it was handed in again: nobody has said that it will do."""
    decided_last = (
        sa.select(ApprovalDecision.kind)
        .where(ApprovalDecision.draft_id == Draft.id)
        .order_by(ApprovalDecision.decided_at.desc(), ApprovalDecision.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # It may be that nothing was ever decided.
    return sa.and_(
        Draft.state == DraftState.DRAFT,
        Draft.thrown_away_at.is_(None),
        sa.func.coalesce(decided_last, DecisionKind.APPROVE) == DecisionKind.CHANGES,
    )


def any_begun(session: Session) -> bool:
    """Whether anybody has ever begun a draft that is kept still."""
    return session.scalar(sa.select(Draft.id).limit(1)) is not None


def on_their_way(session: Session, author: Person) -> tuple[list[tuple[Draft, DraftRevision]], int]:
    """An author's drafts that wait for a decision, or are approved and to come, and how many there are.

    The soonest first, and no more than `ON_THEIR_WAY_MOST`.
    """
    coming = (
        sa.select(Publication.id)
        .where(Publication.draft_id == Draft.id, Publication.state == PublicationState.SCHEDULED)
        .exists()
    )
    query = (
        sa.select(Draft, DraftRevision)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(
            Draft.author_id == author.id,
            DraftRevision.planned_at.is_not(None),
            sa.or_(Draft.state == DraftState.SUBMITTED, sa.and_(Draft.state == DraftState.APPROVED, coming)),
        )
    )
    count = session.scalar(query.with_only_columns(sa.func.count(Draft.id))) or 0
    shown = query.order_by(DraftRevision.planned_at, Draft.id).limit(ON_THEIR_WAY_MOST)
    found = session.execute(shown.options(*WITHOUT_MEDIA))
    return [(draft, revision) for draft, revision in found], count


def current_revision(session: Session, draft: Draft) -> DraftRevision:
    """The newest revision of a draft."""
    return revision_of(session, draft, draft.revision_number)


def current_revisions(
    session: Session, drafts: Sequence[Draft], *, media: bool = False
) -> dict[UUID, DraftRevision]:
    """The newest revision of each of these drafts, by its id. `media`: with its pictures and video."""
    query = (
        sa.select(DraftRevision)
        .join(
            Draft, sa.and_(Draft.id == DraftRevision.draft_id, Draft.revision_number == DraftRevision.number)
        )
        .where(Draft.id.in_([draft.id for draft in drafts]))
        .options(*(() if media else WITHOUT_MEDIA))
    )
    return {revision.draft_id: revision for revision in session.scalars(query)}


def in_series(session: Session, draft: Draft) -> list[tuple[Draft, datetime | None]]:
    """A repeated post and its repetitions with their planned times, soonest first; empty for others."""
    if draft.series_id is None:
        return []
    query = (
        sa.select(Draft, DraftRevision.planned_at)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(
            Draft.series_id == draft.series_id,
            sa.or_(Draft.thrown_away_at.is_(None), Draft.id == draft.id),
        )
        .order_by(DraftRevision.planned_at, Draft.id)
    )
    return [(one, planned_at) for one, planned_at in session.execute(query)]


def revision_of(session: Session, draft: Draft, number: int) -> DraftRevision:
    """One revision of a draft, or NotFound."""
    found = session.scalar(
        sa.select(DraftRevision).where(DraftRevision.draft_id == draft.id, DraftRevision.number == number)
    )
    if found is None:
        raise NotFound("There is no such version of this draft.")
    return found


def versions(session: Session, draft: Draft) -> list[tuple[int, str, datetime]]:
    """The number of each version of a draft, who made it and when, oldest first."""
    query = (
        sa.select(DraftRevision.number, Person.name, DraftRevision.made_at)
        .join(Person, Person.id == DraftRevision.made_by_id)
        .where(DraftRevision.draft_id == draft.id)
        .order_by(DraftRevision.number)
    )
    return [(number, name, at) for number, name, at in session.execute(query)]


def moves(session: Session, draft: Draft) -> list[DraftMove]:
    """What happened to a draft, oldest first."""
    query = sa.select(DraftMove).where(DraftMove.draft_id == draft.id).order_by(DraftMove.at, DraftMove.id)
    return list(session.scalars(query))


def showing(session: Session, pupil_id: UUID) -> list[Draft]:
    """The drafts whose newest version shows or names the pupil: what a withdrawn consent touches (P25)."""
    query = (
        sa.select(Draft)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .where(RevisionPupil.pupil_id == pupil_id)
        .order_by(Draft.changed_at.desc())
    )
    return list(session.scalars(query))


def check_editable(session: Session, draft: Draft) -> None:
    """Raise MoveNotAllowed, saying why, when the author can't change the draft any more."""
    if draft.thrown_away_at is not None:
        raise MoveNotAllowed("This draft was thrown away. Begin a new one if the post is still wanted.")
    if draft.state is DraftState.REJECTED:
        raise MoveNotAllowed("This draft was rejected. Begin a new one if the post is still wanted.")
    gone = (PublicationState.PUBLISHING, PublicationState.UNKNOWN, PublicationState.PUBLISHED)
    for publication in session.scalars(sa.select(Publication).where(Publication.draft_id == draft.id)):
        if publication.state is PublicationState.PUBLISHED:
            raise MoveNotAllowed(
                f"This draft is published on {account_name(publication.account)} already. "
                "Begin a new one instead."
            )
        if publication.state in gone or (
            publication.state is PublicationState.HELD and publication.unknown_since is not None
        ):
            raise MoveNotAllowed(
                f"This draft may be out on {account_name(publication.account)} already. "
                "Wait until that is clear."
            )


def editable(session: Session, draft: Draft) -> bool:
    """Whether its author can change the draft."""
    try:
        check_editable(session, draft)
    except MoveNotAllowed:
        return False
    return True


def locked(session: Session, draft_id: UUID) -> Draft:
    """The draft as it is now, its row locked until the transaction ends; or NotFound."""
    draft = session.scalar(
        sa.select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update(of=Draft)
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise NotFound(NO_SUCH)
    return draft


def _own_draft(session: Session, draft_id: UUID, *, by: Person, now: datetime) -> Draft:
    draft = locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author can change a draft. Ask for changes instead.")
    return draft


def is_saved(session: Session, draft: Draft, revision: DraftRevision) -> bool:
    """Whether the newest version says just that: nothing was changed, or somebody pressed twice.

    The form of what was handed in comes with an empty checklist, for another wording to be signed: with no
    other wording the signature stands. What is handed in and would not go out as it is now, since one of
    its files became another, is not saved just so (P12).
    """
    newest = current_revision(session, draft)
    saved, typed = in_one_order(of_revision(newest)), in_one_order(of_revision(revision))
    if draft.state is not DraftState.DRAFT and not typed.checklist:
        typed = replace(typed, checklist=saved.checklist)
    if typed != saved:
        return False
    stands = draft.state in {DraftState.SUBMITTED, DraftState.APPROVED}
    return not stands or revision_hash(session, revision) == newest.content_hash


def _check_version(draft: Draft, based_on: int) -> None:
    if based_on != draft.revision_number:
        raise EditConflict(
            f"This draft was changed in another window meanwhile: you began with version {based_on}, and "
            f"version {draft.revision_number} is saved. Nothing was overwritten; what you typed is below. "
            "Compare it with the saved version and save again."
        )
