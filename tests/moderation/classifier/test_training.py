from __future__ import annotations

import difflib
import gzip
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from moderation.classifier import (
    averaging,
    starting,
    training,
    training_batches,
    training_data,
    training_model,
)
from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine
from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import read_manifest, write_manifest
from moderation.classifier.own_cases import own_cases
from moderation.classifier.training_data import Example, Settings
from school.errors import BadInput


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the format of the toxicity data, from our own cases, with a source that must not be used."""
    path = tmp_path_factory.mktemp("data") / "train.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        for number, case in enumerate(own_cases()[:400]):
            labels: dict[str, float | None] = dict(zip(LABELS, case.labels, strict=True))
            if number % 3 == 0:
                labels["obscene"] = None
            source = ("civil", "wiki", "olid")[number % 3]
            out.write(json.dumps({"source": source, "text": case.text, **labels}) + "\n")
    return path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small encoder of the same kind, so that a training run takes seconds."""
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(1)
    pieces = (MODEL_FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines()
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def run(
    data: Path,
    encoder: Path,
    folder: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    teachers: Sequence[Path] = (),
    **changed: Any,
) -> dict[str, Any]:
    settings = Settings(**{"epochs": 1, "own_repeat": 0, "limit": 200, **changed})
    return training.train(
        data=data, work=folder / "work", out=folder / "out", settings=settings, threads=1, resume=resume,
        encoder=encoder, init=init, teachers=teachers, save_every=1,
    )  # fmt: skip


def test_a_run_makes_a_folder_that_the_engine_loads(data: Path, encoder: Path, tmp_path: Path) -> None:
    facts = run(data, encoder, tmp_path)
    engine = DetoxifyEngine(tmp_path / "out")
    assert engine.labels == LABELS
    assert set(engine.score(["hello"])[0]) == set(LABELS)
    assert set(facts["sources"]) == {"civil", "wiki"}
    written = json.loads((tmp_path / "out" / "training.json").read_text())
    assert written["data_sha256"] == training_data.data_hash(data)
    kept = torch.load(tmp_path / "out" / "schoolgate.ckpt", weights_only=True)
    assert {tensor.dtype for tensor in kept["state_dict"].values()} == {torch.float16}


def test_the_same_run_gives_the_same_model(data: Path, encoder: Path, tmp_path: Path) -> None:
    run(data, encoder, tmp_path / "a")
    run(data, encoder, tmp_path / "b")
    first, second = ((tmp_path / name / "out" / "schoolgate.ckpt").read_bytes() for name in "ab")
    assert first == second


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    data: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off for real: the process's optimiser raises in the middle, as a power cut would end it."""
    run(data, encoder, tmp_path / "whole", epochs=3, source_offsets=True)
    steps = 0
    original = torch.optim.AdamW.step

    def step(self: Any, *given: Any, **named: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt
        return original(self, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(torch.optim.AdamW, "step", step)
        with pytest.raises(KeyboardInterrupt):
            run(data, encoder, tmp_path / "cut", epochs=3, source_offsets=True)
    run(data, encoder, tmp_path / "cut", epochs=3, source_offsets=True, resume=True)
    whole, cut = (
        torch.load(tmp_path / name / "out" / "schoolgate.ckpt", weights_only=True)["state_dict"]
        for name in ("whole", "cut")
    )
    assert all(torch.equal(whole[key], cut[key]) for key in whole)


def test_resuming_with_other_settings_is_refused(data: Path, encoder: Path, tmp_path: Path) -> None:
    run(data, encoder, tmp_path)
    with pytest.raises(BadInput, match="other settings or data"):
        run(data, encoder, tmp_path, resume=True, seed=5)


def test_a_run_may_start_from_a_model_that_is_there_already(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "first")
    first = tmp_path / "first" / "out"
    facts = run(
        data, encoder, tmp_path / "same", init=first, learning_rate=0.0, head_learning_rate=0.0, limit=40
    )
    same = tmp_path / "same" / "out"
    assert facts["init_sha256"] == read_manifest(first)["schoolgate.ckpt"]
    before, after = (
        torch.load(folder / "schoolgate.ckpt", weights_only=True)["state_dict"] for folder in (first, same)
    )
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert (same / "vocab.txt").read_text() == (first / "vocab.txt").read_text()
    run(data, encoder, tmp_path / "further", init=first)
    further = torch.load(tmp_path / "further" / "out" / "schoolgate.ckpt", weights_only=True)["state_dict"]
    assert not torch.equal(further["classifier.weight"], before["classifier.weight"])
    with pytest.raises(BadInput, match="other settings or data"):
        run(data, encoder, tmp_path / "further", init=tmp_path / "further" / "out", resume=True)
    with (first / "schoolgate.ckpt").open("ab") as opened:
        opened.write(b"x")
    with pytest.raises(BadInput, match=r"schoolgate\.ckpt is not the one that was recorded"):
        run(data, encoder, tmp_path / "broken", init=first)


def test_a_gpu_that_is_not_there_is_said(
    data: Path,
    encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = ["--data", str(data), "--work", str(tmp_path / "w"), "--out", str(tmp_path / "o")]
    assert training.main([*given, "--device", "cuda"]) == 2
    assert capsys.readouterr().err == "torch finds no GPU on this machine. Train with --device cpu.\n"
    assert not (tmp_path / "w").exists()


def test_missing_data_is_named(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no training data at"):
        run(tmp_path / "none.gz", encoder, tmp_path)


def test_labels_that_nobody_was_asked_for_stay_out_of_the_loss() -> None:
    targets, known = training_data.targets_of([Example("civil", "a", (1.0, None, 0.25, None, 0.0, None))])
    assert known.tolist() == [[1, 0, 1, 0, 1, 0]]
    assert targets[0, [0, 2, 4]].tolist() == [1.0, 0.25, 0.0]


def test_what_was_only_asked_for_sexism_counts_as_mostly_harmless_and_half() -> None:
    no, yes = (None, None, None, None, None, 0.0), (1.0, None, None, 0.0, None, 1.0)
    targets, known = training_data.targets_of([Example("edos", "a", no), Example("edos", "b", yes)])
    assert targets[:, 0].tolist() == pytest.approx([0.15, 1.0])
    assert known.tolist() == [[0.5, 0, 0, 0, 0, 1], [1, 0, 0, 1, 0, 1]]


def test_sources_are_capped_and_the_held_out_texts_are_not_learnt() -> None:
    examples = [Example("wiki", f"t{n}", (0.0,) * 6) for n in range(12_000)]
    train, held = training_data.choose(examples, Settings(own_repeat=0))
    assert len(train) == training_data.CAPS["wiki"][1]
    assert len(held) == 180
    assert not {e.text for e in train} & {e.text for e in held}


def test_own_cases_are_held_out_by_family_and_the_others_learnt_twice() -> None:
    train, held = training_data.choose([], Settings())
    texts = Counter(e.text for e in train)
    assert all(times % 2 == 0 for times in texts.values())
    assert 300 < len(held) < 0.06 * len(own_cases())
    families = {case.held_out: set() for case in own_cases()}  # type: dict[bool, set[str]]
    for case in own_cases():
        families[case.held_out].add(case.family)
    assert not families[True] & families[False]
    assert {e.text for e in held} <= {training_data.prepare(c.text) for c in own_cases() if c.held_out}


def test_a_batch_holds_about_as_many_padded_tokens_as_allowed_and_every_text_comes_once() -> None:
    lengths = np.random.default_rng(3).integers(3, 72, 3000)
    groups = list(training_batches.batches(lengths, Settings(), 0))
    assert sorted(place for group in groups for place in group) == list(range(3000))
    assert all(lengths[group].max() * len(group) <= 1.1 * Settings.batch_tokens for group in groups)
    again = list(training_batches.batches(lengths, Settings(), 0))
    assert all((a == b).all() for a, b in zip(groups, again, strict=True))


def test_a_pruned_vocabulary_still_spells_everything() -> None:
    pieces = ["[PAD]", "[unused1]", "[UNK]", "a", "##a", "rare", "##ing", "é", "中", "[CLS]"]
    kept = training_model.prune_vocabulary(pieces, Counter({6: 5, 5: 1, 1: 99}), 2)
    assert [pieces[n] for n in kept] == ["[PAD]", "[UNK]", "a", "##a", "##ing", "é", "[CLS]"]


def test_a_disguised_text_keeps_most_of_itself() -> None:
    rng = random.Random(4)
    text = "what a useless teacher that woman is"
    made = {training_data.disguise(text, rng) for _ in range(50)}
    assert len(made) > 20
    assert text.replace(" ", "") in made or len(made) > 35
    assert all(difflib.SequenceMatcher(None, one, text).ratio() > 0.7 for one in made)
    assert training_data.disguise("a b 12", rng) == "a b 12"


def test_own_cases_are_many_of_every_kind_and_never_contradict_themselves() -> None:
    cases = own_cases()
    kinds = Counter(case.kind for case in cases)
    assert len(cases) > 20_000 and len({case.family for case in cases}) > 3000
    assert {
        "threat",
        "friendly_swearing",
        "negation",
        "counter_speech",
        "identity_harmless",
        "complaint",
    } <= set(kinds)
    assert len({case.text for case in cases}) == len(cases)
    assert not [case.text for case in cases if "{" in case.text]
    assert all(0 <= value <= 1 for case in cases for value in case.labels)
    assert 0.35 < sum(case.labels[0] >= 0.5 for case in cases) / len(cases) < 0.6


def test_the_mean_of_two_runs_lies_between_them(
    data: Path, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(data, encoder, tmp_path / "a")
    run(data, encoder, tmp_path / "b", init=tmp_path / "a" / "out", seed=7)
    folders = [tmp_path / name / "out" for name in "ab"]
    assert averaging.main([str(tmp_path / "mean"), *map(str, folders)]) == 0
    first, second, mean = (
        torch.load(folder / "schoolgate.ckpt", weights_only=True)["state_dict"]
        for folder in (*folders, tmp_path / "mean")
    )
    for name in mean:
        expected = (first[name].double() + second[name].double()) / 2
        assert torch.equal(mean[name], expected.half())
    assert not torch.equal(first["classifier.weight"], second["classifier.weight"])
    said = json.loads((tmp_path / "mean" / "average.json").read_text())
    assert said["mean_of"] == [read_manifest(folder)["schoolgate.ckpt"] for folder in folders]
    assert DetoxifyEngine(tmp_path / "mean").score(["hello"])
    (folders[1] / "vocab.txt").write_text("[PAD]\n")
    write_manifest(folders[1])
    assert averaging.main([str(tmp_path / "mean"), *map(str, folders)]) == 2
    assert "these models have no mean" in capsys.readouterr().err


def test_less_of_the_public_rows_is_a_share_drawn_by_the_seed() -> None:
    examples = [Example("cad", f"t{n}", (0.0,) * 6) for n in range(4000)]
    whole, held = training_data.choose(examples, Settings(own_repeat=0))
    part, again = training_data.choose(examples, Settings(own_repeat=0, public_share=0.25))
    assert len(part) == round(len(whole) / 4) and held == again
    assert {e.text for e in part} < {e.text for e in whole}
    other, _ = training_data.choose(examples, Settings(own_repeat=0, public_share=0.25, seed=9))
    assert {e.text for e in other} != {e.text for e in part}


def test_teachers_scores_are_learnt_beside_the_labels(data: Path, encoder: Path, tmp_path: Path) -> None:
    run(data, encoder, tmp_path / "a")
    run(data, encoder, tmp_path / "b", seed=7, head_learning_rate=0.5)
    teachers = [tmp_path / name / "out" for name in "ab"]
    settings = Settings(epochs=1, batch_tokens=64)
    models = [training_model.from_checkpoint(folder, settings)[0] for folder in teachers]
    examples = [Example("own", case.text, case.labels) for case in own_cases()[:40]]
    tokenizer = training_model.bert_tokenizer(teachers[0])
    texts = training_batches.Texts(examples, tokenizer, settings, "cpu")
    found = training_batches.teachers_scores(models, texts, settings).numpy()
    each = [
        [[row[label] for label in LABELS] for row in DetoxifyEngine(t).predict([e.text for e in examples])]
        for t in teachers
    ]
    assert np.abs(np.array(each[0]) - np.array(each[1])).max() > 0.05
    assert np.abs(found - np.mean(each, axis=0)).max() < 0.02  # products in bfloat16

    taught = run(data, encoder, tmp_path / "taught", init=teachers[0], teachers=teachers, teacher_share=1.0)
    untaught = run(data, encoder, tmp_path / "untaught", init=teachers[0])
    assert taught["teachers_sha256"] == [read_manifest(each)["schoolgate.ckpt"] for each in teachers]
    assert untaught["teachers_sha256"] == []
    after = [tmp_path / name / "out" for name in ("taught", "untaught")]
    assert read_manifest(after[0])["schoolgate.ckpt"] != read_manifest(after[1])["schoolgate.ckpt"]
    with pytest.raises(BadInput, match="other settings or data"):
        run(data, encoder, tmp_path / "taught", init=teachers[0], teacher_share=1.0, resume=True)
    lines = (teachers[1] / "vocab.txt").read_text(encoding="utf-8").splitlines()
    lines[-1], lines[-2] = lines[-2], lines[-1]
    (teachers[1] / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_manifest(teachers[1])
    with pytest.raises(BadInput, match="other word pieces"):
        run(data, encoder, tmp_path / "other", init=teachers[0], teachers=teachers, teacher_share=1.0)


def test_what_is_held_out_by_share_is_the_same_for_every_seed_and_only_grows() -> None:
    examples = [Example("cad", f"t{n}", (0.0,) * 6) for n in range(4000)]
    held = []
    for seed, share in ((1, 0.1), (2, 0.1), (3, 0.04)):
        train, out = training_data.choose(examples, Settings(own_repeat=0, seed=seed, held_share=share))
        assert not {e.text for e in train} & {e.text for e in out}
        assert len(train) + len(out) == 4000
        held.append({e.text for e in out})
    assert held[0] == held[1] > held[2]
    assert 330 < len(held[0]) < 470 and 110 < len(held[2]) < 210


def test_each_epoch_has_its_own_disguises_and_a_batch_reads_what_was_written(encoder: Path) -> None:
    examples = [Example("own", "what a useless teacher that woman is", (1.0,) * 6)] * 30
    examples += [Example("own", "thank you all", (0.0,) * 6)]
    settings = Settings(epochs=2, own_evade_share=1.0)
    tokenizer = training_model.bert_tokenizer(encoder)
    texts = training_batches.Texts(examples, tokenizer, settings, "cpu")
    read = []
    for epoch in range(3):
        ids, mask = texts.batch(epoch, np.arange(31))
        assert mask.sum(dim=1).tolist() == texts.lengths[epoch].tolist()
        assert not ids[mask == 0].any()
        read.append([row[kept == 1].tolist() for row, kept in zip(ids, mask, strict=True)])
    for epoch in (0, 1):
        written = training_data.disguised_some(examples, settings, epoch)
        assert read[epoch] == tokenizer(written, truncation=True, max_length=72)["input_ids"]
    assert read[0] != read[1]
    assert read[2] == tokenizer([e.text for e in examples])["input_ids"]


def test_the_encoder_can_be_sent_elsewhere_with_the_word_pieces_of_the_model_that_serves(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pieces = (MODEL_FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines()
    kept = [*pieces[:200], "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    kept = list(dict.fromkeys(kept))
    words = tmp_path / "words.txt"
    words.write_text("\n".join(kept) + "\n", encoding="utf-8")
    given = [str(tmp_path / "start"), "--vocabulary", str(words), "--encoder", str(encoder)]
    assert starting.main(given) == 0
    model, found = training_model.from_checkpoint(tmp_path / "start", Settings())
    assert found == kept
    whole = BertModel.from_pretrained(str(encoder)).embeddings.word_embeddings.weight
    mine = model.bert.embeddings.word_embeddings.weight
    assert torch.equal(mine[-1], whole[pieces.index(kept[-1])].half().float())
    words.write_text("nosuchwordpiece\n", encoding="utf-8")
    assert starting.main(given) == 2
    assert "has no word piece 'nosuchwordpiece'" in capsys.readouterr().err
