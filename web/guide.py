# ruff: noqa: E501 - sentences are easier to check unbroken
"""First steps for each role, ticked off by what the person really did, and what there is to do when nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from school import audit, people, terms
from school.db import now, transaction
from school.models import Person, Role
from school.permissions import Action, may
from school.settings import settings
from web.access import current_person, signed_in

pages = Blueprint("guide", __name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do first."""

    words: str
    path: str
    done_by: tuple[str, ...]
    """Actions of the trail, any of which shows that the person did it."""
    practice: bool = True
    """In a practice school."""
    real: bool = True
    """In a real one."""
    writers: bool = False
    """Only for whoever may write for an account."""
    stands: Callable[[Session], bool] | None = None
    """Whether it is done, where nobody's line in the trail says so: it is done on the server."""


ACCEPT_TERMS = Step("Read the terms of use and accept them", "/terms", ("terms_accepted",))
"""Left out for whoever accepted them otherwise, as the people of a practice school have."""


def _mail_goes_out(_session: Session) -> bool:
    return bool(settings().smtp_url)


def _backed_up(session: Session) -> bool:
    return audit.last_at(session, "backup_made") is not None


_DECIDED = ("draft_approved", "draft_changes_requested", "draft_rejected")

STEPS: Mapping[Role, tuple[Step, ...]] = {
    Role.HEADTEACHER: (
        Step("Connect the school’s accounts", "/accounts", ("account_adopted", "account_connected"), practice=False),
        Step("Add the people who will work with you", "/people", ("person_added",), practice=False),
        Step("Let somebody write for an account: open a person and look for “May write for”", "/people", ("authorised",), practice=False),
        Step("Open the mailbox, follow the link in an e-mail that begins with “Decide”, and approve a post or send it back", "/practice/mailbox", _DECIDED, real=False),
        Step("Decide on a comment that was flagged, then look under Practice at what visitors see of it", "/moderation", ("comment_decided",), real=False),
        Step("Give somebody a role, or take one away", "/people", ("role_granted", "role_withdrawn")),
        Step("Name a deputy for days on which you are away", "/people#deputy", ("deputy_named",)),
    ),
    Role.SLT: (
        Step("Under Practice, be rude as anybody. The comment comes up under Moderation within seconds: decide on it", "/practice", ("comment_decided",), real=False),
        Step("Decide on the worst comment first", "/moderation", ("comment_decided",), practice=False),
        Step("Decide on a post that somebody handed in: approve it or send it back", "/drafts", _DECIDED),
        Step("Approve a new follower, or remove one", "/followers", ("follower_decided",)),
        Step("Find something in the log, and take it out as a file", "/log", ("log_exported",)),
    ),
    Role.DSL: (
        Step("Under Practice, write a threat as anybody. It comes up first under Moderation within seconds: say what becomes of it", "/practice", ("comment_decided",), real=False),
        Step("Look at a threat or a worry about a child, and say what becomes of it", "/moderation", ("comment_decided",), practice=False),
        Step("Make the evidence of an entry into one file: open the entry and press Evidence pack", "/log", ("evidence_made",)),
    ),
    Role.MODERATOR: (
        Step("Under Practice, be rude as anybody. The comment comes up under Moderation within seconds: decide on it", "/practice", ("comment_decided",), real=False),
        Step("Decide on the worst comment first", "/moderation", ("comment_decided",), practice=False),
        Step("Approve a new follower, or remove one", "/followers", ("follower_decided",)),
        Step("Add something bad that you saw elsewhere to the log", "/moderation/by-hand", ("abuse_recorded",)),
    ),
    Role.DPO: (
        Step("Import the school office’s list of consents: you see first what it would change. The page has a list to practise with", "/consent/import", ("consent_list_applied",), real=False),
        Step("Import the school office’s list of consents: you see first what it would change", "/consent/import", ("consent_list_applied",), practice=False),
        Step("Take back a pupil’s consent, and see that no post can show the pupil any more", "/consent", ("consent_withdrawn",), real=False),
        Step("Find one person, have their file made, and read it as they would", "/data-protection/people", ("export_fetched",)),
    ),
    Role.NETWORK_MANAGER: (
        Step("Let Schoolgate’s e-mails out: enter the school’s mail server on the server", "/troubles#mail", (), practice=False, stands=_mail_goes_out),
        Step("Have a backup made each night, on the server", "/troubles#backup", (), practice=False, stands=_backed_up),
        Step("Write down which school devices may take pictures", "/devices", ("device_approved",)),
        Step("Under Practice, let X forget the school’s keys. Then connect that account again under Accounts", "/practice/faults", ("account_reconnected",), real=False),
        Step("Enter the school’s apps at X and Meta, so that accounts can be connected", "/accounts/apps", ("app_keys_entered",), practice=False),
        Step("Pause an account, and use it again", "/accounts", ("account_resumed",), real=False),
    ),
    Role.MARKETING_OFFICER: (
        Step("Ask for a new account, or sign the form that somebody filled in", "/forms", ("form_filed", "form_signed")),
        Step("Look at how far the posts came under Reports, then open an account under Accounts and write down how well it does its job", "/accounts", ("account_reviewed",)),
    ),
    Role.CHAIR: (
        Step("Choose a PIN that only you know: it signs your decisions. Your current password is the one that the sign-in page tells", "/me", ("pin_set",), real=False),
        Step("Choose a PIN that only you know: it signs your decisions", "/me", ("pin_set",), practice=False),
        Step("Look at how the term went, and take the report out as a PDF", "/reports", ("report_made",)),
        Step("When the headteacher hands in a post you get an e-mail: decide on it", "/drafts", _DECIDED, practice=False),
    ),
    Role.STAFF: (
        ACCEPT_TERMS,
        Step("Write a post, with a picture if you like", "/drafts/new", ("draft_draft",), writers=True),
        Step("Hand it in. Whoever approves it gets an e-mail, which you can read in the Mailbox", "/drafts", ("draft_submitted",), writers=True, real=False),
        Step("Hand it in. Whoever approves it gets an e-mail", "/drafts", ("draft_submitted",), writers=True, practice=False),
        Step("Fill in a form, such as the one for something unsuitable that you saw on the web", "/forms", ("form_filed",)),
    ),
}  # fmt: skip
"""In the order in which they make sense. What a practice school does by itself ticks nothing."""

