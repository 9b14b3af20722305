"""Zero-shot and fine-tuned sentiment classifiers, compared on the same texts.

A recipe defines a training run; training produces a checkpoint; a classifier predicts texts;
evaluation computes results from predictions; the app shows them. Imports follow the order below,
which a test checks: a package imports itself and packages of later groups only.

    cli, ui > serving > training, pretraining > evaluation > inference > zero_shot > models
    > data, runtime

The order inside `ui`:

    app > tabs, lesson, server > session > render > text

The modules beside this file (errors, labels, limits, recipes, …) can be imported by all packages.
This file imports neither torch nor gradio.
"""

__version__ = "0.1.0"
