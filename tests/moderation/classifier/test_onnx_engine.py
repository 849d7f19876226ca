from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine, load_engine, verify_model
from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import CHECKPOINT_FILES, ONNX_FILES, write_manifest
from moderation.classifier.onnx_engine import OnnxEngine
from moderation.classifier.own_cases import own_cases
from school.errors import BadInput

SHIPPED = (*CHECKPOINT_FILES[1:], *ONNX_FILES)
ODD = [
    "",
    " \n\t",
    "a\x00b",
    "\u200b\u200d",
    "\u202eeruces\u202c",
    "😀🎉👩‍👩‍👧",
    "[SEP][CLS] [PAD] [UNK][MASK]",
    "[sep]",
    "𝕏𝕐" * 40,
    "ﷺ",
    "İstanbul ıI",
    "Straße ẞ",
    "한국어 조선글",
    "日本語テキスト",
    "नमस्ते",
    "สวัสดีครับ",
    "ά έ ö é e\u0301",
    "\ufffd\ufeff",
    "don't—stop…",
    "###hash ##ing",
    "x" * 101,
    "a" * 5000,
    "supercalifragilistic" * 9,
    "\u00ad soft\u00adhyphen",
    "１２３ ＡＢＣ",
    "👨🏿‍🦱🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "\U000e0001tag",
    "a\u2028b\u2029c\x85d",
    "²³¹½",
    "\x7f\x1b[31m",
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(MODEL_FOLDER, folder)
    return folder


@pytest.fixture
def both(rebuilt: Path, copied: Path) -> Path:
    """The shipped model with a checkpoint beside it."""
    shutil.copy(rebuilt / "schoolgate.ckpt", copied)
    return copied


def same_ids(serving: OnnxEngine, engine: DetoxifyEngine, texts: list[str]) -> None:
    theirs = engine.detoxify.tokenizer(texts, truncation=False, verbose=False)["input_ids"]
    assert [serving.token_ids(text) for text in texts] == theirs


def test_word_pieces_are_those_of_detoxifys_own_tokenizer(
    serving: OnnxEngine, engine: DetoxifyEngine
) -> None:
    same_ids(serving, engine, [*ODD, *(case.text for case in own_cases()[::5])])


def test_every_assigned_character_is_read_as_detoxify_reads_it(
    serving: OnnxEngine, engine: DetoxifyEngine
) -> None:
    signs = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) not in ("Cs", "Cn", "Co")]
    same_ids(serving, engine, [f"a{''.join(signs[n : n + 50])}z" for n in range(0, len(signs), 50)])


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_cut_into_the_same_word_pieces(
    serving: OnnxEngine, engine: DetoxifyEngine, text: str
) -> None:
    same_ids(serving, engine, [text])


