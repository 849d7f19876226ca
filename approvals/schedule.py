"""The calendar: what is planned when, and what happens when a planned time comes without a decision (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from approvals import approval_mail, asking, claims, drafts, submissions, takedowns
from approvals.checks import account_name
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRevision, Publication, PublicationMove, RevisionAccount
from approvals.moves import move_draft, note_publication
from approvals.standing import standing
from approvals.states import Actor, DraftState, PublicationState
from approvals.takedowns import Stands
from school import people, secrets
from school.models import Account, Person
from school.permissions import Action, may
from school.times import LONDON, say

MISSED_AT_ONCE = 50
ASKED_AT_ONCE = 500
"""Ids in one question to the database."""
NEWEST_FIRST = (
    Publication.planned_at.desc(),
    Publication.revision_id.desc(),
    Publication.decision_id.desc(),
    Publication.id,
)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One post on one account at one time."""

    draft_id: UUID
    account_id: UUID
    at: datetime
    account: str
    platform: str
    state: Stands
    summary: str
    author_name: str
    objective: str
    """What it is for, in words; empty where that isn't said yet."""
    own: bool
    """Whether whoever looks wrote it."""
    seen: bool
    """Whether whoever looks may see the draft, too."""
    publication: Publication | None
    """What is kept of it once it is approved, or was missed."""


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """One post at one time with all its accounts, as people think of it."""

    entries: tuple[CalendarEntry, ...]
    states: dict[Stands, tuple[CalendarEntry, ...]]
    """How it stands: usually one state for all of its accounts."""

    @property
    def first(self) -> CalendarEntry:
        """The entry of its first account; time, author and draft are those of all."""
        return self.entries[0]


def together(entries: Sequence[CalendarEntry]) -> list[PlannedPost]:
    """The entries of each post as one, in the order of the first of each."""
    posts: dict[UUID, list[CalendarEntry]] = {}
    for entry in entries:
        posts.setdefault(entry.draft_id, []).append(entry)
    return [_post(found) for found in posts.values()]


def _post(entries: Sequence[CalendarEntry]) -> PlannedPost:
    states: dict[Stands, tuple[CalendarEntry, ...]] = {}
    for entry in entries:
        states[entry.state] = (*states.get(entry.state, ()), entry)
    return PlannedPost(tuple(entries), states)


def troubles(session: Session, posts: Sequence[PlannedPost], *, now: datetime) -> dict[UUID, list[str]]:
    """By draft, what is wrong with a post on any of its accounts, each thing once, where one may see it.

    It may name a pupil without consent, and everybody reads the calendar (P26).
    """
    found: dict[UUID, list[str]] = {post.first.draft_id: [] for post in posts}
    kept = [
        entry.publication
        for post in posts
        if post.first.seen
        for entry in post.entries
        if entry.publication is not None
    ]
    planned = {one.revision_id for one in kept if one.state is PublicationState.SCHEDULED}
    # Held, so that nobody who asks about a publication loads its revision anew.
    _held = session.scalars(sa.select(DraftRevision).where(DraftRevision.id.in_(planned))).all()
    stopped = claims.stopped(session) if kept else False
    for publication in kept:
        stands = standing(session, publication, stopped=stopped, now=now)
        said = found[publication.draft_id]
        if stands.trouble and stands.sentence not in said:
            said.append(stands.sentence)
    return found


def unapproved(session: Session, *, now: datetime) -> list[UUID]:
    """The drafts that wait for approval though their planned time has come."""
    query = (
        sa.select(Draft.id)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(Draft.state == DraftState.SUBMITTED, DraftRevision.planned_at <= now)
        .order_by(DraftRevision.planned_at)
        .limit(MISSED_AT_ONCE)
    )
    return list(session.scalars(query))


