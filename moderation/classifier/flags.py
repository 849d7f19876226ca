"""Why a comment needs a person's eyes: scores over the thresholds, personal data, the school's words,
threats, safeguarding and spam. A pure function of the text and its scores, so that the log can say exactly
why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from moderation.classifier.groups import groups_marked, named_again, without_marks
from moderation.classifier.hate import (
    HATE_WORDS,
    REFERENCES,
    SLURS,
    TOLD_AS_UNKIND,
    TOLD_AS_VIEW,
    TOLD_OF_A_NAME,
    VIEWS,
)
from moderation.classifier.languages import TEXT_MOST, Found
from moderation.classifier.lexicon import ABUSIVE_ELSEWHERE, PLAINLY_ABUSIVE, VIOLENT
from moderation.classifier.normalise import readings, well_formed
from moderation.classifier.personal_data import (
    find_personal_data,
    names_anybody_of,
    names_who_lives_somewhere,
    says_where_a_child_lives,
)
from moderation.classifier.phrases import LINK, PHISHING, SAFEGUARDING, SHORTENERS, THREATS, TRUSTED
from moderation.classifier.plain_rules import RuleBook, found_by
from moderation.classifier.plainly import plainly
from moderation.classifier.sought import Sieve
from moderation.classifier.threats import DOES_SOMETHING, LONG_DEAD, SPOKEN_THREATS, TOLD_AS_NEWS
from moderation.classifier.worries import NO_WORRY, WORRIES

Kind = Literal["toxicity", "threat", "safeguarding", "personal_data", "word", "spam", "length", "language"]

# Chosen on comments as a primary school gets them, so that staff see most abuse and hardly a false alarm;
# friendly swearing stays clear. What they find in the public validation data stands in the model's
# MODEL_CARD.md.
DEFAULT_THRESHOLDS: dict[str, float] = {
    "toxicity": 0.60,
    "severe_toxicity": 0.70,
    "obscene": 0.90,
    "threat": 0.45,
    "insult": 0.50,
    "identity_attack": 0.55,
}

# Phrases are looked for in so many characters at each end of a text; longer ones are flagged for being so
# long.
READ_CHARACTERS = 40_000

LOCATES_PUPIL = "locates_pupil"
"""Label of personal data by which a stranger could find a child (P21)."""
LOCATES_SOMEBODY = "locates_somebody"
"""Label of personal data by which a stranger could find somebody who is in no register of ours."""
_WHERE = frozenset({"address", "postcode", "phone"})

LANGUAGE: Literal["language"] = "language"
"""Kind of the reason of a comment in a language that the model can't read: a person has to."""
_BETWEEN = re.compile(r"[\s.,!?;:…()\"“”„«»।؟،¡¿*/_–—-]+")

_SPOKEN_THREATS, _WORRIES = RuleBook(SPOKEN_THREATS), RuleBook(WORRIES)
_VIEWS, _REFERENCES, _SLURS = RuleBook(VIEWS), RuleBook(REFERENCES), RuleBook(SLURS)

_SAID = {
    "toxicity": "likely abusive",
    "severe_toxicity": "likely severely abusive",
    "obscene": "likely obscene",
    "threat": "likely a threat",
    "insult": "likely insulting",
    "identity_attack": "likely an attack on who somebody is",
}
_PHRASE_SAID = {
    "violence": "reads as a threat of violence",
    "stalking": "reads as a threat against a person",
    "self_harm": "speaks of self-harm or suicide",
    "disclosure": "may disclose that somebody is being harmed",
    "by_staff": "may say that somebody hurt or frightened a child at school",
    "contact": "may be an adult seeking contact with a child",
    "meeting": "may arrange to meet a child alone",
    "hateful_view": "reads as contempt for a group of people",
    "slur": "uses a hateful name for people",
}


