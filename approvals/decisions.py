"""Deciding on a draft: by the link of a mail with a PIN, or signed in (P12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import (
    approval_mail,
    asking,
    checks,
    claims,
    drafts,
    link_looks,
    planned,
    submissions,
    videos,
)
from approvals.checks import DraftRefused
from approvals.content import revision_hash, tidy
from approvals.mail_subjects import known_by
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    DecisionKind,
    Draft,
    DraftRevision,
    Publication,
    Submission,
    VideoFile,
)
from approvals.moves import move_draft, note_publication
from approvals.previews import DraftPreview, preview
from approvals.sight import NO_SUCH
from approvals.states import Actor, DraftState, PublicationState, check_draft_move
from school import people, pins, secrets
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotFound, NotPermitted
from school.models import Person, Role
from school.settings import settings
from school.times import say

REASON_MAX = 2000
LINK_TRIES = 10
"""Wrong PINs that one link takes: two locks of the PIN."""
STATE_AFTER = {
    DecisionKind.APPROVE: DraftState.APPROVED,
    DecisionKind.CHANGES: DraftState.CHANGES_REQUESTED,
    DecisionKind.REJECT: DraftState.REJECTED,
}


class LinkUsed(LinkExpired):
    """What a link asked about is decided. The text says who, what and when."""


class AlreadyDecided(MoveNotAllowed):
    """It was decided before. The text says who, what and when."""

    def __init__(self, decision: ApprovalDecision, *, by: UUID) -> None:
        super().__init__(_said(decision))
        self.own = decision.approver_id == by
        """Whether whoever decides now did so themselves: in another tab, or by a second press."""


class DraftChanged(MoveNotAllowed):
    """The draft isn't as whoever decides saw it. The text says what became of it, by whom and when."""


class DraftTakenBack(DraftChanged):
    """Its author took it back: it waits for no decision."""


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A link that still works: whose it is, and what it asks about."""

    request_id: UUID
    approver: Person
    draft: DraftPreview
    obstacles: tuple[str, ...]
    """Why it can't be approved as it is, a sentence each."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That the person who decides is the approver they say they are. Made by `prove` alone."""

    submission_id: UUID
    draft_id: UUID
    revision_hash: str
    approver_id: UUID
    how: str
    """"pin" or "sign-in"."""


def look(session: Session, token: str, *, now: datetime) -> OpenRequest:
    """What a link shows. Changes nothing, whoever asks and however often.

    Raises NotFound for a token that never was, LinkExpired with the reason for one that is
    decided, void or too old.
    """
    request = _request(session, token)
    try:
        _check_live(session, request, now=now)
    except AlreadyDecided as decided:
        raise LinkUsed(str(decided)) from None
    draft = session.get_one(Draft, request.draft_id)
    revision = session.get_one(DraftRevision, request.revision_id)
    submission = session.get_one(Submission, request.submission_id)
    return OpenRequest(
        request_id=request.id,
        approver=request.approver,
        draft=preview(session, draft, revision, findings=submission.findings),
        obstacles=tuple(obstacles(session, revision, now=now)),
    )


def picture_of(session: Session, token: str, place: int, *, now: datetime) -> UUID:
    """The media id of the picture at that place (from 1) of what a working link shows."""
    shown = look(session, token, now=now).draft.pictures
    if not 1 <= place <= len(shown):
        raise NotFound("There is no such picture.")
    return shown[place - 1].media_id


def video_of(session: Session, token: str, *, now: datetime) -> VideoFile:
    """The video of what a working link shows, or NotFound."""
    shown = look(session, token, now=now).draft.video
    if shown is None:
        raise NotFound(videos.NO_SUCH)
    return videos.ready(session, shown.video_id)


def link_picture_of(session: Session, token: str, place: int, *, now: datetime) -> bytes:
    """The picture of the page behind the link at that place (from 1) of what a working link shows."""
    shown = look(session, token, now=now).draft.links
    if not 1 <= place <= len(shown):
        raise NotFound("There is no such picture.")
    return link_looks.picture(session, shown[place - 1].look_id)


