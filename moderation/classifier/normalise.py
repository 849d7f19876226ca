"""What the model reads: the comment made plain, and a second reading with disguises taken off.

The comment itself is never changed; it stays in the log as evidence. `prepare` is the light cleaning that
the model was trained with. `undisguise` is a second reading for those who write around a filter (look-alike
letters, invisible characters, s p a c e d or d.o.t.t.e.d words, l33t, repeeeated letters, st*rs, letters
swapped or dropped, words run together); the
engine scores both readings and the higher score counts. The second reading is only made where it is safe:
ordinary words, place names and people's names pass through unchanged.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import emoji

from moderation.classifier.lexicon import DISGUISED, JOINING, MASKED, PLAINLY_ABUSIVE, WHOLE
from moderation.classifier.spelling import respelt, respelt_in_context

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.@])@\w{1,50}")
_ADDRESS = re.compile(r"^(?:\s*@user\b[\s:,]*)+(?=\S)")
"""To whom it is said: every answer on X begins so. Read with it, the same insult scores much lower."""
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def well_formed(text: str) -> str:
    """The text without broken halves of characters (lone surrogates), which no encoder accepts."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _named(symbol: str, data: dict[str, str]) -> str:
    return " " + data["en"].strip(":").replace("_", " ") + " "


def prepare(text: str) -> str:
    """The comment as the model reads it: entities resolved, links out, handles as @user (none at its
    beginning, where they only say to whom it is said), emoji named in words.
    """
    text = _CONTROL.sub(" ", well_formed(text))
    if "&" in text:
        text = html.unescape(text)
    text = _URL.sub(" ", text)
    text = _ADDRESS.sub("", _MENTION.sub("@user", text))
    return _SPACES.sub(" ", without_emoji(text, _named)).strip()


_OF_EMOJI = frozenset(
    sign for one in emoji.EMOJI_DATA for sign in one if not sign.isascii()
) | {"\ufe0e", "\ufe0f"}  # fmt: skip
"""Each emoji has one of these in it; the last two say how the sign before them is drawn."""


def without_emoji(text: str, instead: str | Callable[[str, dict[str, str]], str]) -> str:
    """The text with this in the place of each emoji, or with what it makes of the emoji and its data."""
    # A text of curly quotes and accents only is not gone through letter by letter.
    if text.isascii() or _OF_EMOJI.isdisjoint(text):
        return text
    return emoji.replace_emoji(text, replace=instead)


def readings(text: str) -> tuple[str, str]:
    """The comment as the model reads it, and as it reads it with every disguise taken off."""
    return _readings_kept(text) if len(text) <= _KEPT_CHARACTERS else _readings(text)


def _readings(text: str) -> tuple[str, str]:
    plain = prepare(text)
    unmasked = _unmasked(text)
    return plain, undisguise(plain if unmasked == text else prepare(unmasked))


# The model and the rules read the same texts, some batches after each other.
_KEPT_CHARACTERS = 4_000
_readings_kept = lru_cache(maxsize=512)(_readings)


