"""The chest wall: skin, fat, breasts, muscle, ribs, breastbone, shoulder blades and spine."""

from dataclasses import replace

import numpy as np

from seglib.phantoms.canvas import ramp
from seglib.phantoms.lung.patient import Chest
from seglib.phantoms.lung.shapes import Plane, ball, egg, ellipse, paint, rod

SKIN, FAT, MUSCLE, CARTILAGE, MARROW, CORTEX = 10.0, -105.0, 52.0, 120.0, 190.0, 620.0  # HU
RIB_STEP, RIB_DROP = 24.0, 125.0  # mm from rib to rib, and from a rib's back end to its front


def spine_at(chest: Chest) -> float:
    """Where the middle of the vertebral bodies lies: y, mm."""
    return 0.62 * chest.depth


def opening(chest: Chest, at: Plane) -> float:
    """How far the rib cage has opened below the neck, 0 to 1."""
    return float(ramp(np.float32(at.z / chest.height), -0.15, 0.5))


def cavity(chest: Chest, at: Plane) -> np.ndarray:
    """Level of the space inside the ribs; it narrows towards the neck, and the spine dents it."""
    wide = chest.width * (0.58 + 0.42 * opening(chest, at))
    deep = chest.depth * (0.74 + 0.26 * opening(chest, at))
    ring = egg(at, wide, deep, chest.squareness) + np.float32(1.2) * chest.wobble
    return np.minimum(ring, -_behind(chest, at))


def _behind(chest: Chest, at: Plane) -> np.ndarray:
    """Level of the long muscles of the back and the arches between them; they dent the cavity."""
    spine = spine_at(chest)
    muscle = ellipse(replace(at, x=np.abs(at.x)), (19, spine + 42), (25, 19))
    return np.maximum(muscle, rod(at, (0, spine), (0, spine + 50), 17.0))


def paint_wall(hu: np.ndarray, chest: Chest, at: Plane, inside: np.ndarray) -> None:
    """Paint the wall round the cavity, whose level is ``inside``, into ``hu``, in place."""
    wall, high = chest.muscle + chest.fat, 0.42 * chest.height
    upper = 1 - float(ramp(np.float32(at.z / chest.height), -0.05, 0.3))
    wide, deep = chest.width + wall + 4 + 14 * upper, chest.depth * (1 - 0.06 * upper) + wall
    body = egg(at, wide, deep, 2.3) + np.float32(1.5) * chest.wobble
    sides = replace(at, x=np.abs(at.x))  # left and right are drawn as one
    if chest.breast:
        bump = 0.54 * chest.width, -0.55 * chest.depth - wall, high
        breast = ball(sides, bump, (76, chest.breast + 26, 0.32 * chest.height), 0.4)
        np.maximum(body, breast, out=body)
    paint(hu, body, SKIN, at.spacing)
    paint(hu, body - 2.5, FAT + 12 * chest.wobble, at.spacing)
    if chest.breast:
        bump = 0.54 * chest.width, -0.66 * chest.depth - wall, high
        gland = ball(sides, bump, (38, 0.5 * chest.breast + 8, 0.2 * chest.height), 0.4)
        paint(hu, np.minimum(gland + 9 * chest.wobble, body - 6), 15, at.spacing)
    _paint_muscle(hu, chest, at, inside, body, upper)
    _paint_ribs(hu, chest, at, inside)
    _paint_girdle(hu, chest, sides)


def _paint_muscle(
    hu: np.ndarray, chest: Chest, at: Plane, inside: np.ndarray, body: np.ndarray, upper: float
) -> None:
    """Paint the muscles of back, flank, breast and shoulder, with seams of fat between them."""
    sides, back = replace(at, x=np.abs(at.x)), ramp(at.y / np.float32(chest.depth), 0.0, 0.9)
    muscle = inside + chest.muscle * (0.75 + 0.5 * back) + 3 * chest.wobble
    front = 0.48 * chest.width, -chest.depth * (0.70 + 0.26 * opening(chest, at)) - 6
    pectoral = ball(sides, (*front, 0.24 * chest.height), (60, 15, 0.3 * chest.height), 0.42)
    np.maximum(muscle, pectoral, out=muscle)
    if upper > 0:
        girdle = egg(at, chest.width + chest.muscle + 12 * upper, 0.74 * chest.depth, 2.3)
        np.maximum(muscle, girdle - 40 * (1 - upper) + 4 * chest.wobble, out=muscle)
    paint(hu, np.minimum(muscle, body - 4), MUSCLE, at.spacing)
    seam = np.float32(1.4) - np.abs(chest.wobble - np.float32(0.3)) * 9
    ring = np.float32(1.2) - np.abs(inside + np.float32(17 + 6 * upper)) + chest.wobble
    seam = np.maximum(seam, ring)
    paint(hu, np.minimum(np.minimum(seam, muscle - 2), -inside - 11), FAT + 30, at.spacing)