def prove(session: Session, token: str, *, pin: str, signed_in: Person | None, now: datetime) -> Proof | None:
    """Whether whoever holds the link is its approver: signed in as that person, or by their PIN.

    None for a wrong PIN: commit all the same, so that the failure counts; `refusal_of` says what to
    tell. Raises as `look` does, AlreadyDecided in place of LinkExpired, PinLocked while the PIN is
    locked, NotPermitted where the settings ask for a sign-in.
    """
    request = _request(session, token)
    _check_live(session, request, now=now)
    how = "sign-in"
    if signed_in is None or signed_in.id != request.approver_id:
        if settings().approval_needs == "sign-in":
            raise NotPermitted(f"Sign in as {request.approver.name} first: this link is theirs.")
        if not pin.strip():
            raise BadInput("The PIN is empty: type your PIN.", field="pin")
        if not pins.check(session, request.approver, pin.strip(), now=now):
            _count_wrong_pin(session, request, now=now)
            return None
        how = "pin"
    return Proof(request.submission_id, request.draft_id, request.revision_hash, request.approver_id, how)


def refusal_of(session: Session, token: str, *, now: datetime) -> BadInput:
    """What to tell whoever typed a wrong PIN. Raises LinkExpired when that was the link's last."""
    request = _request(session, token)
    _check_live(session, request, now=now)
    return pins.refusal(request.approver, now=now)


def _count_wrong_pin(session: Session, request: ApprovalRequest, *, now: datetime) -> None:
    """After some wrong PINs the link itself ends: a stranger with it can't keep the PIN locked for good."""
    request.wrong_pins += 1
    if request.wrong_pins < LINK_TRIES:
        return
    request.voided_at = now
    request.void_reason = (
        "Too many wrong PINs were typed on this link, so it has ended. Sign in and decide on the draft's own "
        "page, or ask the author to send the e-mail again."
    )
    approval_mail.tell(
        session,
        [request.approver],
        draft_id=request.draft_id,
        subject="Wrong PINs were typed on one of your approval links",
        sentences=[
            f"{LINK_TRIES} wrong PINs were typed on a link that was sent to you, so that link has ended. "
            "Nothing was decided.",
            "If it wasn't you, somebody else has the e-mail: tell the network manager, and change your PIN.",
            "You can decide on the draft signed in, without a PIN.",
        ],
        purpose="pin_guessed",
        now=now,
    )


def prove_signed_in(session: Session, draft_id: UUID, *, by: Person, revision_number: int) -> Proof:
    """The same for a signed-in approver on the draft's own page, who saw that revision.

    Raises NotFound, AlreadyDecided, DraftChanged, MoveNotAllowed where it was never handed in.
    """
    draft = session.get(Draft, draft_id)
    if draft is None:
        raise NotFound(NO_SUCH)
    submission = submissions.latest(session, draft)
    if submission is None:
        raise MoveNotAllowed("This draft has not been handed in.")
    decision = _decision(session, submission.id)
    if decision is not None:
        raise AlreadyDecided(decision, by=by.id)
    revision = session.get_one(DraftRevision, submission.revision_id)
    if submission.ended_at is not None or revision.number != revision_number:
        back = submission.end_reason == drafts.TAKEN_BACK_AFTER
        raise (DraftTakenBack if back else DraftChanged)(_since(draft, submission, revision))
    return Proof(submission.id, draft.id, revision.content_hash, by.id, "sign-in")


def _since(draft: Draft, submission: Submission, revision: DraftRevision) -> str:
    """What became of a draft that is not as somebody saw it who decides on it now."""
    author = draft.author.name
    if submission.ended_at is None:
        return (
            f"{author} has changed this post since you opened it, and handed it in again: now version "
            f"{revision.number} waits for a decision."
        )
    at = say(submission.ended_at)
    if submission.end_reason == drafts.TAKEN_BACK_AFTER:
        return f"{author} took this post back on {at}. It waits for no decision any more."
    if submission.end_reason == drafts.EDITED_AFTER:
        return f"{author} changed this post on {at}. It waits for a decision again once it is handed in."
    return submission.end_reason or f"This post has waited for no decision since {at}."