# Letters of other scripts and symbols that pass for a Latin letter at a glance. Written as pairs of what
# stands for which letter; full-width, circled and mathematical letters are resolved by Unicode's own
# compatibility forms.
_LOOK_ALIKES = {
    "a": "аɑαạӓǎⲁ", "b": "ьƅвβᏏ", "c": "сϲᴄⅽ¢", "d": "ԁɗժ", "e": "еєҽεëêⅇ", "f": "ƒϝք", "g": "ɡցǥ",
    "h": "һհнℎ", "i": "іıɩιíìîïӏ¡", "j": "јϳ", "k": "кκĸқ", "l": "ⅼǀℓŀłｌ", "m": "мⅿ", "n": "пոηռñ",
    "o": "оοσօөøθ", "p": "рρԗ", "q": "ԛգ", "r": "гɾᴦ", "s": "ѕʂꜱ", "t": "тτţ", "u": "υսʋцμ", "v": "ѵνⅴ",
    "w": "ѡωшԝ", "x": "хχ×", "y": "уγүўÿ", "z": "ᴢʐż",
    "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "D": "Ꭰ", "E": "ЕΕᎬ",
    "F": "Ϝ", "G": "Ԍ", "H": "НΗᎻ", "I": "ІΙ",
    "J": "ЈᎫ", "K": "КΚᏦ", "L": "Ꮮ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟ", "P": "РΡᏢ", "R": "Ꭱ",
    "S": "ЅᏚ", "T": "ТΤᎢ", "V": "Ѵ",
    "X": "ХΧ", "Y": "УΥ", "Z": "ΖᏃ",
}  # fmt: skip
_PLAIN = {ord(other): letter for letter, others in _LOOK_ALIKES.items() for other in others}
# Small capitals, and white letters on black, which Unicode's compatibility forms leave as they are.
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ"
_PLAIN |= dict(zip(map(ord, _SMALL_CAPITALS), "abcdefghijklmnopqrstuvwyz", strict=True))
_PLAIN |= {first + n: chr(97 + n) for first in (0x1F150, 0x1F170) for n in range(26)}
# What a reader sees from right to left.
_REVERSED = re.compile("[\u202e\u2067]([^\u202c\u2069\n]{1,2000})(?:[\u202c\u2069]|$)")
_LEET = {
    "4": "a", "@": "a", "8": "b", "(": "c", "3": "e", "€": "ec", "6": "g", "9": "g",
    "#": "h", "1": "il",
    "!": "il", "|": "il", "0": "o", "5": "s", "$": "s", "7": "t", "+": "t",
    "2": "z", "v": "vu", "*": None, "%": None,
}  # fmt: skip
_WORD = re.compile(r"\S+")
_BEFORE, _BEHIND = "\"'“”‘’([{<.,;:?", "\"'“”‘’)]}>.,;:?!"
"""Marks that stand around a word."""
# Three or more single letters, each set apart from the next by the same spacing.
_SIGN = r"(?:[^\W\d_]|[0-9$@!*])"
APART = re.compile(rf"(?<![^\s\"'(]){_SIGN}(?:([ .\-_*·~/|]{{1,3}}){_SIGN})(?:\1{_SIGN})+(?![^\s\"').,!?])")
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
# Plainly abusive words with one space in them, where neither half is a word.
_HALVES = {"bit", "fag", "got", "itch", "his", "ash", "as", "hole", "wan", "tar"}
_IN_TWO = {
    f"{word[:cut]} {word[cut:]}": word
    for word in ("fuck", "fucking", "cunt", "bitch", "wanker", "nigger", "faggot", "bastard", "idiot")
    for cut in range(1, len(word))
    if word[cut:] not in _HALVES and word[:cut] not in _HALVES | {"a", "i"}
}
_SPLIT = re.compile(rf"\b(?:{'|'.join(sorted(_IN_TWO))})\b", re.IGNORECASE)
_JOINTS = re.compile(r"[-_*·~|]+")
# Too short or too ordinary to be read out of a word with a hyphen or a digit in it.
_SHORT = frozenset(
    {
        "ass",
        "bum",
        "cock",
        "cow",
        "dead",
        "die",
        "fag",
        "fat",
        "git",
        "hell",
        "sex",
        "tit",
        "wog",
        "knob",
        "thick",
    }
)


def undisguise(text: str) -> str:
    """A second reading of a prepared comment with disguises taken off; the same text when there are none.

    Undone: invisible and direction characters, look-alike letters inside Latin words, letters set apart,
    digits and symbols for letters, starred, stretched and joined words. All but the first two only where
    a word comes out that people are known to disguise, so "Scunthorpe", "10am", "Y4" or "sooo proud" read
    as they were written.
    """
    if not text.isascii():
        text = _visible(text)
    text = APART.sub(_together, text)
    text = _SPLIT.sub(lambda found: _IN_TWO[found.group().lower()], text)
    read = [_word_kept(word) if len(word) <= _KEPT_WORD else _word(word) for word in text.split()]
    return respelt_in_context(_SPACES.sub(" ", " ".join(read)).strip())


def _unmasked(text: str) -> str:
    """The text with the signs that `prepare` would read as something else taken for the letters they stand
    for: an emoji within a word ("st🐷pid"), an at sign at its beginning ("@rsehole"). Only where one of the
    known words comes out.
    """
    text = well_formed(text)
    if "@" in text:
        text = _MENTION.sub(lambda found: _read(found.group().lower()) or found.group(), text)
    if text.isascii():
        return text
    return _WORD.sub(lambda found: _without_emoji(found.group()), text)


# Of most words it was asked before what they are.
_KEPT_WORD = 40


def _core(word: str) -> str:
    return word.lstrip(_BEFORE).rstrip(_BEHIND)


def _without_emoji(word: str) -> str:
    if word.isascii() or len(word) > 60:
        return word
    lettered = word.translate(_PLAIN).replace("\ufe0f", "")
    core = _core(without_emoji(lettered, "*"))
    if core == word or not any(sign.isalpha() for sign in core):
        return word
    return _read(core.lower()) or word


def _visible(text: str) -> str:
    """The text without invisible characters, with compatibility forms and look-alikes as plain letters."""
    text = _REVERSED.sub(_turned, text)
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    kept = unicodedata.normalize("NFKC", kept)
    return _WORD.sub(lambda found: _plain_word(found.group()), kept)


def _turned(found: re.Match[str]) -> str:
    """What is shown from right to left as a reader sees it, if that is how it was meant."""
    seen = found.group(1)[::-1]
    return seen if DISGUISED.intersection(seen.lower().split()) else found.group()


def _plain_word(word: str) -> str:
    """The word in Latin letters if it mixes scripts or hides one of the known words; real foreign words
    stay.
    """
    if word.isascii():
        return word
    plain = word.translate(_PLAIN)
    if plain == word:
        return word
    mixed = any("a" <= c.lower() <= "z" for c in word)
    return plain if mixed or _core(plain).lower() in DISGUISED else word


