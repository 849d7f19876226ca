"""A post that is held: one mail to each person, which says of every account that it is held (P12, P26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from approvals import lost_consent, publishing
from approvals.models import Draft, Publication
from approvals.states import PublicationState
from school import consent
from school.models import Account, Person, Pupil, Role
from tests.approvals import scenes

HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """A post with a pupil, approved on three accounts for `due`, in three days."""

    session: Session
    draft: Draft
    publications: list[Publication]
    pupil: Pupil
    officer: Person
    due: datetime

    def withdraw(self, at: datetime, platform: str | None = None) -> None:
        consent.withdraw_all(
            self.session,
            self.pupil.id,
            kind=None,
            reason="A letter",
            platform=platform,
            by=self.officer,
            now=at,
        )
        lost_consent.withdrawn(self.session, [self.pupil.id], now=at)
        self.session.commit()

    def come_due(self) -> None:
        """The workers of the accounts take up what is theirs, one after the other."""
        for one in self.publications:
            assert publishing.claim(self.session, one.id, now=self.due) is None
            self.session.commit()

    def mails(self, purpose: str, to: Person) -> list[EmailMessage]:
        return scenes.mails(self.session, purpose, to)


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


@pytest.fixture
def scene(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    now: datetime,
) -> Scene:
    officer = school_people[Role.DPO]
    pupil = scenes.make_pupil(session, officer, "Kofi Mensah", consented=True, now=now)
    draft, publications = scenes.approved(
        session, teacher, head, now, x, make_account("facebook"), make_account("instagram"),
        pictures=(scenes.choice(scenes.add_picture(session, teacher, now)),), pupil_ids=(pupil.id,),
        none_shown=False, at=now + timedelta(days=3),
    )  # fmt: skip
    return Scene(session, draft, publications, pupil, officer, now + timedelta(days=3))


def test_one_mail_tells_of_every_account_on_which_a_post_is_held(
    scene: Scene, teacher: Person, head: Person
) -> None:
    # Long before: its author is reminded when it is held.
    scene.withdraw(scene.due - timedelta(days=2))
    scene.come_due()
    assert {one.state for one in scene.publications} == {PublicationState.HELD}
    for person in (teacher, head):
        [mail] = scene.mails("publication_problem", person)
        assert str(mail["Subject"]).startswith("A post is held on 3 accounts: ")
        assert "Kofi" not in str(mail["Subject"])
        for name in ("X", "Facebook", "Instagram"):
            why = f"{name} @larkfieldprimary: Kofi Mensah has no consent for pictures on {name}"
            assert why in words(mail)


def test_an_author_just_told_that_consent_is_missing_and_where_gets_no_second_mail(
    scene: Scene, teacher: Person, head: Person
) -> None:
    scene.withdraw(scene.due - HOUR)
    [told] = scene.mails("consent_lost", teacher)
    assert (
        "When its time comes it is held on X @larkfieldprimary, Facebook @larkfieldprimary and "
        "Instagram @larkfieldprimary." in words(told)
    )
    scene.come_due()
    assert {one.state for one in scene.publications} == {PublicationState.HELD}
    assert not scene.mails("publication_problem", teacher)
    assert len(scene.mails("publication_problem", head)) == 1


def test_what_was_withdrawn_since_that_mail_is_told_when_it_is_held(
    scene: Scene, teacher: Person, head: Person
) -> None:
    scene.withdraw(scene.due - 2 * HOUR, "x")
    [told] = scene.mails("consent_lost", teacher)
    assert "it is held on X @larkfieldprimary." in words(told)
    scene.withdraw(scene.due - HOUR, "facebook")
    instagram = scene.publications.pop()
    scene.come_due()
    assert instagram.state is PublicationState.SCHEDULED, "the consent for it stands"
    for person in (teacher, head):
        [mail] = scene.mails("publication_problem", person)
        assert "Instagram" not in words(mail) and "on Facebook" in words(mail) and "on X" in words(mail)


def test_each_account_says_its_own_reason_and_what_is_not_due_yet_is_left(
    scene: Scene, teacher: Person
) -> None:
    scene.withdraw(scene.due - HOUR, "x")
    instagram = scene.publications.pop()
    [_x, facebook] = scene.publications
    facebook.due_at = scene.due - 2 * HOUR
    instagram.due_at, instagram.next_try_at = scene.due - 2 * HOUR, scene.due + HOUR
    scene.session.commit()
    scene.come_due()
    assert instagram.state is PublicationState.SCHEDULED
    [mail] = scene.mails("publication_problem", teacher)
    assert "on X in force" in words(mail) and words(mail).count("minutes late") == 1


def test_accounts_with_the_same_reason_are_told_together(scene: Scene, teacher: Person) -> None:
    for one in scene.publications:
        one.due_at = scene.due - 2 * HOUR
    scene.session.commit()
    scene.come_due()
    [mail] = scene.mails("publication_problem", teacher)
    where = "X @larkfieldprimary, Facebook @larkfieldprimary and Instagram @larkfieldprimary"
    assert words(mail).count("minutes late") == 1 and f"{where}: It was due on" in words(mail)
