"""What lies on the skin and is not the lesion: hair, ruler, ink, bubbles, a calibration patch."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import pixel_grid

FINE = 4  # thin lines are drawn this many times larger, then averaged
HAIRS = np.float32(  # reflectance: black, brown, fair, white
    [[0.010, 0.007, 0.006], [0.06, 0.028, 0.012], [0.5, 0.36, 0.18], [0.6, 0.6, 0.6]]
)
PATCHES = np.float32(  # reflectance: blue, yellow, green, red
    [[0.05, 0.45, 0.50], [0.75, 0.62, 0.02], [0.10, 0.40, 0.12], [0.65, 0.10, 0.08]]
)
INK = np.float32([1.0, 1.5, 0.45])  # optical density of the surgeon's violet


@dataclass(frozen=True)
class Coat:
    """The hair of one patient: number, length and width (of a 192 px image), bend, colour."""

    number: float
    length: float
    width: float
    bend: float
    toward: float
    colour: np.ndarray


def grow_coat(rng: np.random.Generator, density: float, tone: float) -> Coat:
    """Draw a patient's hair: long or shaved, dark or (on lighter skin) fair or white."""
    shaved = rng.random() < 0.2
    chance = np.array([0.55 + tone, 0.25, 0.14 * (1 - tone), 0.06])
    return Coat(
        number=float(density * np.exp(rng.uniform(np.log(3), np.log(28))) * (2.5 if shaved else 1)),
        length=float(rng.uniform(4, 9) if shaved else rng.uniform(70, 240)),
        width=float(rng.uniform(0.45, 1.25)),
        bend=float(rng.uniform(0.05, 0.35) if shaved else rng.uniform(0.2, 1.3)),
        toward=float(rng.uniform(0, 2 * np.pi)),
        colour=HAIRS[rng.choice(4, p=chance / chance.sum())],
    )


def _lines(shape: tuple[int, int], curves: list, widths: np.ndarray) -> np.ndarray:
    """Draw curves (n, 2) of x, y in pixels, each with its width: (H, W) float32, 0 to 1."""
    canvas = np.zeros((FINE * shape[0], FINE * shape[1]), np.uint8)
    for curve, width in zip(curves, widths, strict=True):
        points = np.rint(16 * FINE * curve).astype(np.int32)[:, None]
        cv2.polylines(canvas, [points], False, 255, max(1, round(FINE * width)), shift=4)
    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)


