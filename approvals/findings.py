"""What the product notices in a draft's words, for its author and its approver to look at (P14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.checks import TEXT_STORED_MAX

Score = Callable[[Sequence[str]], list[dict[str, float]]]
"""Scores texts as the classifier does comments: one dict of label to 0..1 for each."""

Flags = Callable[[str, Mapping[str, float]], Sequence[str]]
"""Why a comment with this text and these scores would be flagged, one sentence each."""

Unread = Callable[[str], str]
"""That the classifier can't read a text, in a sentence; empty where it can."""

Personal = Callable[[str], Sequence[str]]
"""The personal data in a text, one sentence each."""

SCORE_WORTH_SAYING = 0.3
ALL_CLEAR = "Nothing rude or hurtful was found in the wording."
EARLIER_ALL_CLEAR = "The classifier finds nothing rude or hurtful in the wording."
"""How submissions of before have it, as a "score"."""
_LINK = re.compile(r"https?://[^\s<>\"“”]{1,2000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the product noticed that the approver should look at; it stops nothing."""

    kind: str
    """"score", "language", "personal_data", "link" or "none"."""
    sentence: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "sentence": self.sentence}


def concerns(kept: Sequence[Mapping[str, Any]], *, said_of: Sequence[str]) -> list[Mapping[str, Any]]:
    """Of the kept findings those that are to be looked at; `said_of`: links of which more is known since."""
    known = tuple(f": {address}" for address in said_of)
    return [
        one
        for one in kept
        if one["kind"] != "none"
        and one["sentence"] != EARLIER_ALL_CLEAR
        and not (one["kind"] == "link" and one["sentence"].endswith(known))
    ]


def findings(
    texts: Sequence[str],
    *,
    link: str = "",
    score: Score | None = None,
    flags: Flags | None = None,
    unread: Unread = lambda text: "",
    personal: Personal = lambda text: (),
) -> list[Finding]:
    """What the product notices in a draft's texts (P14): scores, personal data, links. Stops nothing.

    `texts` are the wordings and descriptions; `flags`: the school's own rules for comments; `unread`: says
    what the classifier can't read; `personal`: what finds people's data in them. Runs the classifier: keep
    it out of transactions.
    """
    whole = [text for text in dict.fromkeys(text.strip() for text in texts) if text]
    found: list[Finding] = []
    if score is None:
        found.append(Finding("score", "The wording was not scored: the classifier was not at hand."))
    elif whole:
        worst: dict[str, float] = {}
        reasons: list[str] = []
        strange = [said for text in whole if (said := unread(text))]
        for text, scores in zip(whole, score(whole), strict=True):
            reasons += flags(text, scores) if flags else []
            for label, value in scores.items():
                worst[label] = max(worst.get(label, 0.0), value)
        if reasons:
            said = "; ".join(dict.fromkeys(reasons))
            found.append(Finding("score", f"As a comment this would be flagged: {said}."))
        high = sorted(((v, k) for k, v in worst.items() if v >= SCORE_WORTH_SAYING), reverse=True)
        if high:
            said = ", ".join(f"{label.replace('_', ' ')} {value:.0%}" for value, label in high)
            found.append(Finding("score", f"The wording reads as rude or hurtful: {said}."))
        elif not reasons and not strange:
            found.append(Finding("none", ALL_CLEAR))
        found += [Finding("language", said) for said in dict.fromkeys(strange)]
    joined = "\n".join(whole)[:TEXT_STORED_MAX]
    found += [Finding("personal_data", said) for said in personal(joined)]
    links = dict.fromkeys([*([link] if link else []), *_LINK.findall(joined)])
    found += [Finding("link", f"Open its link and look at the page: {address}") for address in links]
    return found
