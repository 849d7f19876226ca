"""The first page: what waits for the person signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import (
    approval_mail,
    drafts,
    lost_consent,
    posts_under_way,
    takedown_asking,
    takedowns,
    unread_remarks,
)
from approvals.models import Draft, Publication
from approvals.states import DraftState, PublicationState
from approvals.takedowns import ALL_WORDS
from moderation import anchors, assigning, referrals, unread
from moderation.classifier.flags import LANGUAGE
from moderation.models import ActState, CaseState, Follower, FollowerState, LogCase, PlatformAct
from moderation.sight import visible_to
from moderation.words import URGENT
from school import (
    accounts,
    closing,
    consent,
    forms,
    incidents,
    mail,
    people,
    recovery,
    register,
    standing_in,
    terms,
    training,
    wanting,
)
from school.db import now, reading
from school.models import Account, AccountState, Person
from school.permissions import Action, may
from school.setup import current_school
from school.times import today
from web import begun_posts, guide, on_their_way
from web.access import current_person, signed_in
from web.headline import BADGES

pages = Blueprint("today", __name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for the person: how many, of what, where."""

    count: int
    one: str
    many: str
    path: str
    urgent: bool = False
    first: bool = False
    """Whether it comes before all else: a child may be in danger."""

    @property
    def what(self) -> str:
        """The words after the number."""
        return self.one if self.count == 1 else self.many


def _count(session: Session, *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).where(*where)) or 0


def _drafts_to_decide(session: Session, person: Person) -> Iterator[Waiting]:
    moment = now()
    authors = session.scalars(sa.select(Draft.author_id).where(Draft.state == DraftState.SUBMITTED)).all()
    may_decide = {
        author: people.may_approve(session, person, author_id=author, now=moment) for author in set(authors)
    }
    count = sum(may_decide[author] for author in authors)
    # The chair has none of their own: those of the headteacher come now and then.
    if count or person.roles & people.ALWAYS_DECIDE:
        yield Waiting(count, "draft to approve", "drafts to approve", "/drafts", urgent=count > 0)


def _said_of_drafts(session: Session, person: Person) -> Iterator[Waiting]:
    """What the other side said last about a post, and nobody has read or answered."""
    unread = unread_remarks.said(session, person, now=now())
    if unread:
        yield Waiting(
            len(unread),
            "post that somebody wrote to you about",
            "posts that somebody wrote to you about",
            f"/drafts/{unread[0]}#conversation",
            urgent=True,
        )


def _own_drafts(session: Session, person: Person) -> Iterator[Waiting]:
    if not people.authorised_accounts(session, person):
        return
    theirs = drafts.with_author(session, person)
    back, backs = theirs[drafts.Of.CHANGE]
    series = _with_series(back, backs)
    one, many = f"draft of yours to change{series}", f"drafts of yours to change{series}"
    yield Waiting(back, one, many, "/drafts?only=change", urgent=back > 0)
    rejected = unread_remarks.rejected(session, person, now=now())
    if rejected:
        one, many = "post of yours was rejected: read why", "posts of yours were rejected: read why"
        yield Waiting(len(rejected), one, many, f"/drafts/{rejected[0]}")
    writing, each = theirs[drafts.Of.WRITING]
    series = _with_series(writing, each)
    one, many = f"draft that you are writing{series}", f"drafts that you are writing{series}"
    yield Waiting(writing, one, many, "/drafts?only=writing")
    unsaved = begun_posts.everything(session, person)
    fresh = sum(one.draft is None for one in unsaved)
    for count, did in ((fresh, "began"), (len(unsaved) - fresh, "changed")):
        if count:
            one, many = f"post that you {did} and didn’t save", f"posts that you {did} and didn’t save"
            yield Waiting(count, one, many, "/drafts#unsaved")


def _with_series(work: int, each: int) -> str:
    """What a list shows more drafts for: those of a repeated post count as one piece of work.

    What is handed in of a series already is not among them: so this is not how many it has.
    """
    if each <= work:
        return ""
    return f" (a series: {each} left to hand in)" if work == 1 else f" ({each} with those of each series)"