@dataclass(frozen=True)
class Reason:
    """One reason why a comment was flagged, to be kept in the log.

    `kind` says which queue it concerns (threat and safeguarding go to DSL and SLT at once), `label` is the
    model's label or the sub-kind (phone, email, postcode, ...), `score` is from 0 to 1 (1 for an exact
    finding), `detail` is a short sentence for the reviewer. The detail of personal data quotes what was
    found, so it is never logged.
    """

    kind: Kind
    label: str
    score: float
    detail: str


def flag(
    text: str,
    scores: Mapping[str, float],
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS,
    words: Sequence[str] = (),
    names: Sequence[str] = (),
    pupils: Sequence[str] = (),
    unread: Found | None = None,
    ask_about_unread: bool = True,
) -> list[Reason]:
    """All reasons why this comment needs a person, worst first; an empty list when there are none.

    `text` is the comment as written, `scores` what the engine gave it, `thresholds` the score per label
    from which it flags (a label without one never flags), `words` the school's own words (whole words, any
    case, `*` at the end for any ending), `names` the register's full names of pupils and staff (P21),
    `pupils` those of them that are pupils', `unread` the language of the comment where the model can't read
    it, `ask_about_unread` whether that alone is a reason.
    """
    text = well_formed(text)
    reasons: list[Reason] = []
    if unread is not None and ask_about_unread:
        reasons.append(Reason(LANGUAGE, unread.code, 1.0, _unread_said(unread)))
    read = (
        text if len(text) <= 2 * READ_CHARACTERS else f"{text[:READ_CHARACTERS]}\n{text[-READ_CHARACTERS:]}"
    )
    if read is not text:
        reasons.append(
            Reason("length", "too_long", 1.0, f"{len(text):,} characters long: read its middle yourself")
        )
    both = list(dict.fromkeys(readings(read)))
    plain = plainly(both[-1])
    threats = _phrases("threat", both, _ruled(_SPOKEN_THREATS, plain, TOLD_AS_NEWS))
    if scores_count(text, unread):
        reasons += _scored(scores, thresholds, only_of_the_dead=not threats and _of_the_dead(plain))
    reasons += threats
    if unread is None or unread.partly:
        reasons += _hateful(both[-1], plain)
    reasons += _phrases("safeguarding", both, _ruled(_WORRIES, plain, NO_WORRY))
    personal = find_personal_data(read, tuple(names), tuple(pupils))
    reasons += [Reason("personal_data", one.kind, 1.0, f"{one.said}: {one.value}") for one in personal]
    if any(one.kind in _WHERE for one in personal):
        if names_anybody_of(read, tuple(pupils)):
            said = "names one of your pupils and says where to find or ring them"
            reasons.append(Reason("personal_data", LOCATES_PUPIL, 1.0, said))
        elif says_where_a_child_lives(read):
            said = "speaks of a child and says where to find or ring them"
            reasons.append(Reason("personal_data", LOCATES_PUPIL, 1.0, said))
        elif names_who_lives_somewhere(read):
            said = "names somebody, perhaps a child, and says where they live"
            reasons.append(Reason("personal_data", LOCATES_SOMEBODY, 1.0, said))
    reasons += _school_words(words, both)
    reasons += _spam(read)
    return sorted(dict.fromkeys(reasons), key=lambda reason: (-_weight(reason), reason.label, reason.detail))


def scores_count(text: str, unread: Found | None) -> bool:
    """Whether a model's scores say anything of this text: not of one that it can't read.

    They do where some of it is English, or one of its words is known to be abuse, in English or in the other
    language, or to speak of violence in English: then the score is more than the number that a stranger's
    letters happen to get. Of a long text only the beginning is known to be in the other language.
    """
    if unread is None or unread.partly or len(text) > TEXT_MOST:
        return True
    words = {word for reading in readings(text) for word in _BETWEEN.split(reading.lower())}
    return not words.isdisjoint(PLAINLY_ABUSIVE | ABUSIVE_ELSEWHERE | VIOLENT)


