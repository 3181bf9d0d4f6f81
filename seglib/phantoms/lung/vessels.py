"""The vessels of the lungs: two trees that fork from the hilum towards the pleura."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.lung.shapes import Plane, to_pixels

FINE = 6  # vessels are drawn this many times larger, then averaged
GENERATIONS = 7


@dataclass(frozen=True)
class Tree:
    """Straight pieces: ``start`` and ``end`` (n, 3) of x, y, z, and ``radius`` (n,), all mm."""

    start: np.ndarray
    end: np.ndarray
    radius: np.ndarray


def grow_tree(rng: np.random.Generator, chest: tuple[float, float, float]) -> Tree:
    """Draw the vessels of both lungs of a chest of half-width, half-depth and height (mm)."""
    width, depth, height = chest
    reach = np.array([width, 1.1 * depth, 0.6 * height]) / 100
    first = 20
    side = np.repeat([-1.0, 1.0], first // 2)
    start = np.stack([26 * side, np.full(first, 4.0), np.full(first, 0.43 * height)], axis=1)
    start += rng.normal(0, (3, 7, 12), (first, 3))
    way = rng.normal(size=(first, 3)) + np.stack([1.1 * side, 0 * side, 0 * side], axis=1)
    way[:, 0] = side * np.abs(way[:, 0])
    radius, length = rng.uniform(2.2, 4.6, first), 21.0
    pieces = []
    for _ in range(GENERATIONS):
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        end = start + way * reach * (length * rng.uniform(0.6, 1.4, (len(way), 1)))
        pieces.append((start, end, radius))
        start, radius, length = np.repeat(end, 2, axis=0), np.repeat(radius, 2), 0.87 * length
        radius = radius * rng.uniform(0.65, 0.88, len(radius))
        way = np.repeat(way, 2, axis=0) + 0.5 * rng.normal(size=start.shape)
    return Tree(*(np.concatenate(part) for part in zip(*pieces, strict=True)))


def draw_tree(tree: Tree, at: Plane, slab: float, width: float) -> np.ndarray:
    """Return how much of each pixel is vessel, (H, W) float32, in a slice ``slab`` mm thick.

    ``width`` scales the radii.
    """
    shape = at.x.shape
    low, high = at.z - slab / 2, at.z + slab / 2
    bottom, top = np.minimum(tree.start, tree.end)[:, 2], np.maximum(tree.start, tree.end)[:, 2]
    met = (bottom - tree.radius < high) & (top + tree.radius > low)
    start, end, radius = tree.start[met], tree.end[met], tree.radius[met] * width
    run = end[:, 2] - start[:, 2]
    run = np.where(np.abs(run) < 1e-3, 1e-3, run)
    cuts = np.clip((np.array([[low], [high]]) - start[:, 2]) / run, 0, 1)
    ends = [to_pixels(at, (start + t[:, None] * (end - start))[:, :2]) for t in cuts]
    canvas = np.zeros((FINE * shape[0], FINE * shape[1]), np.uint8)
    points = np.rint((np.stack(ends, axis=1) * FINE + (FINE - 1) / 2) * 16).astype(int).tolist()
    grey = np.minimum(255, 330 * radius * 2 / slab).tolist()  # a thin one fills part of the slice
    for i in np.argsort(radius):
        thick = max(1, round(2 * radius[i] / at.spacing * FINE))
        cv2.line(canvas, *points[i], grey[i], thick, cv2.LINE_8, 4)
    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
