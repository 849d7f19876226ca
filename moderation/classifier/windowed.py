"""What every engine does alike, whatever runs the model: both readings of a comment, windows over long
ones and their passages, duplicates once, and batches of nearly equal length.
"""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from moderation.classifier.normalise import readings

WINDOW_TOKENS = 480
WINDOW_OVERLAP = 96
# What fits the model whole: its 512 places less the two marks at the ends.
WHOLE_TOKENS = 510
# A text of more windows than this (about 18,000 words) is read at both ends and at even distances between,
# so that a single enormous comment can't hold up everybody else's. `flags.flag` reports such a text as too
# long to read whole. Even to make it plain and cut it into word pieces takes seconds, so parts of it are
# taken before that.
MAX_WINDOWS = 48
_PART_CHARACTERS = 2_500
# A comment of more tokens is also read passage by passage: "I will kill you" amid friendly sentences scores
# next to nothing as a whole, since the model judges what all of it is like.
PASSAGES_FROM = 80
PASSAGE_TOKENS = 32
PASSAGE_OVERLAP = 8
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+")

Offsets = Sequence[tuple[int, int]]


class WindowedEngine(ABC):
    """Scores any number of texts of any length with a model that reads 512 word pieces at a time.

    Safe to call from several threads: they take turns batch by batch.
    """

    # A batch holds at most so many tokens after padding, whatever the number of texts: what a batch costs
    # is its longest text times its rows.
    batch_tokens = 4096
    # The same for rows times the longest text's tokens squared: the memory that attention takes.
    batch_attention = 16 * 512 * 512

    labels: tuple[str, ...]
    model_name: str

    def __init__(self) -> None:
        """Nothing is loaded here; the engines do that."""
        self._lock = threading.Lock()

    @abstractmethod
    def _offsets(self, texts: Sequence[str]) -> list[Offsets]:
        """For each text, where each of its word pieces begins and ends, marks left out."""

    @abstractmethod
    def _answer(self, batch: Sequence[str]) -> list[Sequence[float]]:
        """For each text of a batch that fits the model, its scores in the order of `labels`."""

    def _answers(self, batches: Sequence[Sequence[str]]) -> Iterable[list[Sequence[float]]]:
        """What `_answer` says of each batch, in their order."""
        for batch in batches:
            with self._lock:
                answer = self._answer(batch)
            yield answer

    def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Each text's scores, in order; the higher of the plain and the undisguised reading counts.

        Any string can be scored: an empty one gets zeros, a very long one is read in overlapping windows.
        What is longer than a few sentences is read a second time passage by passage; the worst one counts.
        """
        read = [readings(_readable(text)) for text in texts]
        scores = self._scores_of({reading for pair in read for reading in pair}, passages=True)
        return [
            {label: max(scores[first][label], scores[second][label]) for label in self.labels}
            for first, second in read
        ]

    def predict(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Each text's scores as the model alone gives them: nothing cleaned, nothing undisguised."""
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        scores = self._scores_of(set(clean), passages=False)
        return [dict(scores[text]) for text in clean]

    def _scores_of(self, texts: set[str], *, passages: bool) -> dict[str, dict[str, float]]:
        """Scores of each distinct text; the worst window (and passage) of a long text is the text's score."""
        windows: dict[str, list[str]] = {}
        lengths: dict[str, int] = {}
        ordered = sorted(texts)
        for start in range(0, len(ordered), 512):
            part = ordered[start : start + 512]
            for text, pieces in zip(part, self._windows(part, passages), strict=True):
                windows[text] = [piece for piece, _ in pieces]
                lengths.update(pieces)
        found = self._run(lengths)
        nothing = dict.fromkeys(self.labels, 0.0)
        result = {}
        for text in texts:
            parts = [found[piece] for piece in windows[text]]
            result[text] = (
                {label: max(p[label] for p in parts) for label in self.labels} if parts else nothing
            )
        return result

    def _windows(self, texts: Sequence[str], passages: bool) -> list[list[tuple[str, int]]]:
        """Each text cut into (piece, tokens) that fit the model; a short text is its own single piece."""
        with self._lock:
            encoded = self._offsets(texts)
        result = []
        for text, offsets in zip(texts, encoded, strict=True):
            if len(offsets) <= WHOLE_TOKENS:
                pieces = [(text, len(offsets) + 2)] if text.strip() else []
                windows = [offsets]
            else:
                starts = list(range(0, len(offsets) - WINDOW_OVERLAP, WINDOW_TOKENS - WINDOW_OVERLAP))
                if len(starts) > MAX_WINDOWS:
                    step = (len(starts) - 1) / (MAX_WINDOWS - 1)
                    starts = [starts[round(number * step)] for number in range(MAX_WINDOWS)]
                windows = [offsets[start : start + WINDOW_TOKENS] for start in starts]
                pieces = [_piece(text, window) for window in windows]
            if passages and len(offsets) > PASSAGES_FROM:
                pieces += [_piece(text, part) for window in windows for part in _passages(text, window)]
            result.append(pieces)
        return result

    def _run(self, lengths: dict[str, int]) -> dict[str, dict[str, float]]:
        """Scores of pieces that fit the model, in batches of nearly equal length, the longest first."""
        ordered = sorted(lengths, key=lambda piece: (lengths[piece], piece))
        batches: list[list[str]] = []
        start = 0
        while start < len(ordered):
            stop = start + 1
            while stop < len(ordered) and self._fits(stop + 1 - start, lengths[ordered[stop]]):
                stop += 1
            batches.append(ordered[start:stop])
            start = stop
        batches.reverse()
        found: dict[str, dict[str, float]] = {}
        for batch, answer in zip(batches, self._answers(batches), strict=True):
            for piece, scores in zip(batch, answer, strict=True):
                found[piece] = dict(zip(self.labels, map(float, scores), strict=True))
        return found

    def _fits(self, rows: int, longest: int) -> bool:
        return rows * longest <= self.batch_tokens and rows * longest**2 <= self.batch_attention


def _readable(text: str) -> str:
    """The text, or of an enormous one both its ends and parts at even distances between."""
    if len(text) <= MAX_WINDOWS * _PART_CHARACTERS:
        return text
    step = (len(text) - _PART_CHARACTERS) / (MAX_WINDOWS - 1)
    starts = [round(number * step) for number in range(MAX_WINDOWS)]
    return " ".join(text[start : start + _PART_CHARACTERS] for start in starts)


def _piece(text: str, tokens: Offsets) -> tuple[str, int]:
    return text[tokens[0][0] : tokens[-1][1]], len(tokens) + 2


def _passages(text: str, tokens: Offsets) -> Iterator[Offsets]:
    """Whole sentences, as many together as PASSAGE_TOKENS hold; a longer sentence in overlapping parts."""
    begins = [begin for begin, _ in tokens]
    ends = [found.end() for found in _SENTENCE_END.finditer(text, begins[0], tokens[-1][1])]
    start = 0
    stops = [*(bisect_right(begins, end - 1) for end in ends), len(tokens)]
    before = 0
    for stop in stops:
        if stop - start > PASSAGE_TOKENS:
            if before > start:
                yield tokens[start:before]
                start = before
            while stop - start > PASSAGE_TOKENS:
                yield tokens[start : start + PASSAGE_TOKENS]
                start += PASSAGE_TOKENS - PASSAGE_OVERLAP
        before = stop
    if start < len(tokens):
        yield tokens[start:]
