"""A pupil who is seen and named needs consent for both (P26), whatever “How they appear” says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from approvals import decisions, drafts, first_names, publishing, takedowns
from approvals.checks import DraftRefused
from approvals.models import DecisionKind, LookState, PictureWords
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from school import consent
from school.models import Account, Consent, ConsentKind, Person, Pupil, Role
from school.times import today
from tests.approvals import scenes

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Kofi Mensah", "Kofi won the cup.", True),
        ("Kofi Mensah", "This is KOFI’s cup", True),
        ("Kofi Mensah", "#WellDoneKofi", True),
        ("Kofi Mensah", "See https://larkfield.test/news/kofi-wins", True),
        ("Kofi Mensah", "K\u200bofi won", True),
        ("Kofi Mensah", "Kofia won, Mensah did not", False),
        ("Zoë Tanaka", "Well done Zoe\u0308 and ZOE", True),
        ("Mary-Ann Lee", "Mary‑Ann won", True),
        ("Mary-Ann Lee", "Mary won", True),
        ("O’Shea Lee", "O'Shea won", True),
        ("Дарья Иванова", "Дарья выиграла", True),
        ("悠真 田中", "悠真 won", True),
        ("Will Marsh", "We will win, come what may", False),
        ("Will Marsh", "The cup goes to Will", True),
    ],
)
def test_p26_a_first_name_is_a_whole_word_that_is_written_as_a_name(name: str, text: str, said: bool) -> None:
    assert first_names.is_in(name, text) is said


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("Kofi Mensah", "kofi_wins2.jpg", True),
        ("Kofi Mensah", "IMG-Kofi.HEIC", True),
        ("Kofi Mensah", "kofia.jpg", False),
        ("Rose Marsh", "rose garden.jpg", False),
        ("Rose Marsh", "Rose.jpg", True),
    ],
)
def test_p26_a_file_says_a_first_name_in_small_letters_too(name: str, file: str, said: bool) -> None:
    assert first_names.is_in(name, file, of_file=True) is said


@SQLITE
def test_p26_whoever_is_seen_and_named_has_agreed_to_both(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    """At hand-in, by platform; at the decision; at publication; and a post that is out is taken down."""
    officer = school_people[Role.DPO]
    media = scenes.add_picture(session, teacher, now)
    shown = (scenes.choice(media),)
    more: dict[str, Any] = {"at": now + HOUR, "none_shown": False, "pupil_ids": (rosa.id,)}

    def agree(platform: str | None) -> Consent:
        made = consent.record_consent(
            session, rosa, kind=ConsentKind.NAME, given_by="A parent", first_day=today(now),
            last_day=today(now + 2 * HOUR), platform=platform, by=officer, now=now,
        )  # fmt: skip
        session.commit()
        return made

    def hand_in(*where: Account, **words: Any) -> Any:
        draft = drafts.save(session, None, scenes.content(*where, **{**more, **words}), by=teacher, now=now)
        session.commit()
        scenes.submit(session, draft, teacher, now)
        return draft

    def refused(where: str) -> Any:
        named = f"Rosa Ainsworth has no consent for being named.*“Rosa” is in {where}: take the name out"
        return pytest.raises(DraftRefused, match=named)

    with refused("the text"):
        hand_in(x, text="Rosa won the cup", pictures=shown)
    with refused("the text for X"):
        hand_in(x, own_texts={x.id: "Rosa won"}, pictures=shown)
    with refused("the link"):
        hand_in(x, link="https://example.sch.uk/rosa-wins", pictures=shown)
    with refused("the description of “fair.jpg”"):
        hand_in(x, pictures=(scenes.choice(media, alt_text="Rosa with a cup"),))
    hand_in(x, text="A cup for Year 5", pictures=shown)
    # What nobody typed counts as well.
    media.filename = "rosa.jpg"
    with pytest.raises(DraftRefused, match=r"the name of the file “rosa\.jpg”: rename the file and add"):
        hand_in(x, pictures=shown)
    media.filename = "fair.jpg"
    words = session.get_one(PictureWords, media.id)
    words.state, words.lines = LookState.DONE, ["Star of the week", "ROSA"]
    session.commit()
    with pytest.raises(DraftRefused, match=r"in the text inside “fair\.jpg”: blur that place"):
        hand_in(x, pictures=shown)
    words.lines = []
    session.commit()
    given = agree("x")
    with refused("the text"):
        hand_in(x, facebook, text="Rosa won the cup", pictures=shown)
    hand_in(x, facebook, text="A cup!", own_texts={x.id: "Rosa won the cup"}, pictures=shown)
    _draft, [out] = scenes.approved(
        session, teacher, head, now, x, text="Rosa won the cup", pictures=shown, **more
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(session, out, state, actor=Actor.PRODUCT, by=None, reason="Out", now=now)
    out.published_at, out.post_platform_id = now, "1"
    _draft, [due] = scenes.approved(session, teacher, head, now, x, text="Rosa won", pictures=shown, **more)
    waits = hand_in(x, text="Rosa!", pictures=shown)
    assert not takedowns.open_for_withdrawn_consent(session, now=now)
    consent.withdraw(session, given.id, reason="A letter", by=officer, now=now)
    session.commit()
    proof = decisions.prove_signed_in(session, waits.id, by=head, revision_number=1)
    with pytest.raises(DraftRefused, match="“Rosa” is in the text"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    session.rollback()
    assert [one.publication_id for one in takedowns.open_for_withdrawn_consent(session, now=now)] == [out.id]
    session.commit()
    assert publishing.claim(session, due.id, now=due.due_at) is None
    assert "“Rosa” is in the text" in (due.problem or "")


@SQLITE
def test_p14_a_name_that_may_be_a_pupils_is_pointed_out(
    session: Session, school_people: dict[Role, Person], teacher: Person, x: Account, rosa: Pupil,
    tobias: Pupil, now: datetime,
) -> None:  # fmt: skip
    """Not of those who agreed to be named or are marked, nor what is a word or a grown-up."""
    for name in ("Mark Ellwood", "May Osei"):
        scenes.make_pupil(session, school_people[Role.DPO], name, consented=False, now=now)

    def noticed(text: str, **more: Any) -> list[str]:
        what = scenes.content(x, at=now + HOUR, text=text, **more)
        draft = drafts.save(session, None, what, by=teacher, now=now)
        revision = drafts.current_revision(session, draft)
        said = first_names.perhaps_pupils(session, revision, on=today(now))
        return [sentence.split(".")[0].removeprefix("This may be a pupil: ") for sentence in said]

    assert noticed("Hector and Tobias won.") == ["Tobias"]
    assert noticed("Rosa’s cup") == ["Rosa"]
    assert noticed("Rosa and Tobias won", none_shown=False, pupil_ids=(rosa.id,)) == ["Tobias"]
    assert noticed("Mark your calendars: in May Mr Tobias and his rosa bush visit.") == []
    assert noticed("Well done, Mark!") == ["Mark"]
    media = scenes.add_picture(session, teacher, now)
    media.filename = "Tobias.jpg"
    assert noticed("Well done!", pictures=(scenes.choice(media),)) == ["Tobias"], "nor in a file's name"
    # It says where, and what is to be done there.
    media.filename = "pegs.jpg"
    words = session.get(PictureWords, media.id) or PictureWords(media_id=media.id)
    session.add(words)
    words.state, words.lines = LookState.DONE, ["Tobias"]
    what = scenes.content(x, at=now + HOUR, text="Well done!", pictures=(scenes.choice(media),))
    revision = drafts.current_revision(session, drafts.save(session, None, what, by=teacher, now=now))
    [sentence] = first_names.perhaps_pupils(session, revision, on=today(now))
    assert "was read inside the picture “pegs.jpg”" in sentence
    assert sentence.endswith("blur that place or choose another picture.")
    assert first_names.perhaps_inside(session, revision, media.id, on=today(now)) == ["Tobias"]
    other = scenes.add_picture(session, teacher, now)
    other.filename = "pegs.jpg"
    assert first_names.perhaps_inside(session, revision, other.id, on=today(now)) == []
    words.lines = []
    consent.record_consent(
        session, tobias, kind=ConsentKind.NAME, given_by="A parent", first_day=today(now),
        last_day=today(now + HOUR), by=school_people[Role.DPO], now=now,
    )  # fmt: skip
    assert noticed("Hector and Tobias won.") == []
