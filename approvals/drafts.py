"""Writing drafts: saving a revision, taking one back, and finding drafts (P1, P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, submissions
from approvals.checks import DraftRefused, Problem, account_name
from approvals.content import DraftContent, revision_hash, tidy
from approvals.models import (
    Draft,
    DraftMove,
    DraftRevision,
    MediaFile,
    Publication,
    RevisionAccount,
    RevisionPicture,
    RevisionPupil,
)
from approvals.moves import begin_draft, move_draft
from approvals.states import IN_WORDS, Actor, DraftState, PublicationState
from school import people
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AccountState, Person, Pupil
from school.permissions import Action, may, require
from school.times import parse_local, say

WORDS_MAX = 1000
"""Characters of a description, a source, a licence or a device."""
SEARCHED_MAX = 200
PLAN_AHEAD_MOST = timedelta(days=400)
"""Further ahead the year is more likely a slip than a plan."""


class EditConflict(MoveNotAllowed):
    """Somebody saved a newer revision since this one was opened; nothing was changed."""


def save(
    session: Session, draft_id: UUID | None, content: DraftContent, *, by: Person, now: datetime
) -> Draft:
    """Keep what somebody wrote as a new revision; `draft_id` None begins a draft.

    An edit takes the draft back to being written: its approval and links are void and what was
    scheduled is cancelled (P12). Raises NotPermitted without the headteacher's leave for every
    account chosen (P1) or for somebody else's draft, EditConflict when it was saved meanwhile,
    MoveNotAllowed when it is out of the author's hands, and DraftRefused naming all that is wrong.
    """
    require(by, Action.WRITE_DRAFTS)
    draft = _own_draft(session, draft_id, by=by) if draft_id is not None else None
    if draft is not None:
        _check_version(draft, content.based_on)
        check_editable(session, draft)
    accounts = _chosen_accounts(session, content.account_ids, by=by)
    revision, problems = _revision(session, content, accounts, draft, by=by, now=now)
    problems += checks.platform_problems(revision)
    if problems:
        raise DraftRefused(problems)
    if draft is None:
        draft = Draft(
            author_id=by.id, state=DraftState.DRAFT, revision_number=0, created_at=now, changed_at=now
        )
        session.add(draft)
        # The revision and the first move name the draft by id.
        session.flush()
        begin_draft(session, draft, by=by, now=now)
    elif draft.state is not DraftState.DRAFT:
        submissions.void(
            session,
            draft,
            "The draft was edited after this. When it is handed in again, a new e-mail comes.",
            actor=Actor.AUTHOR,
            by=by,
            now=now,
        )
        move_draft(
            session, draft, DraftState.DRAFT, actor=Actor.AUTHOR, by=by, reason="It was edited.", now=now
        )
    draft.revision_number += 1
    draft.changed_at = now
    revision.draft_id, revision.number = draft.id, draft.revision_number
    session.add(revision)
    # The hash is made from what the database holds, as it will be again before publication.
    session.flush()
    revision.content_hash = revision_hash(session, revision)
    return draft


def withdraw(session: Session, draft_id: UUID, *, reason: str, by: Person, now: datetime) -> Draft:
    """Take a draft back that waits for approval or is approved: links and approval are void (P12).

    Raises MoveNotAllowed when it is neither, or is on its way to a platform already.
    """
    draft = _own_draft(session, draft_id, by=by)
    if draft.state not in {DraftState.SUBMITTED, DraftState.APPROVED}:
        raise MoveNotAllowed(f"This draft is {IN_WORDS[draft.state]}: there is nothing to take back.")
    check_editable(session, draft)
    why = tidy(reason)[:WORDS_MAX] or "Its author took it back."
    move_draft(session, draft, DraftState.DRAFT, actor=Actor.AUTHOR, by=by, reason=why, now=now)
    submissions.void(
        session,
        draft,
        "The author took the draft back. When it is handed in again, a new e-mail comes.",
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
        raise NotFound("There is no such draft, or you may not see it.")
    return draft


def may_see(session: Session, draft: Draft, *, by: Person, now: datetime) -> bool:
    """Whether the draft is the person's own, or theirs to see by role or as a deputy."""
    return (
        draft.author_id == by.id
        or may(by, Action.SEE_ALL_DRAFTS)
        or people.may_approve(session, by, author_id=draft.author_id, now=now)
    )