def decide(
    session: Session, proof: Proof, *, decision: DecisionKind, reason: str, now: datetime
) -> ApprovalDecision:
    """Approve, ask for changes or reject; once for each time that a draft is handed in.

    An approval makes one publication for each account, scheduled. The author is told by mail.
    Raises AlreadyDecided (who, what, when), LinkExpired when the draft was edited or taken back
    meanwhile, NotPermitted for whoever may not approve (their own draft included), BadInput
    without a reason where one is needed, DraftRefused when it may not go out as it is.
    """
    draft = drafts.locked(session, proof.draft_id)
    submission = session.scalars(
        sa.select(Submission)
        .where(Submission.id == proof.submission_id)
        .execution_options(populate_existing=True)
    ).one()
    earlier = _decision(session, submission.id)
    if earlier is not None:
        raise AlreadyDecided(earlier, by=proof.approver_id)
    if submission.ended_at is not None:
        raise LinkExpired(submission.end_reason or "This draft was changed meanwhile.")
    approver = session.get_one(Person, proof.approver_id)
    _check_may_approve(session, draft, approver, now=now)
    why = tidy(reason)
    if decision is not DecisionKind.APPROVE and not why:
        raise BadInput("The reason is empty: tell the author why in a few words.", field="reason")
    if len(why) > REASON_MAX:
        raise BadInput(f"The reason has {len(why):,} characters: at most {REASON_MAX:,} fit.", field="reason")
    check_draft_move(draft.state, STATE_AFTER[decision], Actor.APPROVER)
    revision = drafts.current_revision(session, draft)
    if revision.id != submission.revision_id or revision_hash(session, revision) != proof.revision_hash:
        raise LinkExpired(
            "The draft is not as it was when it was handed in. Ask the author to hand it in again."
        )
    if decision is DecisionKind.APPROVE:
        _check_may_go_out(session, revision, now=now)
    row = ApprovalDecision(
        submission_id=submission.id,
        draft_id=draft.id,
        revision_id=revision.id,
        revision_hash=proof.revision_hash,
        kind=decision,
        reason=why,
        approver_id=approver.id,
        approver=approver,
        decided_at=now,
        how=proof.how,
        account_ids=sorted(str(entry.account_id) for entry in revision.accounts),
    )
    session.add(row)
    # The publications name the decision by id.
    session.flush()
    submissions.end(session, submission, _said(row), now=now)
    said = why or f"{approver.name} {decision.in_words}."
    move_draft(session, draft, STATE_AFTER[decision], actor=Actor.APPROVER, by=approver, reason=said, now=now)
    if decision is DecisionKind.APPROVE and revision.planned_at is not None:
        _schedule(session, draft, revision, row, revision.planned_at, by=approver, now=now)
    _tell_author(session, draft, revision, row, now=now)
    _tell_headteacher(session, draft, revision, row, now=now)
    return row


def by_link(session: Session, token: str) -> ApprovalDecision:
    """The decision on what a link asked about, for who made it. Raises NotFound where there is none."""
    request = _request(session, token)
    decision = _decision(session, request.submission_id)
    if decision is None or decision.approver_id != request.approver_id:
        raise NotFound("Nothing was decided by this link.")
    return decision


def latest(session: Session, draft: Draft) -> ApprovalDecision | None:
    """The last decision on a draft, void or not."""
    return session.scalar(
        sa.select(ApprovalDecision)
        .where(ApprovalDecision.draft_id == draft.id)
        .order_by(ApprovalDecision.decided_at.desc(), ApprovalDecision.id.desc())
        .limit(1)
    )


def planned_words(session: Session, decision: ApprovalDecision) -> str:
    """When what was decided on is planned for, in words."""
    planned = session.get_one(DraftRevision, decision.revision_id).planned_at
    return say(planned) if planned is not None else ""


