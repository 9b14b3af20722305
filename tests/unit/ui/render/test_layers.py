"""The chart of accuracy by layer: its sentence and its table say what was measured."""

from __future__ import annotations

from sentiment.evaluation.layers import load_layers
from sentiment.models.catalogue import list_models
from sentiment.paths import BUNDLED
from sentiment.ui.render.layers import render_layers


def test_every_bundled_backbone_shows_its_measurement() -> None:
    backbones = [m for m in list_models() if m.folder.parent == BUNDLED and m.kind == "zero-shot"]
    assert len(backbones) == 4
    for model in backbones:
        measured = load_layers(model.folder)
        assert measured is not None
        html = render_layers(measured, is_decoder=model.name != "distilbert-mini")
        best = max(measured.accuracies, key=lambda own: (own.layer > 0, own.accuracy, -own.layer))
        assert f"Best is layer {best.layer} of {measured.depth}" in html
        assert html.count("<tr>") == measured.depth + 2  # the header and the embeddings
        for own in measured.of("mean"):
            assert f"<td>{100 * own.accuracy:.1f}</td>" in html
        assert ("last token" in html) == (model.name != "distilbert-mini")
