"""What tells one mail about a post from the next: its first words, day and time (P12, P27).

A subject is read on locked telephones, over shoulders and in the logs of mail servers. So no pupil's name
gets into one, nor half of it, and no telephone number or e-mail address, even where the post itself may say
it; and nothing in it can begin another header, turn the line round, or hide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import DraftRevision
from school import lines
from school.models import Pupil
from school.redaction import SOMEBODY, Redactor
from school.times import LONDON, clock

WORDS_MAX = 44
"""As many characters of a post as a telephone shows beside day and time."""
_ADDRESS = re.compile(r"[^\s@<>()“”\"]{1,64}@[^\s@<>()“”\",;]{1,253}")
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d[\d\s().–-]{7,30}\d(?!\w)")
_DIGITS_MIN = 9
"""Fewer are a date or a span of hours more often than a number that somebody answers."""


def known_by(session: Session, revision: DraftRevision) -> str:
    """Day, time and first words of a post: "Fri 5 Jun 3:30pm, “Sports day is on …”"."""
    return f"{short_time(revision.planned_at)}, {subject_words(session, revision)}"


def subject_words(session: Session, revision: DraftRevision) -> str:
    """The first words of a post in quotation marks, or what else it is known by."""
    texts = [revision.text, *(entry.own_text or "" for entry in revision.accounts)]
    line = next((shown for text in texts if (shown := lines.seen(text))), "")
    if not line:
        return "a post with a video" if revision.video is not None else "a post with pictures"
    # Long enough that no name at its end is cut where it can't be known any more.
    redactor = Redactor(pupils=session.scalars(sa.select(Pupil.name)), adults=(), find=_contacts)
    line = redactor.text(line[: WORDS_MAX * 5])
    return f"“{_shortened(line.replace(SOMEBODY, '…'))}”"


def _contacts(text: str) -> Iterator[str]:
    """The e-mail addresses and telephone numbers in a text, in use or not."""
    yield from _ADDRESS.findall(text)
    for number in _NUMBER.findall(text):
        if sum(character.isdigit() for character in number) >= _DIGITS_MIN:
            yield number


def short_time(moment: datetime | None) -> str:
    """Day and time in a few characters: "Fri 5 Jun 3:30pm"."""
    if moment is None:
        return "no time yet"
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b} {clock(moment)}"


def _shortened(line: str) -> str:
    if len(line) <= WORDS_MAX:
        return line
    cut = line[:WORDS_MAX].rpartition(" ")[0]
    if len(cut) < WORDS_MAX // 2:
        # One long word, or a script without spaces: not between a letter and what belongs to it.
        end = WORDS_MAX
        while end > 1 and (
            unicodedata.combining(line[end]) or line[end] in lines.OF_EMOJI or line[end - 1] in lines.OF_EMOJI
        ):
            end -= 1
        cut = line[:end]
    return f"{cut.rstrip(' ,;:–-')}…"
