"""The running server, driven through gradio_client and plain HTTP."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import LABELS
from sentiment.limits import MAX_BODY_BYTES
from sentiment.paths import BUNDLED
from sentiment.serving.lineup import LineUp
from sentiment.ui.server.guard import REFUSAL
from sentiment.zero_shot.demonstrations import draw_demonstrations
from tests.support.builders import tiny_backbone
from tests.support.serving import running_app
from tests.support.waiting import TIMEOUT

SENTENCE = "it 's a warm and quietly funny film ."
KEYS = {"model", "kind", "backbone", "label", "p_negative", "p_positive", "ms"} | {
    "tokens_read",
    "tokens_total",
    "method",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was trained on this machine: one tiny model that works and one that is broken."""
    folder = tmp_path_factory.mktemp("trained")
    tiny_backbone(folder / "tiny")
    tiny_backbone(folder / "broken")
    (folder / "broken" / "model.safetensors").write_bytes(b"not weights")
    return folder


@pytest.fixture(scope="module")
def url(trained: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(trained))
        with running_app() as address:
            yield address


@pytest.fixture(autouse=True)
def _trained_here(trained: Path, _isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(trained))


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def _compare(client: Client, text: str, models: list[str] | None = None) -> list[dict]:
    return client.predict(text, models, api_name="/compare")


def test_every_bundled_model_answers_with_these_keys(client: Client) -> None:
    models = [info for info in LineUp().models() if info.folder.parent == BUNDLED]
    bundled = [info.name for info in models if info.kind != "baseline"]
    answers = _compare(client, SENTENCE, bundled)
    assert [answer["model"] for answer in answers] == bundled
    for answer in answers:
        assert set(answer) - {"prompt"} == KEYS
        assert answer["kind"] in ("zero-shot", "fine-tuned")
        assert answer["label"] == LABELS[answer["p_positive"] > 0.5]
        assert answer["p_negative"] + answer["p_positive"] == pytest.approx(1)
        assert 0 < answer["tokens_read"] == answer["tokens_total"]


def test_a_baseline_answers_when_it_is_named(client: Client) -> None:
    (answer,) = _compare(client, "A lovely, charming film.", ["tfidf-sst2"])
    assert (answer["kind"], answer["label"]) == ("baseline", "positive")


def test_the_server_gives_the_answers_of_the_classifiers(client: Client) -> None:
    loader = ClassifierLoader()
    for answer in _compare(client, SENTENCE, ["distilbert-mini", "distilbert-mini-sst2-lora"]):
        expected = score(loader.load(answer["model"]), [SENTENCE]).p_positive[0]
        assert answer["p_positive"] == pytest.approx(expected, abs=1e-6)


def test_zero_shot_models_are_asked_with_the_named_template(client: Client) -> None:
    names = ["gpt2-mini", "gpt2-mini-sst2-lora", "distilbert-mini"]
    usual = _compare(client, SENTENCE, names)
    asked = client.predict(SENTENCE, names, "holtzman", "contextual", api_name="/compare")
    prompts = {answer["model"]: answer.get("prompt") for answer in asked}
    assert prompts["gpt2-mini"] == f'"{SENTENCE}" has a tone that is'
    assert prompts["distilbert-mini"] is None
    methods = {answer["model"]: answer["method"] for answer in asked}
    assert "(contextual calibration)" in methods["gpt2-mini"]
    settings = "template ignored: the method uses none; decision threshold shifted"
    assert settings in methods["distilbert-mini"]
    before, after = (
        next({**answer, "ms": 0} for answer in answers if answer["kind"] == "fine-tuned")
        for answers in (usual, asked)
    )
    assert before == after


