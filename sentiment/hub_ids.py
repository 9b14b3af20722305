"""What people give for a repository of the Hugging Face Hub -> its id, owner/name."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal, NamedTuple

from sentiment.errors import InputError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
RepoKind = Literal["model", "dataset", "space"]

# Backbones that older configurations name without an owner.
LEGACY_IDS = {
    "bert-base-cased": "google-bert/bert-base-cased",
    "bert-base-uncased": "google-bert/bert-base-uncased",
    "distilbert-base-cased": "distilbert/distilbert-base-cased",
    "distilbert-base-uncased": "distilbert/distilbert-base-uncased",
    "distilgpt2": "distilbert/distilgpt2",
    "gpt2": "openai-community/gpt2",
    "roberta-base": "FacebookAI/roberta-base",
}
# Every name without an owner that the Hub still forwards and that could be loaded here.
WELL_KNOWN_IDS = {
    **LEGACY_IDS,
    "albert-base-v2": "albert/albert-base-v2",
    "bert-large-cased": "google-bert/bert-large-cased",
    "bert-large-uncased": "google-bert/bert-large-uncased",
    "distilbert-base-uncased-finetuned-sst-2-english": (
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    ),
    "distilroberta-base": "distilbert/distilroberta-base",
    "gpt2-large": "openai-community/gpt2-large",
    "gpt2-medium": "openai-community/gpt2-medium",
    "roberta-large": "FacebookAI/roberta-large",
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
}

_HUB_LINK = re.compile(
    r"(?:(?:https?:)?//(?:www\.)?|www\.)?(?:huggingface\.co|hf\.co)(?:/(?P<path>[^?#]*))?(?:[?#].*)?"
    r"|hf://(?P<address>[^?#]*)",
    re.IGNORECASE,
)
_OTHER_LINK = re.compile(r"[a-z][a-z0-9+.-]*://.*|www\..*", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FOLDERS: dict[str, RepoKind] = {"datasets": "dataset", "spaces": "space", "models": "model"}
_KIND_TITLES: dict[RepoKind, str] = {"model": "model", "dataset": "data set", "space": "Space"}
_REVISIONS = ("tree", "blob", "resolve", "raw", "blame", "commit", "commits")
# A revision (branch, tag or commit) and a folder inside, behind the id of a model.
_DETAILS = re.compile(
    r"(?P<id>[^@:]+)(?:@(?P<revision>[\w.-]+(?:/[\w.-]+)*))?(?::(?P<folder>[\w./-]+))?"
)
_EXPECTED = "Give a Hub id such as owner/name"


def is_link(given: str) -> bool:
    """Return whether `given` is a web address, of the Hub or elsewhere, and no id, name or path."""
    cleaned = _clean(given)
    return bool(_HUB_LINK.fullmatch(cleaned) or _OTHER_LINK.fullmatch(cleaned))


class Address(NamedTuple):
    """A model on the Hub: its id, a revision and a folder inside, both empty for the default."""

    hub_id: str
    revision: str = ""
    folder: str = ""


def split_address(name: str) -> Address:
    """Split `owner/name@revision:folder`, as `parse_hub_id` returns it, into its parts."""
    found = _DETAILS.fullmatch(name)
    if found is None:
        return Address(name)
    return Address(found["id"], found["revision"] or "", found["folder"] or "")


def looks_like_path(given: str) -> bool:
    """Return whether `given` is the path of a folder rather than a name or a Hub id."""
    parts = split_address(_clean(given)).hub_id
    is_windows = bool(re.match(r"[A-Za-z]:[\\/]", given))
    return given.startswith(("/", "~", ".")) or is_windows or parts.count("/") > 1


def parse_hub_id(given: str, *, kind: RepoKind = "model", is_new: bool = False) -> str:
    """Parse an id, a link to a page of the Hub, or a well-known name without its owner.

    The id of a model that is read can be followed by `@revision` and by `:folder`.

    Args:
        kind: of the repository.
        is_new: whether it is written to: a name without an owner is then nobody else's.

    Raises:
        InputError: it is none of them; the message gives the likely id where there is one.
    """
    cleaned = _clean(given)
    link = _HUB_LINK.fullmatch(cleaned)
    if link:
        cleaned = _parse_path(link["path"] or link["address"] or "", kind)
    elif _OTHER_LINK.fullmatch(cleaned):
        raise InputError(f"{_EXPECTED}, or a link to its page on huggingface.co.")
    if kind == "model" and not is_new and not link:
        address = split_address(cleaned)
        details = cleaned.removeprefix(address.hub_id)
        if details and ".." not in details:
            return parse_hub_id(address.hub_id) + details
    if HUB_ID.fullmatch(cleaned) and ".." not in cleaned:
        return cleaned
    if _NAME.fullmatch(cleaned) and ".." not in cleaned:
        return _add_owner(cleaned, is_known=kind == "model" and not is_new)
    raise InputError(f"{_EXPECTED}.")


def _clean(given: str) -> str:
    """Remove what copying leaves around an id: spaces, quotes, a slash at the end."""
    return re.sub(r"\s*/\s*", "/", given.strip().strip("\"'<>`").strip()).rstrip("/")


def _parse_path(path: str, kind: RepoKind) -> str:
    """Parse the path of a link to owner/name, or to a name without an owner.

    Raises:
        InputError: it leads to something else, or to a revision other than main.
    """
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] in _FOLDERS:
        found = _FOLDERS[parts.pop(0)]
        if found != kind and parts:
            raise InputError(
                f"That is a link to a {_KIND_TITLES[found]}. Give the id of a "
                f"{_KIND_TITLES[kind]}, such as owner/name, or a link to its page."
            )
    length = 1 if len(parts) == 1 or (parts[1:2] and parts[1] in _REVISIONS) else 2
    name, rest = "/".join(parts[:length]), parts[length:]
    if rest[:1] and rest[0] in _REVISIONS and rest[1:2] not in ([], ["main"]):
        raise InputError(
            f"That is a link to the revision {rest[1][:40]!r}. Only main is used here: give {name}."
        )
    return name


def _add_owner(name: str, *, is_known: bool) -> str:
    """Return the full id of a well-known name.

    Raises:
        InputError: it is none, with the likely id.
    """
    if is_known and name.lower() in WELL_KNOWN_IDS:
        return WELL_KNOWN_IDS[name.lower()]
    close = get_close_matches(name.lower(), WELL_KNOWN_IDS, n=1, cutoff=0.85) if is_known else []
    if close:
        raise InputError(
            f"{_EXPECTED}: {name[:80]!r} has no owner. Did you mean {WELL_KNOWN_IDS[close[0]]}?"
        )
    raise InputError(
        f"{_EXPECTED}: {name[:80]!r} has no owner. Its id is OWNER/{name[:80]}, with the owner "
        f"that its page on huggingface.co names."
    )
