"""What the commands of `python -m sentiment` do; each returns the exit status."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sentiment import console
from sentiment.backbone_writer import PRETRAINING_FILE, save_backbone, write_cards
from sentiment.baselines import fit_baseline
from sentiment.catalogue import find_checkpoints, is_backbone, resolve_folder
from sentiment.classifier import Classifier, ClassifierLoader
from sentiment.conversion import convert_folder
from sentiment.corpus import read_documents
from sentiment.data import file_stem, load_examples
from sentiment.errors import InputError
from sentiment.evaluation import build_result
from sentiment.experiment import check_output, free_output
from sentiment.experiment import rescore as rescore_checkpoint
from sentiment.folders import read_json
from sentiment.hub import check_hub_id, push_checkpoint
from sentiment.labels import LABELS
from sentiment.limits import check_text
from sentiment.miniatures import MINIATURES, Budget
from sentiment.pretraining import pretrain as pretrain_miniature
from sentiment.processes import is_main_process
from sentiment.results import PREDICTIONS, save_result
from sentiment.scoring import score as score_texts
from sentiment.scoring import score_together
from sentiment.space import deploy_space, plan_space, size_of
from sentiment.tabular import read_csv, write_csv
from sentiment.template_choice import ASKED_TEXTS, ask_unlabelled


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
    """Add label and p_positive to every row of a CSV."""
    frame = read_csv(options.input, needed=(options.text_column,))
    texts = [text.strip() for text in frame[options.text_column]]
    filled = [i for i, text in enumerate(texts) if text]
    if not filled:
        raise InputError("Every row of the text column is empty. Nothing was scored.")
    prefix = _free_prefix(list(frame.columns))
    classifier = _load(options)
    with console.progress_bar(len(filled), classifier.name) as report:
        scores = score_together(classifier, [texts[i] for i in filled], progress=report)
    if not is_main_process():
        return 0
    answers: dict[str, list[str]] = {name: [""] * len(frame) for name in ("label", "p_positive")}
    for i, label, p_positive in zip(filled, scores.predictions, scores.p_positive, strict=True):
        answers["label"][i] = LABELS[label]
        answers["p_positive"][i] = f"{p_positive:.6f}"
    for name, values in answers.items():
        frame[prefix + name] = values
    empty = len(frame) - len(filled)
    if empty:
        frame[f"{prefix}error"] = ["" if text else "empty text" for text in texts]
    write_csv(frame, options.output)
    cut = int((scores.tokens_read < scores.tokens_total).sum())
    print(
        f"{len(filled):,} texts scored, {int(scores.predictions.sum()):,} positive; "
        f"{empty:,} empty; {cut:,} longer than the model reads. Written to {options.output}"
    )
    if prefix:
        print(f"The file has such columns already; the new ones begin with {prefix}.")
    return 0


def _free_prefix(columns: list[str]) -> str:
    """What the new columns begin with so that they overwrite none of `columns`."""
    numbered = (f"predicted{number}_" for number in itertools.count(2))
    prefixes = itertools.chain(["", "predicted_"], numbered)
    added = ("label", "p_positive", "error")
    return next(p for p in prefixes if not any(p + name in columns for name in added))


def evaluate(options: argparse.Namespace) -> int:
    """Metrics and confusion matrix on labelled texts."""
    examples = load_examples(options.data, options.split)
    blank = [str(i + 1) for i, text in enumerate(examples.texts) if not text]
    if blank:
        raise InputError(
            f"{len(blank)} rows have no text (such as row {blank[0]}). Fill them or leave them out."
        )
    classifier = _load(options)
    with console.progress_bar(len(examples), classifier.name) as report:
        result = build_result(
            classifier, examples, score_together(classifier, examples.texts, progress=report)
        )
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


def rescore(options: argparse.Namespace) -> int:
    """Score a trained checkpoint anew on what it was scored on."""
    folder = resolve_folder(options.model)
    results = rescore_checkpoint(
        folder, loader=ClassifierLoader(), data=options.data, watch=console.progress_bar
    )
    for result in itertools.chain.from_iterable(results):
        print(console.metrics_table(result))
    return 0


def convert(options: argparse.Namespace) -> int:
    """Convert a BERT encoder to DistilBERT."""
    done = convert_folder(
        options.source,
        options.output,
        name=options.name,
        title=options.title,
        license_id=options.license,
        origin=options.origin,
    )
    print(
        f"{done.parameters:,} parameters written to {options.output}; hidden states differ by at "
        f"most {done.largest_difference:.1e} (rounded to float16: {done.rounding_difference:.1e})."
    )
    return 0


def push(options: argparse.Namespace) -> int:
    """Upload a checkpoint to the Hub."""
    check_hub_id(options.hub_id)
    folder = resolve_folder(options.model)
    print(f"Pushed to {push_checkpoint(folder, options.hub_id, is_private=options.private)}")
    return 0


def deploy(options: argparse.Namespace) -> int:
    """Upload the app as a Space, or list what would be uploaded."""
    check_hub_id(options.space_id)
    files = plan_space(options.hardware)
    total = sum(map(size_of, files.values()))
    if options.dry_run:
        for name, content in files.items():
            rewritten = " (rewritten)" if isinstance(content, bytes) else ""
            print(f"{size_of(content):>12,}  {name}{rewritten}")
    print(f"{len(files)} files, {total / 1e6:.1f} MB, for {options.hardware} hardware.")
    if not options.dry_run:
        url = deploy_space(options.space_id, hardware=options.hardware, is_private=options.private)
        print(f"Deployed to {url}")
    return 0


def pretrain(options: argparse.Namespace) -> int:
    """Pretrain a miniature decoder."""
    is_new = options.minutes is not None or options.tokens is not None
    output = options.output or free_output(options.name)
    check_output(output)
    run_folder = options.run_folder or Path("runs") / f"pretrain-{options.name}"
    run = pretrain_miniature(
        MINIATURES[options.name],
        run_folder,
        budget=Budget(minutes=options.minutes, tokens=options.tokens) if is_new else None,
        data=options.data,
        is_resumed=options.resume,
        is_compiled=options.compile,
        on_report=console.print_pretraining,
    )
    saved = save_backbone(run, output)
    print(
        f"{saved.parameters:,} parameters, {saved.size_bytes / 1e6:.1f} MB, held-out perplexity "
        f"{saved.perplexity:.2f} after {run.tokens:,} tokens. Written to {output}"
    )
    return 0


def template(options: argparse.Namespace) -> int:
    """Choose the template of a backbone that was pretrained here anew."""
    folder = resolve_folder(options.model)
    facts = read_json(folder / PRETRAINING_FILE)
    texts = read_documents(data=options.data, seed=facts["miniature"]["seed"]).held_out
    answers = ask_unlabelled(folder, texts[:ASKED_TEXTS])
    for name, answer in answers.items():
        print(f"{name:<12} leans {answer.lean:+.2f} standard deviations ({answer.mean:+.3f})")
    print(f"{folder.name} is asked with {write_cards(folder, facts, answers)}.")
    return 0


def baseline(options: argparse.Namespace) -> int:
    """Fit the TF-IDF baseline and score it."""
    output = options.output or free_output(f"tfidf-{options.data_set}")
    check_output(output)
    train = load_examples(options.data_set, "train", directory=options.data)
    evaluation = load_examples(options.data_set, directory=options.data)
    classifier = fit_baseline(train, output)
    result = build_result(classifier, evaluation, score_texts(classifier, evaluation.texts))
    stem = file_stem(evaluation.dataset, evaluation.split)
    save_result(result, output / PREDICTIONS / f"{stem}.parquet")
    print(console.metrics_table(result))
    print(f"Written to {output}")
    return 0
