"""How long do seven scores of 200 masks take, in seglib, MONAI and medpy?

A script, not a test: times depend on the machine, so they are printed and never asserted. That
the values are equal is asserted; where a tool has another rule, it is asked for the same thing.
From the course folder, with the extra `audit` installed:

    python -m tests.benchmarks.scoring_speed            # 200 cases of 512 x 512 px
    python -m tests.benchmarks.scoring_speed 20 256     # fewer and smaller ones
"""

from __future__ import annotations

import resource
import sys
import warnings
from collections.abc import Callable
from time import process_time

import cv2
import monai.metrics as monai
import numpy as np
import pandas as pd
import torch
from medpy.metric import binary as medpy

from seglib import metrics, surface

TOLERANCE = 2.0  # px, of NSD
SCORES = ("dice", "iou", "precision", "recall", "hd95", "assd", "nsd")


def blob(rng: np.random.Generator, side: int) -> np.ndarray:
    """A smooth random shape such as a network draws, with a hole or an island now and then."""
    noise = cv2.GaussianBlur(rng.normal(size=(side, side)).astype(np.float32), (0, 0), side / 16)
    rows, columns = np.indices((side, side))
    centre = rng.uniform(0.35, 0.65, 2) * side
    distance = np.hypot(rows - centre[0], columns - centre[1]) / side
    return distance < rng.uniform(0.1, 0.25) * (1 + 0.4 * noise / noise.std())


def cases(n: int, side: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction; the prediction is the truth, smoothed, shifted, and with a speck."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(n):
        truth = blob(rng, side)
        soft = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), side / 64)
        found = np.roll(soft > rng.uniform(0.3, 0.7), rng.integers(-4, 5, 2), axis=(0, 1))
        found[:4, :4] |= rng.random() < 0.2
        made.append((truth, found))
    return made


def with_seglib(truth: np.ndarray, found: np.ndarray) -> list[float]:
    """Counts once, distances once."""
    counts = metrics.counts(truth, found)[1]
    distances = surface.surface_distances(truth, found)
    ratios = [float(getattr(metrics, name)(counts)) for name in SCORES[:4]]
    lengths = [surface.hd95(distances), surface.assd(distances)]
    return [*ratios, *lengths, surface.nsd(distances, TOLERANCE)]


def with_monai(truth: np.ndarray, found: np.ndarray) -> list[float]:
    """Each score by its own function, as MONAI offers them."""
    batch = [
        torch.from_numpy(np.stack([~mask, mask]).astype(np.float32))[None]
        for mask in (found, truth)
    ]
    matrix = monai.get_confusion_matrix(*batch, include_background=False)
    ratio = monai.compute_confusion_matrix_metric
    values = [
        monai.compute_dice(*batch, include_background=False),
        monai.compute_iou(*batch, include_background=False),
        ratio("precision", matrix),
        ratio("sensitivity", matrix),
        monai.compute_hausdorff_distance(*batch, percentile=95),
        monai.compute_average_surface_distance(*batch, symmetric=True),
        monai.compute_surface_dice(*batch, class_thresholds=[TOLERANCE]),
    ]
    return [float(value) for value in values]


def with_medpy(truth: np.ndarray, found: np.ndarray) -> list[float]:
    """Each score by its own function; medpy has no NSD."""
    names = ("dc", "jc", "precision", "recall", "hd95", "assd")
    return [*(float(getattr(medpy, name)(found, truth)) for name in names), np.nan]


def timed(score: Callable, pairs: list) -> tuple[float, np.ndarray]:
    """Seconds of processor time a case, and the scores ``(cases, 7)``."""
    score(*pairs[0])  # what is only done once is not counted
    start = process_time()
    values = [score(*pair) for pair in pairs]
    return (process_time() - start) / len(pairs), np.array(values)


def main(n: int = 200, side: int = 512) -> None:
    """Print time, ratio and largest difference of each tool."""
    warnings.simplefilter("ignore")  # MONAI tells of arguments it will drop
    torch.set_num_threads(1)
    pairs = cases(n, side)
    tools = {"seglib": with_seglib, "MONAI": with_monai, "medpy": with_medpy}
    found = {name: timed(score, pairs) for name, score in tools.items()}
    ours_time, ours = found["seglib"]
    rows = {}
    for name, (seconds, values) in found.items():
        gaps = np.abs(values - ours).max(axis=0)
        rule = ("hd95", "nsd") if name == "medpy" else ()  # another percentile; no NSD
        same = [gap < 1e-4 for score, gap in zip(SCORES, gaps, strict=True) if score not in rule]
        assert all(same), f"{name} differs: {dict(zip(SCORES, gaps, strict=True))}"
        rows[name] = {"ms a case": 1000 * seconds, "times seglib": seconds / ours_time}
        rows[name]["largest difference"] = np.nanmax(np.delete(gaps, [4] if rule else []))
    print(f"{n} cases of {side} x {side} px, one thread, processor time")
    print(pd.DataFrame(rows).T.round(6).to_string())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of all of it, the {n} pairs of masks included: {peak:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
