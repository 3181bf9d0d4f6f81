"""The bowel wall: a bent tube with folds, seen by a camera that carries its own lamp.

The wall is a radius ``a(angle, depth)`` about a bent centre line. Each viewing ray is followed
to its first hit with a table, so that folds hide what lies behind them, the lumen darkens
with the square of the distance, and near walls glare: what a colonoscope shows.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import cloud, field, pixel_grid, ramp

ANGLES, DEPTHS = 256, 240
NEAREST, FARTHEST = -2.5, 9.5  # along the tube, in tube radii; the camera stands at 0
TEXELS, PERIOD = (720, 480), 4.0  # wall texture: angle x depth, repeated every 4 radii


@dataclass(frozen=True)
class Wall:
    """What all frames of a patient share.

    Attributes
    ----------
    albedo : ndarray, shape (3,), float32
        Linear RGB reflectance of the mucosa, 0 to 1.
    mottle, vessels : ndarray, shape TEXELS, float32
        Log-brightness pattern (mean 0), and how much of a vessel lies there (0 to 1).
    folds : ndarray, shape (n, 4)
        Depth along the tube, height, thickness (tube radii) and phase (rad) of each fold.
    relief : ndarray, shape (ANGLES, DEPTHS), float32
        Smooth bumps of the wall, tube radii.
    """

    albedo: np.ndarray
    mottle: np.ndarray
    vessels: np.ndarray
    folds: np.ndarray
    relief: np.ndarray


@dataclass(frozen=True)
class View:
    """What the camera sees of the wall, pixel by pixel, each (H, W) float32.

    Attributes
    ----------
    light : ndarray
        Irradiance from the lamp at the camera, arbitrary unit.
    facing : ndarray
        Cosine between the wall's normal and the ray, 0 to 1.
    mottle, vessels : ndarray
        The wall's patterns at the point seen.
    """

    light: np.ndarray
    facing: np.ndarray
    mottle: np.ndarray
    vessels: np.ndarray


def grow_wall(rng: np.random.Generator, folds: float, vessels: float) -> Wall:
    """Draw a patient's bowel wall.

    Parameters
    ----------
    rng : Generator
        The patient's stream.
    folds, vessels : float
        Height of the folds and visibility of the vessels, 0 to 2; 1 is typical.
    """
    red = rng.uniform(0.80, 0.95)
    green = red * rng.uniform(0.38, 0.60)
    blue = green * rng.uniform(0.55, 0.95)
    albedo = np.array([red, green, blue]) ** 2.2
    mottle = 0.10 * cloud(rng, TEXELS, 60, 4) + 0.05 * field(rng, TEXELS, 3)
    n = 18
    spacing = rng.uniform(0.55, 1.3)
    ring = np.stack(
        [
            NEAREST + spacing * (np.arange(n) + rng.uniform(-0.3, 0.3, n)),
            folds * rng.uniform(0.08, 0.42, n),
            rng.uniform(0.06, 0.16, n),
            rng.uniform(0, 2 * np.pi, n),
        ],
        axis=1,
    )
    relief = 0.06 * folds * field(rng, (ANGLES, DEPTHS), (36, 13))
    relief += 0.02 * folds * field(rng, (ANGLES, DEPTHS), (12, 5))
    strength = vessels * rng.uniform(0.2, 1.3)
    return Wall(albedo.astype(np.float32), mottle, strength * _vessel_net(rng), ring, relief)


def _vessel_net(rng: np.random.Generator) -> np.ndarray:
    """Vessels run where a smooth field crosses zero; two calibres, patchy."""
    net = np.zeros(TEXELS, np.float32)
    for cell, width, weight in ((90, 0.10, 1.0), (40, 0.13, 0.7)):
        course = cloud(rng, TEXELS, cell, 3)
        patch = ramp(field(rng, TEXELS, 110), -0.7, 0.5)
        net = np.maximum(net, weight * patch * (1 - ramp(np.abs(course), 0.0, 2 * width)))
    return net


def _radius(wall: Wall, rng: np.random.Generator) -> np.ndarray:
    """Return the distance from the camera's axis to the wall: (ANGLES, DEPTHS)."""
    angle = np.arange(ANGLES, dtype=np.float32)[:, None] * np.float32(2 * np.pi / ANGLES)
    depth = np.linspace(NEAREST, FARTHEST, DEPTHS, dtype=np.float32)[None, :]
    advance = rng.uniform(-0.4, 0.4)
    tube = 1 + wall.relief
    for at, height, thickness, phase in wall.folds.tolist():
        arc = 0.55 + 0.45 * np.cos(3 * angle + phase) * np.cos(angle - 2 * phase)
        along = depth - at - advance - 0.10 * np.sin(2 * angle + phase)
        tube = tube - height * arc / (1 + (along / thickness) ** 2)
    stand, bend = rng.uniform(0, 0.45), rng.uniform(0.0, 0.12)
    stand_to, bend_to = rng.uniform(0, 2 * np.pi, 2)
    x = float(bend * np.cos(bend_to)) * depth**2 - float(stand * np.cos(stand_to))
    y = float(bend * np.sin(bend_to)) * depth**2 - float(stand * np.sin(stand_to))
    toward = x * np.cos(angle) + y * np.sin(angle)
    inside = tube**2 - x**2 - y**2 + toward**2
    free = np.maximum(toward + np.sqrt(np.maximum(inside, 0)), 0.02)
    return np.where(inside > 0, free, np.float32(0.02))


