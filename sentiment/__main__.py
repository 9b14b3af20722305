"""Command line of everything but training.

python -m sentiment models
python -m sentiment score MODEL INPUT.csv --output OUT.csv
python -m sentiment evaluate MODEL --data sst2
python -m sentiment compare MODEL MODEL --data sst2
python -m sentiment latency MODEL
python -m sentiment rescore MODEL
python -m sentiment prompt MODEL TEXT
python -m sentiment convert SOURCE OUTPUT --name NAME
python -m sentiment push MODEL owner/name
python -m sentiment pretrain gpt2-mini --minutes 90
python -m sentiment template llama-mini
python -m sentiment baseline imdb
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sentiment import __version__
from sentiment.errors import SentimentError
from sentiment.pretraining.miniatures import MINIATURES
from sentiment.zero_shot.templates import TEMPLATES

_DATA_HELP = "sst2, imdb, challenge, a CSV with text and label, or a Hub id such as owner/name"
_MODEL_HELP = "a name that `models` lists, a folder, or a Hub id such as owner/name"


def build_parser() -> argparse.ArgumentParser:
    """The command line, apart from the work it starts."""
    parser = argparse.ArgumentParser(prog="python -m sentiment", description=__doc__.split("\n")[0])
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    models = commands.add_parser("models", help="list the models that can be used now")
    models.add_argument("--json", action="store_true", help="print JSON")
    models.set_defaults(run="models")

    score = commands.add_parser("score", help="add label and p_positive to every row of a file")
    score.add_argument("model", help=_MODEL_HELP)
    score.add_argument("input", type=Path, help="CSV in UTF-8, or parquet, of any size")
    score.add_argument("--output", type=Path, required=True, help=".csv or .parquet to write")
    _add_template(score)
    _add_engine(score)
    score.add_argument("--text-column", default="text", help="column that holds the texts (text)")
    score.set_defaults(run="score")

    evaluate = commands.add_parser(
        "evaluate", help="metrics and confusion matrix on labelled texts"
    )
    evaluate.add_argument("model", help=_MODEL_HELP)
    evaluate.add_argument("--data", required=True, help=_DATA_HELP)
    evaluate.add_argument(
        "--split",
        help="train, validation or test (the one the data is scored on), or a random part that a "
        "training set aside, such as train-random-20-seed-42",
    )
    evaluate.add_argument(
        "--output", type=Path, help="save the predictions as parquet, without texts"
    )
    _add_template(evaluate)
    _add_engine(evaluate)
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run="evaluate")

    compare = commands.add_parser(
        "compare", help="which of some models is better, and whether that is more than noise"
    )
    compare.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="a name that `models` lists, saved predictions (parquet), or a CSV with id, label and "
        "p_positive",
    )
    compare.add_argument("--data", help="what the named models were scored on: sst2, imdb, …")
    compare.add_argument("--split", help="by default the split the data is scored on")
    compare.add_argument("--json", action="store_true", help="print JSON")
    for name in ("table", "pairs"):
        compare.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write the {name} as .csv, .tex or .md"
        )
    compare.set_defaults(run="compare")

    latency = commands.add_parser(
        "latency", help="measure how long models take for one text, and keep it beside them"
    )
    latency.add_argument("models", nargs="+", metavar="MODEL", help="names that `models` lists")
    latency.set_defaults(run="latency")

    rescore = commands.add_parser(
        "rescore", help="score a trained checkpoint anew on what it was scored on, card included"
    )
    rescore.add_argument("model", help="a name that `models` lists, or a folder")
    _add_data(rescore)
    rescore.set_defaults(run="rescore")

    prompt = commands.add_parser(
        "prompt", help="show what a model reads of a text, template included, and what it answers"
    )
    prompt.add_argument("model", help=_MODEL_HELP)
    prompt.add_argument("text", help="the text")
    _add_template(prompt)
    prompt.set_defaults(run="prompt")

    convert = commands.add_parser("convert", help="convert a BERT encoder to DistilBERT, exactly")
    convert.add_argument("source", help="Hub id or folder of a BERT encoder")
    convert.add_argument("output", type=Path, help="folder to write; it must not exist")
    convert.add_argument("--name", required=True, help="name of the new backbone")
    convert.add_argument("--license", required=True, help="licence of the weights (apache-2.0)")
    convert.add_argument("--title", default="DistilBERT", help="what the app calls it (DistilBERT)")
    convert.add_argument("--origin", help="Hub id the weights come from (SOURCE)")
    convert.set_defaults(run="convert")

    push = commands.add_parser("push", help="upload a checkpoint to the Hugging Face Hub")
    push.add_argument("model", help="a name that `models` lists, or a folder")
    push.add_argument("hub_id", help="where to, such as owner/name")
    push.add_argument("--private", action="store_true", help="nobody else may see it")
    push.set_defaults(run="push")

    deploy = commands.add_parser("deploy", help="upload the app as a Hugging Face Space")
    deploy.add_argument("space_id", metavar="OWNER/NAME", help="the Space, created where missing")
    deploy.add_argument(
        "--hardware",
        choices=["cpu", "zero"],
        default="cpu",
        help="what the Space runs on: a CPU, or ZeroGPU, which wants an older torch (cpu)",
    )
    deploy.add_argument("--private", action="store_true", help="create it as a private Space")
    deploy.add_argument(
        "--dry-run", action="store_true", help="list what would be uploaded, and stop"
    )
    deploy.set_defaults(run="deploy")

    pretrain = commands.add_parser("pretrain", help="pretrain a miniature decoder on movie reviews")
    pretrain.add_argument("name", choices=list(MINIATURES), help="which one")
    _add_data(pretrain)
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
    pretrain.set_defaults(run="pretrain")

    template = commands.add_parser(
        "template", help="choose the template of a backbone pretrained here, without labels"
    )
    template.add_argument("model", help="a name that `models` lists, or a folder")
    _add_data(template)
    template.set_defaults(run="template")

    baseline = commands.add_parser(
        "baseline", help="fit TF-IDF with logistic regression and score it"
    )
    baseline.add_argument("data_set", choices=["sst2", "imdb"], help="what to train and score on")
    _add_data(baseline)
    baseline.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder to write (checkpoints/tfidf-NAME)"
    )
    baseline.set_defaults(run="baseline")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with sst2/ and imdb/ (default: $SENTIMENT_DATA, else the Hugging Face Hub)",
    )


def _add_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--template",
        metavar="NAME",
        help=f"how a pretrained model is asked ({', '.join(TEMPLATES)}); by default its own way",
    )


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        choices=["exact", "int8"],
        default="exact",
        help="int8 computes in 8-bit integers: faster and nearly the same, where that proves "
        "itself on this machine (exact)",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when all went well, 2 on bad input, 130 when interrupted."""
    options = build_parser().parse_args(arguments)

    from sentiment.runtime.logs import quiet_libraries  # here, so that --help answers at once

    quiet_libraries()
    from sentiment import commands, make_commands

    room = commands if hasattr(commands, options.run) else make_commands
    try:
        return int(getattr(room, options.run)(options))
    except SentimentError as error:
        print(f"sentiment: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sentiment: interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
