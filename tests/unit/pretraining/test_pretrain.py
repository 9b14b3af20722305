"""Pretraining: what is read, what a step computes, and that a killed run continues."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sentiment.errors import (
    CheckpointError,
    InputError,
    TrainingError,
)
from sentiment.pretraining.corpus import build_corpus
from sentiment.pretraining.language_model import LanguageModelling, build_language_model
from sentiment.pretraining.miniatures import MINIATURES, Budget
from sentiment.pretraining.pretrain import (
    EVALUATIONS,
    PLAN_FILE,
    STATE_FILE,
    PretrainingReport,
    pretrain,
)
from sentiment.pretraining.save import save_backbone
from sentiment.runtime.hardware import choose_precision
from tests.support.builders import tiny_miniature, write_imdb, write_sst2
from tests.support.paths import ROOT
from tests.support.waiting import wait_for

STEPS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_imdb(write_sst2(tmp_path_factory.mktemp("data")))


def _weights(run: LanguageModelling) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in run.model.parameters()])


def _budget(steps: int = STEPS) -> Budget:
    return Budget(tokens=steps * tiny_miniature().tokens_per_step)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_pretraining_lowers_perplexity_and_leaves_a_backbone(
    tmp_path: Path, data: Path, architecture: str
) -> None:
    miniature = tiny_miniature(architecture=architecture)
    reports: list[PretrainingReport] = []
    run = pretrain(
        miniature, tmp_path / "run", budget=_budget(100), data=data, on_report=reports.append
    )
    perplexities = [report.perplexity for report in reports if report.perplexity]
    assert len(perplexities) == EVALUATIONS
    assert perplexities[-1] < 0.5 * perplexities[0] < 0.5 * miniature.vocabulary
    saved = save_backbone(run, tmp_path / "tiny")
    assert saved.perplexity == pytest.approx(perplexities[-1], rel=0.02)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "tiny", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "tiny")
    begins = tokenizer("A film")["input_ids"][0] == 0
    assert begins == (architecture == "llama")
    assert model.config.pad_token_id == 0
    facts = json.loads((tmp_path / "tiny" / "pretraining.json").read_text())
    assert facts["tokens"] == 100 * miniature.tokens_per_step
    assert facts["precision"] == choose_precision()
    assert facts["history"][-1]["perplexity"] == pytest.approx(perplexities[-1], abs=1e-3)


def test_the_loss_is_that_of_the_next_token(tmp_path: Path, data: Path) -> None:
    miniature = tiny_miniature()
    run = LanguageModelling(
        miniature, build_corpus(miniature, tmp_path / "corpus", data=data), _budget()
    )
    run.precision = "fp32"
    ids = torch.from_numpy(run.corpus.train[:2].astype(np.int64))
    with torch.no_grad():
        expected = run.model(input_ids=ids, labels=ids).loss
        assert float(run._eager_loss(ids)) == pytest.approx(float(expected), abs=1e-5)


def test_every_pass_reads_every_block_once(tmp_path: Path, data: Path) -> None:
    miniature = tiny_miniature(sequences_per_step=1)
    corpus = build_corpus(miniature, tmp_path / "corpus", data=data)
    run = LanguageModelling(miniature, corpus, _budget())
    count = len(corpus.train)
    first, second = (
        [tuple(run._block(start + i)[0].tolist()) for i in range(count)] for start in (0, count)
    )
    assert sorted(first) == sorted(second) == sorted(map(tuple, corpus.train.tolist()))
    assert first != second


def test_a_run_that_was_interrupted_ends_with_the_same_weights(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pretrain(tiny_miniature(), tmp_path / "whole", budget=_budget(), data=data)
    step = LanguageModelling.step

    def interrupted(self: LanguageModelling) -> float:
        if self.progress.step == STEPS // 2:
            raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(LanguageModelling, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain(tiny_miniature(), tmp_path / "cut", budget=_budget(), data=data)
    monkeypatch.undo()
    rest = pretrain(tiny_miniature(), tmp_path / "cut", data=data, is_resumed=True)
    assert torch.equal(_weights(rest), _weights(whole))
    assert rest.tokens == whole.tokens


_KILLED = """
import sys
from pathlib import Path
from sentiment.pretraining import pretrain
from sentiment.pretraining.miniatures import Budget
from tests.support.builders import tiny_miniature

