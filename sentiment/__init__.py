"""Sentiment, side by side: what transfer learning buys, measured on the same texts.

A recipe says what to train; training turns it into a checkpoint; a classifier answers texts;
evaluation turns answers into results; the app shows them. Imports flow the same way, and a test
holds every module to this line (a room may import what stands in a later group):

    app, train_model, __main__ > ui, commands, make_commands, worker > lesson
    > score_table, classroom, adding, together > experiment, lineup, console, texts, batch
    > model_card, answers, latency > attribution
    > int8, scored_file > evaluation, backbone_writer, space > template_choice
    > scoring, calibration, training, training_data, conversion, pretraining, loading
    > classifier, language_modelling, training_loop > int8_export
    > feature_cache, lower_layers, training_log, trainer
    > corpus, baselines, usage_code, recipe_counts
    > checkpoints, zero_shot, accounting > tuning, likelihood, hold_out, run_states, data_checks,
    comparison > slices, challenge, side_process
    > backbones, encoding, data, evaluate_metric, results, quiet
    > catalogue, hub_data, thresholds > downloads, reliability
    > recipes, templates, metrics, tabular, provenance, hardware, miniatures,
    folders, processes, signals, hub, history, picks, explanation, training_reports,
    published > sources > recipe, limits > labels, errors

This file imports neither torch nor gradio.
"""

__version__ = "0.1.0"
