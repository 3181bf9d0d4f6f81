"""This package, and what it exports."""

from __future__ import annotations

from seglib.evaluation import evaluate
from seglib.hardware import choose_precision
from seglib.loading import SegmentationData
from seglib.runtimes import load_network
from seglib.segmenter import Segmenter
from tests.benchmarks.turns import Turn
from tests.benchmarks.ways.job import Job, amp, passes, trainer


def train(job: Job, turn: Turn) -> None:
    """What :func:`seglib.training.fit` runs, less the validation."""
    stage = job.recipe.stages[0]
    data = SegmentationData(job.cases, job.recipe, stage, job.outputs / "cache")
    module = Segmenter(job.recipe, stage, 2)
    turn.network = module.best
    trainer(turn, choose_precision()).fit(module, datamodule=data)


def score(job: Job, turn: Turn) -> None:
    """All that ``seglib evaluate`` does: predictions kept, curves, intervals."""
    run = job.run
    for _ in turn:
        (run.path / "results.json").unlink(missing_ok=True)  # else it would only be read
        evaluate(run)


def answer(job: Job, turn: Turn) -> None:
    """The network alone as :func:`seglib.inference.predict` runs it, batch 1."""
    passes(job.run.network(), job.recipe.size, turn, amp())


def onnx(job: Job, turn: Turn) -> None:
    """ONNX Runtime, float32."""
    passes(load_network(job.run, "onnx"), job.recipe.size, turn)


def int8(job: Job, turn: Turn) -> None:
    """ONNX Runtime, 8 bits."""
    passes(load_network(job.run, "int8"), job.recipe.size, turn)