CAN_DO: tuple[tuple[Action | None, str, str], ...] = (
    (Action.MODERATE, "Look at comments, also those that are decided", "/moderation"),
    (Action.VET_FOLLOWERS, "Look at who follows the school", "/followers"),
    (Action.EDIT_CONSENT, "Keep the consent register: enter a pupil’s consent, take one back, or import the office’s list", "/consent"),
    (Action.PROTECT_DATA, "Answer somebody who asks what the school holds on them, and see what will be erased next", "/data-protection"),
    (Action.MANAGE_PEOPLE, "Add people, give roles, name a deputy", "/people"),
    (Action.MANAGE_TRAINING, "Enter who has been trained", "/training"),
    (Action.SEE_REPORTS, "Look at how the term went", "/reports"),
    (Action.SEE_FIGURES, "See how far the school’s posts came", "/reports"),
    (Action.SEE_ACCOUNTS, "See how the school’s accounts are", "/accounts"),
    (Action.APPROVE_DEVICES, "Keep the list of school devices that may take pictures", "/devices"),
    (Action.SEE_HEALTH, "See whether anything in Schoolgate itself is wrong", "/troubles"),
    (Action.SEE_AUDIT, "Look up what was done, by whom and when", "/audit"),
    (None, "See what goes out when", "/calendar"),
    (None, "Fill in or answer a form", "/forms"),
)  # fmt: skip
"""What there is to do when nothing waits: an action of the permission table (None: everybody), words, page."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps of one person."""

    steps: Sequence[tuple[Step, bool]]
    """Each with whether it is done."""

    @property
    def done(self) -> int:
        """How many are."""
        return sum(done for _step, done in self.steps)


def guide(session: Session, person: Person, *, practice: bool) -> Guide | None:
    """The first steps of a person's roles; None where they put them away."""
    if person.guide_put_away_at is not None:
        return None
    writes = bool(people.authorised_accounts(session, person))
    steps = [
        step
        for role in STEPS
        if role in person.roles
        for step in STEPS[role]
        if (step.practice if practice else step.real) and (writes or not step.writers)
    ]
    # Somebody with two roles does the same thing once.
    steps = list({step.done_by or step.words: step for step in reversed(steps)}.values())[::-1]
    did = audit.done_by(session, person.id, {action for step in steps for action in step.done_by})
    if terms.accepted_at(session, person) is not None and not did & set(ACCEPT_TERMS.done_by):
        steps = [step for step in steps if step is not ACCEPT_TERMS]
    return Guide(
        [(step, step.stands(session) if step.stands else bool(did & set(step.done_by))) for step in steps]
    )


def can_do(session: Session, person: Person) -> list[tuple[str, str]]:
    """What the person can do here, the most daily first: words and page."""
    # That they may write a post the button above says.
    return [(words, path) for action, words, path in CAN_DO if action is None or may(person, action)]


@pages.post("/guide/put-away")
@signed_in
def put_away() -> ResponseReturnValue:
    """No longer show the first steps."""
    with transaction() as session:
        current_person(session).guide_put_away_at = now()
    return redirect(url_for("today.show"))


@pages.post("/guide/bring-back")
@signed_in
def bring_back() -> ResponseReturnValue:
    """Show the first steps again."""
    with transaction() as session:
        current_person(session).guide_put_away_at = None
    return redirect(url_for("today.show", _anchor="guide"))