def hairs(coat: Coat, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return how much of each pixel is hair, (H, W) float32: curved threads that cross at will."""
    unit = shape[0] / 192
    number = max(1, rng.poisson(coat.number))
    start = rng.uniform(-0.1, 1.1, (number, 2)) * shape[::-1]
    heading = coat.toward + 0.45 * rng.normal(size=number)
    bend = coat.bend * rng.normal(size=number)
    length = unit * coat.length * rng.uniform(0.6, 1.5, number)
    along = np.linspace(-0.5, 0.5, 24)
    curl = np.sin(5 * along + rng.uniform(0, 6, (number, 1)))
    turn = heading[:, None] + bend[:, None] * (along + 0.25 * curl)
    steps = (length / 24)[:, None, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    curves = start[:, None] + np.cumsum(steps, axis=1) - steps.sum(axis=1, keepdims=True) / 2
    return _lines(shape, list(curves), unit * coat.width * rng.uniform(0.6, 1.3, number))


def ruler(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return how much of each pixel is the print of a ruler, (H, W) float32."""
    height, width = shape
    unit, tilt = height / 192, rng.normal(0, 0.12)
    step, long = unit * rng.uniform(2.6, 6.0), unit * rng.uniform(4, 8)
    number = int(rng.uniform(0.45, 0.8) * width / step)
    origin = np.array([rng.uniform(0.05, 0.3) * width, height * rng.uniform(0.82, 0.95)])
    if rng.random() < 0.2:  # along the upper rim
        origin[1] = height - origin[1] + unit * 4
    ahead, up = np.array([np.cos(tilt), np.sin(tilt)]), np.array([np.sin(tilt), -np.cos(tilt)])
    feet = origin + step * np.arange(number)[:, None] * ahead
    tall = long * np.where(np.arange(number) % 10 == 0, 1.0, np.where(
        np.arange(number) % 5 == 0, 0.8, 0.5))  # fmt: skip
    ticks = [np.stack([foot, foot + t * up]) for foot, t in zip(feet, tall, strict=True)]
    base = [feet[[0, -1]]] if rng.random() < 0.8 else []
    drawn = _lines(shape, ticks + base, np.full(len(ticks + base), 0.8 * unit))
    canvas = np.zeros(shape, np.uint8)
    place = tuple(np.rint(origin + [0, 9 * unit]).astype(int).tolist())
    cv2.putText(canvas, "mm", place, cv2.FONT_HERSHEY_PLAIN, 0.55 * unit, 255, 1, cv2.LINE_AA)
    return np.maximum(drawn, canvas / np.float32(255)) * np.float32(rng.uniform(0.6, 1.0))


def ink(
    rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float], radius: float
) -> np.ndarray:
    """Return the density of ink, (H, W) float32: fine strokes in a ring or dabs."""
    unit, number = shape[0] / 192, int(rng.integers(120, 320))
    heading, off = rng.uniform(0, np.pi), radius * rng.uniform(1.3, 2.0) + 8 * unit
    if rng.random() < 0.4:
        ways = rng.uniform(0, 2 * np.pi) + rng.uniform(0, rng.uniform(3.5, 6.3), number)
        spread = 2.5
    else:
        dabs = rng.uniform(0, 2 * np.pi, int(rng.integers(1, 6)))
        ways, spread = dabs[rng.integers(len(dabs), size=number)], 9.0
    feet = np.array(centre[::-1]) + off * np.stack([np.cos(ways), np.sin(ways)], axis=1)
    feet += unit * spread * rng.normal(size=(number, 2))
    turn = heading + 0.3 * rng.normal(size=number)
    half = unit * rng.uniform(1, 7, (number, 1)) * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    curves = list(np.stack([feet - half, feet + half], axis=1))
    drawn = _lines(shape, curves, unit * rng.uniform(0.25, 0.75, number))
    return rng.uniform(0.5, 1.2) * (drawn + 0.7 * cv2.GaussianBlur(drawn, (0, 0), 1.5 * unit))


def patch(
    rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a round calibration patch on the side away from ``centre``: level and reflectance.

    The level (H, W) is > 0 on the patch: pixels from its rim.
    """
    height, width = shape
    radius = height * rng.uniform(0.25, 0.5)
    side = 1 if centre[1] < width / 2 else -1
    x = width / 2 + side * (width / 2 + radius * rng.uniform(0.2, 0.6))
    rows, columns = pixel_grid(shape)
    level = radius - np.hypot(rows - height * rng.uniform(0.1, 0.9), columns - x)
    return level, PATCHES[rng.integers(len(PATCHES))] * np.float32(rng.uniform(0.7, 1.1))


def bubbles(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return the log of the light that bubbles in the gel add: (H, W) float32, thin bright rims."""
    unit, light = shape[0] / 192, np.zeros(shape, np.float32)
    rows, columns = pixel_grid(shape)
    middle = rng.uniform(0, 1, 2) * shape
    for _ in range(int(rng.integers(2, 9))):
        radius = unit * np.exp(rng.uniform(np.log(2), np.log(16)))
        y, x = middle + rng.normal(0, 0.16, 2) * shape
        away = np.hypot(rows - y, columns - x) - radius
        toward = (rows - y) * np.sin(radius) + (columns - x) * np.cos(radius)
        lit = 0.3 + 0.7 * np.clip(toward / (radius + np.abs(away)), 0, 1) ** 2
        light += lit * np.exp(-((away / (0.9 * unit)) ** 2)) + 0.04 * (away < 0)
        light -= 0.25 * np.exp(-(((away + 2 * unit) / (1.4 * unit)) ** 2))
    return light
