"""The lesions: lobed outlines filled with melanin, deep melanin, blood and scar.

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
    "reticular naevus": Kind(0.3, (0.25, 0.7), network=(0.5, 1.0), globules=(0.0, 0.3)),
    "globular naevus": Kind(0.15, (0.3, 0.7), globules=(0.7, 1.2), rough=0.7),
    "dark naevus": Kind(0.15, (0.9, 1.7), deep=(0.0, 0.4), network=(0.0, 0.5), rough=0.8),
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


@dataclass(frozen=True)
class Lesion:
    """A patient's lesion, in coordinates whose unit is about one lesion radius.

    Attributes
    ----------
    share : float
        Typical area, share of the image (0 to 1).
    stretch : float
        Length over width, >= 1.
    waves : ndarray, shape (n, 2)
        Amplitude and phase of the lobes: 2, 3, ... round the outline.
    core : float
        How much of the pigment at the edge is lacking, compared with the middle; 0 to 1.
    streaks : (float, float)
        Number of fingers round the outline, and their length in radii.
    outline, fade : ndarray, shape (PATCH, PATCH), float32
        Irregularity of the edge, and factor on the softness along it.
    pigment : ndarray, shape (PATCH, PATCH, 4), float32
        Optical density of melanin, deep melanin and blood; share of scar.
    """

    share: float
    stretch: float
    waves: np.ndarray
    core: float
    streaks: tuple[float, float]
    outline: np.ndarray
    fade: np.ndarray
    pigment: np.ndarray


def grow_lesion(
    rng: np.random.Generator,
    share: float,
    pale: bool,
    contrast: float,
    structure: float,
    colours: float,
    irregularity: float,
) -> Lesion:
    """Draw a lesion.

    Parameters
    ----------
    rng : Generator
        The lesion's own stream.
    share : float
        Typical area, share of the image.
    pale : bool
        Whether it is nearly skin-coloured.
    contrast, structure, colours, irregularity : float
        As in :class:`~.difficulty.SkinParameters`.
    """
    often = np.array([kind.often for kind in KINDS.values()])
    drawn = list(KINDS.values())[rng.choice(len(KINDS), p=often / often.sum())]
    kind = PALE if pale else drawn
    orders = np.arange(2, 6)
    swing = irregularity * kind.rough * 0.15 * rng.normal(0, 1, 4) / (orders - 1)
    shape = (PATCH, PATCH)
    edge = 0.09 * field(rng, shape, 40) + 0.04 * cloud(rng, shape, 20, 2)
    fingers = rng.uniform(0.02, 0.055) * (rng.random() < 0.1 * kind.rough)
    texels = TEXELS / np.sqrt(share / np.pi)  # that make up one side of the image
    pigment = _pigment(rng, kind, texels, structure, colours)
    pigment[..., :3] *= contrast
    pigment[..., 3] *= min(contrast, 1)
    return Lesion(
        share=share,
        stretch=float(np.exp(abs(rng.normal(0, 0.28)))),
        waves=np.stack([np.clip(swing, -0.3, 0.3), rng.uniform(0, 2 * np.pi, 4)], axis=1),
        core=float(rng.beta(1.2, 1.4)),
        streaks=(float(rng.integers(24, 42)), float(irregularity * fingers)),
        outline=(irregularity * kind.rough * edge).astype(np.float32),
        fade=(2.0 ** np.clip(1.1 * field(rng, shape, 70), -2, 1)).astype(np.float32),
        pigment=pigment,
    )


def _pigment(
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


def at(pattern: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a map of the lesion at lesion coordinates; beyond its rim the rim goes on."""
    place = (
        (x + np.float32(REACH)) * np.float32(TEXELS),
        (y + np.float32(REACH)) * np.float32(TEXELS),
    )
    return cv2.remap(pattern, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def level(lesion: Lesion, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the lesion's level function at lesion coordinates: > 0 inside, 0 on its outline.

    About the distance to the outline, in lesion radii.
    """
    root = np.sqrt(lesion.stretch)
    x, y = x / np.float32(root), y * np.float32(root)
    angle, away = np.arctan2(y, x), np.hypot(x, y)
    radius = np.ones_like(x)
    for order, (swing, phase) in enumerate(lesion.waves, start=2):
        radius += np.float32(swing) * np.cos(order * angle + np.float32(phase))
    edge = at(lesion.outline, x, y)
    number, length = lesion.streaks
    if length:  # on one side, as most streaks are
        here = ramp(np.cos(angle - np.float32(number)), -0.2, 0.8)
        radius += length * here * np.cos(number * angle + 40 * edge)
    return (radius - away + edge).astype(np.float32)
