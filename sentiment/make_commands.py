"""What those commands of `python -m sentiment` do that make, change or send models."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from sentiment import console
from sentiment.data.loading import load_examples
from sentiment.data.sources import file_stem
from sentiment.evaluation.evaluate import build_result
from sentiment.evaluation.results import PREDICTIONS, save_result
from sentiment.hub import check_hub_id, push_checkpoint
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score as score_texts
from sentiment.models.catalogue import check_output, free_output, resolve_folder
from sentiment.models.tfidf import fit_baseline
from sentiment.pretraining.convert import convert_folder
from sentiment.pretraining.corpus import read_documents
from sentiment.pretraining.miniatures import MINIATURES, Budget
from sentiment.pretraining.pretrain import pretrain as pretrain_miniature
from sentiment.pretraining.save import (
    ASKED_TEXTS,
    PRETRAINING_FILE,
    ask_unlabelled,
    save_backbone,
    write_cards,
)
from sentiment.runtime.files import read_json
from sentiment.serving.space import deploy_space, plan_space, size_of
from sentiment.training.experiment import rescore as rescore_checkpoint


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
    files = plan_space(options.hardware, space_id=options.space_id)
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
