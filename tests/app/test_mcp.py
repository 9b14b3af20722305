"""The endpoints as tools for language models, where `gradio[mcp]` is installed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from sentiment.serving.lineup import LineUp
from sentiment.ui.server import launch
from sentiment.ui.server.guard import REFUSAL
from sentiment.ui.server.service import ServerLifecycle
from tests.app.test_api_examples import ADDRESS, ENDPOINTS, PAGE

needs_mcp = pytest.mark.skipif(find_spec("mcp") is None, reason='pip install "gradio[mcp]" first')
_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.fixture
def address(bundled_url: str) -> str:
    """Where docs/api.md says that the tools are."""
    (configuration,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    told = json.loads(configuration)["mcpServers"]["sentiment"]["url"]
    return str(told).replace(f"{ADDRESS}/", bundled_url)


def _ask(address: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `work` gets out of a client's session."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def run() -> Any:
        async with (
            streamablehttp_client(address) as (receive, send, _),
            ClientSession(receive, send) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(run())


@pytest.mark.parametrize("found", [None, object()])
def test_tools_are_offered_where_the_extra_is_there(
    monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setattr(launch, "find_spec", lambda name: found)
    assert launch.launch_kwargs(ServerLifecycle(LineUp()))["mcp_server"] is (found is not None)


@needs_mcp
def test_the_endpoints_are_the_tools_and_nothing_else_is(address: str) -> None:
    tools = _ask(address, lambda session: session.list_tools()).tools
    assert sorted(tool.name for tool in tools) == sorted(ENDPOINTS)
    for tool in tools:
        assert "Returns:" in tool.description
        assert ",," not in tool.description
        assert ":," not in tool.description
        assert len(tool.description.partition("Returns:")[2].splitlines()) == 1
        described = tool.inputSchema["properties"].values()
        assert all(argument["description"] for argument in described)


@needs_mcp
@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("compare", {"text": "A dull film.", "models": ["distilbert-mini"]}, "'p_positive': 0."),
        ("score", {"texts": ["A dull film."], "model": "tfidf-sst2"}, "'label': 'negative'"),
        ("models", {}, "'distilbert-mini'"),
        ("explain", {"text": "A dull film.", "models": ["gpt2-mini"]}, "'deletion'"),
    ],
)
def test_a_tool_answers_as_its_endpoint(
    address: str, tool: str, arguments: dict[str, Any], said: str
) -> None:
    answer = _ask(address, lambda session: session.call_tool(tool, arguments))
    assert not answer.isError
    assert said in answer.content[0].text


@needs_mcp
def test_a_refusal_reaches_the_tools_caller(address: str) -> None:
    answer = _ask(address, lambda session: session.call_tool("compare", {"text": " "}))
    assert answer.isError
    assert "Type some text first." in answer.content[0].text


@needs_mcp
def test_an_address_is_not_fetched_for_a_tool_either(address: str) -> None:
    arguments = {"text": {"path": "https://example.com/x.csv"}}
    call = {"name": "compare", "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    answer = httpx.post(address, json=body, headers=_HEADERS)
    assert (answer.status_code, answer.json()) == (422, {"detail": REFUSAL})
