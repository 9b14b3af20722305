"""What people give for a model of the Hub, and the id or the answer that it gets."""

from __future__ import annotations

import pytest

from sentiment.errors import CheckpointError, InputError
from sentiment.hub import check_hub_id
from sentiment.hub_ids import LEGACY_IDS, WELL_KNOWN_IDS, is_link, parse_hub_id, split_address
from sentiment.models.catalogue import resolve_model
from sentiment.serving.inspection import ModelAddress, check_address
from sentiment.ui.text import models as copy

UNDERSTOOD = {
    "owner/name": "owner/name",
    "  owner/name  ": "owner/name",
    "owner/name/": "owner/name",
    "owner / name": "owner/name",
    "`owner/name`": "owner/name",
    "https://huggingface.co/owner/name": "owner/name",
    "http://huggingface.co/owner/name/": "owner/name",
    " https://huggingface.co/owner/name ": "owner/name",
    "https://www.huggingface.co/owner/name": "owner/name",
    "https://huggingface.co/owner/name/tree/main": "owner/name",
    "https://huggingface.co/owner/name/blob/main/config.json": "owner/name",
    "https://huggingface.co/owner/name/discussions/3": "owner/name",
    "https://huggingface.co/owner/name?library=transformers#use": "owner/name",
    "HTTPS://HuggingFace.co/owner/name": "owner/name",
    "huggingface.co/owner/name": "owner/name",
    "hf.co/owner/name": "owner/name",
    "https://hf.co/owner/name/tree/main/": "owner/name",
    "hf://owner/name": "owner/name",
    "https://huggingface.co/gpt2": "openai-community/gpt2",
    "https://huggingface.co/bert-base-uncased/tree/main": "google-bert/bert-base-uncased",
    "Roberta-Base": "FacebookAI/roberta-base",
    **WELL_KNOWN_IDS,
}
ANSWERED = {
    "twitter-sentiment": "'twitter-sentiment' has no owner. Its id is OWNER/twitter-sentiment",
    "https://huggingface.co/owner": "'owner' has no owner",
    "bert-base-uncasd": "Did you mean google-bert/bert-base-uncased?",
    "https://huggingface.co/owner/name/tree/dev": "'dev'. Only main is used here: give owner/name.",
    "https://huggingface.co/datasets/owner/name": "a link to a data set. Give the id of a model",
    "https://huggingface.co/spaces/owner/name": "a link to a Space. Give the id of a model",
    "https://github.com/owner/name": "or a link to its page on huggingface.co",
    "https://huggingface.co/": "Give a Hub id such as owner/name.",
    "https://huggingface.co/../etc": "Give a Hub id such as owner/name.",
    "a/b/c": "Give a Hub id such as owner/name.",
    "one two": "Give a Hub id such as owner/name.",
}


@pytest.fixture
def downloaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that `resolve_model` asks the Hub for; it gives none."""
    asked: list[str] = []

    def refuse(hub_id: str, **_settings: object) -> None:
        asked.append(hub_id)
        raise CheckpointError("asked")

    monkeypatch.setattr("sentiment.models.catalogue.download", refuse)
    return asked


@pytest.mark.parametrize(("given", "hub_id"), UNDERSTOOD.items())
def test_an_id_a_link_and_a_known_name_are_understood(
    given: str, hub_id: str, downloaded: list[str]
) -> None:
    assert parse_hub_id(given) == hub_id
    for is_folder_allowed in (False, True):
        address = check_address(given, is_folder_allowed=is_folder_allowed)
        assert address == ModelAddress(hub_id, is_folder=False)
    with pytest.raises(CheckpointError, match="asked"):
        resolve_model(given)
    assert downloaded == [hub_id]


@pytest.mark.parametrize(("given", "said"), ANSWERED.items())
def test_anything_else_is_answered_with_what_to_give(
    given: str, said: str, downloaded: list[str]
) -> None:
    for parse in (parse_hub_id, resolve_model):
        with pytest.raises((InputError, CheckpointError)) as caught:
            parse(given)
        assert said in str(caught.value)
        assert "There is no folder" not in str(caught.value)
    assert downloaded == []


def test_a_link_is_never_taken_for_a_folder() -> None:
    with pytest.raises(InputError, match="or a link to its page"):
        check_address("https://example.org/owner/name", is_folder_allowed=True)
    assert is_link("https://huggingface.co/owner/name")
    assert not is_link("/srv/models/mine")


@pytest.mark.parametrize("name", ["gpt2", *LEGACY_IDS])
def test_nothing_is_pushed_to_the_owner_of_a_known_name(name: str) -> None:
    with pytest.raises(InputError, match=f"Its id is OWNER/{name}"):
        check_hub_id(name)


def test_a_place_to_push_to_may_be_a_link() -> None:
    assert check_hub_id("https://huggingface.co/me/mine/tree/main") == "me/mine"
    assert check_hub_id("https://huggingface.co/spaces/me/mine", kind="space") == "me/mine"
    with pytest.raises(InputError, match="a link to a model"):
        check_hub_id("https://huggingface.co/models/me/mine", kind="space")


@pytest.mark.parametrize("name", copy.SUGGESTIONS)
def test_a_suggested_model_is_an_id(name: str) -> None:
    assert parse_hub_id(name) == name


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("owner/name", ("owner/name", "", "")),
        ("owner/name@v1.0", ("owner/name", "v1.0", "")),
        ("owner/name@refs/pr/3", ("owner/name", "refs/pr/3", "")),
        ("owner/name:checkpoint-500", ("owner/name", "", "checkpoint-500")),
        ("owner/name:runs/best", ("owner/name", "", "runs/best")),
        (" owner/name@main:best/ ", ("owner/name", "main", "best")),
        ("gpt2@main", ("openai-community/gpt2", "main", "")),
    ],
)
def test_a_revision_and_a_folder_may_follow_the_id_of_a_model(
    given: str, address: tuple[str, str, str]
) -> None:
    assert split_address(parse_hub_id(given)) == address


@pytest.mark.parametrize("given", ["owner/name@", "owner/name:../up", "a/b@c@d", "owner/name@v 1"])
def test_a_revision_or_folder_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="Give a Hub id"):
        parse_hub_id(given)


@pytest.mark.parametrize("settings", [{"is_new": True}, {"kind": "dataset"}])
def test_only_a_model_that_is_read_has_a_revision(settings: dict) -> None:
    with pytest.raises(InputError, match="Give a Hub id"):
        parse_hub_id("owner/name@main", **settings)
