"""The terms of use: versions, who accepted which, and the policy's yearly review (P7, P32)."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people
from school.errors import BadInput, MoveNotAllowed
from school.models.people import Person
from school.models.rules import PolicyReview, TermsAcceptance, TermsVersion
from school.models.school import School
from school.people import reason_text
from school.permissions import Action, require
from school.times import say_date, today

TEXT_MAX = 50_000
NOTE_MAX = 2000


def current(session: Session) -> TermsVersion | None:
    """The version in force; None before set-up."""
    return session.scalar(sa.select(TermsVersion).order_by(TermsVersion.number.desc()).limit(1))


def versions(session: Session) -> list[TermsVersion]:
    """Every version, the newest first."""
    return list(session.scalars(sa.select(TermsVersion).order_by(TermsVersion.number.desc())))


def first_text() -> str:
    """The terms that a new school begins with, for the headteacher to adapt."""
    return files("school").joinpath("data/terms.txt").read_text(encoding="utf-8").strip()


def publish_first(session: Session, *, now: datetime) -> TermsVersion:
    """Version 1, at set-up. Nothing happens where there is a version already."""
    found = current(session)
    if found is not None:
        return found
    version = TermsVersion(
        number=1, text=first_text(), what_changed="The first version.", published_at=now, published_by_id=None
    )
    session.add(version)
    # The trail names the version by id.
    session.flush()
    _note(session, version, by=None, now=now)
    return version


def publish(
    session: Session, *, text: str, what_changed: str, based_on: int, by: Person, url: str, now: datetime
) -> TermsVersion:
    """Put a new version in force; everybody is asked by mail to accept it (P32).

    `based_on` is the number of the version that was edited; `url` begins the link in the mail. Raises
    BadInput for an empty, overlong or unchanged text, MoveNotAllowed where a newer version was
    published meanwhile.
    """
    require(by, Action.SET_TERMS)
    whole = text.replace("\r\n", "\n").strip()
    if not whole:
        raise BadInput("The terms are empty: write them, or leave the page.", field="text")
    if len(whole) > TEXT_MAX:
        raise BadInput(
            f"The terms have {len(whole):,} characters: at most {TEXT_MAX:,} are taken.", field="text"
        )
    why = reason_text(what_changed, field="what_changed")
    # Two who publish at once come one after the other.
    session.scalar(sa.select(School.id).with_for_update())
    before = current(session)
    number = before.number if before else 0
    if based_on != number:
        raise MoveNotAllowed(
            f"Version {number} was published while you wrote. Nothing was overwritten: compare your text "
            "with it, then publish again."
        )
    if before is not None and before.text == whole:
        raise BadInput("Nothing of the text was changed: there is nothing to publish.", field="text")
    version = TermsVersion(
        number=number + 1, text=whole, what_changed=why, published_at=now, published_by_id=by.id
    )
    session.add(version)
    # The trail and the acceptance name the version by id.
    session.flush()
    _note(session, version, by=by, now=now)
    session.add(TermsAcceptance(person_id=by.id, terms_id=version.id, accepted_at=now))
    for person in people.everybody(session):
        if person.active and person.id != by.id:
            mail.queue_plain(
                session,
                to=person,
                subject=f"New terms of use for the school's social media (version {version.number})",
                lines=[
                    f"{by.name} has published a new version of the terms of use. What changed: {why}",
                    "Please read and accept it. Until you do, you can write drafts, but not hand them in.",
                ],
                link=f"{url}/terms",
                purpose="new_terms",
                now=now,
            )
    return version


def accept(session: Session, *, number: int, by: Person, now: datetime) -> TermsAcceptance:
    """One person accepts the version in force. Twice is once.

    Raises MoveNotAllowed where a newer version than the one read is in force.
    """
    # Two tabs at once come one after the other.
    session.scalar(sa.select(Person.id).where(Person.id == by.id).with_for_update())
    version = current(session)
    if version is None or version.number != number:
        raise MoveNotAllowed("There is a newer version of these terms. Read that one, then accept it.")
    found = session.scalar(
        sa.select(TermsAcceptance).where(
            TermsAcceptance.person_id == by.id, TermsAcceptance.terms_id == version.id
        )
    )
    if found is not None:
        return found
    acceptance = TermsAcceptance(person_id=by.id, terms_id=version.id, accepted_at=now)
    session.add(acceptance)
    audit.record(
        session,
        by=by,
        action="terms_accepted",
        object_kind="terms",
        object_id=version.id,
        detail={"version": version.number},
        now=now,
    )
    return acceptance


def accepted_at(session: Session, person: Person) -> datetime | None:
    """When the person accepted the version in force; None when they have not."""
    version = current(session)
    if version is None:
        return None
    return session.scalar(
        sa.select(TermsAcceptance.accepted_at).where(
            TermsAcceptance.person_id == person.id, TermsAcceptance.terms_id == version.id
        )
    )


def not_yet_accepted(session: Session) -> list[Person]:
    """The active people who have not accepted the version in force, by name."""
    version = current(session)
    if version is None:
        return []
    accepted = sa.select(TermsAcceptance.person_id).where(TermsAcceptance.terms_id == version.id)
    query = sa.select(Person).where(Person.active, Person.id.not_in(accepted))
    return list(session.scalars(query.order_by(Person.name, Person.id)))


def record_review(
    session: Session, *, reviewed_on: date, next_on: date, note: str, by: Person, now: datetime
) -> PolicyReview:
    """Enter that the policy was reviewed, and when it is due again (P32). Raises BadInput for dates
    that can't be: a review in the future, or a next one that isn't later than this one.
    """
    require(by, Action.SET_TERMS)
    if reviewed_on > today(now):
        raise BadInput(
            f"The review ({say_date(reviewed_on)}) is in the future: enter it when it has been done.",
            field="reviewed_on",
        )
    if next_on <= reviewed_on or next_on <= today(now):
        raise BadInput(
            f"The next review ({say_date(next_on)}) must be later than this one and than today.",
            field="next_on",
        )
    words = note.strip()
    if len(words) > NOTE_MAX:
        raise BadInput(f"The note has {len(words):,} characters: at most {NOTE_MAX:,} fit.", field="note")
    review = PolicyReview(
        reviewed_on=reviewed_on, next_on=next_on, note=words, recorded_at=now, recorded_by_id=by.id
    )
    session.add(review)
    # The trail names the review by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action="policy_reviewed",
        object_kind="policy_review",
        object_id=review.id,
        detail={"reviewed_on": reviewed_on.isoformat(), "next_on": next_on.isoformat()},
        now=now,
    )
    return review


def reviews(session: Session) -> list[PolicyReview]:
    """The policy's reviews, the newest first."""
    return list(session.scalars(sa.select(PolicyReview).order_by(PolicyReview.recorded_at.desc())))


def next_review(session: Session) -> date | None:
    """When the policy's next review is due; None when nobody has said."""
    found = reviews(session)
    return found[0].next_on if found else None


def _note(session: Session, version: TermsVersion, *, by: Person | None, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action="terms_published",
        object_kind="terms",
        object_id=version.id,
        detail={"version": version.number, "what_changed": version.what_changed},
        now=now,
    )