def _comments(session: Session, person: Person) -> Iterator[Waiting]:
    if not may(person, Action.MODERATE):
        return
    # What was referred to the person stands above all else already: each entry is counted once.
    to = referrals.received_by(person)
    elsewhere = sa.not_(referrals.waiting(to)) if to else sa.true()
    seen = (LogCase.state == CaseState.OPEN, visible_to(person), elsewhere)
    urgent = _count(session, *seen, LogCase.urgent.is_(True))
    if urgent:
        yield Waiting(
            urgent,
            f"urgent entry ({URGENT}): look first",
            f"urgent entries ({URGENT}): look first",
            "/moderation",
            urgent=True,
            first=True,
        )
    given = _count(session, *seen, assigning.given_to(person))
    if given:
        path = "/moderation?mine=yes"
        yield Waiting(
            given, "entry that was given to you", "entries that were given to you", path, urgent=True
        )
    # What is urgent stands above.
    count = _count(session, *seen, sa.not_(unread.only_that()), LogCase.urgent.is_(False))
    other = "other " if urgent else ""
    yield Waiting(
        count,
        f"{other}flagged comment to decide on",
        f"{other}flagged comments to decide on",
        "/moderation",
    )
    yield Waiting(
        _count(session, *seen, unread.only_that()),
        "comment in another language that somebody has to read",
        "comments in other languages that somebody has to read",
        f"/moderation?kind={LANGUAGE}",
    )


def _referrals(session: Session, person: Person) -> Iterator[Waiting]:
    """What the safeguarding lead or the chair has not said yet what they did about (P3)."""
    path = "/log?referred=waiting"
    urgent, count = referrals.count_waiting(session, person)
    if urgent:
        what = "urgent, referred to you and not dealt with yet: look first"
        yield Waiting(urgent, what, what, path, urgent=True, first=True)
    if count:
        what = f"{'other ' if urgent else ''}referred to you, not dealt with yet"
        yield Waiting(count, what, what, path, urgent=True)


def _to_ring(session: Session, person: Person) -> Iterator[Waiting]:
    """What the person referred to the police and noted no number of: Schoolgate rings nobody (P22)."""
    if may(person, Action.REFER):
        referred = referrals.to_ring(session, viewer=person)
        mine = sum(one.referred_by_id == person.id for one, *_ in referred)
        if mine:
            yield Waiting(
                mine,
                "call to the police to make: you referred something to them",
                "calls to the police to make: you referred things to them",
                "/moderation/tasks",
                urgent=True,
            )


def _not_read(session: Session, person: Person) -> Iterator[Waiting]:
    """Whoever decides on comments must know that none come in from somewhere, whoever wanted it so."""
    if may(person, Action.MODERATE):
        count = _count(session, Account.state == AccountState.PAUSED)
        if count:
            yield Waiting(
                count,
                "account whose comments aren’t read: somebody paused it",
                "accounts whose comments aren’t read: somebody paused them",
                "/moderation#coverage",
            )


def _followers(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.VET_FOLLOWERS):
        count = _count(session, Follower.state == FollowerState.WAITING)
        yield Waiting(count, "follower to vet", "followers to vet", "/followers")


def _hand_tasks(session: Session, person: Person) -> Iterator[Waiting]:
    to_do = PlatformAct.state.in_((ActState.BY_HAND, ActState.FAILED))
    visible = sa.select(LogCase.entry_id).where(visible_to(person))
    for action, of_kind, path in (
        (Action.MODERATE, PlatformAct.entry_id.in_(visible), "/moderation/tasks"),
        (Action.VET_FOLLOWERS, PlatformAct.follower_id.is_not(None), "/followers"),
    ):
        count = _count(session, to_do, of_kind) if may(person, action) else 0
        if count:
            yield Waiting(
                count, "task to do by hand on a platform", "tasks to do by hand on a platform", path
            )


def _publications(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.HOLD_PUBLICATIONS):
        stuck = (PublicationState.HELD, PublicationState.FAILED)
        # Each post once, as everywhere: it is one to decide on, on however many accounts it is held.
        posts = sa.select(sa.func.count(sa.distinct(Publication.draft_id)))
        count = session.scalars(posts.where(Publication.state.in_(stuck))).one()
        if count:
            yield Waiting(
                count, "post held for your word", "posts held for your word", "/calendar", urgent=True
            )


