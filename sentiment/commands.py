"""What those commands of `python -m sentiment` do that ask models; each returns the exit status."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from sentiment import console
from sentiment.data.loading import find_split_to_score, load_examples
from sentiment.errors import InputError
from sentiment.evaluation.comparison import compare as compare_results
from sentiment.evaluation.evaluate import build_result
from sentiment.evaluation.latency import measure_latency, save_latency
from sentiment.evaluation.results import (
    Result,
    find_results,
    load_foreign,
    load_result,
    save_result,
)
from sentiment.evaluation.score_table import export_pairs, export_scores, scores_frame, write_export
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.score_file import parts_folder, score_file
from sentiment.inference.scoring import score as score_texts
from sentiment.inference.scoring import score_together
from sentiment.labels import LABELS
from sentiment.limits import check_text
from sentiment.models.catalogue import find_checkpoints, is_backbone, read_seed, resolve_folder
from sentiment.models.classifier import Classifier
from sentiment.runtime.distributed import is_main_process


def models(options: argparse.Namespace) -> int:
    """List the models that can be used now."""
    found = find_checkpoints()
    if options.json:
        print(json.dumps([{**asdict(m), "folder": str(m.folder)} for m in found], indent=2))
        return 0
    if not found:
        print("No models on this machine. Train one with train_model.py.")
        return 0
    rows = [("MODEL", "KIND", "BACKBONE", "PARAMETERS", "TRAINED", "FOLDER")]
    for model in found:
        facts = (f"{model.parameters:,}", f"{model.trainable:,}", str(model.folder))
        rows.append((model.name, model.kind, model.backbone, *facts))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for model in found:
        if model.problem:
            print(f"{model.name} cannot be used: {model.problem}", file=sys.stderr)
    return 0


def _load(options: argparse.Namespace) -> Classifier:
    """The model of the command line, asked with its template where one is given."""
    loader = ClassifierLoader()
    if options.template is None:
        return loader.load(options.model)
    if not is_backbone(resolve_folder(options.model)):
        raise InputError(
            f"{options.model} was trained; a template is for pretrained models. Leave it out."
        )
    return loader.load_zero_shot(options.model, template=options.template)


def _load_for_many(options: argparse.Namespace) -> Classifier:
    """The model of the command line on the engine that was asked for; what that proved is said."""
    classifier = _load(options)
    if options.engine == "exact":
        return classifier
    from sentiment.inference.int8 import quantize

    fast, proof = quantize(classifier)
    if is_main_process():
        print(proof.sentence, file=sys.stderr)
    return fast


def prompt(options: argparse.Namespace) -> int:
    """Show what a model reads of a text, and what it answers."""
    text = check_text(options.text)
    classifier = _load(options)
    scores = score_texts(classifier, [text])
    print(classifier.shown(text))
    read, total = int(scores.tokens_read[0]), int(scores.tokens_total[0])
    print(
        f"\n{classifier.name} ({classifier.method}) read {read:,} of {total:,} tokens: "
        + ", ".join(
            f"{label} {p:.4f}" for label, p in zip(LABELS, scores.probabilities[0], strict=True)
        )
    )
    return 0


def score(options: argparse.Namespace) -> int:
    """Add label and p_positive to every row of a file."""
    classifier = _load_for_many(options)
    folder = parts_folder(options.output)
    try:
        with console.progress_bar(0, classifier.name) as report:
            done = score_file(
                classifier,
                options.input,
                options.output,
                text_column=options.text_column,
                progress=report,
            )
    except KeyboardInterrupt:
        if is_main_process() and folder.is_dir():
            print(f"What is scored is kept in {folder}; the same command goes on.", file=sys.stderr)
        raise
    if not is_main_process():
        return 0
    found = f" ({done.found:,} of them before)" if done.found else ""
    print(
        f"{done.scored:,} texts scored{found}, {done.positive:,} positive; {done.empty:,} empty; "
        f"{done.shortened:,} longer than the model reads. Written to {options.output}"
    )
    if done.prefix:
        print(f"The file has such columns already; the new ones begin with {done.prefix}.")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Metrics and confusion matrix on labelled texts."""
    examples = load_examples(options.data, options.split)
    blank = [str(i + 1) for i, text in enumerate(examples.texts) if not text]
    if blank:
        raise InputError(
            f"{len(blank)} rows have no text (such as row {blank[0]}). Fill them or leave them out."
        )
    classifier = _load_for_many(options)
    with console.progress_bar(len(examples), classifier.name) as report:
        scores = score_together(classifier, examples.texts, progress=report)
    seed = read_seed(resolve_folder(options.model))
    result = build_result(classifier, examples, scores, seed=seed)
    if not is_main_process():
        return 0
    if options.json:
        print(json.dumps({**asdict(result.info), **result.metrics.to_dict()}, indent=2))
    else:
        print(console.metrics_table(result))
    if options.output:
        save_result(result, options.output)
        print(f"Predictions: {options.output}", file=sys.stderr)
    return 0


