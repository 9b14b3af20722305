"""Command line of everything but training.

python -m sentiment models
python -m sentiment score MODEL INPUT.csv --output OUT.csv
python -m sentiment evaluate MODEL --data sst2
python -m sentiment convert SOURCE OUTPUT --name NAME
python -m sentiment pretrain gpt2-mini --minutes 90
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sentiment import __version__
from sentiment.errors import InputError, SentimentError
from sentiment.miniatures import MINIATURES, Budget

_MODEL_HELP = "a name that `models` lists, a folder, or a Hub id such as owner/name"


def build_parser() -> argparse.ArgumentParser:
    """The command line, apart from the work it starts."""
    parser = argparse.ArgumentParser(prog="python -m sentiment", description=__doc__.split("\n")[0])
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    models = commands.add_parser("models", help="list the models that can be used now")
    models.add_argument("--json", action="store_true", help="print JSON")
    models.set_defaults(run=_models)

    score = commands.add_parser("score", help="add label and p_positive to every row of a CSV")
    score.add_argument("model", help=_MODEL_HELP)
    score.add_argument("input", type=Path, help="CSV file in UTF-8")
    score.add_argument("--output", type=Path, required=True, help="CSV file to write")
    score.add_argument("--text-column", default="text", help="column that holds the texts (text)")
    score.set_defaults(run=_score)

    evaluate = commands.add_parser(
        "evaluate", help="metrics and confusion matrix on labelled texts"
    )
    evaluate.add_argument("model", help=_MODEL_HELP)
    evaluate.add_argument("--data", required=True, help="sst2, imdb, or a CSV with text and label")
    evaluate.add_argument(
        "--split", help="train, validation or test (the one the data is scored on)"
    )
    evaluate.add_argument(
        "--output", type=Path, help="save the predictions as parquet, without texts"
    )
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=_evaluate)

    convert = commands.add_parser("convert", help="convert a BERT encoder to DistilBERT, exactly")
    convert.add_argument("source", help="Hub id or folder of a BERT encoder")
    convert.add_argument("output", type=Path, help="folder to write; it must not exist")
    convert.add_argument("--name", required=True, help="name of the new backbone")
    convert.add_argument("--license", required=True, help="licence of the weights (apache-2.0)")
    convert.add_argument("--title", default="DistilBERT", help="what the app calls it (DistilBERT)")
    convert.add_argument("--origin", help="Hub id the weights come from (SOURCE)")
    convert.set_defaults(run=_convert)

    pretrain = commands.add_parser("pretrain", help="pretrain a miniature decoder on movie reviews")
    pretrain.add_argument("name", choices=list(MINIATURES), help="which one")
    pretrain.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with sst2/ and imdb/ (default: $SENTIMENT_DATA, else the Hugging Face Hub)",
    )
    budget = pretrain.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, metavar="N", help="train for N minutes")
    budget.add_argument("--tokens", type=int, metavar="N", help="train on N tokens")
    pretrain.add_argument(
        "--resume", action="store_true", help="continue the run, or begin it where there is none"
    )
    pretrain.add_argument(
        "--compile",
        action="store_true",
        help="compile the step with torch.compile: faster, needs a C++ compiler",
    )
    pretrain.add_argument(
        "--run-folder", type=Path, metavar="DIR", help="state and log (runs/pretrain-NAME)"
    )
    pretrain.add_argument(
        "--output", type=Path, metavar="FOLDER", help="backbone to write (checkpoints/NAME)"
    )
    pretrain.set_defaults(run=_pretrain)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when all went well, 2 on bad input, 130 when interrupted."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SentimentError as error:
        print(f"sentiment: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sentiment: interrupted.", file=sys.stderr)
        return 130


def _models(options: argparse.Namespace) -> int:
    from sentiment.checkpoints import find_checkpoints

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


def _score(options: argparse.Namespace) -> int:
    from sentiment import console
    from sentiment.classifier import ClassifierLoader
    from sentiment.labels import LABELS
    from sentiment.scoring import score
    from sentiment.tabular import read_csv, write_csv

    console.quiet_libraries()
    frame = read_csv(options.input, needed=(options.text_column,))
    texts = [text.strip() for text in frame[options.text_column]]
    filled = [i for i, text in enumerate(texts) if text]
    if not filled:
        raise InputError("Every row of the text column is empty. Nothing was scored.")
    prefix = _free_prefix(list(frame.columns))
    classifier = ClassifierLoader().load(options.model)
    with console.progress_bar(len(filled), classifier.name) as report:
        scores = score(classifier, [texts[i] for i in filled], progress=report)
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


def _evaluate(options: argparse.Namespace) -> int:
    from sentiment import console
    from sentiment.classifier import ClassifierLoader
    from sentiment.data import load_examples
    from sentiment.results import build_result, save_result
    from sentiment.scoring import score

    console.quiet_libraries()
    examples = load_examples(options.data, options.split)
    classifier = ClassifierLoader().load(options.model)
    with console.progress_bar(len(examples), classifier.name) as report:
        result = build_result(
            classifier, examples, score(classifier, examples.texts, progress=report)
        )
    if options.json:
        print(json.dumps({**asdict(result.info), **result.metrics.to_dict()}, indent=2))
    else:
        print(console.metrics_table(result))
    if options.output:
        save_result(result, options.output)
        print(f"Predictions: {options.output}", file=sys.stderr)
    return 0


def _convert(options: argparse.Namespace) -> int:
    from sentiment import console
    from sentiment.conversion import convert_folder

    console.quiet_libraries()
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


def _pretrain(options: argparse.Namespace) -> int:
    from sentiment import console
    from sentiment.backbone_writer import save_backbone
    from sentiment.backbones import trained_directory
    from sentiment.pretraining import pretrain

    console.quiet_libraries()
    is_new = options.minutes is not None or options.tokens is not None
    output = options.output or trained_directory() / options.name
    if output.exists():
        raise InputError(f"{output} exists. Give another --output, or remove it first.")
    run_folder = options.run_folder or Path("runs") / f"pretrain-{options.name}"
    run = pretrain(
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


if __name__ == "__main__":
    sys.exit(main())
