"""The running app with the models that come with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.serving import running_app


@pytest.fixture(scope="session")
def bundled_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address; nothing was trained on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(tmp_path_factory.mktemp("none")))
        with running_app() as url:
            yield url
