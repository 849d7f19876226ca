from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator

import pytest

from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.streaming import (
    BATCH_LINES,
    BadLine,
    Form,
    Line,
    Result,
    classify_stream,
    parse_lines,
    read_lines,
)


def texts(lines: Iterable[bytes], form: Form = "auto") -> list[str | tuple[int, str]]:
    return [
        entry.text if isinstance(entry, Line) else (entry.number, entry.problem)
        for entry in parse_lines(lines, form)
    ]


def test_text_lines_are_comments_and_blank_ones_are_empty_comments() -> None:
    assert texts([b"one\r\n", b"\n", b"two"]) == ["one", "", "two"]


def test_json_lines_are_recognised_and_blank_lines_skipped() -> None:
    assert texts([b"\n", b'{"id": 1, "text": "one"}\n', b"\n", b'{"text": "two"}']) == ["one", "two"]


def test_a_bad_first_line_does_not_make_json_lines_text() -> None:
    found = texts([b"garbage\n", b'{"text": "one"}\n'])
    assert found[1:] == ["one"]
    assert found[0] == (1, "the line is not JSON: Expecting value")


def test_a_comment_that_begins_with_a_bracket_is_text() -> None:
    assert texts([b"{hello} everybody\n", b"bye\n"]) == ["{hello} everybody", "bye"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"text": "cut o', "not JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"id": 4}', "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": 5}', "no text"),
        (b'{"text": "\xff"}', "byte 11 of the line is not UTF-8"),
        (b'{"text": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"text": "a", "n": ' + b"1" * 5000 + b"}", "not JSON"),
    ],
)
def test_a_bad_line_is_reported_by_its_number_and_stops_nothing(line: bytes, problem: str) -> None:
    good = b'{"id": "a", "text": "fine"}\n'
    found = texts([good, line + b"\n", good])
    assert found[0] == found[2] == "fine"
    number, said = found[1]
    assert number == 2
    assert problem in str(said)


def test_a_line_without_end_is_cut_and_reported() -> None:
    stream = io.BytesIO(b"short\n" + b"x" * 5000 + b"\nafter\n" + b"y" * 5000)
    lines = list(read_lines(stream, limit=1000))
    assert all(len(line) <= 1001 for line in lines)
    found = list(parse_lines(lines, "text", limit=1000))
    assert [type(entry) for entry in found] == [Line, BadLine, Line, BadLine]


def test_a_byte_order_mark_and_halves_of_characters_are_read() -> None:
    assert texts([b'\xef\xbb\xbf{"text": "a\\ud83d"}\n']) == ["a\ud83d"]


def test_results_keep_order_ids_and_places_of_bad_lines(engine: DetoxifyEngine) -> None:
    lines = [
        b'{"id": "x1", "text": "Thank you, lovely day"}\n',
        b"nonsense\n",
        b'{"id": 7, "text": "you stupid fucking idiot"}\n',
        b'{"text": "ring me on 07911 123456"}\n',
        b'{"id": null, "text": ""}\n',
    ]
    found = list(classify_stream(lines, engine))
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    assert isinstance(found[1], BadLine)
    results = [entry for entry in found if isinstance(entry, Result)]
    assert [entry.id for entry in results] == ["x1", 7, 4, None]
    assert [entry.flagged for entry in results] == [False, True, True, False]
    document = json.loads(json.dumps(results[2].as_json()))
    assert set(document) == {"id", "scores", "flagged", "reasons"}
    assert document["reasons"][0]["kind"] == "personal_data"
    assert all(0 <= score <= 1 for score in document["scores"].values())


def test_the_words_that_carried_the_score_come_with_what_a_score_flagged(engine: DetoxifyEngine) -> None:
    lines = [b"Thank you all", b"What a stupid fucking idiot", b"ring me on 07911 123456"]
    found = classify_stream(lines, engine, explained=True)
    clear, abuse, number = (entry.as_json() for entry in found if isinstance(entry, Result))
    assert clear["words"] == number["words"] == []
    assert set(abuse) == {"id", "scores", "flagged", "reasons", "words"}
    heaviest = max(abuse["words"], key=lambda word: word["weight"])
    assert heaviest["word"] in ("stupid", "fucking", "idiot")
    assert lines[1][heaviest["start"] : heaviest["end"]].decode() == heaviest["word"]


def test_no_more_than_a_batch_is_read_ahead(engine: DetoxifyEngine) -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"hello\n"

    found = classify_stream(lines(), engine)
    for _ in range(3):
        next(found)
    assert taken <= BATCH_LINES


def test_the_schools_thresholds_words_and_names_decide(engine: DetoxifyEngine) -> None:
    lines = [b"Oliver Bennett is a snitch"]
    (plain,) = classify_stream(lines, engine, thresholds={})
    (known,) = classify_stream(lines, engine, thresholds={}, words=["snitch"], names=["Oliver Bennett"])
    assert isinstance(plain, Result) and isinstance(known, Result)
    assert not plain.flagged
    assert {reason.kind for reason in known.reasons} == {"word", "personal_data"}


def test_an_empty_input_gives_nothing(engine: DetoxifyEngine) -> None:
    assert list(classify_stream([], engine)) == []