pretrain.SAVE_SECONDS = 0.0
data, run = map(Path, sys.argv[1:])
pretrain.pretrain(tiny_miniature(), run, budget=Budget(tokens=10**9), data=data)
"""


def test_a_run_killed_with_no_warning_resumes_where_it_saved(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(data), str(run)], cwd=ROOT)
    wait_for((run / STATE_FILE).is_file, "a state")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    (run / f"{STATE_FILE}.unfinished").write_bytes(b"half a st")  # the worst moment to be killed
    saved = torch.load(run / STATE_FILE, weights_only=True)["progress"]["step"]
    assert saved >= 1
    plan = json.loads((run / PLAN_FILE).read_text())
    steps = saved + 2
    plan["budget"]["tokens"] = steps * tiny_miniature().tokens_per_step
    (run / PLAN_FILE).write_text(json.dumps(plan))  # or it would run for ever
    resumed = pretrain(tiny_miniature(), run, is_resumed=True)
    assert resumed.progress.step == steps
    uninterrupted = LanguageModelling(tiny_miniature(), resumed.corpus, Budget(tokens=10**9))
    for _ in range(saved):
        uninterrupted.step()
    uninterrupted.budget = resumed.budget
    for _ in range(2):
        uninterrupted.step()
    assert torch.equal(_weights(resumed), _weights(uninterrupted))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_step_lets_the_step_end(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    whole = pretrain(tiny_miniature(), tmp_path / "whole", budget=_budget(), data=data)
    update = torch.amp.GradScaler.update

    def interrupted(self: torch.amp.GradScaler) -> None:
        update(self)
        signal.raise_signal(number)

    monkeypatch.setattr(torch.amp.GradScaler, "update", interrupted)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        pretrain(tiny_miniature(), tmp_path / "cut", budget=_budget(), data=data)
    monkeypatch.undo()
    rest = pretrain(tiny_miniature(), tmp_path / "cut", is_resumed=True)
    assert torch.equal(_weights(rest), _weights(whole))


def test_a_damaged_state_gives_way_to_the_one_before(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sentiment.pretraining.pretrain.SAVE_SECONDS", 0.0)
    whole = pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(), data=data)
    (tmp_path / "run" / STATE_FILE).write_bytes(b"\x80")
    again = pretrain(tiny_miniature(), tmp_path / "run", is_resumed=True)
    assert torch.equal(_weights(again), _weights(whole))
    assert "Continued from state.previous.pt" in caplog.text


def test_a_full_disk_keeps_the_state_before(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(2), data=data)
    before = (tmp_path / "run" / STATE_FILE).read_bytes()

    def full(*_: object) -> None:
        raise RuntimeError("enforce fail: no space left")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(
        CheckpointError, match=r"The one before is kept; make room and add --resume"
    ):
        run.save(tmp_path / "run")
    assert (tmp_path / "run" / STATE_FILE).read_bytes() == before
    assert not list((tmp_path / "run").glob("*.unfinished"))


def test_a_state_of_another_corpus_is_refused(tmp_path: Path, data: Path) -> None:
    run = pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(2), data=data)
    other = replace(run.corpus, facts={**run.corpus.facts, "fingerprint": "another"})
    with pytest.raises(TrainingError, match="trained on another corpus"):
        LanguageModelling(tiny_miniature(), other, _budget(2)).load(tmp_path / "run")


def test_a_damaged_state_is_named(tmp_path: Path, data: Path) -> None:
    pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(2), data=data)
    for path in (tmp_path / "run").glob("state*"):
        path.write_bytes(b"\x80")
    with pytest.raises(TrainingError, match=r"cannot be continued from.*Remove"):
        pretrain(tiny_miniature(), tmp_path / "run", data=data, is_resumed=True)


def test_a_run_folder_is_not_overwritten(tmp_path: Path, data: Path) -> None:
    pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(2), data=data)
    with pytest.raises(InputError, match="Add --resume"):
        pretrain(tiny_miniature(), tmp_path / "run", budget=_budget(2), data=data)
    with pytest.raises(InputError, match=r"was begun with budget .*128.*, not .*3"):
        pretrain(
            tiny_miniature(),
            tmp_path / "run",
            budget=Budget(minutes=3),
            data=data,
            is_resumed=True,
        )
    with pytest.raises(InputError, match="was begun with miniature "):
        pretrain(tiny_miniature(hidden_size=32), tmp_path / "run", data=data, is_resumed=True)


@pytest.mark.parametrize("budget", [{}, {"minutes": 1, "tokens": 1}, {"tokens": 0}])
def test_a_budget_is_minutes_or_tokens(budget: dict[str, int]) -> None:
    with pytest.raises(InputError, match="either --minutes or --tokens"):
        Budget(**budget)


def test_the_learning_rate_rises_and_falls_to_the_final_one(tmp_path: Path, data: Path) -> None:
    miniature = tiny_miniature()
    run = LanguageModelling(
        miniature, build_corpus(miniature, tmp_path / "corpus", data=data), _budget(100)
    )
    rates = []
    for run.progress.step in range(101):
        rates.append(run.learning_rate())
    assert rates[0] < rates[5] < max(rates) < miniature.learning_rate
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[-1] == pytest.approx(miniature.final_learning_rate)


def test_minutes_count_over_all_parts_of_a_run() -> None:
    budget = Budget(minutes=2)
    assert budget.spent(seconds=30, tokens=10**9) == 0.25
    assert budget.spent(seconds=600, tokens=0) == 1.0


def test_an_exploding_run_stops(tmp_path: Path, data: Path) -> None:
    miniature = tiny_miniature()
    run = LanguageModelling(
        miniature, build_corpus(miniature, tmp_path / "corpus", data=data), _budget()
    )
    with torch.no_grad():
        next(run.model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="stopped being a number after 0 tokens"):
        run.step()


@pytest.mark.parametrize("name", list(MINIATURES))
def test_the_miniatures_fit_the_repository(name: str) -> None:
    with torch.device("meta"):
        model = build_language_model(MINIATURES[name])
    assert sum(p.numel() for p in model.parameters()) * 2 < 25e6
