"""Few-shot prompting is what plain transformers gives for the whole prompt, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, MambaConfig, MambaForCausalLM

from sentiment.errors import InputError, RecipeError
from sentiment.inference.attribution import explain
from sentiment.inference.loader import KEPT_PREFIXES, ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.method import Calibration, Method
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.models.encoding import pad
from sentiment.paths import BUNDLED
from sentiment.probabilities import log_odds
from sentiment.zero_shot.calibration import Calibrator
from sentiment.zero_shot.demonstrations import draw_demonstrations, parse_demonstrations
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.few_shot import MIN_ROOM, PrefixedPrompt, read_prefix, write_prefix
from sentiment.zero_shot.likelihood import Prompt
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES, Template, parse_template
from tests.support.architectures import write_backbone
from tests.support.builders import tiny_backbone, tiny_masked_lm, tiny_whole

TEXTS = ["A great film.", " a hollow story\n", "", "N/A", "Dull, " * 40 + "and never funny."]
TWO = parse_template("{text}\nIn short, it was", "a waste of time", "marvellous")
MINI = ["gpt2-mini", "llama-mini"]
DECODERS = [*MINI, pytest.param("smollm2-135m", marks=pytest.mark.slow)]


def _load(name: str, template: str | Template | None = "zhao", **draw: int) -> NetworkClassifier:
    drawn = draw_demonstrations(**{"shots": 4, "seed": 1, **draw})
    loaded = ClassifierLoader("cpu").load_zero_shot(name, template=template, demonstrations=drawn)
    assert isinstance(loaded, NetworkClassifier)
    return loaded


def _prompt(classifier: NetworkClassifier) -> PrefixedPrompt:
    """The scorer of a few-shot classifier."""
    prompt = getattr(classifier.logits, "__self__", None)
    assert isinstance(prompt, PrefixedPrompt)
    return prompt


def _log_likelihoods(classifier: NetworkClassifier, texts: list[str]) -> torch.Tensor:
    ids, mask = pad([read.ids for read in classifier.tokenize(texts)], pad_id=classifier.pad_id)
    with torch.inference_mode():
        return classifier.logits(ids, mask)


def _plain(name: str, prompts: list[str], words: tuple[str, str]) -> list[list[float]]:
    """The definition with transformers alone: one sequence, one label, no cache."""
    folder = BUNDLED / name
    file = next((path.name for path in folder.glob("*.gguf")), None)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    rows = []
    for prompt in prompts:
        context, scores = tokenizer(prompt)["input_ids"], []
        for label in words:
            added = tokenizer(label, add_special_tokens=False)["input_ids"]
            with torch.inference_mode():
                log_p = model(torch.tensor([context + added])).logits[0].double().log_softmax(-1)
            at = range(len(context) - 1, len(context) - 1 + len(added))
            scores.append(sum(float(log_p[i, token]) for i, token in zip(at, added, strict=True)))
        rows.append(scores)
    return rows


@pytest.mark.parametrize("template", [TEMPLATES["zhao"], TEMPLATES["movie"], TWO])
@pytest.mark.parametrize("name", DECODERS)
def test_a_score_is_that_of_the_whole_prompt_in_transformers(name: str, template: Template) -> None:
    classifier = _load(name, template)
    demonstrations = draw_demonstrations(4, seed=1)
    prompts = [
        "\n\n".join(
            [
                *(
                    template.fill(own) + template.label_words[i]
                    for own, i in demonstrations.examples
                ),
                template.fill(text),
            ]
        )
        for text in TEXTS
    ]
    expected = _plain(name, prompts, template.label_words)
    found = _log_likelihoods(classifier, TEXTS).numpy()
    assert found == pytest.approx(np.array(expected), abs=1e-4)
    odds = torch.tensor(expected).double().softmax(dim=1)[:, 1]
    assert score(classifier, TEXTS).p_positive == pytest.approx(odds.numpy(), abs=1e-4)


@pytest.mark.parametrize("name", MINI)
def test_the_demonstrations_are_read_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = _load(name)
    prompt, read = _prompt(classifier), []
    forward = prompt.model.forward

    def counted(*arguments: Any, **named: Any) -> Any:
        read.append(named["input_ids"].shape[1])
        return forward(*arguments, **named)

    monkeypatch.setattr(prompt.model, "forward", counted)
    (tokenized,) = classifier.tokenize(["A great film."])
    score(classifier, ["A great film."] * 3)
    assert read == [len(tokenized.ids) - len(prompt.prefix.ids)]
    assert 0 < read[0] < 20 < len(prompt.prefix.ids)


def test_another_beginning_shares_what_is_the_same() -> None:
    classifier = _load("gpt2-mini")
    prompt = _prompt(classifier)
    rows = [[*prompt.prefix.ids[:9], 5, 6], prompt.prefix.ids, [7], [*prompt.prefix.ids, 8]]
    whole = Prompt(model=prompt.model, label_ids=prompt.label_ids)
    with torch.inference_mode():
        for row in rows:
            pair = pad([row], pad_id=0)
            assert torch.allclose(prompt.logits(*pair), whole.logits(*pair), atol=1e-4)
        pair = pad(rows, pad_id=0)
        assert torch.allclose(prompt.logits(*pair), whole.logits(*pair), atol=1e-4)


def test_a_window_that_ends_within_the_demonstrations_is_kept(tmp_path: Path) -> None:
    folder = write_backbone(tmp_path / "mine", "google/gemma-3-1b-pt")
    classifier = ClassifierLoader("cpu").load_zero_shot(
        str(folder), template="zhao", demonstrations=parse_demonstrations("+ a great film\n- dull")
    )
    assert isinstance(classifier, NetworkClassifier)
    prompt = _prompt(classifier)
    assert prompt.model.config.sliding_window > len(prompt.prefix.ids)  # of the real model
    for layer in prompt.model.model.layers:
        layer.self_attn.sliding_window = 16 if layer.self_attn.sliding_window else None
    prompt.model.config.sliding_window = 16
    assert len(prompt.prefix.ids) > 16
    prefix = read_prefix(prompt.model, prompt.prefix.ids)
    short = PrefixedPrompt(model=prompt.model, label_ids=prompt.label_ids, prefix=prefix)
    pair = pad([read.ids for read in classifier.tokenize(["dull", "a great film ."])], pad_id=0)
    with torch.inference_mode():
        expected = Prompt(model=prompt.model, label_ids=prompt.label_ids).logits(*pair)
        assert torch.allclose(short.logits(*pair), expected, atol=1e-4)
        assert not torch.allclose(prompt.logits(*pair), expected, atol=1e-4)  # the window counts


def test_without_keys_and_values_the_whole_prompt_is_read() -> None:
    torch.manual_seed(0)
    config = MambaConfig(vocab_size=50, hidden_size=16, state_size=4, num_hidden_layers=2)
    model = MambaForCausalLM(config).eval()
    prefix = read_prefix(model, [3, 4, 5])
    assert prefix == ([], [])
    pair = pad([[3, 4, 5, 6], [3, 4, 5, 7]], pad_id=0)
    labels = ([8], [9])
    with torch.inference_mode():
        found = PrefixedPrompt(model=model, label_ids=labels, prefix=prefix).logits(*pair)
        assert torch.equal(found, Prompt(model=model, label_ids=labels).logits(*pair))


@pytest.mark.parametrize("name", MINI)
def test_of_a_long_text_the_middle_is_cut_and_the_demonstrations_stay(name: str) -> None:
    long = "A film of many words, and all of them dull. " * 90
    few, zero = _load(name), ClassifierLoader("cpu").load_zero_shot(name, template="zhao")
    shown = few.decode_prompt(long)
    prefix = write_prefix(TEMPLATES["zhao"], draw_demonstrations(4, seed=1))
    assert prefix.lower() in shown
    (read,), (alone,) = few.tokenize([long]), zero.tokenize([long])
    assert len(read.ids) == len(alone.ids) == 512 < read.total
    assert read.total - alone.total == pytest.approx(len(_prompt(few).prefix.ids), abs=1)


@pytest.mark.slow
def test_a_text_gets_as_much_room_as_without_demonstrations() -> None:
    long = "A film of many words, and all of them dull. " * 90
    few = _load("smollm2-135m")
    (read,) = few.tokenize([long])
    assert len(read.ids) == 512 + len(_prompt(few).prefix.ids)


@pytest.mark.parametrize("name", MINI)
def test_a_prompt_that_does_not_fit_is_refused(name: str) -> None:
    expected = rf"32 demonstrations and the template 'zhao' take \d{{3,}} tokens\. {name} reads 512"
    with pytest.raises(InputError, match=rf"{expected}, .* 32 must be left .* Use fewer shots"):
        _load(name, shots=32)


def test_demonstrations_that_leave_room_for_few_words_only_are_refused() -> None:
    def load(words: int) -> NetworkClassifier:
        shown = parse_demonstrations(f"+ {'film ' * words}")
        loaded = ClassifierLoader("cpu").load_zero_shot("gpt2-mini", demonstrations=shown)
        assert isinstance(loaded, NetworkClassifier)
        return loaded

    encode = load(400).encode
    assert isinstance(encode, TemplateEncoder)
    fits = 400 + encode.count_room() - MIN_ROOM  # a word is a token
    last = load(fits).encode
    assert isinstance(last, TemplateEncoder)
    assert last.count_room() == MIN_ROOM
    with pytest.raises(InputError, match=f"of which at least {MIN_ROOM} must be left"):
        load(fits + 1)


@pytest.mark.parametrize("kind", ["similarity", "cloze", "entailment"])
def test_other_kinds_of_models_take_no_demonstrations(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    match kind:
        case "similarity":
            tiny_backbone(folder)
        case "cloze":
            tiny_masked_lm(folder)
        case _:
            tiny_whole(folder, {0: "contradiction", 1: "neutral", 2: "entailment"}, labels=3)
    with pytest.raises(RecipeError, match=rf"by {kind}, which takes no demo.* Leave the shots out"):
        ClassifierLoader("cpu").load_zero_shot(str(folder), demonstrations=draw_demonstrations(2))


def test_the_method_says_which_demonstrations() -> None:
    edited = parse_demonstrations("+ fine\n- dull")
    assert method_of(TEMPLATES["zhao"]) == method_of(TEMPLATES["zhao"], None)
    drawn = method_of(TEMPLATES["zhao"], draw_demonstrations(4, seed=7))
    assert (
        drawn.to_dict().items()
        >= {"shots": 4, "shots_from": "first-lesson", "shots_seed": 7}.items()
    )
    assert "shots_digest" not in drawn.to_dict()
    written = method_of(TEMPLATES["zhao"], edited)
    assert (written.shots, written.shots_from, written.shots_digest) == (2, "edited", edited.digest)
    assert Method.from_dict(written.to_dict()) == written


def test_without_demonstrations_nothing_changes() -> None:
    loader = ClassifierLoader("cpu")
    before, few = loader.load("gpt2-mini"), _load("gpt2-mini", None)
    after = loader.load_zero_shot("gpt2-mini", template=None, demonstrations=None)
    assert (before.kind, few.kind, after.kind) == ("zero-shot", "few-shot", "zero-shot")
    assert before.method.to_dict().keys() == {"kind", "template", "prompt", "label_words"}
    bits = [score(own, TEXTS[:1]).p_positive.tobytes() for own in (before, few, after)]
    assert bits[0] == bits[2] != bits[1]


@pytest.mark.parametrize("calibration", ["contextual", "pmi_dc"])
def test_the_bias_is_that_after_the_same_demonstrations(calibration: Calibration) -> None:
    few, template = _load("gpt2-mini"), TEMPLATES["zhao"]
    prefix = write_prefix(template, draw_demonstrations(4, seed=1))
    if calibration == "contextual":
        prompts = [prefix + template.fill(text) for text in ("N/A", "", "[MASK]")]
    else:
        prompts = [prefix + template.premise]
    plain = torch.tensor(_plain("gpt2-mini", prompts, template.label_words)).double()
    bias = float(log_odds(np.array([float(plain.softmax(dim=1)[:, 1].mean())]))[0])
    moved: Classifier = Calibrator().calibrate(few, calibration)
    assert (moved.threshold, moved.method.shots) == (pytest.approx(bias, abs=1e-4), 4)
    odds = [float(log_odds(score(own, ["A fine film."]).p_positive)[0]) for own in (few, moved)]
    assert odds[0] - odds[1] == pytest.approx(bias, abs=1e-4)


def test_words_of_the_text_are_explained_and_those_of_demonstrations_are_not() -> None:
    few = _load("gpt2-mini", "movie")
    whole = few.tokenize(["A dull film."])[0]
    for method in ("occlusion", "gradient"):
        found = explain(few, "A dull film.", method=method)  # type: ignore[arg-type]
        assert found.parts == ("A", "dull", "film.")
        assert all(found.scores)
    p = score(few, ["A dull film."]).p_positive
    assert found.log_odds == pytest.approx(float(log_odds(p)[0]), abs=1e-4)
    offsets = few.encode.offsets("A dull film.")
    assert len(offsets) == len(whole.ids)
    assert sum(span is not None for span in offsets) < 10


def test_a_prefix_is_kept_for_the_next_text_and_few_are_kept() -> None:
    loader = ClassifierLoader("cpu")
    draws = [draw_demonstrations(2, seed=seed) for seed in range(KEPT_PREFIXES + 1)]
    loaded = [loader.load_zero_shot("gpt2-mini", demonstrations=draw) for draw in draws]
    assert loader.load_zero_shot("gpt2-mini", demonstrations=draws[-1]) is loaded[-1]
    assert loader.load_zero_shot("gpt2-mini", demonstrations=draws[0]) is not loaded[0]
    assert loader.loaded_models() == ["gpt2-mini"]  # draws drive out no other model