def test_models_that_answer_by_prompt_are_shown_demonstrations(client: Client) -> None:
    names = ["gpt2-mini", "gpt2-mini-sst2-lora", "distilbert-mini"]
    asked = [SENTENCE, names, "zhao", "none"]
    zero, few = (
        {answer["model"]: answer for answer in client.predict(*asked, *more, api_name="/compare")}
        for more in ((), (4, 1))
    )
    assert {name: few[name]["kind"] for name in names} == dict(
        zip(names, ("few-shot", "fine-tuned", "zero-shot"), strict=True)
    )
    expected = ClassifierLoader().load_zero_shot(
        "gpt2-mini", template="zhao", demonstrations=draw_demonstrations(4, seed=1)
    )
    p = score(expected, [SENTENCE]).p_positive[0]
    assert few["gpt2-mini"]["p_positive"] == pytest.approx(p, abs=1e-6)
    assert few["gpt2-mini"]["p_positive"] != zero["gpt2-mini"]["p_positive"]
    assert few["gpt2-mini"]["method"].endswith("; 4-shot, first-lesson, seed 1")
    ignored = "; demonstrations ignored: the method takes none"
    assert few["distilbert-mini"]["method"].endswith(ignored)
    for name in names[1:]:
        assert few[name]["p_positive"] == zero[name]["p_positive"]
    (edited,) = client.predict(
        SENTENCE,
        names[:1],
        "zhao",
        shots=1,
        demonstrations="+ A joy.\n− A bore.",
        api_name="/compare",
    )
    assert edited["prompt"] == (
        f"review: a joy.\nsentiment: positive\n\nreview: a bore.\nsentiment: negative\n\n"
        f"review: {SENTENCE}\nsentiment:"
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"shots": 33}, "33 demonstrations were asked for"),
        ({"shots": 2, "shots_seed": -1}, "seed of the demonstrations is -1"),
        ({"shots": 2, "shots_from": "imdb"}, "Unknown source of demonstrations 'imdb'"),
        ({"shots": 2, "demonstrations": "fine"}, "Demonstration 1 says no label"),
    ],
)
def test_other_demonstrations_get_a_sentence(
    client: Client, more: dict[str, object], message: str
) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(SENTENCE, ["gpt2-mini"], **more, api_name="/compare")


@pytest.mark.parametrize(
    ("template", "calibration", "message"),
    [
        ("zaho", "none", "Unknown template 'zaho'. Choose from: review, movie"),
        (None, "magic", "Unknown calibration 'magic'. Choose from: none, contextual, pmi_dc."),
    ],
)
def test_an_unknown_way_of_asking_is_refused(
    client: Client, template: str | None, calibration: str, message: str
) -> None:
    with pytest.raises(Exception, match=message.replace(".", r"\.")):
        client.predict("a film", ["tiny"], template, calibration, api_name="/compare")


def test_what_is_not_read_of_a_long_text_has_no_score(client: Client) -> None:
    (found,) = client.predict("a film . " * 300, ["tiny"], "gradient", api_name="/explain")
    assert found["scores"][0] is not None
    assert found["scores"][30] is None


def test_words_are_explained_and_a_model_without_gradient_says_so(client: Client) -> None:
    asked = (["distilbert-mini-sst2-lora", "tfidf-sst2"], "gradient")
    tuned, baseline = client.predict("A dull film.", *asked, api_name="/explain")
    assert tuned["parts"] == ["A", "dull", "film."]
    assert len(tuned["scores"]) == 3
    assert tuned["deletion"] is None  # too few words to check
    assert baseline["error"] == "tfidf-sst2 has no gradient. Choose occlusion."
    (occluded,) = client.predict("A dull film.", ["tfidf-sst2"], "occlusion", api_name="/explain")
    assert occluded["scores"][1] < 0
    with pytest.raises(Exception, match="Unknown method 'magic'"):
        client.predict("A dull film.", ["tfidf-sst2"], "magic", api_name="/explain")


