"""The bowel: bent tubes in three dimensions, with walls, gas that floats and what they hold."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from seglib.phantoms.canvas import ramp
from seglib.phantoms.torso.layer import Layer, lay, tube

GAS = -930.0
# Courses of the large bowel and the duodenum, mm: x, y, z, radius. Half-width 130, half-depth 90.
COURSES = {
    "ascending": [(-90, 2, 262, 23), (-100, 8, 235, 26), (-102, 8, 205, 22), (-96, 0, 168, 23)],
    "hepatic flexure": [(-92, -8, 168, 21), (-76, -34, 158, 20), (-58, -52, 164, 19)],
    "transverse": [(-58, -54, 166, 20), (-15, -62, 176, 18), (30, -62, 172, 19),
                   (66, -48, 140, 18)],
    "splenic flexure": [(66, -48, 140, 18), (88, -22, 108, 18), (98, -4, 100, 15)],
    "descending": [(100, 4, 104, 15), (105, 16, 145, 14), (105, 16, 190, 15), (96, 12, 245, 14)],
    "sigmoid": [(94, 10, 248, 13), (72, 4, 285, 14), (30, 14, 300, 15), (8, 26, 318, 15)],
    "duodenum": [(-26, -24, 134, 11), (-40, 0, 152, 12), (-30, 6, 184, 12), (12, 0, 190, 11)],
}  # fmt: skip
STOMACH = [(52, 0, 28, 27), (66, -12, 55, 31), (58, -34, 92, 26), (28, -48, 120, 19),
           (-4, -46, 128, 14), (-26, -34, 124, 10)]  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """A stretch of gut.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        Its course: x, y, z, mm.
    radii : ndarray, shape (n,)
        Half its width at each point, mm.
    span : (float, float)
        Where it begins and ends along z, mm.
    inside : float
        Density of what it holds, HU.
    grain : float
        Mottling of what it holds, HU (standard deviation); faeces only.
    gas : float
        Height of the liquid's surface: -1 (full of gas) to 1 (none), in radii.
    wall : float
        Thickness of the wall, mm.
    """

    points: np.ndarray
    radii: np.ndarray
    span: tuple[float, float]
    inside: float
    grain: float
    gas: float
    wall: float


def _fill(
    rng: np.random.Generator, points: np.ndarray, radii: np.ndarray, gas: bool, drunk: bool,
    faeces: bool = False,
) -> Loop:  # fmt: skip
    """Draw what a stretch of gut holds: liquid, contrast medium, faeces or nothing, and gas."""
    solid, mixed, reached = rng.random(3) < (0.7 * faeces, 0.5, 0.75 * drunk)
    liquid, dough, contrast, surface, grain, wall = rng.uniform(
        (4, -20, 160, -0.9, 60, 1.8), (42, 55, 460, 0.5, 170, 3.2)
    ).tolist()
    inside = contrast if reached else dough if solid else liquid
    grain = grain if solid and (mixed or not reached) else 0.0
    span = float((points[:, 2] - radii).min()), float((points[:, 2] + radii).max())
    return Loop(points, radii, span, inside, grain, surface if gas else 1.0, wall)


def _refine(rng: np.random.Generator, course: list, pouches: float) -> tuple:
    """Return a course with points between, shaken a little and with pouches."""
    course = np.array(course, float)
    course[:, :3] += rng.normal(0, 4, (len(course), 3))
    steps = np.linspace(0, len(course) - 1, 3 * (len(course) - 1) + 1)
    fine = np.stack([np.interp(steps, np.arange(len(course)), c) for c in course.T], axis=1)
    return fine[:, :3], fine[:, 3] * (1 + pouches * rng.uniform(-1, 1, len(fine)))


def grow_bowel(
    rng: np.random.Generator,
    half: tuple[float, float],
    crowding: float,
    gas: float,
    drunk: bool,
) -> tuple[Loop, ...]:
    """Draw a patient's bowel; the large bowel comes first and small loops fill what is left.

    Parameters
    ----------
    rng : Generator
        The patient's stream.
    half : (float, float)
        Half-width and half-depth of the trunk, mm.
    crowding : float
        Density of small loops; 1 typical.
    gas : float
        Share of loops with gas.
    drunk : bool
        Whether the patient drank contrast medium.
    """
    fit = np.array([half[0] / 130, half[1] / 90, 1.0, 1.0])
    loops = []
    for name, course in COURSES.items():
        points, radii = _refine(rng, fit * course, 0.16)
        radii = radii * rng.uniform(0.8, 1.12)
        colon = name != "duodenum"
        loops.append(_fill(rng, points, radii, rng.random() < gas * (1 + colon), drunk, colon))
    small, count = rng.spawn(1)[0], round(150 * crowding)
    for _ in range(count):
        middle = small.uniform((-80, -72, 108), (90, 26, 318)) * fit[:3]
        heading, bend = small.uniform(0, 2 * np.pi), small.uniform(-1.1, 1.1)
        t = np.linspace(-1, 1, 4)
        way = heading + bend * t
        step = small.uniform(11, 20)
        course = np.stack([np.cos(way), np.sin(way), small.uniform(-0.6, 0.6) + 0 * t], axis=1)
        points = middle + step * (np.cumsum(course, axis=0) - course.sum(axis=0) / 2)
        radii = np.full(4, small.uniform(9.5, 15)) * small.uniform(0.9, 1.1, 4)
        loops.append(_fill(small, points, radii, small.random() < 0.35 * gas, drunk))
    return tuple(loops)


def grow_stomach(rng: np.random.Generator, drunk: bool) -> Loop:
    """Draw a patient's stomach, full or nearly empty."""
    points, radii = _refine(rng, STOMACH, 0.05)
    loop = _fill(rng, points, radii * rng.uniform(0.65, 1.05), True, drunk)
    return replace(loop, grain=float(rng.choice([0, 45])), wall=4.5)


