"""What a parent or pupil agreed to, as a paper for them (P24, P25)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from school import accounts, consent, documents, letterhead, people
from school.consent import KINDS_IN_FULL as KINDS
from school.models import AccountState, Consent, DocumentKind, IssuedDocument, Person, Role
from school.paper import Paper
from school.permissions import Action, require
from school.times import say, say_date, today

_PLATFORMS = {"x": "X (Twitter)", "facebook": "Facebook", "instagram": "Instagram"}


def draw(session: Session, pupil_id: UUID, *, by: Person, now: datetime) -> bytes:
    """The record of one pupil as a PDF. Raises NotFound, NotPermitted.

    It names nobody but the pupil, who consented, and whom to write to.
    """
    require(by, Action.EDIT_CONSENT)
    pupil, on = consent.get(session, pupil_id), today(now)
    head = letterhead.current(session)
    paper = Paper(f"Consent record of {pupil.name}", footer=f"{head.name}: consent record", made_at=now)
    paper.letterhead(head)
    held = [one for one in _sorted(pupil.consents) if pupil.left_on is None and consent.in_force(one, on=on)]
    withdrawn = any(one.withdrawn_at is not None for one in pupil.consents)
    paper.title(
        _title(held=bool(held), withdrawn=withdrawn),
        f"{pupil.name}, {pupil.class_name}. As it stands on {say(now)}.",
    )
    paper.text(
        "This is what the school holds about your consent to being shown on its social media. Where a line "
        "says that consent is in force, the school may publish, and only in that way and between those days."
    )
    if pupil.left_on is not None:
        paper.text(
            f"{pupil.name} left the school on {say_date(pupil.left_on)}: nothing may be published any more."
        )
    paper.heading("In force today")
    if held:
        paper.table(
            ("For", "Where", "From", "To", "Given by"),
            [
                (
                    KINDS[one.kind],
                    consent.where(one),
                    say_date(one.first_day),
                    say_date(one.last_day),
                    one.given_by,
                )
                for one in held
            ],
            widths=(27, 15, 19, 19, 20),
        )
    else:
        paper.text("Nothing. The school may not show this pupil.", bold=True)
    lacking = [words for kind, words in KINDS.items() if kind not in {one.kind for one in held}]
    for kind, words in KINDS.items():
        places = {one.platform for one in held if one.kind is kind}
        if places and None not in places:
            lacking += [f"{words} on {name}" for key, name in consent.PLATFORMS.items() if key not in places]
    if lacking:
        said = "; ".join(words[0].lower() + words[1:] for words in lacking)
        paper.text(f"Not agreed to, so not done: {said}.")
    paper.heading("Where")
    shown = [one for one in accounts.everything(session) if one.state is not AccountState.CLOSED]
    if shown:
        paper.text("“Every platform” means the school’s own accounts, and no others:")
        paper.table(
            ("Platform", "Account", "Address"),
            [(_PLATFORMS.get(one.platform, one.platform), f"@{one.handle}", one.url) for one in shown],
            widths=(25, 30, 45),
        )
        paper.text(
            "These companies are outside the school. What is published there can be copied by others before "
            "it is taken down.",
            small=True,
        )
    else:
        paper.text("The school has no account on social media at the moment.")
    _ended(paper, [one for one in _sorted(pupil.consents) if one not in held], on)
    _withdrawing(paper, session, head.name)
    return paper.finish()


def _title(*, held: bool, withdrawn: bool) -> str:
    """The heading says how things stand: after a withdrawal it doesn't read as if consent stood."""
    if held:
        return "What you agree to, and what was withdrawn" if withdrawn else "What you agree to"
    return (
        "Consent was withdrawn: nothing may be published"
        if withdrawn
        else "No consent: nothing may be published"
    )


def keep(session: Session, pupil_id: UUID, data: bytes, *, by: Person, now: datetime) -> IssuedDocument:
    """Note that the record was handed out."""
    return documents.record(
        session, DocumentKind.CONSENT_RECORD, data, object_kind="pupil", object_id=pupil_id, by=by, now=now
    )


def _ended(paper: Paper, ended: list[Consent], on: date) -> None:
    if not ended:
        return
    paper.heading("Not in force")
    paper.table(
        ("For", "Where", "From", "To", "Given by", "Why not"),
        [
            (
                KINDS[one.kind],
                consent.where(one),
                say_date(one.first_day),
                say_date(one.last_day),
                one.given_by,
                _why(one, on),
            )
            for one in ended
        ],
        widths=(22, 13, 15, 15, 16, 19),
    )


def _why(one: Consent, on: date) -> str:
    if one.withdrawn_at is not None:
        return f"withdrawn {say(one.withdrawn_at)}"
    if one.last_day < on:
        return "ended"
    return "not begun yet" if one.first_day > on else "the pupil has left"


def _withdrawing(paper: Paper, session: Session, school: str) -> None:
    paper.heading("How to change or withdraw it")
    officers = people.holders(session, Role.DPO)
    whom = " or ".join(f"{one.name} ({one.email})" for one in officers) or "the school office"
    paper.text(
        f"Write to the school’s data protection officer, {whom}, at any time and without giving a reason. "
        f"{school} then stops at once, and takes published posts that show the pupil down wherever it can. "
        "Saying no, or changing your mind, has no consequence for the pupil."
    )
    paper.text(
        "If you are not content with how this is done, you can complain to the Information Commissioner’s "
        "Office (ico.org.uk).",
        small=True,
    )


def _sorted(consents: list[Consent]) -> list[Consent]:
    return sorted(consents, key=lambda one: (one.kind, one.first_day, one.recorded_at))
