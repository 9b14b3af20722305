"""`sentiment make`: build the bundled backbones, their templates and the baseline."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from sentiment.cli import label_efficiency
from sentiment.cli.arguments import LOCAL_MODEL_HELP, Commands, add_data_folder
from sentiment.pretraining.miniatures import MINIATURES

SEED = 42  # of the texts held out for `choose-layer`
MAX_LENGTH = 128  # tokens


def add_pretrain(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make pretrain`."""
    parser.add_argument("name", choices=list(MINIATURES), help="miniature to pretrain")
    add_data_folder(parser)
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, metavar="N", help="train for N minutes")
    budget.add_argument("--tokens", type=int, metavar="N", help="train on N tokens")
    parser.add_argument(
        "--resume", action="store_true", help="continue the run, or start it if there is none"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="use torch.compile: faster, needs a C++ compiler",
    )
    parser.add_argument(
        "--run-folder", type=Path, metavar="DIR", help="state and log (default: runs/pretrain-NAME)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder to write (default: checkpoints/NAME)"
    )


def run_pretrain(options: argparse.Namespace) -> int:
    """Pretrain a miniature decoder and save it as a backbone."""
    from sentiment.cli.console import print_pretraining
    from sentiment.models.catalogue import check_output, free_output
    from sentiment.pretraining.miniatures import Budget
    from sentiment.pretraining.pretrain import pretrain
    from sentiment.pretraining.save import save_backbone

    is_new = options.minutes is not None or options.tokens is not None
    output = options.output or free_output(options.name)
    check_output(output)
    run_folder = options.run_folder or Path("runs") / f"pretrain-{options.name}"
    run = pretrain(
        MINIATURES[options.name],
        run_folder,
        budget=Budget(minutes=options.minutes, tokens=options.tokens) if is_new else None,
        data=options.data,
        is_resumed=options.resume,
        is_compiled=options.compile,
        on_report=print_pretraining,
    )
    saved = save_backbone(run, output)
    print(
        f"{saved.parameters:,} parameters, {saved.size_bytes / 1e6:.1f} MB, held-out perplexity "
        f"{saved.perplexity:.2f} after {run.tokens:,} tokens. Written to {output}"
    )
    return 0


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make convert`."""
    parser.add_argument("source", help="Hub id or folder of a BERT encoder")
    parser.add_argument("output", type=Path, help="folder to write; it must not exist")
    parser.add_argument("--name", required=True, help="name of the new backbone")
    parser.add_argument("--license", required=True, help="licence of the weights: apache-2.0, …")
    parser.add_argument("--title", default="BERT", help="title in the app (default: BERT)")
    parser.add_argument("--origin", help="Hub id of the weights (default: SOURCE)")


def run_convert(options: argparse.Namespace) -> int:
    """Convert a BERT encoder to DistilBERT and print how far the hidden states differ."""
    from sentiment.pretraining.convert import convert_folder

    converted = convert_folder(
        options.source,
        options.output,
        name=options.name,
        title=options.title,
        license_id=options.license,
        origin=options.origin,
    )
    print(
        f"{converted.parameters:,} parameters written to {options.output}; hidden states differ by "
        f"at most {converted.largest_difference:.1e} (rounded to float16: "
        f"{converted.rounding_difference:.1e})."
    )
    return 0


def add_template(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make template`."""
    parser.add_argument("model", help=LOCAL_MODEL_HELP)
    add_data_folder(parser)


def run_template(options: argparse.Namespace) -> int:
    """Reselect the template of a backbone pretrained here and rewrite its model card."""
    from sentiment.models.catalogue import resolve_model
    from sentiment.pretraining.corpus import read_documents
    from sentiment.pretraining.save import (
        N_BIAS_TEXTS,
        PRETRAINING_FILE,
        measure_label_bias,
        write_cards,
    )
    from sentiment.runtime.files import read_json

    folder = resolve_model(options.model)
    metadata = read_json(folder / PRETRAINING_FILE)
    texts = read_documents(data=options.data, seed=metadata["miniature"]["seed"]).held_out
    biases = measure_label_bias(folder, texts[:N_BIAS_TEXTS])
    for name, bias in biases.items():
        print(f"{name:<12} bias {bias.standardized:+.2f} standard deviations ({bias.mean:+.3f})")
    print(f"{folder.name} uses the template {write_cards(folder, metadata, biases)}.")
    return 0


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make baseline`."""
    parser.add_argument("data_set", choices=["sst2", "imdb"], help="training and evaluation data")
    add_data_folder(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="folder to write (default: checkpoints/tfidf-NAME)",
    )


