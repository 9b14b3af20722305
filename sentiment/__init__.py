"""Sentiment, side by side: what transfer learning buys, measured on the same texts.

A recipe says what to train; training turns it into a checkpoint; a classifier answers texts;
evaluation turns answers into results; the app shows them. Imports flow the same way, and a test
holds every module to this line (a room may import what stands to the right of it):

    app, train_model, __main__ > ui > experiment > hub, results > scoring, training
    > classifier > checkpoints, zero_shot > conversion, tuning > backbones, data
    > recipes, metrics > labels, errors

This file imports neither torch nor gradio.
"""

__version__ = "0.1.0"
