"""Build the Models tab: the tree of models, their details, and the form that adds one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from sentiment.errors import CheckpointError
from sentiment.evaluation.results import PREDICTIONS, Result, find_results
from sentiment.limits import max_resident
from sentiment.models.catalogue import RUN_FILE, ModelInfo
from sentiment.runtime.files import read_json
from sentiment.serving.family import build_families, find_backbone_title
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import is_trained_in_visit
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.render.model_cards import card_body, is_own_card, render_facts
from sentiment.ui.render.model_tree import render_tree
from sentiment.ui.session.jobs import INSTANT, PRIVATE
from sentiment.ui.session.links import read_tab, write_link
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.add_model import create_add_model
from sentiment.ui.text import models as copy
from sentiment.zero_shot.templates import DEFAULT_OPTIONS

_MAX_CARD = 20_000  # characters
_MAX_NAME = 200  # characters of a link
# The script of this tab is assets/models.js, which the page loads.
_ON_PRESS = """
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-open]');
  if (pressed) trigger('select', {value: window.sentimentModels.press(pressed)});
});
"""
_SHOW_DRAWER = "() => window.sentimentModels.show()"


class Drawer(NamedTuple):
    """Components that show one model, and its name."""

    opened: gr.State
    column: gr.Column
    facts: gr.HTML
    card: gr.Markdown


def create_models(lineup: LineUp, demo: gr.Blocks, tab: gr.Tab, visit: gr.State) -> None:
    """Build the components of `tab` and wire them.

    Args:
        visit: the models of the visit.
    """

    def show(own: VisitModels, opened: str) -> str:
        return render_tree(build_families(lineup.models(own), _find_results(own)), opened)

    def show_residents() -> str:
        names, most = lineup.loaded_models(), max_resident()
        if not names:
            return render_note(copy.NONE_IN_MEMORY.format(most=most))
        return render_note(copy.IN_MEMORY.format(most=most, names=", ".join(names)))

    def press(event: gr.EventData, own: VisitModels) -> tuple[Any, ...]:
        return _open(str(getattr(event, "value", ""))[:_MAX_NAME], lineup.models(own), own)

    def open_link(own: VisitModels, request: gr.Request) -> tuple[Any, ...]:
        """Open the model of a link such as ?tab=models&model=gpt2-mini."""
        name = request.query_params.get("model", "")[:_MAX_NAME]
        if read_tab(request.query_params) != "models" or not name:
            return tuple(gr.skip() for _ in range(4))
        return _open(name, lineup.models(own), own)

    gr.HTML(f'<p class="s-lead">{copy.INTRO}</p>')
    added = create_add_model(lineup, tab, visit)
    with gr.Row(elem_id="models-body"):
        with gr.Column(scale=1, min_width=320):
            tree = gr.HTML(elem_id="models-tree", js_on_load=_ON_PRESS, apply_default_css=False)
            residents = gr.HTML(elem_id="models-residents")
        with gr.Column(scale=0, min_width=320, visible=False, elem_id="models-drawer") as column:
            facts = gr.HTML(elem_id="models-facts", js_on_load=_ON_PRESS, apply_default_css=False)
            card = gr.Markdown(sanitize_html=True, elem_id="models-card", visible=False)
    drawer = Drawer(gr.State(""), column, facts, card)

    tab.select(show, inputs=[visit, drawer.opened], outputs=tree, **INSTANT)
    tab.select(show_residents, outputs=residents, **PRIVATE)
    for pressed in (tree.select, facts.select):
        pressed(press, inputs=visit, outputs=[*drawer], **INSTANT).then(
            None, js=_SHOW_DRAWER, api_visibility="private"
        )
    # The tab opens at the same time, and shows its tree without the model.
    demo.load(open_link, inputs=visit, outputs=[*drawer], **INSTANT).then(
        show, inputs=[visit, drawer.opened], outputs=tree, **INSTANT
    )
    for event in added:
        event.then(show, inputs=[visit, drawer.opened], outputs=tree, **PRIVATE)


def _find_results(own: Sequence[ModelInfo]) -> list[Result]:
    """Find the saved predictions of all models, those trained in this visit included."""
    trained = [model.folder / PREDICTIONS for model in own if is_trained_in_visit(model)]
    return find_results([path for folder in trained for path in sorted(folder.glob("*.parquet"))])[
        0
    ]


def _open(name: str, models: Sequence[ModelInfo], own: Sequence[ModelInfo]) -> tuple[Any, ...]:
    """Show the model called `name` in the drawer; close the drawer where there is no name."""
    if not name:
        return "", gr.Column(visible=False), "", gr.Markdown(visible=False)
    model = next((model for model in models if model.name == name), None)
    if model is None:
        said = render_message(copy.UNKNOWN.format(name=name), is_alert=True)
        return name, gr.Column(visible=True), said, gr.Markdown(visible=False)
    text = _read_card(model.folder)
    home = next((m for m in models if m.name == model.backbone and m.kind == "zero-shot"), None)
    shown = render_facts(
        model,
        _find_results(own),
        backbone=find_backbone_title(home) if home else model.backbone,
        card=text,
        n_train=_count_training_texts(model),
        link="" if model in own else write_link("", _pair(model, home), DEFAULT_OPTIONS),
    )
    body = card_body(text, model.name) if is_own_card(model) and not model.error else ""
    return name, gr.Column(visible=True), shown, gr.Markdown(body, visible=bool(body))


def _pair(model: ModelInfo, home: ModelInfo | None) -> list[str]:
    """Name the models that show what training changed: the backbone and `model`."""
    return list(dict.fromkeys([home.name, model.name] if home else [model.name]))


def _count_training_texts(model: ModelInfo) -> int:
    try:
        return int(read_json(model.folder / RUN_FILE)["data"]["train"]["n"])
    except (CheckpointError, KeyError, TypeError, ValueError):
        return 0


def _read_card(folder: Path) -> str:
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_CARD)
    except OSError:
        return ""
