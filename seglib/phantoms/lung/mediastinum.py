"""What lies between and below the lungs: heart, great vessels, airways, diaphragm and belly."""

import numpy as np

from seglib.phantoms.canvas import ramp
from seglib.phantoms.lung.patient import Chest
from seglib.phantoms.lung.shapes import Plane, ball, ellipse, paint, rod
from seglib.phantoms.lung.wall import FAT, spine_at

AIR, LIVER, SPLEEN, STOMACH = -1000.0, 62.0, 52.0, 25.0  # HU
CARINA = 0.34  # where the windpipe forks, share of the lungs' height
MARGIN = np.float32(2.5)  # fat and pleura between the organs and the lung, mm


def airways(at: Plane, height: float) -> np.ndarray:
    """Level of the air in windpipe and main bronchi; these belong to no lung."""
    below = at.z / height - CARINA
    if below < 0:
        return ellipse(at, (0, 4 + 30 * below), (8.5, 9.5))
    if below > 0.13:
        return np.full_like(at.x, -1e3)
    right = ellipse(at, (-7 - 190 * below, 6), (7.5 + 50 * below, 7.0))
    return np.maximum(right, ellipse(at, (7 + 230 * below, 8), (6.5 + 60 * below, 6.0)))


def organs(chest: Chest, at: Plane) -> list[tuple[np.ndarray, float]]:
    """Level and HU of all that is solid between the lungs in this slice, in order of painting."""
    tall, back, front = chest.height, spine_at(chest), -0.8 * chest.depth
    f, blood = at.z / tall, chest.blood
    low = 42 * chest.heart * float(ramp(np.float32(f), 0.6, 0.95))
    found = [
        (rod(at, (1, 1.4 * front), (0, back), 4.0), FAT),
        (ball(at, (4, 0.8 * front, 0.4 * tall), (20, 30, 0.3 * tall)), FAT),
        (ellipse(at, (6, front), (8 + low, 12 + 0.5 * low)), FAT if f > 0.1 else 40),
    ]
    if f < 0.3:  # arteries and veins of neck and arms
        found.append((ellipse(at, (0, -0.30 * back), (15 + 62 * max(f, 0), 26 + 40 * f)), FAT))
        for x, y, radius in ((-21, -14, 8.5), (-9, -22, 6.5), (12, -18, 5.0), (21, -4, 5.5)):
            found.append((ellipse(at, (x, y + 16 * f), (radius, radius)), blood))
    if 0.2 < f < 0.32:  # the arch of the aorta
        found.append((rod(at, (-8, -30), (20, 26), 14 - 900 * (f - 0.26) ** 2), blood))
    if f > 0.27:
        found.append((ellipse(at, (0, 8), (30, back - 14 - 60 * max(f - 0.7, 0))), FAT))
        found.append((ellipse(at, (22 - 12 * f, back - 12), (12.0, 12.0)), blood - 5))
    for centre, axes in (  # upper vena cava, ascending aorta, pulmonary trunk, both roots
        ((-23, -20, 0.30), (9.5, 10.5, 0.25)),
        ((-8, -35, 0.40), (17, 17, 0.20)),
        ((17, -36, 0.41), (16, 18, 0.09)),
        ((-31, 0, 0.43), (17, 19, 0.10)),
        ((33, 2, 0.40), (16, 20, 0.10)),
    ):
        found.append(
            (ball(at, (*centre[:2], centre[2] * tall), (*axes[:2], axes[2] * tall)), blood)
        )
    return found + _heart(chest, at)


def _heart(chest: Chest, at: Plane) -> list[tuple[np.ndarray, float]]:
    """Level and HU of the heart's fat, its muscle and its chambers."""
    front, tall = -0.34 * chest.depth, chest.height

    def part(x: float, y: float, z: float, a: float, b: float, c: float, turn: float = 0.0):
        """One rounded part of the heart: its place and half-axes."""
        axes = chest.heart * a, chest.heart * b, c * tall
        return ball(at, (x, front + y, z * tall), axes, turn)

    whole = part(22, 0, 0.70, 68, 52, 0.29, 0.55) + 3 * chest.wobble
    chambers = (
        part(32, 4, 0.71, 34, 25, 0.2, 0.6),
        part(-16, 2, 0.62, 33, 38, 0.2),
        part(8, 38, 0.58, 32, 19, 0.13),
    )
    solid = [(whole, FAT + 30), (whole - 5, 50)]
    return solid + [(chamber, chest.blood) for chamber in chambers]


def paint_middle(hu: np.ndarray, chest: Chest, at: Plane) -> np.ndarray:
    """Paint the organs between the lungs; return the level (H, W) of all of them together."""
    middle = np.full_like(hu, -1e3)
    for level, value in organs(chest, at):
        paint(hu, level, value, at.spacing)
        np.maximum(middle, level, out=middle)
    air = airways(at, chest.height)
    paint(hu, air + 2.0, 20, at.spacing)
    paint(hu, air, AIR, at.spacing)
    gullet = ellipse(at, (5, spine_at(chest) - 22), (8.0, 5.5))
    paint(hu, gullet, 40, at.spacing)
    if chest.gas:  # swallowed air
        paint(hu, gullet - 3.0, -700, at.spacing)
    return np.maximum(np.maximum(middle, air + 2.0), gullet) + MARGIN


def below_diaphragm(chest: Chest, at: Plane) -> np.ndarray:
    """Level of the belly: two domes that reach highest in the middle of each side."""
    right, left = np.float32(chest.domes)
    x = (np.abs(at.x) - np.float32(0.45 * chest.width)) / np.float32(chest.width)
    y = at.y / np.float32(chest.depth) + np.float32(0.12)
    top = np.where(at.x < 0, right, left) + np.float32(0.30) * (np.float32(1.6) * x * x + y * y)
    return np.float32(at.z) - top * np.float32(chest.height)


def paint_belly(hu: np.ndarray, chest: Chest, at: Plane, level: np.ndarray) -> None:
    """Paint what lies below the diaphragm: liver, stomach, spleen, fat, and gas that rises."""
    wide, deep = chest.width, chest.depth
    paint(hu, level, FAT, at.spacing)
    low = chest.domes[0] * chest.height
    liver = np.minimum(level - 3, ellipse(at, (-0.42 * wide, -6), (0.80 * wide, 0.86 * deep)))
    paint(hu, liver, LIVER, at.spacing)
    spleen = ellipse(at, (0.66 * wide, 0.42 * deep), (0.26 * wide, 0.42 * deep), -0.5)
    paint(hu, np.minimum(level - 3, spleen), SPLEEN, at.spacing)
    grown = min(1.0, max(at.z - low, 0) / 30)
    belly = ellipse(at, (0.46 * wide, -0.22 * deep), (0.36 * wide * grown, 0.45 * deep * grown))
    stomach = np.minimum(level - 4, belly)
    paint(hu, stomach, STOMACH, at.spacing)
    if chest.gas:
        above = np.float32(-0.16 * deep) - at.y  # the patient lies on the back: gas is in front
        paint(hu, np.minimum(stomach - 3, above), AIR + 20, at.spacing)
        colon = ellipse(at, (0.78 * wide, -0.18 * deep), (0.10 * wide, 0.2 * deep))
        paint(hu, np.minimum(level - 5, colon + 4 * chest.wobble), -880, at.spacing)