def _together(found: re.Match[str]) -> str:
    """Letters set apart, put together; a known word at either end of a longer run stands apart again."""
    joined = "".join(found.group().split(found.group(1))) if found.group(1) else found.group()
    word = _read(joined.lower()) if len(joined) < 40 else None
    if word:
        return word
    for cut in range(min(len(joined) - 1, 15), 1, -1):
        tail = _read(joined[-cut:].lower())
        rest = joined[:-cut].lower()
        if tail and (len(tail) > 3 or rest in ("a", "u", "ur", "fat", "old")):
            return f"{joined[:-cut]} {tail}"
        head = _read(joined[:cut].lower())
        if head and len(head) > 3:
            return f"{head} {joined[cut:]}"
    return found.group()


def _word(word: str) -> str:
    """The word with one disguise taken off, or as it stands when no known word comes out."""
    core = _core(word)
    bare = core.lstrip("#").lower()
    if bare.isalpha() and bare.isascii():
        plain = MASKED.get(bare) or _apart(bare) or (None if _RUN.search(bare) else respelt(bare))
        if plain:
            return word.replace(core, plain)
        if not _RUN.search(bare):
            return word
    if len(core) < 3 or core.isdigit():
        return word
    read = _read(core.lower())
    return word.replace(core, read) if read and read != core.lower() else word


_word_kept = lru_cache(maxsize=8192)(_word)


@lru_cache(maxsize=1024)
def _apart(word: str) -> str | None:
    """The words that this one was joined of, where all of it is words and one of them plainly abusive.

    Not by the rule for long runs (`spelling.respelt`), which knows every common word: by that one, with two
    words allowed, 121 of 12,164 validation texts read otherwise, "pedo phil i a" and "stupid est" among them.
    Without this rule, 11 such texts keep their "fuckoff" and "dumbfuck".
    """
    if not 6 <= len(word) <= 40 or word in WHOLE or word in DISGUISED:
        return None
    # For each place: the fewest words that lead there, and whether an abusive one is among them.
    best: list[tuple[int, bool, list[str]] | None] = [(0, False, []), *[None] * len(word)]
    for start in range(len(word)):
        here = best[start]
        if here is None:
            continue
        for end in range(start + 1, min(len(word), start + 12) + 1):
            piece = word[start:end]
            abusive = piece in PLAINLY_ABUSIVE
            if not abusive and piece not in JOINING:
                continue
            found = (here[0] + 1, here[1] or abusive, [*here[2], piece])
            there = best[end]
            if there is None or (not found[1], found[0]) < (not there[1], there[0]):
                best[end] = found
    end_of_all = best[-1]
    return " ".join(end_of_all[2]) if end_of_all and end_of_all[1] and end_of_all[0] > 1 else None


@lru_cache(maxsize=1024)
def _read(word: str) -> str | None:
    """The known word that this one stands for, if any."""
    if word in MASKED:
        return MASKED[word]
    if word in DISGUISED:
        return word
    if len(word) > 200:
        return None
    joined = _JOINTS.sub("", word)
    # The whole of it has to be the known word: "sh-it" is one, "die-hard" is not.
    for candidate in dict.fromkeys((joined, word)):
        for stretched in dict.fromkeys((candidate, _RUN.sub(r"\1\1", candidate), _RUN.sub(r"\1", candidate))):
            if stretched != word and stretched in DISGUISED and not (joined != word and stretched in _SHORT):
                return stretched
            if not stretched.isalpha():
                read = _unleet(stretched)
                if read:
                    return read
    return None


def _unleet(word: str) -> str | None:
    """The known word whose letters these digits, symbols and stars stand for.

    Two letters at least must be there in plain, and the word must be as long as what was written, so that
    class names, times and prices never turn into words.
    """
    if len(word) > 15 or len(word) < 3:
        return None
    letters = sum(c.isalpha() for c in word)
    stars = sum(c in "*%#" for c in word)
    if letters < 2 or stars > len(word) - 2:
        return None
    # "c0ck" and "f@t" are nothing else; "d1e" may be a class and "h*ll" says less than it hides.
    short = not stars and (len(word) > 3 or any(sign in "@!$" for sign in word))
    known: str
    for known in (*_BY_LENGTH.get(len(word), ()), *(_SHORT_BY_LENGTH.get(len(word), ()) if short else ())):
        if all(
            _stands_for(sign, letter, place)
            for place, (sign, letter) in enumerate(zip(word, known, strict=True))
        ):
            return MASKED.get(known, known)
    return None


def _stands_for(sign: str, letter: str, place: int) -> bool:
    if sign == letter:
        return True
    if sign in "*%#" and place:
        return True
    stands = _LEET.get(sign)
    return bool(stands) and letter in (stands or "")


_BY_LENGTH: dict[int, list[str]] = {}
_SHORT_BY_LENGTH: dict[int, list[str]] = {}
for _short_word in sorted(DISGUISED & _SHORT):
    _SHORT_BY_LENGTH.setdefault(len(_short_word), []).append(_short_word)
for _known_word in sorted((DISGUISED - _SHORT) | {key for key in MASKED if key.isalpha() and len(key) > 4}):
    _BY_LENGTH.setdefault(len(_known_word), []).append(_known_word)
