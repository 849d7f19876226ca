"""What a training run reads at each step: all texts' word pieces in one table, batches cut out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from moderation.classifier.training_data import Example, Settings, disguised_some


class Texts:
    """The word pieces of all texts of a run, on the device that trains, with each epoch's own disguises.

    `lengths`: per epoch, the number of word pieces of each example's text; last, after those of all epochs,
    those of the texts as they are.
    """

    def __init__(self, examples: Sequence[Example], tokenizer: Any, settings: Settings, device: str) -> None:
        import torch

        self.lengths: list[np.ndarray] = []
        self._device = device
        self._starts: list[Any] = []
        cut: list[np.ndarray] = []
        stored: dict[str, tuple[int, int]] = {}
        size = 0
        for epoch in range(settings.epochs + 1):
            plain = epoch == settings.epochs
            texts = [e.text for e in examples] if plain else disguised_some(examples, settings, epoch)
            new = [text for text in dict.fromkeys(texts) if text not in stored]
            pieces = (
                tokenizer(
                    new,
                    truncation=True,
                    max_length=settings.max_tokens,
                    return_attention_mask=False,
                    return_token_type_ids=False,
                )["input_ids"]
                if new
                else []
            )
            for text, ids in zip(new, pieces, strict=True):
                stored[text] = (size, len(ids))
                size += len(ids)
                cut.append(np.array(ids, dtype=np.int64))
            places = np.array([stored[text] for text in texts], dtype=np.int64)
            self._starts.append(torch.from_numpy(places[:, 0].copy()).to(device))
            self.lengths.append(places[:, 1].copy())
        self._pieces = torch.from_numpy(np.concatenate(cut)).to(device)

    def batch(self, epoch: int, group: np.ndarray) -> tuple[Any, Any]:
        """(word pieces, which of them are text): the examples of `group`, padded to the longest."""
        import torch

        lengths = self.lengths[epoch][group]
        chosen = torch.from_numpy(group).to(self._device)
        along = torch.arange(int(lengths.max()), device=self._device)
        mask = along < torch.from_numpy(lengths).to(self._device)[:, None]
        places = self._starts[epoch][chosen][:, None] + along
        ids = self._pieces[places.clamp(max=len(self._pieces) - 1)] * mask
        return ids, mask.long()


def batches(lengths: np.ndarray, settings: Settings, epoch: int) -> Iterator[np.ndarray]:
    """Indexes of texts of nearly equal length, about `batch_tokens` tokens each, in the seed's order."""
    rng = np.random.default_rng([settings.seed, epoch])
    order = np.argsort(lengths + rng.random(len(lengths)) * 2.0, kind="stable")
    groups, start = [], 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[order[stop]] * (stop + 1 - start) <= settings.batch_tokens:
            if stop - start >= settings.batch_tokens // 16:
                break
            stop += 1
        groups.append(order[start:stop])
        start = stop
    yield from (groups[place] for place in rng.permutation(len(groups)))


def teachers_scores(teachers: Sequence[Any], texts: Texts, settings: Settings) -> Any:
    """The mean of the teachers' scores for each example's text as it is (examples × labels).

    `teachers`: models with the run's own word pieces, on the run's device.
    """
    import torch

    plain = settings.epochs
    lengths = texts.lengths[plain]
    total: Any = None
    with torch.no_grad():
        for teacher in teachers:
            teacher.eval()
            for group in batches(lengths, settings, plain):
                ids, mask = texts.batch(plain, group)
                with torch.autocast(ids.device.type, dtype=torch.bfloat16):
                    logits = teacher(input_ids=ids, attention_mask=mask).logits
                scores = torch.sigmoid(logits.float()) / len(teachers)
                if total is None:
                    total = torch.zeros((len(lengths), scores.shape[1]), device=ids.device)
                total[torch.from_numpy(group).to(ids.device)] += scores
    return total
