"""Format console output: tables of metrics, descriptions of data, progress bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from sentiment.data.examples import Examples
from sentiment.data.sources import full_title, split_title
from sentiment.evaluation.draws import COLUMNS, summarize_draws
from sentiment.evaluation.results import Result
from sentiment.evaluation.thresholds import confusion_at
from sentiment.formatting import CALIBRATION_TITLES, describe_method
from sentiment.labels import LABELS, NEGATIVE, POSITIVE
from sentiment.models.catalogue import RUN_FILE
from sentiment.runtime.distributed import is_main_process
from sentiment.runtime.files import read_json
from sentiment.training.history import epoch_rows

if TYPE_CHECKING:  # import torch
    from sentiment.inference.scoring import Progress
    from sentiment.pretraining.pretrain import PretrainingReport
    from sentiment.training.experiment import ExperimentResult

_TITLES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "mcc": "MCC",
    "auroc": "AUROC",
}

_THRESHOLDS = {**CALIBRATION_TITLES, "batch_mean": "batch mean"}


def describe(examples: Examples) -> str:
    """Describe a set of examples in one line: name, split, size, positive share, fingerprint."""
    positive = int((examples.labels == POSITIVE).sum())
    title = full_title(examples.dataset, examples.split)
    return (
        f"{title}, {len(examples):,} texts, "
        f"{positive / max(1, len(examples)):.1%} positive, fingerprint {examples.fingerprint}"
    )


def metrics_table(result: Result) -> str:
    """Format metrics with intervals and the confusion matrix as plain text."""
    metrics, info = result.metrics, result.info
    method = describe_method(info.method)
    how = method if method == info.kind else f"{info.kind}: {method}"
    on = f" on {full_title(info.dataset, info.split)}" if info.dataset else ""
    lines = [f"{info.model} ({how}){on}, n = {metrics.n:,}, 95 % CI"]
    undefined = []
    for name, title in _TITLES.items():
        value, interval = getattr(metrics, name), getattr(metrics, f"{name}_interval")
        if value is None:
            undefined.append(title)
            continue
        lines.append(f"  {title:<20}{value:.4f}  [{interval.low:.4f}, {interval.high:.4f}]")
        if name == "accuracy":
            lines.append(f"  {'majority class':<20}{metrics.majority_accuracy:.4f}")
    if undefined:
        names = " and ".join(filter(None, (", ".join(undefined[:-1]), undefined[-1])))
        lines.append(f"  {names} not defined for one class")
    for name, threshold in info.thresholds.items():
        moved = confusion_at(threshold, result.gold, result.p_positive).accuracy
        title = _THRESHOLDS[name]
        lines.append(f"  accuracy {moved:.4f} with the threshold at {threshold:+.3f} ({title})")
    header = "".join(f"{'predicted ' + label:>20}" for label in LABELS)
    lines.append(f"  {'':<16}{header}")
    for gold in (NEGATIVE, POSITIVE):
        row = metrics.confusion[gold]
        cells = "".join(f"{f'{count:,} ({count / max(1, sum(row)):.0%})':>20}" for count in row)
        lines.append(f"  {'actual ' + LABELS[gold]:<16}{cells}")
    return "\n".join(lines)


def draws_table(results: Sequence[Result]) -> str:
    """Format the metrics of each draw of the demonstrations, their mean and deviation."""
    info, summary = results[0].info, summarize_draws(results)
    method = replace(info.method, shots=0)
    lines = [
        f"{info.model} (few-shot: {describe_method(method)}; {info.method.shots}-shot from "
        f"{info.method.shots_from}) on {full_title(info.dataset, info.split)}, "
        f"n = {results[0].metrics.n:,}"
    ]
    lines.append(f"  {'draw':<20}" + "".join(f"{title:>20}" for title in COLUMNS.values()))
    rows = {
        **{f"seed {draw.seed}": asdict(draw) for draw in summary.draws},
        "mean": {name: summary.mean(name) for name in COLUMNS},
        "standard deviation": {name: summary.deviation(name) for name in COLUMNS},
    }
    for title, values in rows.items():
        cells = ("" if values[name] is None else f"{values[name]:.4f}" for name in COLUMNS)
        lines.append(f"  {title:<20}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


def curve_table(described: dict[str, Any]) -> str:
    """Format the result of `describe_curves`: mean accuracies by size, then the sentences."""
    sizes = sorted({p["n"] for curve in described["curves"] for p in curve["points"]})
    lines = [f"{'labels':<32}" + "".join(f"{n:>9,}" for n in sizes)]
    for curve in described["curves"]:
        own = {point["n"]: point for point in curve["points"]}
        shown = {n: f"{point['accuracy']:.4f}" for n, point in own.items()}
        noise = {
            n: f"±{point['standard_deviation']:.4f}"
            for n, point in own.items()
            if point["standard_deviation"] is not None
        }
        title = curve["way"] if curve["way"] == "tfidf" else f"{curve['backbone']} {curve['way']}"
        for name, cells in ((title, shown), ("", noise)):
            lines.append(f"{name:<32}" + "".join(f"{cells.get(n, ''):>9}" for n in sizes))
    for line in described["prompted"]:
        shots = f" {line['shots']}" if line["shots"] else ""
        lines.append(f"{line['backbone']} {line['kind']}{shots}: {line['accuracy']:.4f}")
    return "\n".join([*lines, *(pair["sentence"] for pair in described["break_even"])])


def training_report(run: dict[str, Any]) -> str:
    """Format the history of a finished training, epoch by epoch, from its `run.json`."""
    lines = ["".join(f"{cell:>16}" for cell in row) for row in epoch_rows(run["history"])]
    seconds, read = run["seconds"], run["data"]["train"]["n"] * run["recipe"]["epochs"]
    on_gpu = run["device"] == "cuda"
    hardware = run["hardware"]["accelerator" if on_gpu else "processor"]
    took = f"{seconds:,.0f}" if seconds > 10 else f"{seconds:.1f}"
    lines.append(
        f"{read:,} texts in {took} s ({read / max(seconds, 0.1):,.0f} per second), peak "
        f"memory {run['peak_memory_bytes'] / 1e9:.2f} GB, on {hardware}."
    )
    return "\n".join(lines)


def print_experiment(outcome: ExperimentResult) -> None:
    """Print a finished training: its epochs, the accuracies before and after, the checkpoint."""
    print(training_report(read_json(outcome.checkpoint / RUN_FILE)))
    for before, after in outcome.results:
        print(
            f"Accuracy {before.metrics.accuracy:.4f} before, {after.metrics.accuracy:.4f} after, "
            f"on the same {after.metrics.n:,} texts ({split_title(after.info.split)})."
        )
    print(f"Checkpoint: {outcome.checkpoint}")


@contextmanager
def progress_bar(total: int, description: str) -> Iterator[Progress]:
    """Show a progress bar on standard error; yield its callback for `score`."""
    with tqdm(
        total=total,
        desc=description,
        unit="text",
        dynamic_ncols=True,
        disable=not is_main_process(),
    ) as bar:

        def report(done: int, of: int) -> None:
            bar.total = of  # fewer than `total` in a distributed run
            bar.update(done - bar.n)

        yield report


def print_pretraining(report: PretrainingReport) -> None:
    """Print one line on the progress of pretraining."""
    measured = "" if report.perplexity is None else f"  perplexity {report.perplexity:.2f}"
    left = _duration(report.seconds_left)
    print(
        f"{report.tokens:>13,} tokens ({report.epochs:.2f} epochs)  loss {report.loss:.3f}  "
        f"{report.tokens_per_second:,.0f} tokens/s  {left} left{measured}",
        flush=True,
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes >= 10 else f"{minutes}:{rest:02d} min"
