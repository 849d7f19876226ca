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
from school.paper_text import families, shown

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
        ("ਗੁਰਪ੍ਰੀਤ ਕੌਰ, પ્રિયા પટેલ", None),
        ("李小龙 陳大文 佢哋, 山田さくら, 김민준", None),
        ("שלום 𝓑𝓪𝓭 ⓐ", None),
        ("🤬 you", "[face with symbols on mouth] you"),
        ("fun \U0001f600 ❤️", "fun \U0001f600 ❤"),
        ("a \U0001f984 and \U0001f44d\U0001f3fd", "a [unicorn] and [thumbs up medium skin tone]"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "[family man woman girl]"),
        ("𠮷ꦗ", "[U+20BB7][U+A997]"),
        ("a\u202eb\u0007c\ue000\r\nd\te", "a[U+202E]b[U+0007]c[U+E000]\nd    e"),
    ],
)
def test_what_has_no_letter_is_named_and_nothing_is_lost(text: str, said: str | None) -> None:
    assert paper().shown(text) == (text if said is None else said)


def test_names_of_many_languages_can_be_read_out_of_the_file() -> None:
    made, names = paper(), ("Seán O’Connor-D'Arcy", "Zażółć gęślą jaźń", "Łukasz [unicorn]", "李小龙 김민준")
    for name in names:
        made.text(name)
    # What follows a name in other letters is drawn in its own again.
    made.bars("Posts", [("李小龙", 37), ("Ann", 5)])
    read = words(made.finish())
    assert all(name in read for name in names)
    assert "37" in read and "Ann" in read


def test_a_line_from_the_right_is_one_whatever_the_line_before_was() -> None:
    """The number that ends it stands at its left, so it is drawn first."""
    made = paper()
    made.text("you\nשלום 42")
    read = words(made.finish())
    assert read.index("you") < read.index("42") < min(read.index(letter) for letter in "שלום")


def test_a_paper_reads_no_font_that_it_does_not_need_and_the_order_of_words_changes_none() -> None:
    plain, one, other = paper(), paper(), paper()
    plain.text("Ann")
    assert set(plain._sheets.fonts) == {"body", "bodyB"}
    for text in ("李", "अ", "م"):
        one.text(text)
    for text in ("م", "अ", "李"):
        other.text(text)
    in_order = ["arabic", "devanagari", "han"]
    assert one._sheets._fallback_font_ids == other._sheets._fallback_font_ids == in_order


def test_words_in_urdu_are_written_in_one_font_so_that_their_letters_join() -> None:
    assert {families()[ord(letter)] for letter in "محمدعلیکہتاہے"} == {"arabic"}


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