def _paint_ribs(hu: np.ndarray, chest: Chest, at: Plane, inside: np.ndarray) -> None:
    """Paint ribs: rings that fall from back to front, so that a slice cuts several of them."""
    shell = 3.6 - np.abs(inside + np.float32(6.5))
    forward = np.arctan2(np.abs(at.x), at.y) / np.float32(np.pi)  # 0 at the spine, 1 in front
    lean = np.float32(0.06) * np.sign(at.x)
    turns = (np.float32(at.z) - np.float32(RIB_DROP) * forward) / np.float32(RIB_STEP)
    phase = np.cos((turns + np.float32(chest.ribs) + lean) * np.float32(2 * np.pi))
    rib = np.minimum(shell, (phase - np.float32(0.3)) * 10)
    rib = np.minimum(rib, (np.float32(0.93) - forward) * 100)
    bony = ramp(forward, 0.86, 0.78)
    paint(hu, rib, CARTILAGE + (CORTEX - CARTILAGE) * bony, at.spacing)
    paint(hu, rib - 2.2, CARTILAGE + (MARROW + 60 - CARTILAGE) * bony, at.spacing)


def _paint_girdle(hu: np.ndarray, chest: Chest, at: Plane) -> None:
    """Paint breastbone, collar bones and shoulder blades; ``at`` is mirrored to one side."""
    share, open_ = at.z / chest.height, opening(chest, at)
    if 0.06 < share < 0.72:
        wide = 26.0 if share < 0.2 else 16.0
        front = ellipse(at, (0, -chest.depth * (0.74 + 0.26 * open_) - 5), (wide, 7.0))
        paint(hu, front, CORTEX - 150, at.spacing)
        paint(hu, front - 2.5, MARROW, at.spacing)
    if share < 0.07:
        collar = rod(at, (22, -0.72 * chest.depth), (0.8 * chest.width, -0.45 * chest.depth), 6.0)
        collar = collar - 90 * max(share - 0.03, 0)
        paint(hu, collar, CORTEX, at.spacing)
        paint(hu, collar - 3, MARROW, at.spacing)
    if share < 0.5:
        out = chest.width * (0.58 + 0.42 * open_) + 19
        tip = 0.98 * out, 0.12 * chest.depth
        blade = rod(at, (0.66 * out, 0.86 * chest.depth), tip, 3.2 - 10 * max(share - 0.3, 0))
        paint(hu, blade, CORTEX - 120, at.spacing)


def paint_spine(hu: np.ndarray, chest: Chest, at: Plane) -> np.ndarray:
    """Paint one vertebra or disc into ``hu``; return the level (H, W) of its body."""
    y, beat = spine_at(chest), np.cos(2 * np.pi * (at.z / 25.0 + chest.ribs))
    body = ellipse(at, (0, y), (19.0, 15.5))
    is_disc = beat > 0.75
    paint(hu, body, 100 if is_disc else CORTEX - 180, at.spacing)
    paint(hu, body - 2.5, 85 if is_disc else MARROW, at.spacing)
    sides = replace(at, x=np.abs(at.x))
    arch = ellipse(at, (0, y + 22), (15.0, 13.0))
    if beat < 0.2:
        np.maximum(arch, rod(sides, (11, y + 20), (34, y + 27), 4.5), out=arch)
    np.maximum(arch, rod(at, (0, y + 30), (0, y + 46 + 8 * beat), 3.5), out=arch)
    paint(hu, arch, CORTEX - 60, at.spacing)
    paint(hu, arch - 3, MARROW + 80, at.spacing)
    paint(hu, ellipse(at, (0, y + 20), (9.5, 8.5)), 30, at.spacing)
    return body