def listed(session: Session, *, by: Person, mine: bool, now: datetime) -> list[Draft]:
    """Drafts, newest change first: the person's own, or all where their role allows that."""
    query = sa.select(Draft).order_by(Draft.changed_at.desc(), Draft.id.desc()).limit(SEARCHED_MAX)
    all_of_them = may(by, Action.SEE_ALL_DRAFTS) or by in people.deputies(session, now=now)
    if mine or not all_of_them:
        query = query.where(Draft.author_id == by.id)
    return list(session.scalars(query))


def current_revision(session: Session, draft: Draft) -> DraftRevision:
    """The newest revision of a draft."""
    return revision_of(session, draft, draft.revision_number)


def current_revisions(session: Session, drafts: Sequence[Draft]) -> dict[UUID, DraftRevision]:
    """The newest revision of each of these drafts, by the draft's id."""
    query = (
        sa.select(DraftRevision)
        .join(
            Draft, sa.and_(Draft.id == DraftRevision.draft_id, Draft.revision_number == DraftRevision.number)
        )
        .where(Draft.id.in_([draft.id for draft in drafts]))
    )
    return {revision.draft_id: revision for revision in session.scalars(query)}


def revision_of(session: Session, draft: Draft, number: int) -> DraftRevision:
    """One revision of a draft, or NotFound."""
    found = session.scalar(
        sa.select(DraftRevision).where(DraftRevision.draft_id == draft.id, DraftRevision.number == number)
    )
    if found is None:
        raise NotFound("There is no such version of this draft.")
    return found


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
        raise NotFound("There is no such draft.")
    return draft


def _own_draft(session: Session, draft_id: UUID, *, by: Person) -> Draft:
    draft = locked(session, draft_id)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author can change a draft. Ask for changes instead.")
    return draft


def _check_version(draft: Draft, based_on: int) -> None:
    if based_on != draft.revision_number:
        raise EditConflict(
            f"This draft was changed in another window meanwhile: you began with version {based_on}, and "
            f"version {draft.revision_number} is saved. Nothing was overwritten; what you typed is below. "
            "Compare it with the saved version and save again."
        )


def _chosen_accounts(session: Session, ids: Sequence[UUID], *, by: Person) -> list[Account]:
    chosen: list[Account] = []
    for account_id in dict.fromkeys(ids):
        account = session.get(Account, account_id)
        if account is None or account.state is AccountState.CLOSED:
            raise NotFound("One of the accounts chosen does not exist any more. Load the page again.")
        if not people.may_post(session, by, account.id):
            raise NotPermitted(
                f"You may not write for {account_name(account)}: the headteacher has not authorised you (P1)."
            )
        chosen.append(account)
    return chosen


