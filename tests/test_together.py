"""Several processes train one recipe: they share every batch, and nothing is counted twice."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from seglib import prerequisites
from seglib.loading import SeededSampler
from seglib.runs import load_run
from seglib.training import fit
from tests.squares import square_cases
from tests.test_training import TINY

RECIPE = dataclasses.replace(TINY, stages=(dataclasses.replace(TINY.stages[0], loss="bce"),))


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return square_cases(tmp_path_factory.mktemp("squares"), 40, 7, 1, 2)


@pytest.mark.parametrize(("length", "world"), [(24, 2), (25, 2), (31, 4)])
def test_shares_are_one_order_dealt_out(length: int, world: int) -> None:
    whole = SeededSampler(length, seed=3, shuffle=True)
    shares = [SeededSampler(length, 3, True, rank, world) for rank in range(world)]
    for sampler in (whole, *shares):
        sampler.set_epoch(5)
    assert {len(share) for share in shares} == {length // world}
    dealt = [pair for turn in zip(*shares, strict=True) for pair in turn]
    assert dealt == list(whole)[: length // world * world]


SCRIPT = """
import sys
from pathlib import Path
import pandas as pd, torch
from seglib import segmenter, training
from tests.test_accumulation import convolutions
from tests.test_together import RECIPE

segmenter.build_model = lambda *_: convolutions()  # batch norm would see its share alone
out, devices = Path(sys.argv[1]), int(sys.argv[2])
cases = pd.read_pickle(out.parent / "cases.pkl")
training.fit(RECIPE, cases, out, devices=devices)
rank = torch.distributed.get_rank() if devices > 1 else 0
(out / f"rank-{rank}").touch()
"""


TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
LAUNCHES = {"one": (1, []), "two": (2, []), "torchrun": (2, TORCHRUN)}


def test_two_processes_train_what_one_would(cases, tmp_path: Path) -> None:
    cases.to_pickle(tmp_path / "cases.pkl")
    (tmp_path / "train.py").write_text(SCRIPT)
    launched = {"LOCAL_RANK", "RANK", "WORLD_SIZE", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"}
    env = {name: value for name, value in os.environ.items() if name not in launched}
    env |= {"PYTHONPATH": str(Path(__file__).parents[1]), "CUDA_VISIBLE_DEVICES": ""}
    found = []
    for name, (devices, launcher) in LAUNCHES.items():
        words = [sys.executable, *launcher, tmp_path / "train.py", tmp_path / name, str(devices)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        run = load_run(tmp_path / name / RECIPE.run_name)
        weights = torch.load(run.checkpoint, weights_only=True)["state_dict"]
        found.append((weights, run.history.drop(columns="seconds")))
        assert run.environment["devices"] == devices
        assert [file.name for file in run.checkpoint.parent.iterdir()] == ["best.ckpt"]
        ranks = {file.name for file in (tmp_path / name).glob("rank-*")}
        assert ranks == {f"rank-{rank}" for rank in range(devices)}
    for weights, history in found[1:]:
        pd.testing.assert_frame_equal(history, found[0][1], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(weights, found[0][0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_more_devices_than_there_are_are_refused(cases, monkeypatch, kind) -> None:
    monkeypatch.setattr(prerequisites, "device", lambda: torch.device(kind))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    prerequisites.check_training(RECIPE, cases, devices=1)
    with pytest.raises(
        ValueError, match=f"devices is 2, and this machine has 1 of the kind {kind}"
    ):
        prerequisites.check_training(RECIPE, cases, devices=2)


@pytest.mark.parametrize("strategy", ["fsdp", "ddp_spawn", "deepspeed"])
def test_a_strategy_that_would_train_wrongly_is_refused(cases, tmp_path: Path, strategy) -> None:
    with pytest.raises(ValueError, match=f"strategy is '{strategy}', expected one of auto, ddp"):
        fit(RECIPE, cases, tmp_path, devices=2, strategy=strategy)


def test_a_batch_that_cannot_be_shared_is_refused(cases, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 processes cannot share a batch of 4 images evenly"):
        fit(RECIPE, cases, tmp_path, devices=3, strategy="ddp")