def _request(session: Session, token: str) -> ApprovalRequest:
    request = session.scalar(
        sa.select(ApprovalRequest).where(ApprovalRequest.token_hash == secrets.token_hash(token))
    )
    if request is None:
        raise NotFound("There is no such link. Check that the address was copied whole from the e-mail.")
    return request


def _check_live(session: Session, request: ApprovalRequest, *, now: datetime) -> None:
    decision = _decision(session, request.submission_id)
    if decision is not None and decision.voided_at is not None:
        since = _newer(session, request, now=now) or decision.void_reason or ""
        raise LinkExpired(f"{_said(decision)} That no longer counts. {since}".strip())
    if decision is not None:
        raise AlreadyDecided(decision, by=request.approver_id)
    if request.voided_at is not None:
        raise LinkExpired(
            _newer(session, request, now=now) or request.void_reason or "This link was replaced."
        )
    if request.expires_at <= now:
        raise LinkExpired(
            f"This link was good until {say(request.expires_at)}. Ask the author to send the e-mail again."
        )
    draft = session.get_one(Draft, request.draft_id)
    if not people.may_approve(session, request.approver, author_id=draft.author_id, now=now):
        raise LinkExpired(
            f"{request.approver.name} may no longer approve this draft, so this link has ended. "
            "Ask the headteacher."
        )


def _newer(session: Session, request: ApprovalRequest, *, now: datetime) -> str:
    """What came of a draft that was handed in again after this link; empty where it wasn't.

    Empty, too, for whoever may decide on it no more: what was said of it since is none of theirs.
    """
    draft = session.get_one(Draft, request.draft_id)
    newest = submissions.latest(session, draft)
    if newest is None or newest.id == request.submission_id:
        return ""
    if not people.may_approve(session, request.approver, author_id=draft.author_id, now=now):
        return ""
    decision = _decision(session, newest.id)
    if decision is not None:
        return f"The draft was handed in again after this. {_said(decision)}"
    if newest.ended_at is not None:
        return f"The draft was handed in again after this. {newest.end_reason}"
    how = [one for one in asking.how_asked(session, newest) if one.person_id == request.approver_id]
    if not how:
        return ""
    if how[0].written:
        sent = f"a newer e-mail was sent on {say(how[0].at)}. Use the link in that one."
    else:
        sent = f"a newer e-mail comes on {say(how[0].at)}."
    return f"The draft was handed in again after this: {sent}"


def _check_may_approve(session: Session, draft: Draft, approver: Person, *, now: datetime) -> None:
    if approver.id == draft.author_id:
        raise NotPermitted(
            "Nobody approves their own draft. A deputy or the chair of governors decides on it."
        )
    if not people.may_approve(session, approver, author_id=draft.author_id, now=now):
        raise NotPermitted("You may not approve drafts. Ask the headteacher.")


def obstacles(session: Session, revision: DraftRevision, *, now: datetime) -> list[str]:
    """Why a revision can't be approved as it is, a sentence each; empty when it can."""
    problems: list[checks.Problem] = []
    if revision.planned_at is None or revision.planned_at <= now:
        problems.append(
            checks.Problem(
                "decision",
                "Its planned time has passed, so it can't be approved any more. Ask for changes: a new time.",
            )
        )
    # Handing it in asked for all that, too: a saved draft may say anything.
    problems += [one for one in checks.unsound(revision, now=now) if one.field != planned.FIELD]
    day = checks.day_out(revision, now=now)
    problems += checks.consent_problems(session, revision, on=day)
    # A consent may have ended since, of a pupil whom nobody asked about then.
    problems += checks.unticked_problems(session, revision, on=day)
    problems += checks.name_problems(session, revision)
    problems += checks.live_problems(session, revision, on=day)
    return [problem.sentence for problem in problems]


def _check_may_go_out(session: Session, revision: DraftRevision, *, now: datetime) -> None:
    if found := obstacles(session, revision, now=now):
        # The fields of the draft's form are not on the approver's page: said beside the decision.
        raise DraftRefused([checks.Problem("decision", sentence) for sentence in found])