def _unread_said(unread: Found) -> str:
    whole = "partly in another language" if unread.partly else "in another language"
    name = f", probably {unread.name}" if unread.name else ""
    return f"{whole}{name}: nobody has read {'that part' if unread.partly else 'it'}"


def severity(reasons: Iterable[Reason]) -> float:
    """How urgent a flagged comment is, from 0 to 1, for sorting the worst first.

    Threats, safeguarding and what locates a pupil come before everything else; several reasons together
    weigh a little more than the heaviest alone.
    """
    weights = sorted((_weight(reason) for reason in reasons), reverse=True)
    if not weights:
        return 0.0
    more = 1.0 - 1.0 / (1.0 + 0.25 * sum(weights[1:4]))
    ceiling = 1.0 if weights[0] >= 0.9 else 0.89
    return round(min(ceiling, weights[0] + more * (ceiling - weights[0]) * 0.5), 4)


def _weight(reason: Reason) -> float:
    if reason.kind == "threat":
        return 0.93 + 0.07 * reason.score
    if reason.kind == "safeguarding":
        return 0.95
    if reason.label == LOCATES_PUPIL:
        return 0.94
    if reason.label == LOCATES_SOMEBODY:
        return 0.88
    if reason.kind == "toxicity":
        heavy = reason.label in ("severe_toxicity", "identity_attack")
        return (0.62 if heavy else 0.55) + 0.25 * reason.score
    return {"personal_data": 0.55, "word": 0.4, "spam": 0.3, "length": 0.35, "language": 0.2}[reason.kind]


def _scored(
    scores: Mapping[str, float], thresholds: Mapping[str, float], *, only_of_the_dead: bool
) -> list[Reason]:
    """What scores over its threshold. A threat that only speaks of somebody dead isn't urgent."""
    reasons = []
    for label, threshold in thresholds.items():
        score = scores.get(label, 0.0)
        if score >= threshold:
            kind: Kind = "threat" if label == "threat" and not only_of_the_dead else "toxicity"
            said = f"{_SAID.get(label, label.replace('_', ' '))} ({score:.0%} sure)"
            if label == "threat" and only_of_the_dead:
                said += ", but speaks of somebody who has long been dead"
            reasons.append(Reason(kind, label, round(score, 4), said))
    return reasons


def speaks_of_the_dead(text: str) -> bool:
    """Whether a text speaks of somebody long dead alone: what scores as a threat is none then."""
    both = readings(well_formed(text)[:READ_CHARACTERS])
    return _of_the_dead(plainly(both[-1]))


def _of_the_dead(plain: str) -> bool:
    return bool(LONG_DEAD.search(plain)) and DOES_SOMETHING.isdisjoint(plain.split())


class _Phrases:
    """The phrases of one kind, and which of them are worth looking for."""

    def __init__(self, phrases: Sequence[tuple[str, re.Pattern[str]]]) -> None:
        self.each = [
            # Letter by letter without regard to case takes twice as long. All are written in small letters.
            (label, pattern, re.compile(pattern.pattern))
            for label, pattern in phrases
        ]
        self.every = list(range(len(self.each)))
        self.sieve = Sieve(pattern for _, pattern in phrases)


@lru_cache(maxsize=2)
def _phrases_of(kind: Literal["threat", "safeguarding"]) -> _Phrases:
    return _Phrases(THREATS if kind == "threat" else SAFEGUARDING)


def _phrases(
    kind: Literal["threat", "safeguarding"], both: Sequence[str], ruled: Mapping[str, str]
) -> list[Reason]:
    """One reason for each label: the first phrase as it was written, else what a rule read in plain words."""
    known = _phrases_of(kind)
    # Of plain ASCII the small letters are as many, at the same places, so that it can be quoted as it was
    # written.
    searched = [(one, one.lower() if one.isascii() else "") for one in both]
    passing = {
        number for _, small in searched for number in (known.sieve.passing(small) if small else known.every)
    }
    said = dict(ruled)
    quoted = set()
    for number in sorted(passing):
        label, pattern, exact = known.each[number]
        if label in quoted:
            continue
        for reading, small in searched:
            found = exact.search(small) if small else pattern.search(reading)
            if found:
                said[label] = reading[found.start() : found.end()].strip()
                quoted.add(label)
                break
    return [
        Reason(kind, label, 1.0, f"{_PHRASE_SAID[label]}: “{words[:80]}”") for label, words in said.items()
    ]