def _revision(
    session: Session,
    content: DraftContent,
    accounts: Sequence[Account],
    draft: Draft | None,
    *,
    by: Person,
    now: datetime,
) -> tuple[DraftRevision, list[Problem]]:
    problems: list[Problem] = []
    if not accounts:
        problems.append(Problem("accounts", "No account is chosen: tick at least one."))
    text, link = tidy(content.text), tidy(content.link)
    if len(text) > checks.TEXT_STORED_MAX:
        problems.append(
            Problem("text", f"The text has {len(text):,} characters: no platform takes more than 63,206.")
        )
    if said := checks.link_problem(link):
        problems.append(Problem("link", said))
    planned = _planned(content, problems, now=now)
    if content.none_shown and content.pupil_ids:
        problems.append(
            Problem("pupils", "Pupils are chosen and “no pupil” is ticked: take one of the two back.")
        )
    device = tidy(content.device)
    if len(device) > WORDS_MAX:
        problems.append(
            Problem("device", f"The device has {len(device):,} characters: at most {WORDS_MAX:,} fit.")
        )
    revision = DraftRevision(
        made_by_id=by.id,
        made_at=now,
        text=text[: checks.TEXT_STORED_MAX],
        link=link[: checks.LINK_MAX],
        planned_local=f"{planned:%Y-%m-%dT%H:%M}" if planned else None,
        planned_at=planned,
        objective=content.objective,
        none_shown=content.none_shown,
        checklist=sorted(criterion.value for criterion in content.checklist),
        urgent=content.urgent,
        device=device[:WORDS_MAX],
        content_hash="",
        accounts=[
            RevisionAccount(
                account_id=account.id,
                account=account,
                position=position,
                own_text=tidy(content.own_texts[account.id])[: checks.TEXT_STORED_MAX]
                if account.id in content.own_texts
                else None,
            )
            for position, account in enumerate(accounts)
        ],
        pictures=_pictures(session, content, draft, problems, by=by),
        pupils=_pupils(session, content.pupil_ids),
    )
    return revision, problems


def _planned(content: DraftContent, problems: list[Problem], *, now: datetime) -> datetime | None:
    day, clock = content.planned_date.strip(), content.planned_time.strip()
    if not day and not clock:
        return None
    if not day or not clock:
        missing = "time" if day else "date"
        problems.append(
            Problem("planned_time", f"The {missing} is missing: give both a date and a time, or neither.")
        )
        return None
    try:
        planned = parse_local(day, clock, field="planned_time").replace(second=0, microsecond=0)
    except BadInput as error:
        problems.append(Problem("planned_time", str(error)))
        return None
    if planned <= now:
        problems.append(Problem("planned_time", f"{say(planned)} is in the past: choose a later time."))
    if planned > now + PLAN_AHEAD_MOST:
        problems.append(Problem("planned_time", f"{say(planned)} is more than a year ahead: check the year."))
    return planned


def _pictures(
    session: Session, content: DraftContent, draft: Draft | None, problems: list[Problem], *, by: Person
) -> list[RevisionPicture]:
    made: list[RevisionPicture] = []
    for position, choice in enumerate(content.pictures):
        media = session.get(MediaFile, choice.media_id)
        # Another person's picture can't be had by guessing its id.
        if media is None or (media.uploaded_by_id != by.id and not _had_before(session, draft, media.id)):
            raise NotFound("One of the pictures does not exist any more. Choose it again.")
        words = {
            "description": tidy(choice.alt_text),
            "owner": tidy(choice.source),
            "licence": tidy(choice.licence),
        }
        problems += [
            Problem(
                "pictures",
                f"The {what} of “{media.filename}” has {len(said):,} characters: at most {WORDS_MAX:,} fit.",
            )
            for what, said in words.items()
            if len(said) > WORDS_MAX
        ]
        made.append(
            RevisionPicture(
                position=position,
                media_id=media.id,
                media=media,
                alt_text=words["description"],
                source=words["owner"],
                licence=words["licence"],
            )
        )
    return made


def _had_before(session: Session, draft: Draft | None, media_id: UUID) -> bool:
    if draft is None:
        return False
    query = (
        sa.select(RevisionPicture.id)
        .join(DraftRevision, DraftRevision.id == RevisionPicture.revision_id)
        .where(DraftRevision.draft_id == draft.id, RevisionPicture.media_id == media_id)
    )
    return session.scalar(query.limit(1)) is not None


def _pupils(session: Session, ids: Sequence[UUID]) -> list[RevisionPupil]:
    chosen: list[RevisionPupil] = []
    for pupil_id in dict.fromkeys(ids):
        pupil = session.get(Pupil, pupil_id)
        if pupil is None:
            raise NotFound("One of the pupils chosen is not in the consent register. Load the page again.")
        chosen.append(RevisionPupil(pupil_id=pupil.id, pupil=pupil))
    return chosen