def test_many_texts_are_scored_in_their_order(client: Client) -> None:
    texts = ["a lovely film", "a dull film", "a warm and funny film " * 40, "awful"] * 5
    answers = client.predict(texts, "distilbert-mini-sst2-lora", api_name="/score")
    expected = score(ClassifierLoader().load("distilbert-mini-sst2-lora"), texts)
    assert [a["p_positive"] for a in answers] == pytest.approx(list(expected.p_positive), abs=1e-5)
    assert [a["tokens_read"] for a in answers] == list(expected.tokens_read)
    assert answers[1]["label"] == "negative"


@pytest.mark.parametrize(
    ("texts", "model", "message"),
    [
        (["a"] * 201, "tiny", "201 texts were sent; the limit is 200."),
        (["a", " "], "tiny", "Text 2: Type some text first."),
        ([], "tiny", "The texts must be a list of strings."),
        (["a"], "../etc", "No model named"),
        (["a"], "broken", "incomplete"),
    ],
)
def test_texts_that_cannot_be_scored_are_refused(
    client: Client, texts: list[str], model: str, message: str
) -> None:
    with pytest.raises(Exception, match=message.replace(".", r"\.")):
        client.predict(texts, model, api_name="/score")


def test_the_models_are_listed(client: Client) -> None:
    found = {model["model"]: model for model in client.predict(api_name="/models")}
    assert found["gpt2-mini-sst2-lora"]["trainable"] == 33_280
    assert found["tfidf-sst2"]["kind"] == "baseline"
    assert found["broken"]["kind"] == "zero-shot"  # its weights are read when it is asked


def test_only_the_named_models_answer(client: Client) -> None:
    assert [a["model"] for a in _compare(client, "a film", ["tiny"])] == ["tiny"]


def test_a_broken_checkpoint_says_so_and_the_others_answer(client: Client) -> None:
    answers = {a["model"]: a for a in _compare(client, "a film", ["tiny", "broken"])}
    assert "incomplete" in answers["broken"]["error"]
    assert "label" in answers["tiny"]


def test_a_long_text_is_scored_and_says_how_much_was_read(client: Client) -> None:
    (answer,) = _compare(client, "a film . " * 2000, ["distilbert-mini"])
    assert answer["tokens_read"] == 512
    assert answer["tokens_total"] > 512


@pytest.mark.parametrize(
    ("text", "models", "message"),
    [
        (" ", None, "Type some text first."),
        ("x" * 20_001, None, "The text has 20,001 characters; the limit is 20,000."),
        ("a film", ["owner/name"], "No model named 'owner/name' here."),
        ("a film", ["../../etc"], "No model named"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    client: Client, text: str, models: list[str] | None, message: str
) -> None:
    with pytest.raises(Exception, match=message.replace(".", r"\.")):
        _compare(client, text, models)


def test_the_public_endpoints_are_these(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert set(endpoints["named_endpoints"]) == {
        "/compare",
        "/explain",
        "/models",
        "/score",
    }
    assert endpoints["unnamed_endpoints"] == {}


def test_a_body_over_the_limit_is_refused_before_it_is_read(url: str) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    connection.putrequest("POST", "/gradio_api/call/compare")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("endpoint", ["score", "compare", "explain"])
def test_an_address_is_not_fetched(url: str, endpoint: str) -> None:
    file = {"path": "https://example.com/x.csv", "meta": {"_type": "gradio.FileData"}}
    for data in ([file, "tiny"], [[{"deep": [file]}], "tiny"]):
        connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
        body = json.dumps({"data": data})
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"/gradio_api/call/{endpoint}", body, headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (422, {"detail": REFUSAL})
        connection.close()


def test_the_page_asks_for_nothing_outside_itself(url: str) -> None:
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        page = response.read().decode()
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', page)


def test_a_checkpoint_that_appears_later_is_found(client: Client, trained: Path) -> None:
    tiny_backbone(trained / "later")
    try:
        assert [a["model"] for a in _compare(client, "a film", ["later"])] == ["later"]
    finally:
        shutil.rmtree(trained / "later")
