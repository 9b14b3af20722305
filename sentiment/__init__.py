"""Zero-shot and fine-tuned sentiment classifiers, compared on the same texts.

A recipe says what to train; training turns it into a checkpoint; a classifier answers texts;
evaluation turns answers into results; the app shows them. Imports flow the same way, and a test
holds every module to this line: a package imports itself and what stands in a later group.

    cli, ui > serving > training, pretraining > evaluation > inference > zero_shot > models
    > data, runtime

Inside `ui` the line goes on:

    app > tabs, lesson, server > session > render > text

The modules beside this file (errors, labels, limits, recipes, …) stand below all packages. This
file imports neither torch nor gradio.
"""

__version__ = "0.1.0"