def _ruled(book: RuleBook, plain: str, unless_after: re.Pattern[str]) -> dict[str, str]:
    """The first words that these rules find, by label."""
    return dict(reversed(list(found_by(book, plain, unless_after))))


_QUOTED = re.compile('"[^"]{1,400}"|“[^”]{1,400}”')


def _hateful(text: str, plain: str) -> list[Reason]:
    """Slurs and contempt for a group, at most one reason of each; none of what stands in quotation marks."""
    if HATE_WORDS.isdisjoint(plain.split()):
        return []
    said = _hate_in(plain)
    if said and (unquoted := _QUOTED.sub(" ", text)) != text:
        said = _hate_in(plainly(unquoted))
    return [
        Reason("toxicity", label, 1.0, f"{_PHRASE_SAID[label]}: “{words[:80]}”")
        for label, words in said.items()
    ]


def _hate_in(plain: str) -> dict[str, str]:
    marked = groups_marked(plain)
    said = _ruled(_REFERENCES, marked, TOLD_AS_UNKIND) | _ruled(_VIEWS, marked, TOLD_AS_VIEW)
    if marked != plain:
        said |= _ruled(_VIEWS, plain, TOLD_AS_VIEW)
        if (named := named_again(marked, TOLD_AS_UNKIND)) != marked:
            said = _ruled(_VIEWS, named, TOLD_AS_VIEW) | said
    said |= _ruled(_SLURS, plain, TOLD_OF_A_NAME)
    return {label: without_marks(words) for label, words in said.items()}


@lru_cache(maxsize=16)
def words_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds any of these words whole, in any case, a star at the end being any ending; None of none."""
    parts = []
    for word in words:
        bare = " ".join(word.split())
        if bare.strip("*"):
            ending = r"\w*" if bare.endswith("*") else ""
            parts.append(re.escape(bare.rstrip("*")).replace(r"\ ", r"\s+") + ending)
    if not parts:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(parts, key=len, reverse=True))})(?!\w)", re.IGNORECASE)


def _school_words(words: Sequence[str], both: Sequence[str]) -> list[Reason]:
    pattern = words_pattern(tuple(words))
    if pattern is None:
        return []
    found = {match.group().lower() for reading in both for match in pattern.finditer(reading)}
    return [
        Reason("word", "word", 1.0, f"contains “{word}”, a word that your school added")
        for word in sorted(found)
    ]


_LINKISH = re.compile(r"://|www\.|\.[\w-]", re.IGNORECASE)
"""What every link has in it."""


@lru_cache(maxsize=1)
def _lures() -> Sieve:
    return Sieve([PHISHING])


def _spam(text: str) -> list[Reason]:
    linked = _LINKISH.search(text)
    links = [match.group() for match in LINK.finditer(text)][:50] if linked else []
    foreign = [link for link in links if not TRUSTED.match(link)]
    shortened = SHORTENERS.search(text) if linked else None
    lure = None if text.isascii() and not _lures().passes(text.lower()) else PHISHING.search(text)
    if lure and (foreign or shortened):
        return [Reason("spam", "phishing", 0.9, "a link with the words of a scam: don't open it")]
    if shortened:
        return [Reason("spam", "link", 0.7, "a shortened link that hides where it leads")]
    if lure:
        return [Reason("spam", "phishing", 0.6, "reads like an advertisement or a scam")]
    if foreign:
        return [Reason("spam", "link", 0.5, "a link to a site that your school doesn't know")]
    return []