def miss(session: Session, draft_id: UUID, *, now: datetime) -> bool:
    """Note that a draft was not approved in time: it goes back to its author, and people are told.

    One `missed` publication is kept for each account; nothing is ever sent for it. False when it
    was decided or changed meanwhile.
    """
    draft = drafts.locked(session, draft_id)
    revision = drafts.current_revision(session, draft)
    if draft.state is not DraftState.SUBMITTED or revision.planned_at is None or revision.planned_at > now:
        return False
    submission = submissions.open_submission(session, draft)
    said = (
        f"It was planned for {say(revision.planned_at)} and nobody had decided by then, "
        "so it was not published."
    )
    told: Sequence[Person] = [draft.author]
    if submission is not None:
        told = [draft.author, *asking.asked(session, submission)]
        submissions.end(session, submission, f"{said} Its author can choose a new time.", now=now)
    for entry in revision.accounts:
        publication = Publication(
            draft_id=draft.id,
            revision_id=revision.id,
            account_id=entry.account_id,
            reference=secrets.new_token(),
            state=PublicationState.MISSED,
            planned_at=revision.planned_at,
            due_at=revision.planned_at,
            next_try_at=revision.planned_at,
            attempts=0,
            looks=0,
            problem=said,
        )
        session.add(publication)
        # The first move names the publication by id.
        session.flush()
        note_publication(session, publication, None, by=None, reason=said, now=now)
    move_draft(session, draft, DraftState.DRAFT, actor=Actor.PRODUCT, by=None, reason=said, now=now)
    approval_mail.tell(
        session,
        told,
        draft_id=draft.id,
        subject=f"Not approved in time: {known_by(session, revision)}",
        sentences=[said, "If it is still wanted, its author chooses a new time and hands it in again."],
        purpose="missed",
        now=now,
    )
    return True


def miss_unapproved(session: Session, *, now: datetime) -> int:
    """`miss` for everything due; says how many. One transaction is enough: nothing leaves the database."""
    return sum(miss(session, draft_id, now=now) for draft_id in unapproved(session, now=now))


def waiting_times(session: Session, *, first: date, last: date, now: datetime) -> list[datetime]:
    """For when posts between two days are planned that nobody has approved yet, and nothing else of them.

    None whose time has passed: it doesn't come out then, whoever approves it.
    """
    query = (
        sa.select(DraftRevision.planned_at)
        .join(
            Draft,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(
            DraftRevision.planned_at >= datetime.combine(first, time.min, LONDON),
            DraftRevision.planned_at < datetime.combine(last + timedelta(days=1), time.min, LONDON),
            DraftRevision.planned_at > now,
            Draft.thrown_away_at.is_(None),
            Draft.state.not_in((DraftState.REJECTED, DraftState.APPROVED)),
        )
    )
    return [at for at in session.scalars(query) if at is not None]


def calendar(session: Session, *, first: date, last: date, by: Person, now: datetime) -> list[CalendarEntry]:
    """What is planned or was published between two days (school time, both included), by time.

    Everybody sees what is approved or published; what isn't, its author and those who see all drafts.
    """
    start = datetime.combine(first, time.min, LONDON)
    end = datetime.combine(last + timedelta(days=1), time.min, LONDON)
    sees_all = may(by, Action.SEE_ALL_DRAFTS) or by in people.deputies(session, now=now)
    newest = sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number)
    shown: list[sa.ColumnElement[bool]] = [
        DraftRevision.planned_at >= start,
        DraftRevision.planned_at < end,
        Draft.thrown_away_at.is_(None),
        # It will never come.
        Draft.state != DraftState.REJECTED,
    ]
    if not sees_all:
        shown.append(sa.or_(Draft.state == DraftState.APPROVED, Draft.author_id == by.id))
    known = {account.id: account for account in session.scalars(sa.select(Account))}
    names = {one.id: account_name(one) for one in known.values()}
    of_posts: dict[tuple[UUID, UUID], Publication] = {}
    plans = (
        sa.select(Publication)
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .join(Draft, newest)
        # A draft that went back shows what was missed.
        .where(
            *shown, sa.or_(Draft.state == DraftState.APPROVED, Publication.state == PublicationState.MISSED)
        )
        .options(lazyload(Publication.account))
        .order_by(*NEWEST_FIRST)
    )
    for publication in session.scalars(plans):
        # Of several for one account the newest counts.
        if of_posts.setdefault((publication.revision_id, publication.account_id), publication) is publication:
            set_committed_value(publication, "account", known[publication.account_id])
    out = [one.id for one in of_posts.values() if one.state is PublicationState.PUBLISHED]
    gone = takedowns.of_publications(session, out)
    stopped = claims.stopped(session)
    # Columns, and all ids found by the time: a month may have hundreds of posts, each on several accounts.
    query = (
        sa.select(
            Draft.id, Draft.author_id, Draft.state, drafts.is_being_changed(), Person.name, DraftRevision.id,
            DraftRevision.planned_at, DraftRevision.text, DraftRevision.objective,
            RevisionAccount.account_id, RevisionAccount.own_text,
        )
        .join(DraftRevision, newest)
        .join(Person, Person.id == Draft.author_id)
        .join(RevisionAccount, RevisionAccount.revision_id == DraftRevision.id)
        .where(*shown)
    )  # fmt: skip
    entries: list[CalendarEntry] = []
    for (
        draft_id, author_id, state, changing, author, revision_id, planned_at, text, objective, account_id,
        own_text,
    ) in session.execute(query):  # fmt: skip
        kept = of_posts.get((revision_id, account_id))
        entries.append(
            CalendarEntry(
                draft_id=draft_id,
                account_id=account_id,
                at=planned_at or start,
                account=names[account_id],
                platform=known[account_id].platform,
                state=takedowns.stands(kept, gone.get(kept.id), stopped=stopped)
                if kept is not None
                else DraftState.CHANGES_REQUESTED
                if changing
                else state,
                summary=summary(text if own_text is None else own_text),
                author_name=author,
                objective=objective.in_words if objective else "",
                own=author_id == by.id,
                seen=sees_all or author_id == by.id,
                publication=kept,
            )
        )
    return sorted(entries, key=lambda entry: (entry.at, entry.account))


