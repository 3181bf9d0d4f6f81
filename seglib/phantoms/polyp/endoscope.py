"""What the instrument adds: wet glare, dirt, its octagonal window, burnt-in text, blur, noise."""

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, jpeg, pixel_grid, ramp

# Digits, colon and slash of the burnt-in text: 5 rows of 3 pixels, as bits.
GLYPHS = {
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 3, 1, 7),
    "4": (5, 5, 7, 1, 1), "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 1, 2, 2),
    "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7), ":": (0, 2, 0, 2, 0), "/": (1, 1, 2, 4, 4),
}  # fmt: skip


def window(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return the field of view, (H, W) bool: a rectangle with cut corners or a clipped disc."""
    rows, columns = pixel_grid(shape)
    y = np.abs(rows - (shape[0] - 1) / 2) / (shape[0] / 2)
    x = np.abs(columns - (shape[1] - 1) / 2) / (shape[1] / 2)
    side = rng.uniform(0.93, 1.0)
    if rng.random() < 0.7:
        cut = rng.uniform(1.38, 1.62)
        return (x <= side) & (y <= 0.985) & (x + y <= cut)
    disc = rng.uniform(1.02, 1.2)
    return (x <= side) & (y <= 0.985) & (np.hypot(x, y * shape[0] / shape[1] * 1.15) <= disc)


def glare(
    rng: np.random.Generator, facing: np.ndarray, wet: np.ndarray, density: float
) -> np.ndarray:
    """Return how much of each pixel is a mirror image of the lamp: (H, W) float32, 0 to 1.

    Parameters
    ----------
    rng : Generator
        The frame's stream.
    facing : ndarray (H, W)
        Cosine between surface and ray; glare needs it near 1.
    wet : ndarray (H, W)
        Extra readiness to glare, for example of a dome.
    density : float
        0 none, 1 typical, 3 very wet.
    """
    if density <= 0:
        return np.zeros_like(facing)
    shape = facing.shape
    cell = rng.uniform(4, 7)
    ripple = field(rng, shape, (cell, cell * rng.uniform(0.8, 2.2)))
    cluster = field(rng, shape, 38)
    readiness = 0.75 * ripple + 0.75 * cluster + 3.0 * (facing - 0.85) + wet
    limit = np.float32(1.9 - 0.55 * np.log2(max(density, 1e-3)))
    return ramp(readiness, limit, limit + 0.35)


def dirt(rng: np.random.Generator, shape: tuple[int, int], amount: float) -> tuple:
    """Return cover (H, W) float32 and linear colour (H, W, 3) of stool and cloudy liquid."""
    patch = cloud(rng, shape, rng.uniform(25, 70), 4) + 0.5 * field(rng, shape, 110)
    limit = np.quantile(patch[::4, ::4], 1 - min(amount, 0.9))
    cover = ramp(patch, limit, limit + rng.uniform(0.15, 0.5)) * rng.uniform(0.5, 0.9)
    base = np.array([[0.80, 0.45, 0.08], [0.6, 0.34, 0.06], [0.30, 0.16, 0.05], [0.85, 0.6, 0.3]])
    colour = base[rng.integers(4)] * rng.uniform(0.8, 1.2)
    grain = np.exp(0.25 * cloud(rng, shape, 9, 2))
    return cover, (grain[..., None] * colour).astype(np.float32)


def bubbles(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return light added by a cluster of bubbles, (H, W) float32: bright rims, small glints."""
    light = np.zeros(shape, np.float32)
    centre = rng.uniform(0.2, 0.8, 2) * shape
    for _ in range(int(rng.integers(4, 16))):
        y, x = centre + rng.normal(0, 0.08, 2) * shape
        radius = rng.uniform(1.5, 7)
        top, left = max(int(y) - 10, 0), max(int(x) - 10, 0)
        part = light[top : int(y) + 11, left : int(x) + 11]
        if part.size == 0:
            continue
        rows, columns = pixel_grid(part.shape)
        away = np.hypot(rows + top - y, columns + left - x)
        glint = np.hypot(rows + top - y + 0.4 * radius, columns + left - x + 0.3 * radius)
        rim = 0.30 * np.exp(-(((away - radius) / 0.9) ** 2)) - 0.10 * (away < radius - 0.5)
        np.maximum(part, rim + 1.2 * (glint < 0.25 * radius + 0.4), out=part)
    return light


def text(image: np.ndarray, rng: np.random.Generator) -> None:
    """Burn date, time and counter into the left of ``image`` (uint8 RGB, changed in place)."""
    day, month, hour, minute = rng.integers((1, 1, 8, 0), (29, 13, 18, 60))
    lines = (f"{day:02d}/{month:02d}/20{rng.integers(10, 17)}", f"{hour:02d}:{minute:02d}:"
             f"{rng.integers(60):02d}", f"{rng.integers(1, 9)}/{rng.integers(1, 9)}")  # fmt: skip
    top, left = round(0.28 * image.shape[0]), 3
    for k, line in enumerate(lines):
        for j, character in enumerate(line):
            for i, bits in enumerate(GLYPHS[character]):
                row, column = top + 10 * k + i, left + 4 * j
                dots = np.array([bits >> 2 & 1, bits >> 1 & 1, bits & 1], bool)
                part = image[row : row + 1, column : column + 3]  # smaller at the image's border
                part[:, dots[: part.shape[1]]] = (205, 205, 200)


def inset(image: np.ndarray, rng: np.random.Generator, corner: tuple[slice, slice]) -> None:
    """Put the instrument's position picture (black, or greenish with a coil) into a corner."""
    box = image[corner]
    if rng.random() < 0.5:
        box[:] = 2
        return
    box[:] = (4, 40, 44)
    h, w = box.shape[:2]
    t = np.linspace(0, 1, 12)
    x = w * (0.5 + 0.3 * np.cos(2 * np.pi * (t + rng.random())) * (1 - 0.4 * t))
    y = h * (0.15 + 0.7 * t)
    curve = np.stack([x, y], axis=1).round().astype(np.int32)
    canvas = np.ascontiguousarray(box)
    cv2.polylines(canvas, [curve[:, None]], False, (150, 205, 120), 2)
    box[:] = canvas


def smear(image: np.ndarray, rng: np.random.Generator, blur: float, motion: bool) -> np.ndarray:
    """Return ``image`` (float32) out of focus by ``blur`` px (sigma), and moved if ``motion``."""
    if blur > 0.2:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    if not motion:
        return image
    length, angle = rng.uniform(3, 10), rng.uniform(0, np.pi)
    offsets = np.arange(11) - 5
    kernel = np.zeros((11, 11), np.float32)
    for t in np.linspace(-length / 2, length / 2, 41):
        dx, dy = t * np.cos(angle), t * np.sin(angle)
        kernel += np.outer(
            np.clip(1 - np.abs(offsets - dy), 0, 1), np.clip(1 - np.abs(offsets - dx), 0, 1)
        ).astype(np.float32)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def sensor(
    image: np.ndarray, view: np.ndarray, rng: np.random.Generator, noise: float, quality: int
) -> np.ndarray:
    """Return ``image`` (float32, 0 to 255) as the recorder keeps it: noisy, JPEG-coded, uint8.

    ``view`` (H, W, 1), 0 to 1, is where the lens lets light through; the rest is black.
    """
    shape = image.shape[:2]
    grain = noise * field(rng, shape, 1.6)[..., None]
    chroma = cv2.merge([0.5 * noise * field(rng, shape, 3.2) for _ in range(3)])
    pixels = np.clip(np.rint((image + grain + chroma) * view + 3), 0, 255).astype(np.uint8)
    return jpeg(pixels, quality)
