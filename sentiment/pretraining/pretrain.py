"""Pretraining of a miniature decoder by language modelling, resumable after interruptions.

    python -m sentiment pretrain gpt2-mini --data DIR --minutes 90

The run folder holds the plan, the packed corpus, the last saved states and a log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sentiment.errors import InputError
from sentiment.pretraining.corpus import build_corpus
from sentiment.pretraining.language_model import PREVIOUS_FILE, STATE_FILE, LanguageModelling
from sentiment.pretraining.miniatures import Budget, Miniature
from sentiment.runtime.files import PLAN_FILE, check_unclaimed, claim_plan, read_json
from sentiment.runtime.hardware import choose_precision
from sentiment.runtime.signals import collect_signals, raise_for

LOG_FILE = "log.jsonl"
SAVE_SECONDS = 120.0
REPORT_SECONDS = 10.0
EVALUATIONS = 10  # of the held-out perplexity, evenly spaced over the run


@dataclass(frozen=True)
class PretrainingReport:
    """Progress of a pretraining run."""

    tokens: int  # since the start of the run
    epochs: float  # over the corpus
    loss: float  # mean since the last report, nats per token
    learning_rate: float
    tokens_per_second: float
    seconds: float  # of training, since the start of the run
    seconds_left: float
    perplexity: float | None = None  # on the held-out reviews, after an evaluation


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
    """Pretrain `miniature` within `budget`, saving states to resume from in `folder`.

    Args:
        folder: the run folder.
        budget: required for a new run; a resumed run keeps its budget.
        data: a folder with `sst2/` and `imdb/`; by default `$SENTIMENT_DATA` or the Hub.
        is_resumed: resume the run in `folder`, from the start if it has no saved state.
        is_compiled: compile the step with torch.compile, which needs a C++ compiler.
        on_report: called with a report every few seconds and after every evaluation.

    After SIGINT or SIGTERM, the step is finished and the state saved; then KeyboardInterrupt or
    SystemExit(143) is raised.

    Raises:
        InputError: `folder` holds a run already, or one with other settings.
        DataError: the corpus cannot be built.
        TrainingError: the loss is not finite, or the saved state is damaged.
        CheckpointError: a file cannot be written.
    """
    check_unclaimed(folder, is_resumed=is_resumed)
    stored = read_json(folder / PLAN_FILE) if (folder / PLAN_FILE).is_file() else {}
    if stored:
        budget = budget or Budget(**stored["budget"])
        data = data or (Path(stored["data"]) if stored["data"] else None)
    if budget is None:
        raise InputError("Give either --minutes or --tokens, a number above 0.")
    plan = {
        "miniature": asdict(miniature),
        "budget": asdict(budget),
        "data": str(data.resolve()) if data else None,
        "precision": choose_precision(),
        "is_compiled": is_compiled,
    }
    claim_plan(folder, plan, is_resumed=is_resumed)
    corpus = build_corpus(miniature, folder / "corpus", data=data)
    run = LanguageModelling(miniature, corpus, budget, is_compiled=is_compiled)
    if (folder / STATE_FILE).is_file() or (folder / PREVIOUS_FILE).is_file():
        run.load(folder)
    with collect_signals() as received:
        _run(run, folder, on_report or (lambda report: None), received)
    return run


def _run(
    run: LanguageModelling,
    folder: Path,
    on_report: Callable[[PretrainingReport], None],
    received: Sequence[int],
) -> None:
    progress = run.progress
    last_step = last_report = last_save = time.perf_counter()
    losses: list[float] = []
    while run.spent < 1:
        rate = run.learning_rate()
        losses.append(run.step())
        is_measured = int(run.spent * EVALUATIONS) > progress.evaluations
        perplexity = run.perplexity() if is_measured else None
        progress.evaluations += is_measured
        now = time.perf_counter()
        progress.seconds += now - last_step
        last_step = now
        if is_measured or now - last_report >= REPORT_SECONDS:
            report = PretrainingReport(
                tokens=run.tokens,
                epochs=run.epochs,
                loss=sum(losses) / len(losses),
                learning_rate=rate,
                tokens_per_second=run.tokens / progress.seconds,
                seconds=progress.seconds,
                seconds_left=progress.seconds * (1 - run.spent) / run.spent,
                perplexity=perplexity,
            )
            _log(run, folder, report)
            on_report(report)
            losses, last_report = [], now
        if now - last_save >= SAVE_SECONDS or run.spent >= 1 or received:
            run.save(folder)
            last_save = now
        if received and run.spent < 1:
            raise_for(received[0])


def _log(run: LanguageModelling, folder: Path, report: PretrainingReport) -> None:
    point: dict[str, float] = {"tokens": report.tokens, "loss": round(report.loss, 4)}
    if report.perplexity is not None:
        point["perplexity"] = round(report.perplexity, 3)
    run.progress.history.append(point)
    with (folder / LOG_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(report)) + "\n")