def _first_hits(radius: np.ndarray, tilts: np.ndarray) -> np.ndarray:
    """Return the depth index at which a ray of each tilt first meets the wall.

    A ray at angle ``tilt`` from the axis reaches depth ``z = cot(tilt) * r``; it is stopped
    by the first depth at which ``z / radius`` exceeds ``cot(tilt)``.
    """
    depth = np.linspace(NEAREST, FARTHEST, DEPTHS)
    steep = depth / radius
    zero = int(np.searchsorted(depth, 0))
    steep[:, zero:] = np.maximum.accumulate(steep[:, zero:], axis=1)
    steep[:, :zero] = np.minimum.accumulate(steep[:, :zero][:, ::-1], axis=1)[:, ::-1]
    # One search for all angles: every row is squeezed into an interval of its own.
    rows = 4.0 * np.arange(ANGLES)[:, None]
    wanted = (rows + np.arctan(1 / np.tan(tilts))).ravel()
    index = np.arange(ANGLES * DEPTHS, dtype=np.float64)
    hits = np.interp(wanted, (rows + np.arctan(steep)).ravel(), index).reshape(ANGLES, -1)
    hits -= DEPTHS * np.arange(ANGLES)[:, None]
    return np.clip(hits, 0, DEPTHS - 1).astype(np.float32)


def _points_and_normals(radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points and unit normals of the wall, each (ANGLES, DEPTHS, 3) float32."""
    angle = np.arange(ANGLES, dtype=np.float32)[:, None] * np.float32(2 * np.pi / ANGLES)
    depth = np.linspace(NEAREST, FARTHEST, DEPTHS, dtype=np.float32)
    depth = np.broadcast_to(depth, radius.shape)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), depth], axis=-1)
    around = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    normals = np.cross(around, np.gradient(points, axis=1))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + np.float32(1e-9)
    return points, normals


def look(wall: Wall, rng: np.random.Generator, shape: tuple[int, int]) -> View:
    """See a patient's wall from a camera pose drawn from ``rng``, in an image of ``shape``."""
    ray = _rays(rng, shape)
    radius = _radius(wall, rng)
    at_angle = np.arctan2(ray[..., 1], ray[..., 0]) % np.float32(2 * np.pi)
    at_angle *= np.float32(ANGLES / (2 * np.pi))
    tilt = np.arccos(np.clip(ray[..., 2], -1, 1))
    at_tilt = np.clip((tilt * np.float32(180 / np.pi) - 3) * 2, 0, 324)
    hits = _first_hits(radius, np.deg2rad(np.linspace(3, 165, 325)))
    index = np.clip(_pick(hits, at_tilt, at_angle), 0, np.float32(DEPTHS - 1.01))
    points, normals = (_pick(part, index, at_angle) for part in _points_and_normals(radius))
    distance = np.linalg.norm(points, axis=-1)
    facing = np.abs(np.sum(normals * ray, axis=-1)).clip(0, 1)
    light = (0.3 + 0.7 * facing) / ((distance**2.5 + 0.1) * (1 + (distance / 5) ** 4))
    along = (points[..., 2] % np.float32(PERIOD)) * np.float32(TEXELS[1] / PERIOD)
    around = at_angle * np.float32(TEXELS[0] / ANGLES)
    fade = 1 / (1 + (distance / 2.5) ** 2)  # far patterns are finer than a pixel
    mottle, vessels = (fade * _pick(part, along, around) for part in (wall.mottle, wall.vessels))
    return View(light, facing, mottle, vessels)


def _pick(table: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Interpolate a table that wraps round at the given columns and rows."""
    return cv2.remap(table, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def _rays(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return each pixel's unit viewing direction, (H, W, 3) float32.

    The lens is equidistant, 136 degrees wide; it looks up to 70 degrees off the tube's axis.
    """
    rows, columns = pixel_grid(shape)
    x = (columns - (shape[1] - 1) / 2) / (shape[1] / 2)
    y = (rows - (shape[0] - 1) / 2) / (shape[1] / 2)
    reach = np.hypot(x, y) + np.float32(1e-6)
    off_axis = reach * np.float32(np.deg2rad(68))
    spread = np.sin(off_axis) / reach
    roll, pitch = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(5, 70))
    c, s, cp, sp = (float(f(a)) for a in (roll, pitch) for f in (np.cos, np.sin))
    right, down, ahead = x * spread, y * spread, np.cos(off_axis)
    turned = c * right + s * down, c * down - s * right
    return np.stack([turned[0], cp * turned[1] + sp * ahead, cp * ahead - sp * turned[1]], axis=-1)
