"""How does a polyp look from where the camera stands? Outline, shading, shadow, soft edge."""

from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import pixel_grid
from seglib.phantoms.polyp.lesion import REACH, Lesion, level, surface
from seglib.phantoms.polyp.mucosa import Wall


@dataclass(frozen=True)
class Pose:
    """How one frame sees a polyp: centre (px), area (px²), turn (rad), squash (0 to 1]."""

    row: float
    column: float
    area: float
    turn: float
    squash: float


def _to_polyp(
    lesion: Lesion, pose: Pose, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return every pixel centre in polyp coordinates, and the polyp's radius in pixels.

    The radius is the one that gives the outline the area that the pose asks for.
    """
    y, x = (np.float32(REACH) * (2 * axis / 160 - 1) for axis in pixel_grid((161, 161)))
    own = float((level(lesion, x, y) > 0).sum()) * (2 * REACH / 160) ** 2
    radius = float(np.sqrt(pose.area / (own * pose.squash)))
    rows, columns = pixel_grid(shape)
    dx, dy = (columns - pose.column) / radius, (rows - pose.row) / radius
    c, s = np.cos(pose.turn), np.sin(pose.turn)
    x = (c * dx + s * dy).astype(np.float32)
    y = ((c * dy - s * dx) / pose.squash).astype(np.float32)
    return x, y, radius


@dataclass(frozen=True)
class Rendered:
    """A polyp as one frame sees it, pixel by pixel, each (H, W).

    Attributes
    ----------
    inside : ndarray of bool
        Pixel centre inside the outline: the exact mask.
    cover : ndarray, float32
        How much of the pixel's colour is the polyp's, 0 to 1 (soft at the edge).
    facing, pits : ndarray, float32
        Cosine between surface and ray, and log-brightness of the pattern.
    shadow : ndarray, float32
        Factor on the wall's light beside the polyp, 0 to 1.
    """

    inside: np.ndarray
    cover: np.ndarray
    facing: np.ndarray
    pits: np.ndarray
    shadow: np.ndarray


def render(lesion: Lesion, pose: Pose, shape: tuple[int, int], softness: float) -> Rendered:
    """Draw a polyp in an image of ``shape`` with an edge ``softness`` pixels wide."""
    x, y, radius = _to_polyp(lesion, pose, shape)
    height = level(lesion, x, y)
    slope_y, slope_x = np.gradient(height)
    slope = np.maximum(np.hypot(slope_x, slope_y), 0.2 / radius)
    cover = np.clip(0.5 + height / (slope * softness), 0, 1)
    dome = (lesion.dome * radius * np.sqrt(np.maximum(height, 0) + 0.04)).astype(np.float32)
    dome = cv2.GaussianBlur(dome, (0, 0), 0.8)
    up_y, up_x = np.gradient(dome)
    rows, columns = pixel_grid(shape)
    lamp_x = 0.5 * (shape[1] / 2 - columns) / shape[1]
    lamp_y = 0.5 * (shape[0] / 2 - rows) / shape[0]
    length = np.sqrt((1 + up_x**2 + up_y**2) * (1 + lamp_x**2 + lamp_y**2))
    facing = np.clip((1 - up_x * lamp_x - up_y * lamp_y) / length, 0, 1)
    inside = height > 0
    shadow = _shadow(lesion, pose, inside, max(1.5, 0.16 * radius))
    bend = 1 + 0.25 * lesion.dome * np.clip(1 - height, 0, 1.5)
    pits = surface(lesion.pits, x * bend, y * bend) * min(1.0, radius / 14)
    return Rendered(inside, cover.astype(np.float32), facing.astype(np.float32), pits, shadow)


def _shadow(lesion: Lesion, pose: Pose, inside: np.ndarray, reach: float) -> np.ndarray:
    """Return the contact shadow, cast away from the lamp in the middle: (H, W), 1 is none."""
    away = (pose.column - inside.shape[1] / 2, pose.row - inside.shape[0] / 2)
    far = max(np.hypot(*away), 1.0)
    move = np.float32([[1, 0, reach * away[0] / far], [0, 1, reach * away[1] / far]])
    dark = cv2.warpAffine(inside.astype(np.float32), move, inside.shape[::-1])
    return 1 - 0.75 * min(lesion.dome, 0.8) * cv2.GaussianBlur(dark, (0, 0), reach)


def paint(
    radiance: np.ndarray, light: np.ndarray, polyp: Rendered, lesion: Lesion, pose: Pose, wall: Wall
) -> np.ndarray:
    """Return ``radiance`` (H, W, 3) with one polyp painted over it."""
    radius = np.sqrt(pose.area / np.pi)
    small = cv2.resize(light, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(1.0, 0.15 * radius))
    around = cv2.resize(small, light.shape[::-1], interpolation=cv2.INTER_LINEAR)
    at = around[int(pose.row), int(pose.column)]
    lit = np.maximum(around, 0.55 * at) * (0.15 + 0.85 * polyp.facing)
    lit = lit * (1.45 + 1.5 * lesion.dome)  # nearer to the lamp than the wall behind
    albedo = wall.albedo * np.exp(lesion.tint)
    depth = np.float32([0.35, 1.3, 1.1])  # blood absorbs green and blue
    skin = lit[..., None] * albedo * np.exp(polyp.pits[..., None] * depth)
    cover = polyp.cover[..., None]
    return radiance * polyp.shadow[..., None] * (1 - cover) + skin * cover