def compare(options: argparse.Namespace) -> int:
    """The table of some models on the same texts, and a verdict on every pair of them."""
    results = [_find_saved(name, options.data, options.split) for name in options.models]
    names = _distinct([result.info.model for result in results])
    results = [
        replace(result, info=replace(result.info, model=name))
        for result, name in zip(results, names, strict=True)
    ]
    pairs = compare_results(results)
    frame = scores_frame(results, find_checkpoints())
    if options.table:
        write_export(options.table, lambda form: export_scores(frame, form))
    if options.pairs:
        write_export(options.pairs, lambda form: export_pairs(pairs, form))
    if options.json:
        models = [
            {**asdict(result.info), **result.metrics.to_dict(), **result.reliability.to_dict()}
            for result in results
        ]
        print(json.dumps({"models": models, "pairs": [p.to_dict() for p in pairs]}, indent=2))
        return 0
    for result in results:
        print(console.metrics_table(result))
    for pair in pairs:
        print(
            f"{pair.a} and {pair.b}: both right {pair.both_right:,}, only {pair.a} "
            f"{pair.only_a_right:,}, only {pair.b} {pair.only_b_right:,}, neither "
            f"{pair.both_wrong:,}"
        )
        print(f"  {pair.sentence}")
    if len(pairs) > 1:
        print(f"p-values are corrected for {len(pairs)} comparisons (Holm).")
    return 0


def _find_saved(name: str, data: str | None, split: str | None) -> Result:
    """Saved predictions: a file, or those of the model `name` on `data`.

    Raises:
        InputError: there are none.
        DataError: the file holds none.
    """
    path = Path(name)
    if path.suffix.lower() == ".parquet":
        return load_result(path)
    if path.suffix.lower() == ".csv":
        return load_foreign(path)
    if data is None:
        raise InputError("Name what the models were scored on, such as --data sst2.")
    results, _ = find_results()
    found = [r for r in results if r.info.model == name and r.info.dataset == data]
    wanted = split or find_split_to_score(data) or "all"
    for result in found:
        if result.info.split == wanted:
            return result
    others = sorted({result.info.split for result in found} - {wanted})
    there = f" There are some on: {', '.join(others)}." if others else ""
    raise InputError(
        f"No saved predictions of {name!r} on {data} {wanted}.{there} Make them with python -m "
        f"sentiment evaluate {name} --data {data} --output FILE.parquet, and give that file."
    )


def _distinct(names: list[str]) -> list[str]:
    """`names`, numbered where one stands more than once."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def latency(options: argparse.Namespace) -> int:
    """Measure how long models take for one text, and keep it beside them."""
    loader = ClassifierLoader()
    for name in options.models:
        folder = resolve_folder(name)
        found = measure_latency(loader.load(name))
        save_latency(found, folder)
        print(
            f"{name}: {found.median_ms:.1f} ms a text (median of {found.n}), {found.p95_ms:.1f} ms "
            f"at the 95th percentile, {found.threads} threads, {found.hardware['processor']}"
        )
    return 0
