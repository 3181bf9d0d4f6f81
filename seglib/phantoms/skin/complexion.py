"""The skin: its tone, redness, furrows, pores and freckles, and the colours of what absorbs light.

Light that comes back from skin has been thinned by what it met (Beer and Lambert): reflectance is
``exp(-density @ SPECTRA)``, so pigments add up as densities and never as colours.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, pixel_grid, ramp

# Optical density in red, green and blue of one unit of melanin, of melanin deep in the skin
# (whose blue is scattered back) and of blood.
SPECTRA = np.float32([[0.80, 1.55, 2.3], [1.6, 1.3, 0.95], [0.15, 1.0, 0.8]])
LIGHT, DARK = np.float32([0.80, 0.60, 0.49]), np.float32([0.15, 0.072, 0.042])  # reflectance


@dataclass(frozen=True)
class Skin:
    """The skin of one patient.

    Attributes
    ----------
    tone : float
        Melanin, 0 (very light) to 1 (very dark).
    reflectance : ndarray, shape (3,), float32
        Share of red, green and blue light that comes back from its even ground.
    flush, furrows, pores, vessels, freckles, speckle : float
        Strength of uneven redness, of lines, of pores and of fine vessels; number of small naevi
        in a view; and share of the view that is freckled.
    """

    tone: float
    reflectance: np.ndarray
    flush: float
    furrows: float
    pores: float
    vessels: float
    freckles: float
    speckle: float


def grow_skin(rng: np.random.Generator, tone: float, mottle: float, freckles: float) -> Skin:
    """Draw a patient's skin of the given tone; ``mottle`` and ``freckles`` scale its unevenness."""
    ground = np.exp((1 - tone) * np.log(LIGHT) + tone * np.log(DARK))
    red = rng.uniform(0, 0.3) * (1 - 0.6 * tone)
    tint = np.exp(rng.normal(0, 0.05, 3))
    spotted = rng.random() < 0.35
    return Skin(
        tone=tone,
        reflectance=(ground * tint * np.exp(-red * SPECTRA[2])).astype(np.float32),
        flush=float(mottle * rng.uniform(0.03, 0.10)),
        furrows=float(mottle * rng.uniform(0.03, 0.16)),
        pores=float(mottle * rng.uniform(0, 0.16)),
        vessels=float(mottle * max(rng.uniform(-0.25, 0.3), 0) * (1 - tone)),
        freckles=float(freckles * rng.gamma(1.0, 1.6)),
        speckle=float(freckles * spotted * rng.uniform(0.02, 0.12)),
    )


def surface(skin: Skin, rng: np.random.Generator, shape: tuple[int, int]) -> tuple:
    """Return one view of the skin: density (H, W, 3) of melanin, deep melanin and blood; relief.

    Relief (H, W) float32 is the log-brightness of furrows and pores.
    """
    unit = shape[0] / 192  # all sizes below are those of an image 192 pixels high
    blood = skin.flush * (cloud(rng, shape, 30 * unit, 3) + 0.8 * field(rng, shape, 6 * unit))
    if skin.vessels:
        thread = 1 - ramp(np.abs(cloud(rng, shape, 36 * unit, 2)), 0.0, 0.09)
        blood += skin.vessels * thread * ramp(field(rng, shape, 50 * unit), 0.2, 0.9)
    melanin = 0.9 * skin.flush * cloud(rng, shape, 60 * unit, 3)
    if skin.speckle:
        grain = cloud(rng, shape, 9 * unit, 3) + 0.4 * field(rng, shape, 45 * unit)
        limit = np.quantile(grain[::4, ::4], 1 - skin.speckle)
        melanin += 0.22 * ramp(grain, limit - 0.5, limit + 1.2)
    melanin += _small_naevi(rng, shape, rng.poisson(skin.freckles), unit)
    lines = cloud(rng, shape, 9 * unit, 2) + 0.5 * field(rng, shape, (8 * unit, 22 * unit))
    relief = -skin.furrows * (1 - ramp(np.abs(lines), 0.0, 0.35))
    relief -= skin.pores * ramp(field(rng, shape, 5.5 * unit), 1.1, 1.9)
    return np.stack([melanin, np.zeros_like(melanin), blood], axis=-1), relief


def _small_naevi(
    rng: np.random.Generator, shape: tuple[int, int], number: int, unit: float
) -> np.ndarray:
    """Draw melanin of naevi too small to be the lesion: radius 1.2 to 5 px of 192."""
    melanin = np.zeros(shape, np.float32)
    ragged = 0.35 * field(rng, shape, 4 * unit)
    rows, columns = pixel_grid(shape)
    for _ in range(number):
        y, x = rng.uniform(0, 1, 2) * shape
        radius, dark = unit * rng.uniform(1.2, 5.0), rng.uniform(0.1, 0.7)
        top, left = max(int(y - 9 * unit), 0), max(int(x - 9 * unit), 0)
        part = np.s_[top : int(y + 9 * unit) + 1, left : int(x + 9 * unit) + 1]
        away = np.hypot(rows[part] - y, (columns[part] - x) * rng.uniform(0.7, 1.4)) / radius
        spot = dark * ramp(1.35 - away + ragged[part], 0, 0.7)
        np.maximum(melanin[part], spot, out=melanin[part])
    return cv2.GaussianBlur(melanin, (0, 0), 0.7 * unit)