def _takedowns(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.HOLD_PUBLICATIONS) or may(person, Action.EDIT_CONSENT):
        waiting = takedowns.by_hand(session)
        if waiting:
            path = f"/drafts/{waiting[0].publication.draft_id}"
            yield Waiting(
                len(waiting), "post to remove by hand", "posts to remove by hand", path, urgent=True
            )


def _takedowns_asked(session: Session, person: Person) -> Iterator[Waiting]:
    asked = takedown_asking.all_waiting(session, person)
    if asked:
        yield Waiting(
            len(asked),
            "post that somebody asks you to take down",
            "posts that somebody asks you to take down",
            f"/drafts/{asked[0]}#out",
            urgent=True,
        )


CONSENTS_AHEAD = timedelta(days=30)


def _consents(session: Session, person: Person) -> Iterator[Waiting]:
    """Before the school year ends the office's new list is due (P24)."""
    if may(person, Action.EDIT_CONSENT):
        count = len(consent.running_out(session, on=today(now()), within=CONSENTS_AHEAD))
        if count:
            yield Waiting(
                count,
                "pupil whose consents end within a month: import the office’s new list",
                "pupils whose consents end within a month: import the office’s new list",
                "/consent/import",
            )


def _accounts(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.SEE_ACCOUNTS):
        count = _count(
            session, sa.or_(Account.problem.is_not(None), Account.state == AccountState.NEEDS_CONNECTING),
            Account.state != AccountState.CLOSED,
        )  # fmt: skip
        if count:
            yield Waiting(
                count, "account with a problem", "accounts with a problem", "/accounts", urgent=True
            )
        known = accounts.everything(session)
        lacking = sum(bool(register.problems(session, one, now=now())) for one in known)
        if lacking:
            yield Waiting(
                lacking,
                "account that lacks something: look what",
                "accounts that lack something: look what",
                "/accounts",
            )
        left = len(closing.pages_to_delete(session)) if may(person, Action.CONNECT_ACCOUNTS) else 0
        if left:
            yield Waiting(
                left,
                "closed account to delete on its platform",
                "closed accounts to delete on their platforms",
                "/accounts#closed-heading",
            )
        if not count and not known and may(person, Action.CONNECT_ACCOUNTS):
            one = "account to connect: none is connected yet"
            yield Waiting(1, one, "", "/accounts#connect-heading", urgent=True)


def _mails(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.SEE_HEALTH):
        if wanting.mail_stays_here(session):
            what = "mail server to set: no e-mail leaves this server, so nobody hears of anything"
            yield Waiting(1, what, "", "/troubles#mail", urgent=True)
        failed, delayed = len(mail.failed(session, viewer=person)), len(mail.delayed(session, viewer=person))
        if failed:
            yield Waiting(
                failed,
                "e-mail that could not be delivered",
                "e-mails that could not be delivered",
                "/troubles#mail",
                urgent=True,
            )
        if delayed:
            yield Waiting(
                delayed, "e-mail that is late", "e-mails that are late", "/troubles#mail", urgent=True
            )


def _troubles(session: Session, person: Person) -> Iterator[Waiting]:
    if may(person, Action.SEE_HEALTH):
        count = len(incidents.open_now(session))
        if count:
            yield Waiting(count, "thing that stays wrong", "things that stay wrong", "/troubles", urgent=True)


def _unreached(session: Session, person: Person) -> Iterator[Waiting]:
    """Drafts of the person's own whose approver no e-mail reaches."""
    waiting = sa.select(Draft.id).where(Draft.author_id == person.id, Draft.state == DraftState.SUBMITTED)
    count = len(mail.undelivered_about(session, waiting, approval_mail.REQUEST))
    if count:
        yield Waiting(
            count,
            "draft of yours whose approver no e-mail reached",
            "drafts of yours whose approver no e-mail reached",
            "/drafts",
            urgent=True,
        )


def _recoveries(session: Session, person: Person) -> Iterator[Waiting]:
    """Somebody can't get in, and waits for the second of the two who vouch (P11)."""
    for _one, whom, asked_by in recovery.to_confirm(session, person, now=now()):
        what = f"sign-in to confirm or stop: {asked_by.name} asked that {whom.name} be let in again"
        yield Waiting(1, what, "", "/sign-ins", urgent=True)


