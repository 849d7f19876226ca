"""Whom a text means: the headteacher, a pupil or a member of staff (P3, P21)."""

from __future__ import annotations

import time

import pytest

from moderation import past_head
from moderation.classifier.flags import flag

NAMES = ("Mrs Grace Oyelaran",)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("Mrs Oyelaran shouted at my son and hit him", True),
        ("mrs oyelaran hit my son", True),
        ("Oyelaran hit my son", True),
        ("The headteacher hit my son", True),
        ("your head shouted at my girl until she cried", True),
        ("The Head Teacher locked him in a room", True),
        ("A teaching assistant hit my son on the head", False),
        ("he was hit to the head was bleeding", False),
        ("Her uncle hits her. I told the headteacher", False),
        ("Mr Brown hit my son and I have emailed the head teacher", False),
        ("Mr Brown hit my son", False),
    ],
)
def test_who_is_meant(text: str, means: bool) -> None:
    assert past_head.means_head(text, NAMES) is means


def test_a_long_text_full_of_titles_takes_no_longer() -> None:
    began = time.process_time()
    assert not past_head.means_head("i told the headteacher " * 2_600, NAMES)
    assert time.process_time() - began < 1


def test_a_name_is_said_to_be_a_pupils_or_a_member_of_staffs() -> None:
    """And neither, where one of each is called so."""
    text = "Mrs Oyelaran hit Zebedee Quillfeather and Sam Twin"
    names = (*NAMES, "Zebedee Quillfeather", "Sam Twin")
    found = flag(text, {}, names=names, pupils=("Zebedee Quillfeather", "Sam Twin"))
    said = {one.detail for one in found if one.kind == "personal_data"}
    assert said == {
        "the name of a member of staff: Mrs Oyelaran",
        "the name of a pupil in the register: Zebedee Quillfeather",
        "the name of a pupil in the register: Sam Twin",
    }


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("Mrs Oyelaran, the head, shouted at my son and hit him", True),
        ("she grabbed him by the arm", True),
        ("Mrs Oyelaran should be hit", False),
        ("I want to see Mrs Oyelaran hurt", False),
        ("Mrs Oyelaran is going to get hurt", False),
        ("watch your back Mrs Oyelaran", False),
    ],
)
def test_what_somebody_did_is_told_from_what_somebody_threatens(text: str, does: bool) -> None:
    """The model takes both for a threat: of the latter the headteacher must hear at once (P23)."""
    assert past_head.tells(text) is does