def run_baseline(options: argparse.Namespace) -> int:
    """Fit the TF-IDF baseline, evaluate it and save both."""
    from sentiment.cli.console import metrics_table
    from sentiment.data.loading import load_examples
    from sentiment.data.sources import file_stem
    from sentiment.evaluation.evaluate import build_result
    from sentiment.evaluation.results import PREDICTIONS, save_result
    from sentiment.inference.scoring import score
    from sentiment.models.catalogue import check_output, free_output
    from sentiment.models.tfidf import fit_baseline

    output = options.output or free_output(f"tfidf-{options.data_set}")
    check_output(output)
    train = load_examples(options.data_set, "train", directory=options.data)
    evaluation = load_examples(options.data_set, directory=options.data)
    classifier = fit_baseline(train, output)
    result = build_result(classifier, evaluation, score(classifier, evaluation.texts))
    stem = file_stem(evaluation.dataset, evaluation.split)
    save_result(result, output / PREDICTIONS / f"{stem}.parquet")
    print(metrics_table(result))
    print(f"Written to {output}")
    return 0


def add_fetch(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make fetch-smollm2` and `make fetch-gemma3`."""
    parser.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FILE|HUB_ID",
        help="the GGUF file that is known here (docs/models.md names it), or the folder or Hub id "
        "of the original weights",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder to write (default: checkpoints/NAME)"
    )


def run_fetch(name: str, options: argparse.Namespace) -> int:
    """Make a backbone of a published language model, after checking that it is that one.

    Args:
        name: key in `PUBLISHED_MODELS`.
    """
    from sentiment.models.catalogue import check_output, free_output
    from sentiment.pretraining.fetch import PUBLISHED_MODELS, fetch

    model = PUBLISHED_MODELS[name]
    output = options.output or free_output(model.name)
    check_output(output)
    backbone = fetch(model, options.source, output)
    print(
        f"{model.architecture}, {model.parameters:,} parameters, weights {backbone.weights_hash}. "
        f"Written to {output}"
    )
    return 0


def add_choose_layer(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make choose-layer`."""
    parser.add_argument("model", help=LOCAL_MODEL_HELP)
    add_data_folder(parser)
    parser.add_argument(
        "--examples", type=int, default=10_000, metavar="N", help="to fit on (default: 10,000)"
    )
    parser.add_argument(
        "--hold-out", type=int, default=2_000, metavar="N", help="to evaluate on (default: 2,000)"
    )


def run_choose_layer(options: argparse.Namespace) -> int:
    """Measure the accuracy of each layer of a backbone on SST-2 and write it beside the weights."""
    from sentiment.data.examples import hold_out, sample
    from sentiment.data.loading import load_examples
    from sentiment.evaluation.layers import choose_layer
    from sentiment.models.backbones import load_backbone
    from sentiment.training.layers import measure_layers, save_layers

    whole = load_examples("sst2", "train", directory=options.data)
    train, held_out = hold_out(whole, options.hold_out, seed=SEED)
    train = sample(train, options.examples, seed=SEED)
    backbone = load_backbone(options.model)
    accuracies = measure_layers(backbone, train, held_out, max_length=MAX_LENGTH)
    for own in accuracies:
        print(f"layer {own.layer:>2} {own.pooling:<6} {own.accuracy:.4f}")
    chosen = choose_layer(accuracies)
    path = save_layers(backbone.folder, accuracies, train, held_out, max_length=MAX_LENGTH)
    print(
        f"The best of {backbone.name} is layer {chosen.layer}, pooling {chosen.pooling}: "
        f"{chosen.accuracy:.4f} of {len(held_out):,} held out texts. Written to {path}"
    )
    return 0


# Name, help, arguments and function of each subcommand.
_SUBCOMMANDS = (
    ("pretrain", "pretrain a miniature decoder on movie reviews", add_pretrain, run_pretrain),
    ("convert", "convert a BERT encoder to DistilBERT exactly", add_convert, run_convert),
    (
        "template",
        "select the prompt template of a pretrained miniature, without labels",
        add_template,
        run_template,
    ),
    (
        "fetch-smollm2",
        "make the backbone SmolLM2 135M of its published file",
        add_fetch,
        partial(run_fetch, "smollm2"),
    ),
    (
        "fetch-gemma3",
        "make the backbone Gemma 3 270M of a published file, under Gemma's terms",
        add_fetch,
        partial(run_fetch, "gemma3"),
    ),
    (
        "choose-layer",
        "measure which layer of a backbone a head should read",
        add_choose_layer,
        run_choose_layer,
    ),
    (
        "label-efficiency",
        "measure how many labels training needs to overtake prompting",
        label_efficiency.add_arguments,
        label_efficiency.run,
    ),
    ("baseline", "fit TF-IDF + logistic regression and evaluate it", add_baseline, run_baseline),
)


def add_parser(commands: Commands) -> None:
    """Add the group to the command line; its subcommands also work without `make`."""
    group = commands.add_parser("make", help="make a backbone, its prompt template, or a baseline")
    targets = group.add_subparsers(dest="target", required=True, metavar="TARGET")
    for name, summary, add_arguments, run in _SUBCOMMANDS:
        for parser in (
            targets.add_parser(name, help=summary, description=summary),
            commands.add_parser(name, description=summary),  # hidden: it has no help
        ):
            add_arguments(parser)
            parser.set_defaults(run=run)
