"""What fills a lesion: melanin, deep melanin, blood and scar, and the patterns they make.

What a dermatologist reads as colours are depths: melanin in the upper skin looks brown, much of
it black, melanin deep in the skin blue-grey, its loss white.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, ramp

PATCH, REACH = 256, 1.7  # maps of pigment: texels, and half-width in lesion radii
TEXELS = PATCH / (2 * REACH)  # per radius


@dataclass(frozen=True)
class Kind:
    """How one kind of lesion is filled: (low, high) of each amount.

    ``melanin``, ``blood`` and ``deep`` are optical densities of the even ground; ``network``,
    ``globules``, ``blotches``, ``veil`` and ``scar`` are strengths of what lies on it.
    """

    often: float
    melanin: tuple[float, float]
    blood: tuple[float, float] = (0.0, 0.15)
    deep: tuple[float, float] = (0.0, 0.05)
    network: tuple[float, float] = (0.0, 0.2)
    globules: tuple[float, float] = (0.0, 0.2)
    blotches: tuple[float, float] = (0.0, 0.3)
    veil: tuple[float, float] = (0.0, 0.0)
    scar: tuple[float, float] = (0.0, 0.0)
    rough: float = 1.0


KINDS = {
    "reticular naevus": Kind(0.3, (0.3, 0.8), network=(0.5, 1.0), globules=(0.0, 0.3)),
    "globular naevus": Kind(0.15, (0.35, 0.8), globules=(0.7, 1.2), rough=0.7),
    "dark naevus": Kind(0.15, (0.9, 1.8), deep=(0.0, 0.4), network=(0.0, 0.5), rough=0.8),
    "melanoma": Kind(
        0.2, (0.4, 1.0), (0.0, 0.3), (0.0, 0.3), (0.2, 0.9), (0.2, 0.9), (0.4, 1.2), (0.1, 0.8),
        (0.1, 0.7), 1.5,
    ),
    "keratosis": Kind(
        0.12, (0.3, 0.8), deep=(0.0, 0.25), globules=(0.0, 0.8), blotches=(0.2, 0.8), rough=0.9
    ),
    "pink tumour": Kind(0.08, (0.05, 0.3), (0.3, 0.6), blotches=(0.0, 0.5), scar=(0.0, 0.4)),
}  # fmt: skip
PALE = Kind(1.0, (0.1, 0.22), (0.05, 0.3), network=(0.0, 0.5), globules=(0.0, 0.5), scar=(0, 0.4))


def fill(
    rng: np.random.Generator, kind: Kind, texels: float, structure: float, colours: float
) -> np.ndarray:
    """Fill the lesion: (PATCH, PATCH, 4) float32. The image is ``texels`` wide."""
    shape = (PATCH, PATCH)
    melanin, blood, deep = (rng.uniform(*span) for span in (kind.melanin, kind.blood, kind.deep))
    net, dots = (structure * rng.uniform(*span) for span in (kind.network, kind.globules))
    blots, veil, scar = (
        colours * rng.uniform(*span) for span in (kind.blotches, kind.veil, kind.scar)
    )
    y, x = np.mgrid[-REACH : REACH : PATCH * 1j, -REACH : REACH : PATCH * 1j].astype(np.float32)
    lean = rng.normal(0, 0.25, 2)
    middle = 1 + rng.uniform(-0.4, 0.4) * (0.6 - np.hypot(x, y)) + lean[0] * x + lean[1] * y
    grain = 0.3 * cloud(rng, shape, 45, 2) + 0.16 * cloud(rng, shape, 9, 2)
    ground = melanin * np.clip(middle, 0.35, 2) * np.exp(grain)
    where = 0.15 + 0.85 * ramp(field(rng, shape, 50), -0.7, 0.7)
    ground = ground * (1 + net * where * (2.2 * _network(rng, texels) - 0.9))
    ground = ground + 0.8 * dots * (0.2 + melanin) * (1.2 - where) * _globules(rng, texels)
    blot = ramp(cloud(rng, shape, 48, 3), 0.1, 1.1)
    haze = ramp(cloud(rng, shape, 55, 2), 0.1, 1.1)
    lost = ramp(cloud(rng, shape, 50, 3), 0.3, 1.1)
    pepper = 0.5 * lost * ramp(field(rng, shape, max(0.012 * texels, 3)), 0.9, 1.5)
    red = blood * np.exp(0.35 * cloud(rng, shape, 30, 3))
    deeper = deep + veil * haze + scar * pepper
    kept = np.clip(1 - 0.9 * scar * lost, 0, 1)
    brown = (np.maximum(ground, 0) + 0.9 * blots * blot) * kept
    return np.stack([brown, deeper, red * kept, 0.5 * np.clip(scar, 0, 1) * lost], axis=-1).astype(
        np.float32
    )


def _network(rng: np.random.Generator, texels: float) -> np.ndarray:
    """Draw a honeycomb of dark lines round pale holes: (PATCH, PATCH) float32, 0 to 1."""
    mesh = texels * rng.uniform(0.019, 0.03)
    rows, columns = np.meshgrid(*[np.arange(0, PATCH, mesh)] * 2, indexing="ij")
    columns[::2] += mesh / 2
    holes = np.stack([rows, columns], axis=-1) + 0.26 * mesh * rng.normal(size=(*rows.shape, 2))
    at_row, at_column = np.clip(np.rint(holes), 0, PATCH - 1).astype(int).reshape(-1, 2).T
    away = np.ones((PATCH, PATCH), np.uint8)
    away[at_row, at_column] = 0
    away = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_5) / np.float32(mesh)
    return cv2.GaussianBlur(ramp(away, 0.2, 0.7), (0, 0), max(0.1 * mesh, 0.5))


def _globules(rng: np.random.Generator, texels: float) -> np.ndarray:
    """Draw round dark clods: (PATCH, PATCH) float32, 0 to about 1."""
    radius = texels * rng.uniform(0.008, 0.016)
    number = int(min(0.16 * PATCH**2 / (np.pi * radius**2), 900))
    canvas = np.zeros((PATCH, PATCH), np.uint8)
    places, sizes = rng.integers(0, PATCH * 8, (number, 2)), rng.uniform(0.5, 1.3, number)
    for place, size in zip(places.tolist(), sizes, strict=True):
        cv2.circle(canvas, place, round(8 * radius * size), 255, -1, cv2.LINE_AA, 3)
    return cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), max(0.35 * radius, 0.6))