def lay_loop(layer: Layer, loop: Loop, wall: float, label: int, gap: float) -> None:
    """Lay one stretch of gut into a layer, where other organs leave room.

    Parameters
    ----------
    layer : Layer
        Painted in place.
    loop : Loop
        What to lay.
    wall : float
        Density of its wall, HU.
    label, gap
        As for :func:`.layer.lay`.
    """
    if not loop.span[0] < layer.z < loop.span[1]:
        return
    widest = loop.radii.max()
    near = np.flatnonzero(np.abs(loop.points[:, 2] - layer.z) < widest)
    course = loop.points[max(near[0] - 1, 0) : near[-1] + 2, :2]
    low, high = course.min(axis=0), course.max(axis=0)
    part = layer.near(*(low + high) / 2, *(high - low) / 2 + widest)
    level = tube(part, loop.points, loop.radii)
    level = np.minimum(np.minimum(level, part.room), -part.taken - np.float32(gap))
    narrow = 2 * round(2.2 / part.mm) + 1  # gut is nowhere squeezed thinner than this
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (narrow, narrow))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, disc)
    if (level > -part.mm).any():
        lay(part, level, _contents(part, loop, level, wall), label)


def _contents(part: Layer, loop: Loop, level: np.ndarray, wall: float) -> np.ndarray:
    """Return wall, liquid or faeces, and the gas above it: (H, W) float32, HU."""
    held = np.float32(loop.inside)
    if loop.grain:
        dough = part.patterns[0]
        held = held + np.float32(loop.grain) * (dough - 0.4 * np.abs(dough))
        held = np.where(dough < -1.1, np.float32(-600), held)
    if loop.gas < 1 and (level > 0).any():
        rows = part.y[level > 0]
        surface = rows.mean() + loop.gas * (rows.max() - rows.min()) / 2
        held = held + (GAS - held) * ramp(surface - part.y, -part.mm / 2, part.mm / 2)
    lumen = np.clip((level - np.float32(loop.wall)) / part.mm + np.float32(0.5), 0, 1)
    return wall + (held - wall) * lumen
