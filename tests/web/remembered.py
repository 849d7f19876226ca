"""A school that remembers something of everybody: what the tests of data protection begin with (P34).

The words in the texts are in no other text, so that a test can look for them in the whole database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import unsaved
from approvals.models import Draft
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from moderation.decisions import Outcome
from moderation.models import Author, Letter, LogEntry, ReferTo
from school import consent, db, forms, people, terms, training
from school.models import Account, FormKind, FormState, Person, Pupil, Role
from tests.approvals import scenes as writing
from tests.moderation.platform import WHEN, ScriptedPlatform, author, comment
from tests.moderation.scenes import Clock, act, decide, flagged
from tests.school.test_forms import filled

WORDS = ("Zebedee", "Marigold", "Quillfeather", "Thistledown", "Larkspur", "Bramblewick")
"""The commenter, the pupil, the member of staff, what was posted, what was written back, who was reported."""


@dataclass(frozen=True, slots=True)
class World:
    """What there is."""

    staff: Person
    pupil: Pupil
    author: Author
    draft: Draft
    entry: UUID
    referred: UUID


def remember(session: Session, school_people: dict[Role, Person], x: Account, facebook: Account) -> World:
    """Comments clear, decided and referred; a post with a pupil; drafts, forms, training of one who left."""
    now = db.now().replace(second=0, microsecond=0)
    head, officer, slt = (school_people[role] for role in (Role.HEADTEACHER, Role.DPO, Role.SLT))
    staff, _ = people.add(
        session,
        name="Quillfeather Marsh",
        email="quillfeather@larkfield.test",
        roles=[],
        by=head,
        reason="Joined",
        now=now,
    )
    people.authorise(session, staff, x, by=head, reason="Writes", now=now)
    training.record(
        session,
        person_ids=[staff.id],
        held_on=now.date() - timedelta(days=2),
        valid_until=now.date() + timedelta(days=300),
        about="Platforms",
        by=head,
        now=now,
    )
    version = terms.current(session)
    assert version is not None
    terms.accept(session, number=version.number, by=staff, now=now)
    pupil = writing.make_pupil(session, officer, "Marigold Finch", consented=True, now=now)
    draft, [publication] = writing.approved(
        session,
        staff,
        head,
        now - timedelta(hours=2),
        x,
        at=now - timedelta(hours=1),
        text="Thistledown Fair was a joy.",
        pictures=(writing.choice(writing.add_picture(session, staff, now), alt_text="Thistledown stalls"),),
        pupil_ids=(pupil.id,),
        none_shown=False,
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(
            session, publication, state, actor=Actor.PRODUCT, by=None, reason="Thistledown", now=now
        )
    publication.published_at, publication.post_platform_id = now, "1700000000000000001"
    unsaved.keep(session, None, [("text", "Quillfeather thought of a Thistledown Fair")], by=staff, now=now)
    entry = forms.file(
        session,
        FormKind.INAPPROPRIATE_CONTENT,
        filled(FormKind.INAPPROPRIATE_CONTENT, people="Bramblewick"),
        by=staff,
        url="https://social.test",
        now=now,
    )
    forms.answer(
        session,
        entry.id,
        FormState.DONE,
        words="Bramblewick was told",
        by=school_people[Role.NETWORK_MANAGER],
        url="https://social.test",
        now=now,
    )
    session.commit()
    clock, platform = Clock(), ScriptedPlatform()
    zebedee = author("Zebedee Crook", bio="Zebedee's own words")
    platform.people = [zebedee]
    first, second = flagged(
        facebook.id,
        platform,
        clock,
        comment(1, "You idiot, says Zebedee of Bramblewick", author=zebedee),
        comment(2, "Zebedee says: idiot again", author=zebedee),
        comment(3, "Zebedee likes Thistledown", author=zebedee),
    )
    decide(
        first,
        Outcome.WARN,
        Outcome.MEETING,
        by=slt,
        clock=clock,
        reason="Zebedee again",
        reply="Larkspur asks you to stop",
        meeting_on=date(2027, 7, 1),
    )
    decide(
        second,
        Outcome.REFER,
        Outcome.BLOCK,
        by=slt,
        clock=clock,
        reason="Zebedee frightens Marigold",
        refer_to=ReferTo.POLICE,
        reference="Bramblewick 12",
        author_is_pupil=False,
    )
    act(platform, clock)
    session.add(
        Letter(
            entry_id=first,
            template="Warning",
            addressed_to="Zebedee Crook",
            address="1 Bramblewick Lane",
            body="Dear Zebedee, please read our rules.",
            file=b"",
            sha256="0" * 64,
            issued_at=now,
            issued_by_id=slt.id,
        )
    )
    session.commit()
    session.expire_all()
    found = session.scalar(sa.select(Author).where(Author.display_name == "Zebedee Crook"))
    assert found is not None
    return World(staff, pupil, found, draft, first, second)


def leave(session: Session, world: World, school_people: dict[Role, Person]) -> None:
    """The member of staff and the pupil leave; the block is lifted."""
    head, officer = school_people[Role.HEADTEACHER], school_people[Role.DPO]
    session.expire_all()
    staff = session.get_one(Person, world.staff.id)
    people.set_active(session, staff, False, by=head, reason="Moved on", now=db.now())
    consent.mark_left(session, world.pupil.id, by=officer, now=db.now())
    session.commit()


def places(session: Session) -> dict[str, list[str]]:
    """To each of the words every column of every table that holds it, pictures' and sealed bytes apart."""
    found: dict[str, list[str]] = {word: [] for word in WORDS}
    for table in db.Base.metadata.sorted_tables:
        columns = [
            column
            for column in table.columns
            if table.name == "outbox_emails" or not isinstance(column.type, sa.LargeBinary)
        ]
        rows = session.execute(sa.select(*columns)).all()
        for column, values in zip(columns, zip(*rows, strict=True), strict=False):
            texts = (one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in values)
            whole = "\n".join(texts).casefold()
            for word, where in found.items():
                if word.casefold() in whole:
                    where.append(f"{table.name}.{column.name}")
    return found


def far(years: int = 40) -> datetime:
    """So long from when everything happened."""
    return max(WHEN, db.now()) + timedelta(days=365 * years)


def decided_entries(session: Session) -> list[LogEntry]:
    return list(session.scalars(sa.select(LogEntry).order_by(LogEntry.recorded_at, LogEntry.id)))
