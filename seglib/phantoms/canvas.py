"""What every phantom is painted with: frames, seeded streams and smooth random fields."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Frame:
    """One synthetic image with its exact mask.

    Attributes
    ----------
    case : str
        Unique name, for example ``p003_f02``.
    group : str
        Synthetic patient, for example ``p003``.
    image : ndarray, shape (H, W, 3), uint8, or (H, W), uint16
        RGB, 0 to 255; or CT, stored as HU + 1024.
    mask : ndarray, shape (H, W), uint8
        Class indices; all 0 when the frame shows no object.
    """

    case: str
    group: str
    image: np.ndarray
    mask: np.ndarray


def stream(seed: int, *key: int) -> np.random.Generator:
    """Return the random stream that belongs to ``key`` alone.

    Parameters
    ----------
    seed : int
        Seed of the whole data set, >= 0.
    *key : int
        Which patient, which frame. Streams of different keys are independent,
        so adding frames never changes earlier ones.
    """
    return np.random.Generator(np.random.PCG64([seed, len(key), *key]))


def quota(seed: int, index: int, *key: int) -> float:
    """Return a number from 0 to 1 that tells whether it is the turn of number ``index``.

    Steps of the golden ratio: of any run of indices about the share ``s`` lies below ``s``.
    """
    return (stream(seed, *key).random() + 0.6180339887498949 * index) % 1


def field(
    rng: np.random.Generator, shape: tuple[int, int], cell: float | tuple[float, float]
) -> np.ndarray:
    """Return a smooth random field that wraps round at its borders.

    Parameters
    ----------
    rng : Generator
        Where the numbers come from.
    shape : (int, int)
        Height and width in pixels.
    cell : float or (float, float)
        Typical size of a bump in pixels (rows, columns).

    Returns
    -------
    ndarray, shape (H, W), float32
        Mean about 0, standard deviation about 1 (before the smoothing of the cubic
        interpolation, which takes some of it away).
    """
    rows, columns = (cell, cell) if np.isscalar(cell) else cell
    small = (max(2, round(shape[0] / rows)), max(2, round(shape[1] / columns)))
    noise = np.pad(rng.standard_normal(small, dtype=np.float32), 2, mode="wrap")
    step_y, step_x = shape[0] / small[0], shape[1] / small[1]
    full = (round(noise.shape[1] * step_x), round(noise.shape[0] * step_y))
    wide = cv2.resize(noise, full, interpolation=cv2.INTER_CUBIC)
    top, left = round(2 * step_y), round(2 * step_x)
    return wide[top : top + shape[0], left : left + shape[1]]


def cloud(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 3
) -> np.ndarray:
    """Return fields of halving cell and amplitude, summed: (H, W) float32, wraps round."""
    layers = (field(rng, shape, max(cell / 2**k, 1.5)) / 2**k for k in range(octaves))
    return sum(layers, np.zeros(shape, np.float32))


def ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return 0 below ``low``, 1 above ``high`` and a smooth rise between (float32)."""
    t = np.clip((x - low) / (high - low), 0, 1).astype(np.float32)
    return t * t * (3 - 2 * t)


def pixel_grid(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of every pixel's centre: two (H, W) float32 arrays."""
    rows, columns = np.indices(shape, dtype=np.float32)
    return rows, columns


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Return RGB ``pixels`` (H, W, 3) uint8 with what JPEG of ``quality`` 1 to 100 does to them."""
    _, coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])
