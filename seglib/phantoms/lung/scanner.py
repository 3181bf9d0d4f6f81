"""What the scanner adds: its table, its round field of view, sharpness and noise."""

import cv2
import numpy as np

from seglib.phantoms.canvas import field, pixel_grid
from seglib.phantoms.lung.shapes import paint


def paint_table(hu: np.ndarray, rng: np.random.Generator, top: float, spacing: float) -> None:
    """Paint a curved table of two thin shells with foam, its middle ``top`` mm below the axis."""
    rows, columns = pixel_grid(hu.shape)
    x = (columns - (hu.shape[1] - 1) / 2) * np.float32(spacing) + np.float32(rng.normal(0, 4))
    y = (rows - (hu.shape[0] - 1) / 2) * np.float32(spacing) - np.float32(top)
    bend, half, deep = rng.uniform(0.0003, 0.0011), rng.uniform(190, 240), rng.uniform(16, 60)
    under = y + np.float32(bend) * x * x  # mm below the table's upper face
    ends = np.float32(half) - np.abs(x)
    empty = np.clip((-700 - hu) / 300, 0, 1)  # never in front of the patient
    scene = np.full_like(hu, -1000)
    paint(scene, np.minimum(np.minimum(under + 14, -under), ends), -930, spacing)  # a thin mat
    paint(scene, np.minimum(np.minimum(under, deep - under), ends), -960, spacing)
    for face in (0.0, deep):
        shell = np.minimum(1.4 - np.abs(under - np.float32(face)), ends)
        paint(scene, shell, rng.uniform(-250, 150), spacing)
    hu += empty * (scene + 1000)


def scan(
    hu: np.ndarray, rng: np.random.Generator, blur: float, noise: float, streaks: float
) -> np.ndarray:
    """Return HU (H, W) as the scanner sees it: blurred within the slice, with correlated noise.

    ``streaks`` is the strength, relative to ``noise``, of noise that runs from left to right.
    """
    if blur > 0.2:
        hu = cv2.GaussianBlur(hu, (0, 0), blur)
    grain = field(rng, hu.shape, 1.5) + 0.5 * field(rng, hu.shape, 2.6)
    if streaks > 0:
        grain = grain + np.float32(streaks) * field(rng, hu.shape, (1.6, 18))
    return hu + np.float32(noise) * grain


def in_view(shape: tuple[int, int], circle: bool) -> np.ndarray:
    """Pixels that the scanner fills, (H, W) bool: all, or those of a disc as wide as the image."""
    if not circle:
        return np.ones(shape, bool)
    rows, columns = pixel_grid(shape)
    away = np.hypot(rows - (shape[0] - 1) / 2, columns - (shape[1] - 1) / 2)
    return away <= min(shape) / 2


def store(hu: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Return HU + 1024 as (H, W) uint16, at most 4095; 0 outside ``view``."""
    return (np.clip(np.rint(hu + 1024), 0, 4095) * view).astype(np.uint16)
