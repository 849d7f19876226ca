"""What stays wrong, which e-mails are late or were refused, and which work gives signs of life."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from school import heartbeats, incidents, mail, people, wanting
from school.db import now, reading, transaction
from school.models import OutboxEmail
from school.permissions import Action, may
from school.settings import settings
from web.access import current_person, needs

pages = Blueprint("troubles", __name__)

ABOUT = {
    "address_changed": "a changed e-mail address",
    "account_dead": "an account that must be connected again",
    "approval_request": "asking for a decision on a post",
    "approval_requests": "asking for a decision on several posts",
    "approval_waits": "telling an author that nobody has decided",
    "approval_request_failed": "an approver who was not reached",
    "decision": "a decision on a post",
    "decisions": "decisions on several posts",
    "decided_in_place": "telling the headteacher of a decision in their place",
    "incident": "something that stays wrong",
    "missed": "a post that nobody approved in time",
    "pin_guessed": "somebody who tried PINs",
    "publishing_allowed": "telling people that publishing goes on",
    "publishing_stopped": "telling people that all publishing is stopped",
    "publication_problem": "a post that is held or was refused",
    "restored": "a restore from a backup",
    "role_changed": "a role that was given or taken",
    "stopped": "telling an author that a post was stopped",
    "takedown_by_hand": "a post to take down by hand",
    "form": "a form of the policy",
    "opened_again": "an entry that a colleague opened again",
    "referral": "something that was referred",
    "urgent_comment": "a threat or a worry about a child",
    "urgent_decided": "how something urgent was decided",
}
"""What a mail's purpose is called on the page; others are shown as they are."""

WORK = {
    "scheduler": "Seeing what is due and giving it to the others",
    "publish": "Publishing",
    "actions": "Acting on comments and followers",
    "poll": "Fetching comments and followers from the platforms",
    "mail": "Sending e-mail",
    "classify": "Judging how abusive comments are",
}
"""What each kind of background work does, by its name in the log."""


@pages.get("/troubles")
@needs(Action.SEE_HEALTH)
def show() -> ResponseReturnValue:
    """Everything that is amiss with the product itself, with what to do."""
    moment = now()
    with reading() as session:
        person = current_person(session)
        seen = heartbeats.latest(session)
        missing = heartbeats.missing(session, now=moment)
        names = {person.id: person.name for person in people.everybody(session)}
        backup = wanting.backup(session, now=moment)
        running = incidents.open_now(session)
        lacking = wanting.somebody(session, viewer=person, now=moment)
        return render_template(
            "troubles/list.html",
            running=running,
            lacking=lacking,
            verdict=wanting.verdict(broken=bool(running or missing), wants=bool(lacking)),
            own_mailbox=not settings().smtp_url,
            mail_stays=wanting.mail_stays_here(session),
            over=incidents.lately_over(session, since=moment - wanting.LATELY),
            failed=mail.failed(session, viewer=person),
            delayed=mail.delayed(session, viewer=person),
            returned=wanting.returned(session),
            may_manage=may(person, Action.MANAGE_PEOPLE),
            names=names,
            about=ABOUT,
            backup=backup,
            work_words=WORK,
            silent=len(missing),
            work=[
                (name, seen[name].at if name in seen else None, name in missing)
                for name in heartbeats.EXPECTED
            ],
        )


@pages.post("/troubles/mail/<uuid:mail_id>/again")
@needs(Action.SEE_HEALTH)
def again(mail_id: UUID) -> ResponseReturnValue:
    """Send a mail that was refused once more, to the address that the person has now."""
    with transaction() as session:
        row = mail.try_again(session, mail_id, by=current_person(session), now=now())
    flash(f"The e-mail to {_name(row)} is sent again.", "success")
    return redirect(url_for("troubles.show") + "#mail")


@pages.post("/troubles/mail/<uuid:mail_id>/away")
@needs(Action.SEE_HEALTH)
def away(mail_id: UUID) -> ResponseReturnValue:
    """Stop showing a mail that was refused."""
    with transaction() as session:
        row = mail.put_away(session, mail_id, by=current_person(session), now=now())
    flash(f"The e-mail to {_name(row)} is no longer shown.", "success")
    return redirect(url_for("troubles.show") + "#mail")


def _name(row: OutboxEmail) -> str:
    with reading() as session:
        return people.get(session, row.to_id).name if row.to_id is not None else row.to_address
