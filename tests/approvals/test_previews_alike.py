"""What is the same on several accounts is said once; whatever differs is shown in full (P12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import Draft
from approvals.previews import AccountPreview, DraftPreview, PupilPreview, preview
from connectors.base import Platform
from connectors.feeds import CUTS
from school.models import Account, Person
from tests.approvals import scenes


@pytest.fixture
def draft(
    session: Session,
    teacher: Person,
    facebook: Account,
    x: Account,
    instagram: Account,
    now: datetime,
) -> Draft:
    """A post of the same words, with one picture, on all three platforms."""
    picture = scenes.choice(scenes.add_picture(session, teacher, now))
    content = scenes.content(
        facebook, x, instagram, at=now + timedelta(days=1), text="Fair at noon.", pictures=(picture,)
    )
    made = drafts.save(session, None, content, by=teacher, now=now)
    session.commit()
    return made


@pytest.fixture
def shown(session: Session, draft: Draft) -> DraftPreview:
    return preview(session, draft, drafts.current_revision(session, draft))


def _full(shown: DraftPreview) -> list[str]:
    """The platforms whose look is not folded."""
    return [one.platform.value for one in shown.accounts if shown.same_as(one) is None]


def _with(
    shown: DraftPreview, place: int, change: Callable[[AccountPreview], AccountPreview]
) -> DraftPreview:
    accounts = list(shown.accounts)
    accounts[place] = change(accounts[place])
    return replace(shown, accounts=tuple(accounts))


def test_the_same_words_and_picture_are_shown_once_and_each_says_what_differs(shown: DraftPreview) -> None:
    first, *others = shown.accounts
    assert _full(shown) == [first.platform.value] and [len(group) for group in shown.worded] == [3]
    assert all(shown.same_as(one) is first for one in others)
    for one in shown.accounts:
        assert one.differs_in == f"13 of {one.limit:,} characters"


def test_whatever_differs_is_shown_in_full(shown: DraftPreview) -> None:
    own = _with(shown, 1, lambda one: replace(one, text="Fair at one.", own_wording=True))
    assert len(_full(own)) == 2 and [len(group) for group in own.worded] == [2, 1]
    card = _with(shown, 2, lambda one: replace(one, link_card="https://larkfield.sch.uk/fair"))
    assert len(_full(card)) == 2 and [len(group) for group in card.worded] == [2, 1]
    # The second and third may be the same where the first is another.
    first = _with(shown, 0, lambda one: replace(one, text="Fair at one."))
    assert first.same_as(first.accounts[2]) is first.accounts[1] and len(_full(first)) == 2
    long = _with(shown, 1, lambda one: replace(one, length=one.limit + 1))
    assert shown.accounts[1].platform.value in _full(long)
    two = replace(shown, pictures=shown.pictures * 2)
    assert len(_full(two)) == 3, "each platform lays several out in its own way"
    wide = replace(shown, pictures=(replace(shown.pictures[0], width=2000, height=500),))
    assert "instagram" in _full(wide)
    pupil = PupilPreview("Rosa", "4B", consent=False, lacking="pictures on Instagram")
    assert len(_full(replace(shown, pupils=(pupil,)))) == 3
    assert len(_full(replace(shown, pupils=(replace(pupil, consent=True),)))) == 1


def test_where_a_feed_cuts_and_a_link_that_nobody_can_press_are_named(
    session: Session, teacher: Person, facebook: Account, instagram: Account, now: datetime
) -> None:
    text = "See https://larkfield.sch.uk/fair " + "and bring a cake " * 12
    picture = scenes.choice(scenes.add_picture(session, teacher, now))
    content = scenes.content(
        facebook, instagram, at=now + timedelta(days=1), text=text.strip(), pictures=(picture,)
    )
    made = drafts.save(session, None, content, by=teacher, now=now)
    shown = preview(session, made, drafts.current_revision(session, made))
    [there] = [one for one in shown.accounts if one.platform is Platform.INSTAGRAM]
    assert len(text) > CUTS[Platform.INSTAGRAM].characters
    assert "cut after “… " in there.differs_in and there.differs_in.endswith("nobody can press the link")
    [elsewhere] = [one for one in shown.accounts if one.platform is Platform.FACEBOOK]
    assert "cut" not in elsewhere.differs_in and "press" not in elsewhere.differs_in
