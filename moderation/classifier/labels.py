"""The six things that the model scores, in the order of its outputs (Detoxify's names)."""

from __future__ import annotations

LABELS: tuple[str, ...] = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
