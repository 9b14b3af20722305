"""A stop reaches all that its visit has waiting or running, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sentiment.ui.session.jobs import CancelTokens

HERE: Any = SimpleNamespace(session_hash="here")
THERE: Any = SimpleNamespace(session_hash="there")


@pytest.fixture
def stops() -> CancelTokens:
    return CancelTokens()


def test_running_work_is_stopped_and_that_of_others_is_not(stops: CancelTokens) -> None:
    stops.announce(HERE)
    with stops.run(HERE) as is_stopped, stops.run(THERE) as is_other_stopped:
        assert stops.ask(HERE)
        assert is_stopped()
        assert not is_other_stopped()
    assert not stops.ask(HERE)


def test_later_work_can_replace_what_the_same_visit_has_running(stops: CancelTokens) -> None:
    with (
        stops.run(HERE) as is_replaced,
        stops.run(THERE) as is_other_replaced,
        stops.run(HERE, is_only=True) as is_last_replaced,
    ):
        assert is_replaced()
        assert not is_last_replaced()
        assert not is_other_replaced()


def test_waiting_work_is_stopped_before_it_begins(stops: CancelTokens) -> None:
    stops.announce(HERE)
    assert stops.ask(HERE)
    with stops.run(HERE) as is_stopped:
        assert is_stopped()


def test_a_second_press_does_not_save_what_is_running(stops: CancelTokens) -> None:
    stops.announce(HERE)
    with stops.run(HERE) as is_stopped:
        stops.announce(HERE)  # of which nothing comes
        stops.ask(HERE)
        assert is_stopped()
    stops.announce(HERE)
    with stops.run(HERE) as is_stopped:  # and its stop is not that of the next
        assert not is_stopped()


def test_nothing_is_kept_of_visits_that_are_over(stops: CancelTokens) -> None:
    for _ in range(3):
        stops.announce(HERE)
        with stops.run(HERE):
            pass
    stops.ask(HERE)
    assert not stops._running
    assert not stops._announced
