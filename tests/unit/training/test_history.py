from __future__ import annotations

from sentiment.training.history import Epoch, epoch_rows, epochs_of

HISTORY = [
    {"step": 1, "epoch": 0.5, "loss": 0.8},
    {"step": 2, "epoch": 1.0, "loss": 0.6},
    {"step": 2, "epoch": 1.0, "evaluation_loss": 0.65, "evaluation_accuracy": 0.75},
    {"step": 4, "epoch": 2.0, "evaluation_loss": 0.5, "evaluation_accuracy": 0.875},
]


def test_a_history_is_told_epoch_by_epoch() -> None:
    first, second = epochs_of(HISTORY)
    assert first == Epoch(number=1, training_loss=0.7, loss=0.65, accuracy=0.75)
    assert second == Epoch(number=2, training_loss=None, loss=0.5, accuracy=0.875)


def test_the_table_has_a_row_per_epoch() -> None:
    assert epoch_rows(HISTORY)[1:] == [
        ("1", "0.7000", "0.6500", "0.7500"),
        ("2", "–", "0.5000", "0.8750"),
    ]
    assert epoch_rows([]) == []