def test_scores_are_those_of_the_checkpoint_that_the_model_turns_back_into(
    serving: OnnxEngine, engine: DetoxifyEngine
) -> None:
    texts = [*ODD, *(case.text for case in own_cases()[::180]), "A lovely day at the fair. " * 150]
    for ours, theirs in zip(serving.score(texts), engine.score(texts), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_lone_surrogates_and_a_megabyte_are_scored(serving: OnnxEngine) -> None:
    for text in ("\ud83d", "\udfff\ud800x", "the children sang " * 55_000):
        for scores in (serving.score([text])[0], serving.predict([text])[0]):
            assert list(scores) == list(LABELS)
            assert all(0.0 <= value <= 1.0 for value in scores.values())


def test_no_texts_no_scores(serving: OnnxEngine) -> None:
    assert serving.score([]) == []
    assert serving.score(["", "\x00"]) == [dict.fromkeys(LABELS, 0.0)] * 2


def test_a_text_scores_the_same_alone_and_in_any_company(serving: OnnxEngine) -> None:
    texts = [case.text for case in own_cases()[::500]]
    together = serving.score([*texts, *reversed(texts)])
    for text, scores in zip([*texts, *reversed(texts)], together, strict=True):
        assert serving.score([text])[0] == pytest.approx(scores, abs=1e-5)


def test_abuse_at_the_end_of_a_long_comment_counts(serving: OnnxEngine) -> None:
    praise = "It was a lovely day and we all enjoyed the fair very much. " * 80
    (clean,) = serving.score([praise])
    (worst,) = serving.score([praise + "You are a fucking useless lying bitch, you fat cow."])
    assert clean["toxicity"] < 0.5 < worst["toxicity"]


def test_a_threat_amid_friendly_sentences_counts(serving: OnnxEngine) -> None:
    praise = "The fair was lovely and we had cake with tea in the hall. " * 8
    (amid,) = serving.score([praise + "Muslims should be deported from this school. " + praise])
    assert amid["toxicity"] > 0.4


def test_several_threads_may_score_at_once(serving: OnnxEngine) -> None:
    texts = [case.text for case in own_cases()[::1000]]
    expected, answers = serving.score(texts), []
    threads = [threading.Thread(target=lambda: answers.append(serving.score(texts))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    for answer in answers:
        for ours, theirs in zip(answer, expected, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5)


def test_serving_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, web.app, worker.cli, worker.embedded, worker.apart\n"
        "from worker import classifier\n"
        "print(classifier.engine().score(['You are a useless idiot'])[0]['toxicity'] > 0.6)\n"
        "print([n for n in ('torch', 'transformers', 'detoxify') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=MODEL_FOLDER.parents[2], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["True", "[]"], done.stderr[-800:]


def test_the_shipped_folder_serves_its_onnx_model() -> None:
    engine = load_engine(threads=2)
    assert isinstance(engine, OnnxEngine)
    assert engine.model_name == f"schoolgate-minilm-onnx@{verify_model(MODEL_FOLDER)['schoolgate.onnx'][:8]}"
    assert (MODEL_FOLDER / "schoolgate.onnx").stat().st_size <= 25_000_000


def test_a_checkpoint_without_a_recorded_onnx_model_serves_itself(both: Path) -> None:
    write_manifest(both)
    assert isinstance(load_engine(both), DetoxifyEngine)


@pytest.mark.parametrize("name", ONNX_FILES)
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_cut_or_changed_file_is_refused_before_it_is_opened(copied: Path, name: str, harm: str) -> None:
    data = (copied / name).read_bytes()
    (copied / name).write_bytes(data[: len(data) // 2] if harm == "cut" else data[:-9] + b"!" + data[-8:])
    with pytest.raises(BadInput, match=f"{name} is not the one that was recorded"):
        load_engine(copied)


@pytest.mark.parametrize("name", ONNX_FILES)
def test_a_missing_file_is_named_instead_of_falling_back(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(BadInput, match=f"{name} is missing"):
        load_engine(copied)


@pytest.mark.parametrize("name", ONNX_FILES)
@pytest.mark.parametrize("size", [0, 5000])
def test_a_cut_file_is_refused_even_when_its_hash_was_recorded(copied: Path, name: str, size: int) -> None:
    (copied / name).write_bytes((copied / name).read_bytes()[:size])
    write_manifest(copied, SHIPPED)
    with pytest.raises(BadInput, match=f"{name} is not"):
        load_engine(copied)


def test_a_model_of_another_checkpoint_is_refused(both: Path) -> None:
    write_manifest(both, (*CHECKPOINT_FILES, *ONNX_FILES))
    with pytest.raises(BadInput, match="another checkpoint"):
        load_engine(both)


def test_no_decision_changes_from_the_checkpoint_to_what_serves(
    serving: OnnxEngine, engine: DetoxifyEngine, tmp_path: Path
) -> None:
    """What the rounding to 8 bits cost stands in the model card: the model before it does not ship."""
    from moderation.classifier import export

    file = tmp_path / "cases.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        for case in own_cases()[::60]:
            lines.write(json.dumps({"text": case.text, "toxicity": case.labels[0], "source": "own"}) + "\n")
    with gzip.open(file, "rb") as opened:
        found = export.compare(opened, engine, serving)
    assert found.rows > 400 and found.bad_lines == 0
    assert found.flipped_share < 0.001
    assert found.largest_difference < 1e-4
    first, second = found.auc["own"]
    assert first == pytest.approx(second, abs=1e-5)


def test_an_answer_on_x_scores_like_the_same_words_elsewhere(serving: OnnxEngine) -> None:
    insult = "you are a disgusting pathetic idiot and everyone hates you"
    plain, answer = serving.score([insult, f"@larkfieldschool @dan_w {insult}"])
    assert plain == answer and plain["insult"] > 0.7
