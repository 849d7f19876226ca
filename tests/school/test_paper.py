"""The maker of PDFs: every script, nothing lost, the same bytes for the same input."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from PIL import Image
from pypdf import PdfReader

from school.paper import Letterhead, Paper
from school.paper_text import shown

WHEN = datetime(2027, 6, 3, 9, 40, tzinfo=UTC)


def paper() -> Paper:
    return Paper("Evidence", footer="Larkfield, entry 7", made_at=WHEN)


def words(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


def test_the_same_input_gives_the_same_bytes_in_another_process_too() -> None:
    """Else the hash of an evidence pack would mean nothing (P22)."""
    code = (
        "import hashlib\n"
        "from tests.school.test_paper import paper\n"
        "made = paper(); made.post(platform='x', name='Ann', below='', text='Zażółć یہ हिन्दी', foot='')\n"
        "made.attach('a.json', b'{}', 'application/json')\n"
        "print(hashlib.sha256(made.finish()).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Seán O’Connor-D'Arcy, Zażółć gęślą jaźń, Ünal, Ελένη, Иван", None),
        ("محمد علی کہتا ہے", None),
        ("யாழினி கண்ணன்", None),
        ("यह हिन्दी है", None),
        ("বাংলা ভাষা", None),
        ("fun \U0001f600 ❤️", "fun \U0001f600 ❤"),
        ("a \U0001f984 and \U0001f44d\U0001f3fd", "a [unicorn] and [thumbs up medium skin tone]"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "[family man woman girl]"),
        ("你好", "[U+4F60][U+597D]"),
        ("a\u202eb\u0007c\ue000\r\nd\te", "a[U+202E]b[U+0007]c[U+E000]\nd    e"),
    ],
)
def test_what_has_no_letter_is_named_and_nothing_is_lost(text: str, said: str | None) -> None:
    assert paper().shown(text) == (text if said is None else said)


def test_names_of_many_languages_can_be_read_out_of_the_file() -> None:
    made = paper()
    for text in ("Seán O’Connor-D'Arcy", "Zażółć gęślą jaźń", "Łukasz [unicorn]"):
        made.text(text)
    read = words(made.finish())
    assert "Seán O’Connor-D'Arcy" in read and "Zażółć gęślą jaźń" in read and "Łukasz [unicorn]" in read


def test_urdu_is_written_in_one_font_so_that_its_letters_join() -> None:
    known = paper()._sheets.fonts
    arabic = set("محمد علی کہتا ہے") - {" "}
    assert all(ord(letter) in known["arabic"].cmap for letter in arabic)
    assert not any(ord(letter) in known["body"].cmap for letter in arabic)


def test_long_texts_and_cells_go_on_over_pages_which_are_numbered() -> None:
    made = paper()
    made.letterhead(Letterhead("Larkfield Primary School", ("12 Lark Lane",)))
    made.post(
        platform="facebook", name="\U0001f984", below="", text="line\n" * 120 + "a" * 3000, foot="the end"
    )
    made.table(("Who", "What"), [("W" * 2000, "first\n" + "x\n" * 300 + "last")], widths=(10, 90))
    made.facts([("Link", "https://example.test/" + "b" * 2000), ("Empty", "")])
    made.bars("Posts", [("One", 3), ("None", 0)])
    file = made.finish()
    read = words(file)
    count = len(PdfReader(io.BytesIO(file)).pages)
    assert count > 5 and f"Page {count} of {count}" in read and f"Page 1 of {count}" in read
    assert "last" in read and read.count("W") >= 2000 and "Empty" not in read


def test_pictures_are_drawn_and_broken_ones_said_to_be_broken() -> None:
    made, kept = paper(), io.BytesIO()
    Image.new("RGBA", (40, 5000), "red").save(kept, "PNG")
    made.picture(kept.getvalue(), "The screenshot.")
    made.picture(b"no picture", "Another.")
    read = PdfReader(io.BytesIO(made.finish()))
    assert sum(len(page.images) for page in read.pages) == 1
    assert "Another. It can't be drawn" in words(made.finish())


def test_attachments_are_in_the_file() -> None:
    made = paper()
    made.attach("entry.json", b'{"a": 1}', "application/json")
    assert PdfReader(io.BytesIO(made.finish())).attachments["entry.json"] == [b'{"a": 1}']


def test_a_line_break_is_what_any_machine_makes_one() -> None:
    assert shown("a\r\nb\rc", {ord(letter) for letter in "abc"}) == "a\nb\nc"
