"""A comment as plain English words, for the rules on threats and worries: spelling is undone first.

"gna sm4sh ur face in" and "I'm going to smash your face in" become one text, in small letters: short forms
and texting written out, signs for letters turned back where a word comes out that the rules look for, letters
set apart put together, strong words and "I swear" taken out, the end of a sentence a point of its own. Nobody
reads this text and no model scores it; a reason quotes it as what was read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from moderation.classifier.normalise import APART

_SHORT = {
    "i'm": "i am", "im": "i am", "ive": "i have", "id": "i would", "iv": "i have", "imma": "i am going to",
    "ima": "i am going to", "u": "you", "ya": "you", "yu": "you", "yous": "you", "ye": "you", "r": "are",
    "ur": "your", "yr": "your", "youre": "you are", "youll": "you will", "youve": "you have",
    "theyre": "they are", "theyll": "they will", "hes": "he is", "shes": "she is", "thats": "that is",
    "theres": "there is", "whats": "what is", "whos": "who is", "wheres": "where is", "it's": "it is",
    "its": "it is", "he's": "he is", "she's": "she is", "that's": "that is", "there's": "there is",
    "what's": "what is", "who's": "who is", "where's": "where is", "karma's": "karma is",
    "lad's": "lad has", "someone's": "someone is", "somebody's": "someone is", "someones": "someone is",
    "somebodys": "someone is", "somebody": "someone", "some1": "someone", "sum1": "someone",
    "every1": "everyone", "everybody": "everyone", "anybody": "anyone", "any1": "anyone", "no1": "no one",
    "nobody": "no one", "noone": "no one",
    "gonna": "going to", "gunna": "going to", "gna": "going to", "gon": "going to", "goin": "going",
    "wanna": "want to", "gotta": "got to", "lets": "let us", "let's": "let us",
    "dont": "do not", "wont": "will not", "won't": "will not", "cant": "can not", "can't": "can not",
    "cannot": "can not", "didnt": "did not", "doesnt": "does not", "isnt": "is not", "wasnt": "was not",
    "havent": "have not", "hasnt": "has not", "couldnt": "could not", "wouldnt": "would not",
    "shouldnt": "should not", "aint": "is not", "ain't": "is not",
    "thru": "through", "wiv": "with", "wit": "with", "n": "and", "&": "and", "an'": "and", "cos": "because",
    "coz": "because", "2nite": "tonight", "tonite": "tonight", "2night": "tonight", "tmrw": "tomorrow",
    "tmr": "tomorrow", "tomoz": "tomorrow", "2moro": "tomorrow", "2morrow": "tomorrow", "tomorow": "tomorrow",
    "tomo": "tomorrow", "skool": "school", "scool": "school", "skl": "school", "sch": "school", "wen": "when",
    "wot": "what", "wat": "what", "dat": "that", "da": "the", "dis": "this", "dey": "they", "m8": "mate",
    "m8s": "mates", "bk": "back", "teh": "the", "til": "till", "until": "till", "anymore": "any more",
    "nite": "night", "b4": "before", "ppl": "people", "luv": "love", "kno": "know", "gates": "gate",
    "motor": "car", "burnt": "burned", "pls": "please", "plz": "please", "rn": "right now",
}  # fmt: skip
"""How it is written to how it reads. "your" stands for "you are" as well: rules allow both."""
_ENDINGS = (("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("n't", " not"), ("'d", " would"))
_SAYS_NOTHING_TEXT = """
fuckin fucking fkin fkn effing freaking frigging bloody flipping sodding damn literally actually
honestly just proper really swear xx lol
"""
_SAYS_NOTHING = frozenset(_SAYS_NOTHING_TEXT.split())
# After these, "ill" is a state of health.
_UNWELL_TEXT = """
is was are were am be been being feel feels feeling felt very so too still both not really got get
getting fell fall taken when while quite seriously mentally terminally critically physically if the
an their his her your these who
"""
_UNWELL = frozenset(_UNWELL_TEXT.split())
_BEFORE_VERB = frozenset({"coming", "going", "want", "need", "trying", "got", "back", "like"})
_SIGNS = str.maketrans(
    {"4": "a", "@": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t"}
)
# What signs are turned back into; an ordinary word, so that "Y4" and "KS2" stay.
_SOUGHT_TEXT = """
alone back bat batter battered beat blade blow blown bomb bombs break brick burn burning car cut dead die
end face fire get getting going gonna gun guns gunna hammer head home house hurt i'll ill jump kill
knife know knows legs live lives machete merk merked murder office park petrol punch school shoot
shooting shot slap slash smash smashed snap stab stabbed stabbing strangle teacher teeth tell torch
up waiting watch where will windows you your
"""
_SOUGHT = frozenset(_SOUGHT_TEXT.split())
_JOINED_TO = 40
_TOKEN = re.compile(r"[.?;:]+|[^\s,.?;:\"“”()\[\]…]+")
_TIGHT = re.compile(r"(.)\1{2,}")
_MARKS = ".?!;:"


def plainly(text: str) -> str:
    """The text in plain words, single spaces between, each end of a sentence as " . "."""
    text = APART.sub(_joined, text.replace("’", "'").replace("‘", "'"))
    words: list[str] = []
    for found in _TOKEN.finditer(text):
        token = found.group()
        marks = not token.strip(_MARKS)
        word = "" if marks else _word_kept(token) if len(token) <= _KEPT_WORD else _word(token)
        # A point within a word or a number ends nothing.
        ends = token.endswith("!") or (marks and not text[found.end() : found.end() + 1].strip())
        before = words[-1].rpartition(" ")[2] if words else "."
        if word == "swear" and before == "i":
            words.pop()
        elif word in ("ill", "il"):
            words.append(word if before in _UNWELL else "i will")
        elif word == "2" and before in _BEFORE_VERB:
            words.append("to")
        elif word == "no" and before in ("i", "we"):
            words.append("know")
        elif word and word not in _SAYS_NOTHING:
            words.append(word)
        if ends and words and words[-1] != ".":
            words.append(".")
    return " ".join(words)


def _joined(found: re.Match[str]) -> str:
    """Letters set apart as words: "W A T C H" is one, "a b c" none."""
    joined = found.group().replace(found.group(1), "").lower()
    return (_all_sought(joined) if len(joined) <= _JOINED_TO else None) or found.group()


def _sought(word: str) -> bool:
    return word in _SOUGHT or word.translate(_SIGNS) in _SOUGHT


def _all_sought(letters: str) -> str | None:
    """The words that these letters are, one after the other."""
    if _sought(letters):
        return letters
    for cut in range(2, min(len(letters) - 1, 10)):
        if _sought(letters[:cut]) and (rest := _all_sought(letters[cut:])):
            return f"{letters[:cut]} {rest}"
    return None


def _word(token: str) -> str:
    bare = token.strip("'*_~-#!").lower()
    if token.isupper() or not bare:
        bare = bare or token.lower()
    else:
        # "kiII": a capital I for an l, which only capitals within a word can be.
        if "I" in token[1:]:
            bare = token.strip("'*_~-#!").replace("I", "l").lower()
    if bare in _SHORT:
        return _SHORT[bare]
    for ending, full in _ENDINGS:
        if bare.endswith(ending):
            return bare.removesuffix(ending) + full
    if bare.isalpha():
        if _TIGHT.search(bare):
            tight = _TIGHT.sub(r"\1", bare)
            return tight if tight in _SOUGHT else _TIGHT.sub(r"\1\1", bare)
        return bare
    if any(sign.isalpha() for sign in bare):
        turned = re.sub(r"[.*_~-]", "", token.lower().strip("'*_~-#")).translate(_SIGNS)
        if turned in _SOUGHT:
            return _SHORT.get(turned, turned)
        if turned.rstrip("i") in _SOUGHT and token.endswith("!"):
            return turned.rstrip("i")
    return bare


# Of most words it was asked before how they read.
_KEPT_WORD = 40
_word_kept = lru_cache(maxsize=4096)(_word)