def publications(session: Session, draft: Draft) -> list[Publication]:
    """All publications of a draft, the newest approval's first and its accounts in the draft's order."""
    return publications_of(session, [draft.id]).get(draft.id, [])


def publications_of(session: Session, draft_ids: Sequence[UUID]) -> dict[UUID, list[Publication]]:
    """`publications` of many drafts at once."""
    found: dict[UUID, list[Publication]] = {}
    for start in range(0, len(draft_ids), ASKED_AT_ONCE):
        query = (
            sa.select(Publication)
            .where(Publication.draft_id.in_(draft_ids[start : start + ASKED_AT_ONCE]))
            .options(lazyload(Publication.account))
            .order_by(*NEWEST_FIRST)
        )
        for publication in session.scalars(query):
            found.setdefault(publication.draft_id, []).append(publication)
    return found


def present(draft: Draft, revision: DraftRevision, found: Sequence[Publication]) -> list[Publication]:
    """Of `publications`, those that say how the draft's newest revision stands now; the rest is history.

    What an edit, a move or a withdrawal cancelled is not among them, nor what was planned before those.
    """
    if draft.state is DraftState.APPROVED:
        newest: dict[UUID, Publication] = {}
        for one in found:
            if one.revision_id == revision.id:
                newest.setdefault(one.account_id, one)
        here = set(newest.values())
    else:
        here = {
            one
            for one in found
            if one.state is PublicationState.MISSED
            and one.revision_id == revision.id
            and draft.state is DraftState.DRAFT
        }
    over = (PublicationState.CANCELLED, PublicationState.MISSED)
    return [one for one in found if one in here or one.state not in over]


def waiting_for(session: Session, person: Person, *, most: int, now: datetime) -> tuple[list[Draft], int]:
    """The drafts that the person may decide on, soonest planned first, and how many there are in all."""
    authors = authors_to_decide_on(session, person, now=now)
    waiting = (Draft.state == DraftState.SUBMITTED, Draft.author_id.in_(authors))
    query = (
        sa.select(Draft)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(*waiting)
        .order_by(DraftRevision.planned_at, Draft.id)
        .limit(most)
    )
    count = session.scalar(sa.select(sa.func.count()).select_from(Draft).where(*waiting)) or 0
    return list(session.scalars(query)), count


def authors_to_decide_on(session: Session, person: Person, *, now: datetime) -> list[UUID]:
    """Those authors of drafts handed in on whose drafts the person may decide."""
    authors = session.scalars(
        sa.select(Draft.author_id).where(Draft.state == DraftState.SUBMITTED).distinct()
    )
    return [one for one in authors if people.may_approve(session, person, author_id=one, now=now)]


def publication_moves(session: Session, draft: Draft) -> list[PublicationMove]:
    """What happened to a draft's publications, oldest first."""
    query = (
        sa.select(PublicationMove)
        .join(Publication, Publication.id == PublicationMove.publication_id)
        .where(Publication.draft_id == draft.id)
        .order_by(PublicationMove.at, PublicationMove.id)
    )
    return list(session.scalars(query))


def published_on(session: Session, account_id: UUID, *, since: datetime) -> list[Publication]:
    """The account's posts that this product put out since then, newest first: what a poll watches."""
    query = (
        sa.select(Publication)
        .where(
            Publication.account_id == account_id,
            Publication.state == PublicationState.PUBLISHED,
            Publication.post_platform_id.is_not(None),
            Publication.published_at >= since,
        )
        .order_by(Publication.published_at.desc())
    )
    return list(session.scalars(query))


def summary(text: str) -> str:
    """The beginning of a text on one line, for lists."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
