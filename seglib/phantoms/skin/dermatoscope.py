"""What the instrument adds: its lamp, its black frame, glare, and the camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import field, jpeg, pixel_grid, ramp


@dataclass(frozen=True)
class Dermatoscope:
    """The instrument of one patient.

    Attributes
    ----------
    opening : float
        Radius of the round opening in the black frame, half-widths of the image; 0: no frame.
    vignette : float
        How much darker the corners are (log).
    tilt : ndarray, shape (2,)
        How much darker one side is than the other (log), down and across.
    drift : ndarray, shape (2,)
        How much bluer one side is than the other (log), down and across.
    balance : ndarray, shape (3,), float32
        Colour of lamp and camera, about 1.
    exposure : float
        What the skin's brightness is aimed at, share of full scale on the screen.
    """

    opening: float
    vignette: float
    tilt: np.ndarray
    drift: np.ndarray
    balance: np.ndarray
    exposure: float


def choose_dermatoscope(
    rng: np.random.Generator, frame: float, shading: float, tone: float
) -> Dermatoscope:
    """Draw an instrument; ``frame`` is the share that has one, ``shading`` scales its shadows."""
    cast = np.exp(rng.normal(0, 0.07, 3) + rng.normal(0, 0.1) * np.array([1, 0, -1]))
    radius, has_frame = rng.uniform(0.8, 1.1), rng.random() < frame
    return Dermatoscope(
        opening=float(radius * has_frame),
        vignette=float(shading * rng.gamma(1.6, 0.28)),
        tilt=shading * rng.normal(0, 0.22, 2),
        drift=shading * rng.normal(0, 0.07, 2),
        balance=cast.astype(np.float32),
        exposure=float(np.clip(0.76 - 0.38 * tone + rng.normal(0, 0.06), 0.25, 0.9)),
    )


def light(tool: Dermatoscope, shape: tuple[int, int]) -> np.ndarray:
    """Return the light that falls on each pixel: (H, W, 3) float32, 1 in the middle."""
    y, x = _from_middle(shape)
    fall = tool.vignette * (x**2 + y**2) ** 1.5 + tool.tilt[0] * y + tool.tilt[1] * x
    bluer = tool.drift[0] * y + tool.drift[1] * x
    return np.exp(np.stack([-bluer - fall, -fall, bluer - fall], axis=-1)).astype(np.float32)


def rim(tool: Dermatoscope, shape: tuple[int, int]) -> np.ndarray:
    """Return pixels to the rim of the opening, (H, W) float32: > 0 where skin is seen."""
    if not tool.opening:
        return np.full(shape, np.inf, np.float32)
    y, x = _from_middle(shape)
    return (tool.opening - np.hypot(x, y)) * np.float32(shape[1] / 2)


def _from_middle(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns from the middle of the image, in half-widths."""
    rows, columns = pixel_grid(shape)
    half = np.float32(shape[1] / 2)
    return (rows - (shape[0] - 1) / 2) / half, (columns - (shape[1] - 1) / 2) / half


def glare(rng: np.random.Generator, shape: tuple[int, int], density: float) -> np.ndarray:
    """Return how much of each pixel mirrors the lamp: (H, W) float32, 0 to 1, small clusters."""
    if density <= 0:
        return np.zeros(shape, np.float32)
    unit = shape[0] / 192
    ripple = field(rng, shape, unit * rng.uniform(1.8, 3.2))
    ready = 0.9 * ripple + 0.7 * field(rng, shape, 25 * unit)
    limit = np.float32(3.1 - 0.5 * np.log2(max(density, 1e-3)))
    return 0.9 * ramp(ready, limit, limit + 0.4)


def photograph(
    radiance: np.ndarray, rng: np.random.Generator, blur: float, noise: float, quality: int
) -> np.ndarray:
    """Return linear ``radiance`` (H, W, 3), 1 is white, as the camera keeps it: uint8."""
    shape = radiance.shape[:2]
    if blur > 0.2:
        radiance = cv2.GaussianBlur(radiance, (0, 0), blur)
    picture = 255 * np.clip(radiance, 0, 1) ** np.float32(1 / 2.2)
    grain = noise * field(rng, shape, 1.6)[..., None]
    chroma = cv2.merge([0.5 * noise * field(rng, shape, 3.2) for _ in range(3)])
    return jpeg(np.clip(np.rint(picture + grain + chroma), 0, 255).astype(np.uint8), quality)