def _consent_lost(session: Session, person: Person) -> Iterator[Waiting]:
    """Posts of the person's own that wait in vain: a pupil's consent has ended (P25)."""
    found = lost_consent.stopped(session, person, now=now())
    if found:
        yield Waiting(
            len(found),
            "post of yours lacks a pupil’s consent: change it and hand it in again",
            "posts of yours lack a pupil’s consent: change them and hand them in again",
            f"/drafts/{found[0].id}",
            urgent=True,
        )


def _forms(session: Session, person: Person) -> Iterator[Waiting]:
    theirs = forms.waiting_for(session, person)
    about_head = sum(one.about_headteacher for one in theirs)
    if about_head:
        one, many = "report about the headteacher to answer", "reports about the headteacher to answer"
        yield Waiting(about_head, one, many, "/forms", urgent=True)
    if len(theirs) > about_head:
        yield Waiting(len(theirs) - about_head, "form to answer", "forms to answer", "/forms")


def _rules(session: Session, person: Person) -> Iterator[Waiting]:
    """Terms to accept and training to get (P6, P7); for those who manage them, whom it concerns (P32)."""
    if terms.current(session) is not None and terms.accepted_at(session, person) is None:
        yield Waiting(1, "version of the terms of use to accept", "", "/terms", urgent=True)
    writes = bool(people.authorised_accounts(session, person))
    if writes and not training.standing(session, person, now=now()).in_date:
        yield Waiting(1, "training that you need before you can hand in a post", "", "/me")
    if may(person, Action.MANAGE_TRAINING):
        count = sum(not one.in_date for one in training.standings(session, now=now()))
        if count:
            yield Waiting(count, "person to be trained", "people to be trained", "/training")
    if may(person, Action.SET_TERMS):
        if terms.current(session) is None:
            yield Waiting(1, "first version of the terms of use to publish", "", "/terms", urgent=True)
        review = terms.next_review(session)
        if review is None or review <= today(now()) + timedelta(days=30):
            yield Waiting(1, "yearly review of the policy to enter", "", "/terms#review")


def _keeper(session: Session, person: Person) -> Iterator[Waiting]:
    """Somebody outside has to keep the proof of the records (P17)."""
    if may(person, Action.MANAGE_PEOPLE) and not anchors.independent(session):
        what = "chair of governors to enter, who keeps the proof of the records"
        yield Waiting(1, what, "", "/audit/anchors")


SOURCES: tuple[Callable[[Session, Person], Iterator[Waiting]], ...] = (
    _referrals,
    _to_ring,
    _drafts_to_decide,
    _own_drafts,
    _said_of_drafts,
    _comments,
    _not_read,
    _followers,
    _hand_tasks,
    _publications,
    _takedowns,
    _takedowns_asked,
    _consents,
    _accounts,
    _mails,
    _troubles,
    _unreached,
    _recoveries,
    _consent_lost,
    _forms,
    _rules,
    _keeper,
)


@pages.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """What waits for the person signed in, the most pressing first."""
    with reading() as session:
        person = current_person(session)
        school = current_school(session)
        waiting = [one for source in SOURCES for one in source(session, person)]
        # Whatever is urgent with none of it is what lacks.
        there = [one for one in waiting if one.count or one.urgent]
        practice = school is not None and school.practice
        moving = posts_under_way.posts(session, by=person, now=now())
        mine, more_of_mine = on_their_way.mine(session, person, moving)
        return render_template(
            "today/today.html",
            person=person,
            waiting=sorted(there, key=lambda one: (not one.first, not one.urgent)),
            clear=[one for one in waiting if one not in there],
            stands_in=standing_in.in_force(session, person, now=now()),
            stand_in_for_me=(away := standing_in.for_whom_is_away(session, person, now=now())),
            asked_all_the_same=on_their_way.asked_all_the_same(session, person, away),
            mine=mine,
            more_of_mine=more_of_mine,
            guide=guide.guide(session, person, practice=practice),
            practice=practice,
            can_do=[] if any(one.count for one in waiting) else guide.can_do(session, person),
            under_way=moving,
            badges=BADGES,
            in_words=ALL_WORDS,
            may_write=bool(people.authorised_accounts(session, person)),
        )
