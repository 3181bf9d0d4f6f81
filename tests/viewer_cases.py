"""Small cases with known scores, for the tests of the viewer."""

from __future__ import annotations

import numpy as np

from seglib.viewer import MaskViewer

MODELS = ("U-Net", "DeepLabV3+")


def arrays(n: int = 4, height: int = 96, width: int = 128) -> dict:
    """Arguments for ``MaskViewer.from_arrays``: a shifted square each, and two blurred answers."""
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(n)]
    truths = []
    for i in range(n):
        truth = np.zeros((height, width), np.uint8)
        truth[10 + 5 * i : 50 + 5 * i, 20 + 5 * i : 80 + 5 * i] = 1
        truths.append(truth)
    truths[-1][:] = 0
    first = [steps(np.roll(t, 6, 1) * 0.5 + rng.random(t.shape) * 0.5) for t in truths]
    second = [(np.roll(t, -9, 0) * 0.6 + rng.random(t.shape) * 0.4) for t in truths]
    return {
        "images": images,
        "truths": truths,
        "predictions": {MODELS[0]: first, MODELS[1]: [m.astype(np.float32) for m in second]},
        "names": [f"case {i}" for i in range(n)],
        "scores": {"dice": [0.5, 0.9, 0.1, float("nan")][:n], "hd95": [3, 1, 7, float("nan")][:n]},
        "title": "Squares",
    }


def steps(probability: np.ndarray) -> np.ndarray:
    """As the evaluation keeps it: float32 in steps of 1/255."""
    return np.rint(probability * 255).astype(np.uint8).astype(np.float32) / 255


def viewer(**change) -> MaskViewer:
    """A viewer of these cases."""
    return MaskViewer.from_arrays(**(arrays() | change))
