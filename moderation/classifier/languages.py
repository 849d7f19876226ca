"""Which language a comment is in, guessed without a network: only to measure the classifier by language."""

from __future__ import annotations

import re
from collections.abc import Callable

UNSURE = "unsure"
"""The answer for what is too short, mixed, or in no language that is known here."""

# Languages that are spoken at home by many families of British schools; with all the world's to choose from,
# "lol thx" would be Somali.
LANGUAGES = (
    "ar", "bn", "cy", "de", "en", "es", "fa", "fr", "gu", "hi", "it", "lt", "pa", "pl", "pt", "ro", "ru",
    "so", "ta", "tr", "uk", "ur", "zh",
)  # fmt: skip
_SURE = 0.8
_LEAST_LETTERS = 3
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|\d+")
_LETTER = re.compile(r"[^\W\d_]")


def language_guesser() -> Callable[[str], str]:
    """A function from a text to its language's two letters (ISO 639-1), or `unsure`.

    Loading takes some 100 MB and a second or two, so only what needs guesses pays for it.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))

    def guess(text: str) -> str:
        words = _NO_WORDS.sub(" ", text[:2000]).encode("utf-8", "ignore").decode("utf-8")
        if len(_LETTER.findall(words)) < _LEAST_LETTERS:
            return UNSURE
        language, probability = identifier.classify(words)
        return str(language) if probability >= _SURE else UNSURE

    return guess
