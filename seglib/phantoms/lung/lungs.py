"""The lungs: where they are, and what fills them.

The lung is what the pleura wraps: tissue, vessels beyond the hilum, nodules and airless patches,
also where they touch the chest wall. Windpipe, main bronchi and fluid beside the lung are not.
"""

from dataclasses import replace

import numpy as np

from seglib.phantoms.canvas import cloud, field, ramp
from seglib.phantoms.lung.mediastinum import below_diaphragm, paint_belly, paint_middle
from seglib.phantoms.lung.patient import Chest
from seglib.phantoms.lung.shapes import Plane, ball, cover, paint
from seglib.phantoms.lung.wall import FAT, cavity, paint_spine, paint_wall

FLUID, APEX = 10.0, 50.0  # HU, and height of the dome of the apex, mm


def fluid_depth(chest: Chest, at: Plane) -> np.ndarray:
    """Depth of the fluid along the chest wall, mm: it sinks to the back and the base."""
    right, left = chest.fluid
    deepest = np.where(at.x < 0, np.float32(right), np.float32(left))
    down = float(ramp(np.float32(at.z / chest.height), 0.15, 0.75))
    return deepest * down * ramp(at.y / np.float32(chest.depth), -0.25, 0.75)


def section(chest: Chest, at: Plane) -> tuple[np.ndarray, np.ndarray]:
    """Cut a chest: HU of everything, lungs still of even density, and the level of the lungs.

    Returns
    -------
    hu, lung : ndarray, shape (H, W), float32
        HU with partial volume at all outlines; the lungs are where ``lung`` > 0.
    """
    hu = np.full_like(at.x, -1000)
    inside = cavity(chest, at)
    paint_wall(hu, chest, at, inside)
    paint(hu, inside, FAT, at.spacing)
    belly = below_diaphragm(chest, at)
    paint_belly(hu, chest, at, np.minimum(belly, inside))
    bone = paint_spine(hu, chest, at)
    fluid = fluid_depth(chest, at) - inside
    wet = max(chest.fluid) > 0
    if wet:
        paint(hu, np.minimum(np.minimum(fluid, inside - 1), -belly), FLUID, at.spacing)
    middle = np.maximum(paint_middle(hu, chest, at), bone + 4)
    space = np.minimum(inside - 1, -middle)
    if at.z < APEX:
        mirrored = replace(at, x=np.abs(at.x))
        centre, axes = (0.40 * chest.width, 4.0, APEX), (0.39 * chest.width, 0.82 * chest.depth)
        space = np.minimum(space, ball(mirrored, centre, (*axes, APEX)))
    lung = np.minimum(space, -belly) if at.z > 0 else np.full_like(hu, -1e3)
    if wet:
        lung = np.minimum(lung, -fluid)
    paint(hu, lung, chest.lung_hu, at.spacing)
    return hu, lung


def fill(
    chest: Chest,
    at: Plane,
    lung: np.ndarray,
    vessels: np.ndarray,
    rng: np.random.Generator,
    dependent: float,
    texture: float,
) -> np.ndarray:
    """Return what to add to the even lungs, HU, (H, W) float32; 0 outside ``lung``.

    Parameters
    ----------
    lung, vessels : ndarray (H, W)
        Level of the lungs, and share of each pixel that is vessel.
    rng : Generator
        The slice's own stream.
    dependent, texture : float
        As in :class:`~.difficulty.LungParameters`.
    """
    shape, mm = lung.shape, 1 / at.spacing
    tissue = chest.lung_hu + dependent * at.y / np.float32(2 * chest.depth)
    grain = 14 * field(rng, shape, max(5 * mm, 1.5)) + 16 * cloud(rng, shape, max(45 * mm, 4), 3)
    tissue = tissue + np.float32(texture) * grain
    if max(chest.fluid) > 0:  # fluid presses the air out of the lung beside it
        squeezed = ramp(fluid_depth(chest, at) / 30, 0, 1) * ramp(lung, 16, 0)
        tissue = tissue + squeezed * (-120 - tissue)
    for spot in chest.spots:
        away = np.hypot(at.x - np.float32(spot.centre[0]), at.y - np.float32(spot.centre[1]))
        away = np.hypot(away, np.float32(at.z - spot.centre[2]))
        rough = spot.ragged * (0.45 * spot.radius * chest.wobble + 6 * grain / 30)
        dense = cover(np.float32(spot.radius) - away + rough, at.spacing * (1 + 3 * spot.ragged))
        bronchi = spot.ragged * 500 * ramp(np.abs(chest.wobble - 0.1), 0.12, 0.0)
        tissue = tissue + dense * (spot.hu - bronchi - tissue)
    tissue = tissue + vessels * np.maximum(chest.blood - 10 - tissue, 0)
    return cover(lung, at.spacing) * (tissue - np.float32(chest.lung_hu))
