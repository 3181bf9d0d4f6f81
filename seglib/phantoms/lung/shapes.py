"""What an organ is drawn with: planes in millimetres, level functions, and a brush.

A level function is > 0 inside a shape, 0 on its outline, and near it about the distance in mm.
"""

from dataclasses import dataclass

import numpy as np

from seglib.phantoms.canvas import pixel_grid


@dataclass(frozen=True)
class Plane:
    """One axial slice: where its pixels lie in the patient.

    Attributes
    ----------
    x, y : ndarray, shape (H, W), float32
        Millimetres to the patient's left (right in the image) and to the back (down).
    z : float
        Millimetres below the apex of the lungs.
    spacing : float
        Side of a pixel, mm.
    middle, turn : (float, float), float
        Where the patient's axis lies, mm from the middle of the image, and its rotation, rad.
    """

    x: np.ndarray
    y: np.ndarray
    z: float
    spacing: float
    middle: tuple[float, float]
    turn: float


def plane(
    shape: tuple[int, int], z: float, spacing: float, middle: tuple[float, float], turn: float
) -> Plane:
    """Lay a slice at height ``z`` with the patient's axis at ``middle`` (mm), turned (rad)."""
    rows, columns = pixel_grid(shape)
    x = (columns - (shape[1] - 1) / 2) * np.float32(spacing) - np.float32(middle[0])
    y = (rows - (shape[0] - 1) / 2) * np.float32(spacing) - np.float32(middle[1])
    c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return Plane(c * x + s * y, c * y - s * x, z, spacing, middle, turn)


def to_pixels(at: Plane, places: np.ndarray) -> np.ndarray:
    """Turn (n, 2) of x, y in mm into columns and rows in pixels: the inverse of :func:`plane`."""
    c, s = np.cos(at.turn), np.sin(at.turn)
    turned = places @ np.array([[c, s], [-s, c]]) + at.middle
    return turned / at.spacing + (np.array(at.x.shape[::-1]) - 1) / 2


def ellipse(
    at: Plane, centre: tuple[float, float], axes: tuple[float, float], turn: float = 0.0
) -> np.ndarray:
    """Level of an ellipse with half-axes ``axes`` (mm); empty if one of them is not positive."""
    a, b = axes
    if min(a, b) <= 0:
        return np.full_like(at.x, -1e3)
    x, y = at.x - np.float32(centre[0]), at.y - np.float32(centre[1])
    if turn:
        c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        x, y = c * x + s * y, c * y - s * x
    return (1 - np.hypot(x / np.float32(a), y / np.float32(b))) * np.float32(min(a, b))


def ball(
    at: Plane,
    centre: tuple[float, float, float],
    axes: tuple[float, float, float],
    turn: float = 0.0,
) -> np.ndarray:
    """Level, within the slice, of an ellipsoid whose axes (mm) are those of :func:`ellipse`."""
    left = 1 - ((at.z - centre[2]) / axes[2]) ** 2
    scale = np.sqrt(max(left, 0.0))
    return ellipse(at, centre[:2], (axes[0] * scale, axes[1] * scale), turn)


def rod(
    at: Plane, start: tuple[float, float], end: tuple[float, float], radius: float
) -> np.ndarray:
    """Level of a rod with round ends, lying in the slice."""
    along = np.subtract(end, start).astype(np.float32)
    x, y = at.x - np.float32(start[0]), at.y - np.float32(start[1])
    t = np.clip((x * along[0] + y * along[1]) / np.float32(max(along @ along, 1e-6)), 0, 1)
    return np.float32(radius) - np.hypot(x - t * along[0], y - t * along[1])


def egg(at: Plane, width: float, depth: float, power: float) -> np.ndarray:
    """Level of a superellipse about the patient's axis: 2 an ellipse, more is squarer."""
    x, y = np.abs(at.x) / np.float32(width), np.abs(at.y) / np.float32(depth)
    away = (x**power + y**power) ** np.float32(1 / power)
    return (1 - away) * np.float32(min(width, depth))


def cover(level: np.ndarray, spacing: float) -> np.ndarray:
    """Share of each pixel that lies inside: partial volume at the outline, 0 to 1."""
    return np.clip(level * np.float32(1 / spacing) + np.float32(0.5), 0, 1)


def paint(hu: np.ndarray, level: np.ndarray, value: float | np.ndarray, spacing: float) -> None:
    """Fill a shape with ``value`` HU, in place, mixing by :func:`cover` at its outline."""
    hu += cover(level, spacing) * (value - hu)
