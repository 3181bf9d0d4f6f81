"""The lesions: lobed, fuzzy outlines, now and then with streaks."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, ramp
from seglib.phantoms.skin.difficulty import SkinParameters
from seglib.phantoms.skin.pigment import KINDS, PALE, PATCH, REACH, TEXELS, fill


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


def grow_lesion(rng: np.random.Generator, share: float, pale: bool, p: SkinParameters) -> Lesion:
    """Draw a lesion that fills about ``share`` of the image; ``pale`` is nearly skin-coloured."""
    often = np.array([kind.often for kind in KINDS.values()])
    drawn = list(KINDS.values())[rng.choice(len(KINDS), p=often / often.sum())]
    kind = PALE if pale else drawn
    orders = np.arange(2, 6)
    swing = p.irregularity * kind.rough * 0.15 * rng.normal(0, 1, 4) / (orders - 1)
    shape = (PATCH, PATCH)
    edge = 0.09 * field(rng, shape, 40) + 0.04 * cloud(rng, shape, 20, 2)
    fingers = rng.uniform(0.02, 0.055) * (rng.random() < 0.1 * kind.rough)
    texels = TEXELS / np.sqrt(share / np.pi)  # that make up one side of the image
    pigment = fill(rng, kind, texels, p.structure, p.colours)
    pigment[..., :3] *= p.contrast
    pigment[..., 3] *= min(p.contrast, 1)
    return Lesion(
        share=share,
        stretch=float(np.exp(abs(rng.normal(0, 0.28)))),
        waves=np.stack([np.clip(swing, -0.3, 0.3), rng.uniform(0, 2 * np.pi, 4)], axis=1),
        core=float(rng.beta(1.2, 1.4)),
        streaks=(float(rng.integers(24, 42)), float(p.irregularity * fingers)),
        outline=(p.irregularity * kind.rough * edge).astype(np.float32),
        fade=(2.0 ** np.clip(1.1 * field(rng, shape, 70), -2, 1)).astype(np.float32),
        pigment=pigment,
    )


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
