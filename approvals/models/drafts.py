"""Drafts and their revisions. A revision, once written, is never changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from approvals.models.media import MediaFile
from approvals.models.videos import RevisionVideo
from approvals.states import DraftState
from school.db import Base, new_id
from school.models import Account, Person, Pupil


class Objective(StrEnum):
    """What a post may be for (P13)."""

    REMINDER = "reminder"
    SCHOOL_NEWS = "school_news"
    PEOPLE_NEWS = "people_news"
    PARENTS = "parents"

    @property
    def in_words(self) -> str:
        return {
            "reminder": "A reminder of an event",
            "school_news": "Good news of the school",
            "people_news": "Good news of staff and pupils",
            "parents": "Information for parents (closure and so on)",
        }[self.value]


class PupilsAppear(StrEnum):
    """How the pupils of a post appear in it: which consent it needs (P26)."""

    SEEN = "seen"
    WORK = "work"
    NAMED = "named"

    @property
    def in_words(self) -> str:
        return {
            "seen": "They can be seen in it",
            "work": "Only their work is shown",
            "named": "They are only named: first name or class",
        }[self.value]


class Criterion(StrEnum):
    """The seven criteria that the author signs (P14)."""

    NO_DISREPUTE = "no_disrepute"
    NEUTRAL = "neutral"
    SCHOOL_LANGUAGE = "school_language"
    SENSITIVE = "sensitive"
    NOT_OFFENSIVE = "not_offensive"
    NO_POLITICS = "no_politics"
    LAWFUL = "lawful"

    @property
    def in_words(self) -> str:
        return {
            "no_disrepute": "It doesn't bring the school into disrepute.",
            "neutral": "It is neutral and gives no personal views.",
            "school_language": "Its language is right for a school; people in pictures are suitably dressed.",
            "sensitive": "It is sensitive to everybody who may read it.",
            "not_offensive": "It doesn't offend anybody.",
            "no_politics": "It takes no side in politics.",
            "lawful": "It is lawful: copyright, data protection and freedom of information are kept.",
        }[self.value]


class Draft(Base):
    """A post that somebody writes. What it says is in its revisions; the newest one counts."""

    __tablename__ = "drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    author_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    state: Mapped[DraftState] = mapped_column(default=DraftState.DRAFT, index=True)
    """Assigned by `approvals.moves` alone."""
    revision_number: Mapped[int] = mapped_column(default=0)
    """Number of the newest revision: what an edit must be based on."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    series_id: Mapped[UUID | None] = mapped_column(index=True)
    """What a post and its repetitions share; None: it is repeated nowhere."""
    thrown_away_at: Mapped[datetime | None]
    """Its author doesn't want it any more: no list shows it, and nothing leads out of that."""

    author_read_at: Mapped[datetime | None]
    """Up to when its author has read what was said and decided; None: never."""
    deciders_read_at: Mapped[datetime | None]
    """The same of those who may decide on it."""

    author: Mapped[Person] = relationship(lazy="joined")


class DraftRevision(Base):
    """Everything that one version of a draft says."""

    __tablename__ = "draft_revisions"
    __table_args__ = (sa.UniqueConstraint("draft_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"))
    number: Mapped[int]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    made_at: Mapped[datetime]
    text: Mapped[str]
    """The wording of every account that has none of its own."""
    link: Mapped[str]
    planned_local: Mapped[str | None] = mapped_column(sa.String(16))
    """Wall time in Europe/London as typed, such as 2027-06-03T09:40."""
    planned_at: Mapped[datetime | None]
    """The same moment in UTC."""
    objective: Mapped[Objective | None]
    none_shown: Mapped[bool]
    """The author says that no pupil is shown or named."""
    pupils_appear: Mapped[str | None] = mapped_column(sa.String(20))
    """A value of PupilsAppear; None: they can be seen."""
    not_seen: Mapped[list[str] | None] = mapped_column(sa.JSON(none_as_null=True))
    """Ids of pupils who were marked before and, says the author, can't be seen in it; None: nobody's."""
    checklist: Mapped[list[str]]
    """Values of Criterion that the author has signed."""
    urgent: Mapped[bool]
    """Asks for fast approval; never skips it (P13)."""
    device: Mapped[str]
    """The school's device that was used (P29); may be empty."""
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256, hexadecimal, made by `approvals.content.revision_hash`."""

    accounts: Mapped[list[RevisionAccount]] = relationship(
        lazy="selectin", order_by="RevisionAccount.position", cascade="save-update, merge"
    )
    pictures: Mapped[list[RevisionPicture]] = relationship(
        lazy="selectin", order_by="RevisionPicture.position", cascade="save-update, merge"
    )
    video: Mapped[RevisionVideo | None] = relationship(lazy="selectin", cascade="save-update, merge")
    pupils: Mapped[list[RevisionPupil]] = relationship(lazy="selectin", cascade="save-update, merge")

    @property
    def media_count(self) -> int:
        """How many pictures and videos it shows."""
        return len(self.pictures) + (self.video is not None)

    @property
    def words(self) -> list[str]:
        """What the public reads: the wording for each account, and the descriptions."""
        said = [self.text_for(entry.account_id) for entry in self.accounts]
        said += [picture.alt_text for picture in self.pictures]
        return said + ([self.video.alt_text] if self.video is not None else [])

    def text_for(self, account_id: UUID) -> str:
        """The wording for that account: its own, or the common one."""
        for entry in self.accounts:
            if entry.account_id == account_id and entry.own_text is not None:
                return entry.own_text
        return self.text


class RevisionAccount(Base):
    """One account that a revision is for, with its own wording if it has one."""

    __tablename__ = "revision_accounts"

    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    position: Mapped[int]
    own_text: Mapped[str | None]

    account: Mapped[Account] = relationship(lazy="joined")


class RevisionPicture(Base):
    """One picture of a revision, with what is said of it."""

    __tablename__ = "revision_pictures"
    __table_args__ = (sa.UniqueConstraint("revision_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"))
    position: Mapped[int]
    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"))
    alt_text: Mapped[str]
    source: Mapped[str]
    """Who took it or where it is from (P15)."""
    licence: Mapped[str]

    media: Mapped[MediaFile] = relationship(lazy="joined")


class RevisionPupil(Base):
    """One pupil whom a revision shows or names (P26)."""

    __tablename__ = "revision_pupils"

    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"), primary_key=True)
    pupil_id: Mapped[UUID] = mapped_column(sa.ForeignKey("pupils.id"), primary_key=True, index=True)

    pupil: Mapped[Pupil] = relationship(lazy="joined")


class DraftMove(Base):
    """One change of a draft's state: by whom, when and why."""

    __tablename__ = "draft_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_number: Mapped[int]
    old: Mapped[DraftState | None]
    """None: the draft was made."""
    new: Mapped[DraftState]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the product itself."""
    reason: Mapped[str]
    at: Mapped[datetime]
