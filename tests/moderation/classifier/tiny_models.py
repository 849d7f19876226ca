"""Checkpoints of the official models' architectures, a few thousand weights each, that know two sentences."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

from moderation.classifier.official import OFFICIAL, Official

KIND = [
    "Thank you for a lovely day", "thank you all", "What time does the choir practice end?",
    "Lovely school fair", "choir on Thursday",
]  # fmt: skip
RUDE = [
    "You are stupid", "everybody hates you", "Shut up", "you disgusting idiot", "stupid loser",
    "an idiot and a loser",
]  # fmt: skip
WORDS = sorted(
    {word for text in KIND + RUDE for word in text.split()} | {"at", "the", "on", "thursday", "and"}
)
LETTERS = list("abcdefghijklmnopqrstuvwxyz")
MAIN = ["toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit"]
OLD = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


@dataclass(frozen=True)
class Tiny:
    """A checkpoint, the folder of its tokenizer, and the model as which it may be fetched."""

    official: Official
    checkpoint: Path
    tokenizer: Path


def make_tiny(name: str, folder: Path, **change: Any) -> Tiny:
    """Train a checkpoint of the architecture of Detoxify's model `name`, in the form of its release.

    `change`: arguments of the checkpoint's own `arch` that are to differ.
    """
    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = folder / "tokenizer"
    base = OFFICIAL[name].base
    reader, class_name, config = _kind(base)
    reader.save_pretrained(tokenizer)
    (tokenizer / "vocab.txt").unlink(missing_ok=True)
    classes = OLD if name.startswith("original") else MAIN
    outputs = len(classes) if name.startswith("original") else 16
    model = getattr(transformers, class_name)(config(vocab_size=len(reader), num_labels=outputs))
    _teach(model, reader)
    state = OrderedDict(model.state_dict())
    if base == "roberta-base":
        state["roberta.pooler.dense.weight"] = torch.zeros(64, 64)
        state["roberta.pooler.dense.bias"] = torch.zeros(64)
    prefix = next(iter(state)).split(".")[0] if base == "bert-base-uncased" else ""
    if prefix:
        state["bert.embeddings.position_ids"] = torch.arange(512)[None]
    arguments = {
        "num_classes": outputs, "model_type": base, "model_name": class_name,
        "tokenizer_name": type(reader).__name__,
    }  # fmt: skip
    config_of_run = {
        "name": "tiny", "n_gpu": 1, "batch_size": 10, "accumulate_grad_batches": 3,
        "arch": {"type": "BERT", "args": arguments | change},
        "dataset": {"type": "Jigsaw", "args": {"classes": classes, "test_csv_file": "none.csv"}},
        "optimizer": {"type": "Adam", "args": {"lr": 3e-5, "amsgrad": True}},
    }  # fmt: skip
    checkpoint = folder / f"{name}.ckpt"
    torch.save({"state_dict": state, "config": config_of_run}, checkpoint)
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    return Tiny(Official(name, digest[:8], base), checkpoint, tokenizer)


def _kind(base: str) -> tuple[Any, str, Any]:
    sizes: dict[str, Any] = {
        "hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 48, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }  # fmt: skip
    unigrams = [(f"▁{word}", -1.0) for word in WORDS] + [("▁", -3.0), *((each, -9.0) for each in LETTERS)]
    match base:
        case "bert-base-uncased":
            pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *LETTERS]
            pieces += [f"##{each}" for each in LETTERS]
            reader: Any = transformers.BertTokenizer(
                vocab={p: n for n, p in enumerate(dict.fromkeys(pieces))}
            )
            return (
                reader,
                "BertForSequenceClassification",
                _of(transformers.BertConfig, num_hidden_layers=2, max_position_embeddings=512, **sizes),
            )
        case "roberta-base":
            pieces = ["<s>", "<pad>", "</s>", "<unk>", *map(chr, range(33, 127)), "Ġ"]
            starts = [(f"Ġ{word}"[:end], word[end - 1]) for word in WORDS for end in range(1, len(word) + 1)]
            merges = list(dict.fromkeys(starts))
            pieces += [*("".join(merge) for merge in merges), "<mask>"]
            reader = transformers.RobertaTokenizer(
                vocab={piece: number for number, piece in enumerate(pieces)}, merges=merges
            )
            return reader, "RobertaForSequenceClassification", _of(
                transformers.RobertaConfig, num_hidden_layers=2, max_position_embeddings=514,
                type_vocab_size=1, layer_norm_eps=1e-5, **sizes,
            )  # fmt: skip
        case "xlm-roberta-base":
            special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
            reader = transformers.XLMRobertaTokenizer(vocab=[*special, *unigrams, ("<mask>", 0.0)])
            return reader, "XLMRobertaForSequenceClassification", _of(
                transformers.XLMRobertaConfig, num_hidden_layers=1, max_position_embeddings=514,
                type_vocab_size=1, layer_norm_eps=1e-5, **sizes,
            )  # fmt: skip
        case _:
            special = [("<pad>", 0.0), ("<unk>", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[MASK]", 0.0)]
            reader = transformers.AlbertTokenizer(vocab=[*special, *unigrams])
            return reader, "AlbertForSequenceClassification", _of(
                transformers.AlbertConfig, num_hidden_layers=12, embedding_size=16,
                **{**sizes, "classifier_dropout_prob": 0.0},
            )  # fmt: skip


def _of(kind: Any, **fixed: Any) -> Any:
    return lambda **more: kind(**fixed, **more)


def _teach(model: Any, reader: Any) -> None:
    inputs = reader(KIND + RUDE, return_tensors="pt", padding=True)
    truth = torch.tensor([[0.0]] * len(KIND) + [[1.0]] * len(RUDE)).expand(-1, model.config.num_labels)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**inputs).logits, truth)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    model.eval()
