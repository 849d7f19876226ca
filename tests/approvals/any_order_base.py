"""The school that things happen to in any order: its beginning, and what every rule stands on."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from hypothesis.stateful import Bundle, RuleBasedStateMachine
from sqlalchemy.orm import Session, sessionmaker

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import accounts, consent, db, people, setup
from school.errors import SchoolgateError
from school.models import Account, Consent, ConsentKind, Person, Pupil
from tests.approvals import scenes
from tests.approvals.plain_school import PlainSchool

BEGINNING = datetime(2027, 3, 22, 9, 0, tzinfo=UTC)
"""In the week before the clocks change, and a few months before a school year ends."""
ADULTS = ("head", "deputy", "teacher", "chair", "moderator")
AUTHORS = ("head", "deputy", "teacher")
PLATFORMS = ("x", "facebook")
CHILDREN = ("Rosa Ainsworth", "Tobias Fairclough", "Noor Haddad")
NEVER_ASKED = "Noor Haddad"
LATER_CHILD = "Ada Winterbourne"
"""Comes to the school in the middle: a text may hold the name before the register does."""
AGREED = (ConsentKind.IMAGE, ConsentKind.WORK, ConsentKind.NAME)
YEAR = (date(2026, 9, 1), date(2027, 8, 31))


class School(RuleBasedStateMachine):
    """One school for each example; the platforms stay for all of them."""

    template: ClassVar[Path]
    folder: ClassVar[Path]
    platforms: ClassVar[PracticePlatforms]
    clock: ClassVar[list[datetime]]
    ids: ClassVar[dict[str, UUID]]
    seen: ClassVar[set[str]]
    appeared: ClassVar[list[str]]
    numbers: ClassVar[itertools.count[int]]

    written = Bundle("written")

    def __init__(self) -> None:
        super().__init__()
        copy = self.folder / f"{next(self.numbers)}.db"
        shutil.copy(self.template, copy)
        self.copy, self.engine = copy, db.make_engine(f"sqlite:///{copy}")
        self.transaction = sessionmaker(self.engine, expire_on_commit=False).begin
        self.plain = PlainSchool(now=BEGINNING, adults={})
        self.clock[0] = BEGINNING

    def end(self) -> None:
        """Leave nothing behind."""
        self.platforms.world.faults.clear()
        self.engine.dispose()
        for path in self.folder.glob(f"{self.copy.name}*"):
            path.unlink()

    # What every rule stands on

    @property
    def now(self) -> datetime:
        return self.plain.now

    def do(self, what: Callable[[Session], Any]) -> bool:
        """Try it; what the product refuses has not happened."""
        try:
            with self.transaction() as session:
                what(session)
        except SchoolgateError:
            return False
        return True

    def person(self, session: Session, name: str) -> Person:
        return session.get_one(Person, self.ids[name])

    def account(self, session: Session, platform: str) -> Account:
        return session.get_one(Account, self.ids[platform])

    def pupil(self, session: Session, name: str) -> Pupil:
        return session.scalars(sa.select(Pupil).where(Pupil.name == name)).one()


def begin(session: Session, platforms: PracticePlatforms) -> dict[str, UUID]:
    """The school that every example begins with, and the ids of all in it."""
    setup.set_up_practice(session, now=BEGINNING)
    session.flush()
    ids: dict[str, UUID] = {}
    boxes = {"head": "head", "deputy": "deputy", "teacher": "teacher", "chair": "chair", "dpo": "dpo"}
    for name, box in {**boxes, "moderator": "moderator"}.items():
        found = people.find(session, f"{box}@{setup.PRACTICE_DOMAIN}")
        assert found is not None, box
        ids[name] = found.id
    for pupil in session.scalars(sa.select(Pupil)):
        session.execute(sa.delete(Consent).where(Consent.pupil_id == pupil.id))
        session.delete(pupil)
    head, officer = (session.get_one(Person, ids[name]) for name in ("head", "dpo"))
    for name in CHILDREN:
        pupil = consent.add_pupil(
            session, name=name, class_name="Year 5 Kites", by=officer, now=BEGINNING
        )  # fmt: skip
        ids[name] = pupil.id
        for kind in AGREED if name != NEVER_ASKED else ():
            consent.record_consent(
                session,
                pupil,
                kind=kind,
                given_by="A parent",
                first_day=YEAR[0],
                last_day=YEAR[1],
                by=officer,
                now=BEGINNING,
            )
    for platform in PLATFORMS:
        account = accounts.adopt(
            session,
            platform=platform,
            identity_id=platforms.world.school(Platform(platform)).id,
            handle=f"larkfield{platform}",
            display_name="Larkfield",
            url=f"https://example.test/{platform}",
            school_email=f"office@{setup.PRACTICE_DOMAIN}",
            credentials=platforms.credentials(platform),
            adopted_by=head,
            practice=True,
            now=BEGINNING,
        )
        session.flush()
        ids[platform] = account.id
        for author in AUTHORS:
            person = session.get_one(Person, ids[author])
            people.authorise(session, person, account, by=head, reason="So", now=BEGINNING)
    for author in AUTHORS:
        media = scenes.pictures.add_picture(
            session, data=scenes.picture_bytes(80, 60), filename="fair.jpg", alt_text="", source="",
            licence="", by=session.get_one(Person, ids[author]), now=BEGINNING,
        )  # fmt: skip
        session.flush()
        ids[f"picture of {author}"] = media.id
    return ids