def _schedule(
    session: Session,
    draft: Draft,
    revision: DraftRevision,
    decision: ApprovalDecision,
    planned_at: datetime,
    *,
    by: Person,
    now: datetime,
) -> None:
    for entry in revision.accounts:
        publication = Publication(
            draft_id=draft.id,
            revision_id=revision.id,
            account_id=entry.account_id,
            decision_id=decision.id,
            reference=secrets.new_token(),
            state=PublicationState.SCHEDULED,
            planned_at=planned_at,
            due_at=planned_at,
            next_try_at=planned_at,
            attempts=0,
            looks=0,
        )
        session.add(publication)
        # The first move names the publication by id.
        session.flush()
        note_publication(session, publication, None, by=by, reason="It was approved.", now=now)


def _decision(session: Session, submission_id: UUID) -> ApprovalDecision | None:
    return session.scalar(sa.select(ApprovalDecision).where(ApprovalDecision.submission_id == submission_id))


def _said(decision: ApprovalDecision) -> str:
    said = f"{decision.approver.name} {decision.kind.in_words} on {say(decision.decided_at)}."
    return f"{said} The reason given: {decision.reason}" if decision.reason else said


def waits_for_stop(session: Session, decision: ApprovalDecision) -> str:
    """What a stop of all publishing does to what was approved just now; empty where nothing."""
    revision = session.get_one(DraftRevision, decision.revision_id)
    if decision.kind is not DecisionKind.APPROVE or revision.planned_at is None:
        return ""
    return _goes_out(session, revision.planned_at) if claims.stopped(session) else ""


def _goes_out(session: Session, planned_at: datetime) -> str:
    """When an approved post goes out, as far as a stop lets it."""
    if not claims.stopped(session):
        return f"It will be published on {say(planned_at)} (school time)."
    return (
        f"It is planned for {say(planned_at)} (school time). All publishing is stopped: it goes out then "
        "only if that is allowed again before."
    )


def _tell_author(
    session: Session, draft: Draft, revision: DraftRevision, decision: ApprovalDecision, *, now: datetime
) -> None:
    name = decision.approver.name
    subject = f"{name} {decision.kind.in_words}: {known_by(session, revision)}"
    sentences = [_said(decision)]
    if decision.kind is DecisionKind.APPROVE and revision.planned_at is not None:
        sentences.append(_goes_out(session, revision.planned_at))
        sentences.append("If you change it before then, it needs a new approval.")
    elif decision.kind is DecisionKind.CHANGES:
        sentences.append("Change the draft and hand it in again.")
    elif decision.kind is DecisionKind.REJECT:
        sentences.append(
            "It is not published and can't be handed in again. If a post is still wanted, open the draft and "
            "press “Write a new one like it”."
        )
    author = session.get_one(Person, draft.author_id)
    approval_mail.tell(
        session,
        [author],
        draft_id=draft.id,
        subject=subject,
        sentences=sentences,
        purpose="decision",
        now=now,
        heading=_heading(session, revision),
    )


def _heading(session: Session, revision: DraftRevision) -> str:
    about = known_by(session, revision)
    return f"{about[:1].upper()}{about[1:]}"


def _tell_headteacher(
    session: Session, draft: Draft, revision: DraftRevision, decision: ApprovalDecision, *, now: datetime
) -> None:
    """Tell the headteacher what somebody decided in their place; as an author they are told already."""
    if Role.HEADTEACHER in decision.approver.roles:
        return
    name = decision.approver.name
    heads = [one for one in people.holders(session, Role.HEADTEACHER) if one.id != draft.author_id]
    sentences = [_said(decision), f"{draft.author.name} wrote it."]
    if decision.kind is DecisionKind.APPROVE and revision.planned_at is not None:
        sentences.append(_goes_out(session, revision.planned_at))
    approval_mail.tell(
        session,
        heads,
        draft_id=draft.id,
        subject=f"In your place, {name} {decision.kind.in_words}: {known_by(session, revision)}",
        sentences=sentences,
        purpose="decided_in_place",
        now=now,
        heading=_heading(session, revision),
    )
