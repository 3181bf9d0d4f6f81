"""Ways to use one and the same trained network: score it at native resolution, or only run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import cv2
import numpy as np
import torch
from torch import nn

from seglib.evaluation import evaluate
from seglib.recipes import Recipe
from seglib.runs import Run, load_run
from seglib.runtimes import load_network
from seglib.transforms import eval_transform
from tests.benchmarks.scoring_speed import with_medpy, with_monai
from tests.benchmarks.training_ways import Job, amp
from tests.benchmarks.turns import Turn

PASSES = 10  # of the network in one round


def run_of(job: Job) -> Run:
    """The trained network."""
    return load_run(job.outputs / job.recipe.run_name)


def plain(run: Run) -> nn.Module:
    """The network as PyTorch makes it: float32, channels first."""
    return run.network().to(memory_format=torch.contiguous_format)


def _masks(
    job: Job, network: nn.Module, how: AbstractContextManager
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction of one test image after the other, as the usual loop makes them."""
    size, normalise = job.recipe.size, eval_transform()
    for case in job.split("test").itertuples():
        image = cv2.cvtColor(cv2.imread(str(case.image)), cv2.COLOR_BGR2RGB)
        small = normalise(image=cv2.resize(image, (size, size)))["image"][None]
        with torch.no_grad(), how:
            probability = network(small).float().sigmoid()[0, 0].numpy()
        truth = cv2.imread(str(case.mask), cv2.IMREAD_GRAYSCALE) > 127
        yield truth, cv2.resize(probability, truth.shape[::-1]) > 0.5


def student_scores(job: Job, turn: Turn) -> None:
    """float32, batch 1, medpy's six scores."""
    network = plain(run_of(job))
    for _ in turn:
        for truth, found in _masks(job, network, nullcontext()):
            if truth.any() and found.any():  # medpy knows no distance to an empty mask
                with_medpy(truth, found)


def monai_scores(job: Job, turn: Turn) -> None:
    """AMP, batch 1, MONAI's seven scores."""
    network = plain(run_of(job))
    for _ in turn:
        for truth, found in _masks(job, network, amp()):
            with_monai(truth, found)


def seglib_scores(job: Job, turn: Turn) -> None:
    """All that ``seglib evaluate`` does: predictions kept, curves, intervals."""
    run = run_of(job)
    for _ in turn:
        (run.path / "results.json").unlink(missing_ok=True)  # else it would only be read
        evaluate(run)


def _passes(
    network: nn.Module, recipe: Recipe, turn: Turn, how: AbstractContextManager | None = None
) -> None:
    """Ten times the network alone on one image."""
    image = torch.randn(1, 3, recipe.size, recipe.size)
    if next(network.parameters(), image).is_contiguous(memory_format=torch.channels_last):
        image = image.contiguous(memory_format=torch.channels_last)
    for _ in turn:
        with torch.inference_mode(), how or nullcontext():
            for _ in range(PASSES):
                network(image)


def eager(job: Job, turn: Turn) -> None:
    """float32, channels first."""
    _passes(plain(run_of(job)), job.recipe, turn)


def autocast(job: Job, turn: Turn) -> None:
    """AMP, channels first."""
    _passes(plain(run_of(job)), job.recipe, turn, amp())


def as_seglib(job: Job, turn: Turn) -> None:
    """As :func:`seglib.inference.predict` runs it."""
    _passes(run_of(job).network(), job.recipe, turn, amp())


def onnx(job: Job, turn: Turn) -> None:
    """ONNX Runtime, float32."""
    _passes(load_network(run_of(job), "onnx"), job.recipe, turn)


def int8(job: Job, turn: Turn) -> None:
    """ONNX Runtime, 8 bits."""
    _passes(load_network(run_of(job), "int8"), job.recipe, turn)


SCORES = {"student": student_scores, "monai": monai_scores, "seglib": seglib_scores}
ANSWERS = {"student": eager, "monai": autocast, "seglib": as_seglib}
EXPORTED = {"seglib, ONNX": onnx, "seglib, ONNX int8": int8}
