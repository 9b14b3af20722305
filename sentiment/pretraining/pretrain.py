"""Pretrain a miniature decoder by language modelling, in parts that survive being killed.

    python -m sentiment pretrain gpt2-mini --data DIR --minutes 90

A run keeps everything it needs in its run folder: its plan, the packed corpus, the state after
the last save, and a log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sentiment.errors import InputError
from sentiment.pretraining.corpus import build_corpus
from sentiment.pretraining.language_model import PREVIOUS_FILE, STATE_FILE, LanguageModelling
from sentiment.pretraining.miniatures import Budget, Miniature
from sentiment.runtime.files import read_json, write_json
from sentiment.runtime.hardware import choose_precision
from sentiment.runtime.signals import collect_signals, raise_for

PLAN_FILE = "plan.json"
LOG_FILE = "log.jsonl"
SAVE_SECONDS = 120.0
REPORT_SECONDS = 10.0
_PLAN_TITLES = {
    "miniature": "shape or schedule",
    "data": "--data",
    "precision": "precision (see the hardware)",
    "is_compiled": "choice of --compile",
}
EVALUATIONS = 10  # of the held-out perplexity, evenly spaced over the run


@dataclass(frozen=True)
class PretrainingReport:
    """Where a pretraining stands."""

    tokens: int  # read so far, over all parts of the run
    passes: float  # over the corpus
    loss: float  # mean since the last report, nats per token
    learning_rate: float
    tokens_per_second: float
    seconds: float  # computed so far, over all parts of the run
    seconds_left: float
    perplexity: float | None = None  # on the held-out reviews, where it was measured just now


def pretrain(
    miniature: Miniature,
    folder: Path,
    *,
    budget: Budget | None = None,
    data: Path | None = None,
    is_resumed: bool = False,
    is_compiled: bool = False,
    on_report: Callable[[PretrainingReport], None] | None = None,
) -> LanguageModelling:
    """Pretrain `miniature` within `budget`, keeping all that a later part needs in `folder`.

    Args:
        folder: the run folder.
        budget: needed unless the run in `folder` is continued, which keeps its own.
        data: a folder with `sst2/` and `imdb/`; by default `$SENTIMENT_DATA` or the Hub.
        is_resumed: continue the run in `folder`; one that never saved a state begins anew.
        is_compiled: compile the step with torch.compile, which needs a C++ compiler.
        on_report: receives a report every few seconds and after every evaluation.

    SIGINT and SIGTERM let the step end and the state be saved; then KeyboardInterrupt is raised, or
    SystemExit(143).

    Raises:
        InputError: `folder` holds a run already, or one with another budget or shape.
        DataError: the corpus cannot be built.
        TrainingError: the loss stopped being a number, or the saved state is damaged.
        CheckpointError: the disk refuses.
    """
    plan = {
        "miniature": asdict(miniature),
        "data": str(data.resolve()) if data else None,
        "precision": choose_precision(),
        "is_compiled": is_compiled,
    }
    budget = _settle_plan(plan, folder, budget, is_resumed=is_resumed)
    kept_data = read_json(folder / PLAN_FILE)["data"]
    corpus = build_corpus(miniature, folder / "corpus", data=Path(kept_data) if kept_data else None)
    run = LanguageModelling(miniature, corpus, budget, is_compiled=is_compiled)
    if (folder / STATE_FILE).is_file() or (folder / PREVIOUS_FILE).is_file():
        run.load(folder)
    with collect_signals() as received:
        _run(run, folder, on_report or (lambda report: None), received)
    return run


def _settle_plan(
    plan: dict[str, Any], folder: Path, budget: Budget | None, *, is_resumed: bool
) -> Budget:
    """The budget of the run in `folder`: the stored one when it is continued, else `budget`."""
    path = folder / PLAN_FILE
    if not path.is_file():
        if budget is None:
            raise InputError("Give either --minutes or --tokens, a number above 0.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / f"{PLAN_FILE}.unfinished"
            write_json(unfinished, {**plan, "budget": asdict(budget)})
            unfinished.replace(path)
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error}") from error
        return budget
    if not is_resumed:
        raise InputError(f"{folder} holds a pretraining. Add --resume, or remove it first.")
    stored = read_json(path)
    kept = Budget(**stored["budget"])
    if budget is not None and budget != kept:
        raise InputError(
            f"{folder} was begun with {kept}, not {budget}: the learning rate follows the budget. "
            f"Leave it out to continue, or remove the folder to start anew."
        )
    for name, value in json.loads(json.dumps(plan)).items():
        if stored[name] != value and (name, value) != ("data", None):
            raise InputError(
                f"{folder} was begun with another {_PLAN_TITLES[name]}. Continue it as it was "
                f"begun (see {path}), or remove it to start anew."
            )
    return kept


def _run(
    run: LanguageModelling,
    folder: Path,
    on_report: Callable[[PretrainingReport], None],
    received: Sequence[int],
) -> None:
    progress = run.progress
    ticked = reported = saved = time.perf_counter()
    losses: list[float] = []
    while run.spent < 1:
        rate = run.learning_rate()
        losses.append(run.step())
        is_measured = int(run.spent * EVALUATIONS) > progress.evaluations
        perplexity = run.perplexity() if is_measured else None
        progress.evaluations += is_measured
        now = time.perf_counter()
        progress.seconds += now - ticked
        ticked = now
        if is_measured or now - reported >= REPORT_SECONDS:
            report = PretrainingReport(
                tokens=run.tokens,
                passes=run.passes,
                loss=sum(losses) / len(losses),
                learning_rate=rate,
                tokens_per_second=run.tokens / progress.seconds,
                seconds=progress.seconds,
                seconds_left=progress.seconds * (1 - run.spent) / run.spent,
                perplexity=perplexity,
            )
            _log(run, folder, report)
            on_report(report)
            losses, reported = [], now
        if now - saved >= SAVE_SECONDS or run.spent >= 1 or received:
            run.save(folder)
            saved = now
        if received and run.spent < 1:
            raise_for(received[0])


def _log(run: LanguageModelling, folder: Path, report: PretrainingReport) -> None:
    point: dict[str, float] = {"tokens": report.tokens, "loss": round(report.loss, 4)}
    if report.perplexity is not None:
        point["perplexity"] = round(report.perplexity, 3)
    run.progress.history.append(point)
    with (folder / LOG_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(report)) + "\n")
