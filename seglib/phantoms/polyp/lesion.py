"""The polyps: irregular domes on the wall, with an outline, a surface pattern and a colour."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, ramp

PATCH, REACH = 256, 2.4  # surface patterns: texels, and half-width in polyp radii
HEIGHTS = {"flat": (0.15, 0.3), "sessile": (0.45, 0.8), "stalked": (0.7, 1.0)}  # over radius
# Redder, paler, yellower, darker than the mucosa: log reflectance of red, green, blue.
SHIFTS = ((0.10, -0.26, -0.24), (0.22, 0.36, 0.34), (0.20, 0.32, 0.10), (-0.05, -0.42, -0.26))


@dataclass(frozen=True)
class Lesion:
    """A patient's polyp, in coordinates whose unit is about one polyp radius.

    Attributes
    ----------
    share : float
        Typical area, share of the image (0 to 1).
    lobes : ndarray, shape (n, 3)
        Centre and radius of the bulges that make it up.
    stalk : ndarray, shape (3,)
        Where the stalk ends (x, y) and its half-width; half-width 0: no stalk.
    outline, pits : ndarray, shape (PATCH, PATCH), float32
        Irregularity of the edge, and log-brightness of the surface pattern.
    tint : ndarray, shape (3,), float32
        Log of the reflectance relative to the mucosa, per colour.
    dome : float
        Height over radius: about 0.1 flat, 0.7 sessile, 0.9 stalked.
    """

    share: float
    lobes: np.ndarray
    stalk: np.ndarray
    outline: np.ndarray
    pits: np.ndarray
    tint: np.ndarray
    dome: float


def grow_lesion(
    rng: np.random.Generator,
    share: float,
    kind: str,
    contrast: float,
    texture: float,
    rough: float,
    relief: float,
) -> Lesion:
    """Draw a polyp.

    Parameters
    ----------
    rng : Generator
        The polyp's own stream.
    share : float
        Typical area, share of the image.
    kind : {"flat", "sessile", "stalked"}
        How far it stands out, and whether on a stalk.
    contrast, texture, rough, relief : float
        Strength of colour shift, surface pattern, irregular edge and height; 1 is typical.
    """
    lobes = _lobes(rng)
    toward, length, width = rng.uniform((0, 1.35, 0.26), (2 * np.pi, 1.8, 0.4))
    shift = np.array(SHIFTS[rng.choice(4, p=[0.45, 0.25, 0.1, 0.2])])
    tint = contrast * (shift * rng.uniform(0.8, 1.4) + rng.normal(0, 0.04, 3))
    height = rng.uniform(*HEIGHTS[kind])
    outline = 0.20 * field(rng, (PATCH, PATCH), 45) + 0.07 * cloud(rng, (PATCH, PATCH), 16, 2)
    return Lesion(
        share=share,
        lobes=lobes,
        stalk=np.array(
            [length * np.cos(toward), length * np.sin(toward), width * (kind == "stalked")]
        ),
        outline=(rough * outline).astype(np.float32),
        pits=(texture * _pits(rng)).astype(np.float32),
        tint=tint.astype(np.float32),
        dome=float(relief * height),
    )


def _lobes(rng: np.random.Generator) -> np.ndarray:
    """Draw one to five bulges round the centre: (n, 3) of x, y, radius."""
    n = int(rng.choice([1, 2, 3, 4, 5], p=[0.38, 0.24, 0.18, 0.12, 0.08]))
    around = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n) / n
    apart = 0.0 if n == 1 else rng.uniform(0.35, 0.62)
    radius = rng.uniform(0.55, 0.95, n) if n > 1 else np.ones(1)
    return np.stack([apart * np.cos(around), apart * np.sin(around), radius], axis=1)


def _pits(rng: np.random.Generator) -> np.ndarray:
    """Draw the surface pattern: dark vessels or pale ridges between pits, and slow mottling."""
    ridges = np.abs(cloud(rng, (PATCH, PATCH), rng.uniform(7, 13), 2))
    lines = rng.uniform(0.35, 0.7) * rng.choice([0.5, -1.0, -1.0])
    pattern = lines * (1 - ramp(ridges, 0.0, 0.4)) + 0.10 * cloud(rng, (PATCH, PATCH), 40, 2)
    return pattern - pattern.mean()


def surface(pattern: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a surface pattern at polyp coordinates."""
    scale = np.float32(PATCH / (2 * REACH))
    return cv2.remap(
        pattern,
        (x + REACH) * scale,
        (y + REACH) * scale,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def level(lesion: Lesion, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the polyp's level function at polyp coordinates: > 0 inside, 0 on its outline."""
    bulges = [1 - ((x - cx) ** 2 + (y - cy) ** 2) / r**2 for cx, cy, r in lesion.lobes]
    if lesion.stalk[2] > 0:
        end_x, end_y, width = lesion.stalk
        along = np.clip((x * end_x + y * end_y) / (end_x**2 + end_y**2), 0, 1)
        thin = width * (1 - 0.25 * along)
        bulges.append(0.6 * (1 - ((x - along * end_x) ** 2 + (y - along * end_y) ** 2) / thin**2))
    bulges = np.maximum(np.stack(bulges).astype(np.float32), -4)
    height = np.log(np.exp(6 * bulges).sum(axis=0)) / 6
    return (height + surface(lesion.outline, x, y)).astype(np.float32)
