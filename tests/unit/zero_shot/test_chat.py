"""Zero-shot in a chat template is what transformers' own `apply_chat_template` gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sentiment.cli.main import main
from sentiment.errors import RecipeError
from sentiment.inference.attribution import explain
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.method import Calibration
from sentiment.models.catalogue import ModelInfo
from sentiment.probabilities import log_odds
from sentiment.serving.predictor import LocalPredictor
from sentiment.zero_shot.calibration import compute_thresholds
from sentiment.zero_shot.demonstrations import parse_demonstrations
from sentiment.zero_shot.templates import TEMPLATES, parse_options
from tests.support.builders import tiny_backbone, tiny_decoder, tiny_masked_lm
from tests.support.published import change_config

TEXTS = ["a great film .", "dull", "  a hollow story\nuser: {text} {mask}  ", "It was", ""]
SYSTEM = "You judge the sentiment of texts."
QUESTION = "Question: Is its sentiment negative or positive?"
ANSWER = {"role": "assistant", "content": "The sentiment is"}
CHATS = {
    "roles": (
        "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</s>\n"
        "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    ),
    "no-bos": "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    "no-system": (
        "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}"
        "{% endif %}{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}"
    ),
}


def _write(folder: Path, chat: str | None) -> Path:
    tiny_decoder(folder, "llama")
    change_config(folder, max_position_embeddings=512)
    if chat:
        (folder / "chat_template.jinja").write_text(chat)
    return folder


def _messages(user: str, chat: str) -> list[dict[str, str]]:
    if chat == "no-system":
        return [{"role": "user", "content": f"{SYSTEM}\n{user}"}, ANSWER]
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}, ANSWER]


def _plain(folder: Path, user: str, chat: str) -> tuple[list[int], float]:
    return _plain_chat(folder, _messages(user, chat))


def _plain_chat(folder: Path, messages: list[dict[str, str]]) -> tuple[list[int], float]:
    """The token ids of `apply_chat_template`, and P(positive) written out."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    context = tokenizer.apply_chat_template(messages, tokenize=True, continue_final_message=True)[
        "input_ids"
    ]
    scores = []
    for words in (" negative", " positive"):
        added = tokenizer(words, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            log_p = model(torch.tensor([context + added])).logits[0].double().log_softmax(-1)
        at = range(len(context) - 1, len(context) - 1 + len(added))
        scores.append(sum(float(log_p[i, token]) for i, token in zip(at, added, strict=True)))
    return context, float(torch.tensor(scores, dtype=torch.float64).softmax(0)[1])


@pytest.mark.parametrize("chat", CHATS)
def test_a_score_is_that_of_transformers_alone(tmp_path: Path, chat: str) -> None:
    folder = _write(tmp_path / "mine", CHATS[chat])
    classifier = ClassifierLoader("cpu").load_zero_shot(str(folder), template="chat")
    assert (classifier.method.kind, classifier.method.template) == ("chat", "chat")
    users = [f"Text: {text}\n{QUESTION}" for text in TEXTS]
    plain = [_plain(folder, user, chat) for user in users]
    assert [read.ids for read in classifier.tokenize(TEXTS)] == [ids for ids, _ in plain]
    expected = [p for _, p in plain]
    assert score(classifier, TEXTS).p_positive == pytest.approx(expected, abs=1e-6)
    begins = classifier.tokenize(TEXTS[:1])[0].ids.count(classifier.tokenizer.bos_token_id)
    assert begins == (0 if chat == "no-bos" else 1)


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("calibration", ["contextual", "pmi_dc"])
def test_it_is_calibrated(tmp_path: Path, chat: str, calibration: Calibration) -> None:
    folder = _write(tmp_path / "mine", CHATS[chat])
    info = ModelInfo("mine", folder, "zero-shot", "mine", location=str(folder))
    inputs = ["N/A", "", "[MASK]"] if calibration == "contextual" else []
    users = [f"Text: {text}\n{QUESTION}" for text in inputs] or [QUESTION]
    bias = np.array([np.mean([_plain(folder, user, chat)[1] for user in users])])
    predictor = LocalPredictor()
    raw, moved = (
        predictor.predict(info, TEXTS[0], parse_options("chat", own))
        for own in ("none", calibration)
    )
    assert (raw.ignored, moved.ignored) == ((), ())
    assert moved.threshold == pytest.approx(float(log_odds(bias)[0]), abs=1e-5)
    before, after = log_odds(np.array([raw.p_positive, moved.p_positive]))
    assert before - after == pytest.approx(moved.threshold, abs=1e-5)


def test_a_long_text_is_cut_and_the_chat_is_not(tmp_path: Path) -> None:
    folder = _write(tmp_path / "mine", CHATS["roles"])
    classifier = ClassifierLoader("cpu").load_zero_shot(str(folder), template="chat")
    (read,) = classifier.tokenize(["a great film . " * 90])
    assert len(read.ids) < read.total
    shown = classifier.decode_prompt("a great film . " * 90)
    assert SYSTEM.lower() in shown  # the tiny tokenizer writes lower case
    assert shown.endswith(f"{QUESTION}</s>\n<assistant>{ANSWER['content']}".lower())
    assert any(explain(classifier, TEXTS[0], method="gradient").scores)


@pytest.mark.parametrize("chat", CHATS)
def test_demonstrations_are_earlier_messages(tmp_path: Path, chat: str) -> None:
    folder = _write(tmp_path / "mine", CHATS[chat])
    demonstrations = parse_demonstrations("+ a {text} film\n- dull")
    classifier = ClassifierLoader("cpu").load_zero_shot(
        str(folder), template="chat", demonstrations=demonstrations
    )
    assert (classifier.kind, classifier.method.kind, classifier.method.shots) == (
        *("few-shot", "chat", 2),
    )
    turns = [
        {"role": "user", "content": f"Text: a {{text}} film\n{QUESTION}"},
        {"role": "assistant", "content": "The sentiment is positive"},
        {"role": "user", "content": f"Text: dull\n{QUESTION}"},
        {"role": "assistant", "content": "The sentiment is negative"},
    ]
    if chat == "no-system":
        turns[0]["content"] = f"{SYSTEM}\n{turns[0]['content']}"
    else:
        turns.insert(0, {"role": "system", "content": SYSTEM})
    plain = [_plain_chat(folder, [*turns, *_last(text)]) for text in TEXTS]
    assert [read.ids for read in classifier.tokenize(TEXTS)] == [ids for ids, _ in plain]
    expected = [p for _, p in plain]
    assert score(classifier, TEXTS).p_positive == pytest.approx(expected, abs=1e-5)
    thresholds = compute_thresholds(classifier, np.array([0.5]))
    _, p = _plain_chat(folder, [*turns, {"role": "user", "content": QUESTION}, ANSWER])
    assert thresholds["pmi_dc"] == pytest.approx(float(log_odds(np.array([p]))[0]), abs=1e-4)


def _last(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Text: {text}\n{QUESTION}"}, ANSWER]


def test_a_chat_template_that_drops_earlier_messages_takes_no_demonstrations(
    tmp_path: Path,
) -> None:
    chat = "{{ messages[-2].content }} {{ messages[-1].content }}"
    folder = _write(tmp_path / "mine", chat)
    loader = ClassifierLoader("cpu")
    assert loader.load_zero_shot(str(folder), template="chat").kind == "zero-shot"
    with pytest.raises(RecipeError, match=r"it does not write earlier messages\. Choose another"):
        loader.load_zero_shot(
            str(folder), template="chat", demonstrations=parse_demonstrations("+ fine\n- dull")
        )


BROKEN = {
    "none": (None, "has no chat template"),
    "fails": (
        "{{ raise_exception('out of order') }}{{ messages[0].content }}",
        "cannot be used: out of order",
    ),
    "syntax": ("{% for m in %}", "cannot be used: "),
    "drops": ("{{ messages[-1].content }}", "is not written once"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_model_without_a_usable_chat_template_is_refused(tmp_path: Path, case: str) -> None:
    chat, message = BROKEN[case]
    folder = _write(tmp_path / "mine", chat)
    with pytest.raises(RecipeError, match=rf"(?s){message}.*Choose another template\."):
        ClassifierLoader("cpu").load_zero_shot(str(folder), template="chat")


@pytest.mark.parametrize("kind", ["cloze", "similarity"])
def test_another_kind_of_model_is_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    tiny_masked_lm(folder) if kind == "cloze" else tiny_backbone(folder)
    with pytest.raises(RecipeError, match=r"'chat' is not a cloze|answers by similarity"):
        ClassifierLoader("cpu").load_zero_shot(str(folder), template="chat")


@pytest.mark.parametrize(
    ("kind", "ignored"), [("none", "chat"), ("fails", "chat"), ("cloze", "template")]
)
def test_in_compare_it_keeps_its_own_template_and_says_so(
    tmp_path: Path, kind: str, ignored: str
) -> None:
    folder = tmp_path / "mine"
    tiny_masked_lm(folder) if kind == "cloze" else _write(folder, BROKEN[kind][0])
    info = ModelInfo("mine", folder, "zero-shot", "mine", location=str(folder))
    predictor = LocalPredictor()
    own, asked = (predictor.predict(info, TEXTS[0], parse_options(t)) for t in (None, "chat"))
    assert asked.error == ""
    assert (asked.p_positive, asked.method) == (own.p_positive, own.method)
    assert asked.ignored == (ignored,)


@pytest.mark.parametrize(("chat", "status"), [("roles", 0), (None, 2)])
def test_the_command_line_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], chat: str | None, status: int
) -> None:
    folder = _write(tmp_path / "mine", CHATS.get(chat or ""))
    assert main(["prompt", str(folder), "a lovely film .", "--template", "chat"]) == status
    printed = capsys.readouterr()
    if status == 0:
        assert f"<user>Text: a lovely film .\n{QUESTION}</s>".lower() in printed.out
    else:
        assert "has no chat template" in printed.err


def test_its_words_are_the_messages_of_the_three_roles() -> None:
    words = TEMPLATES["chat"].text
    assert [line.partition(":")[0] for line in words.split("\n")] == [
        *("system", "user", "Question", "assistant")
    ]
