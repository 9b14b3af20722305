"""The page as those see it who run no script: search engines, previews, the first paint."""

from __future__ import annotations

import http.client
import struct
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from sentiment.ui.render.theme import PALETTE
from sentiment.ui.server.page import CARD, CARD_PATH, CARD_SIZE
from sentiment.ui.text import shared as copy
from tests.support.waiting import TIMEOUT

MOST_BYTES = 200_000  # of the picture
HEADERS = ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip"})


class _Head(HTMLParser):
    """Gathers the title and the meta tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, str]] = []
        self.title = ""
        self._in_title = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self._in_title = tag == "title"
        name = own.get("property") or own.get("name")
        if tag == "meta" and name:
            self.tags.append((name, own.get("content") or ""))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
            self._in_title = False


def _size(png: bytes) -> tuple[int, int]:
    """Width and height, as they stand in the picture's first block."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_card_is_a_picture_of_the_size_that_is_told() -> None:
    png = CARD.read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    assert _size(png) == CARD_SIZE
    assert len(png) < MOST_BYTES


@pytest.mark.parametrize("headers", HEADERS, ids=lambda own: own.get("Accept-Encoding", "none"))
def test_a_preview_finds_title_description_and_picture(
    bundled_url: str, headers: dict[str, str]
) -> None:
    head = _Head(httpx.get(bundled_url, headers=headers).text)
    tags = dict(head.tags)
    assert head.title == copy.TITLE
    assert tags["description"] == tags["og:description"] == copy.DESCRIPTION
    assert tags["og:title"] == copy.TITLE
    assert tags["og:url"] == bundled_url
    assert tags["twitter:card"] == "summary_large_image"
    assert (int(tags["og:image:width"]), int(tags["og:image:height"])) == CARD_SIZE
    picture = httpx.get(tags["og:image"])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content == CARD.read_bytes()


def test_every_tag_stands_there_once_and_none_is_gradios(bundled_url: str) -> None:
    page = httpx.get(bundled_url).text
    names = [name for name, _ in _Head(page).tags]
    assert sorted(names) == sorted(set(names))
    assert not {"twitter:creator", "twitter:image"} & set(names)
    assert "Click to try out the app" not in page


def test_a_space_tells_the_address_under_which_it_is_known(
    bundled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_HOST", "somebody-space.hf.space")
    tags = dict(_Head(httpx.get(bundled_url).text).tags)
    assert tags["og:url"] == "https://somebody-space.hf.space/"
    assert tags["og:image"] == f"https://somebody-space.hf.space{CARD_PATH}"


@pytest.mark.parametrize("host", ['x"><script>alert(1)</script>', "ä", "", "a" * 5000])
def test_an_odd_host_does_no_harm(bundled_url: str, host: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(bundled_url).netloc, timeout=TIMEOUT)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", host.encode())
    connection.endheaders()
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.status in (200, 400)
    assert "<script>alert(1)" not in page
    connection.close()


def test_colours_script_and_header_come_with_the_page(bundled_url: str) -> None:
    page = httpx.get(bundled_url).text
    head, body = page.split("<gradio-app", 1)
    assert all(f"--s-paper:{colour}" in head for colour in PALETTE["paper"])
    assert "prefers-color-scheme: dark" in head
    assert copy.PRESENT in head
    assert 'url("fonts/source-sans-3-latin.woff2")' in head
    assert copy.NEEDS_SCRIPT in head
    assert body


def test_other_answers_pass_as_they_are(bundled_url: str) -> None:
    info = httpx.get(f"{bundled_url}gradio_api/info").json()
    assert "/compare" in info["named_endpoints"]
    assert httpx.head(bundled_url).status_code == 200
    assert httpx.get(f"{bundled_url}nowhere/at/all").status_code == 404
