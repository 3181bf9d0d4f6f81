"""What else is as bright as a stone? Calcified vessels, phleboliths, gallstones, metal clips."""

from collections.abc import Callable

import numpy as np

from seglib.phantoms.canvas import stream
from seglib.phantoms.stone.difficulty import StoneParameters
from seglib.phantoms.torso.kidney import sinus
from seglib.phantoms.torso.layer import Layer, ellipse, paint
from seglib.phantoms.torso.organs import courses
from seglib.phantoms.torso.person import Person

METAL = 3000.0


def bright_things(
    who: Person, z: float, key: tuple[int, int], frame: int, p: StoneParameters
) -> Callable[[Layer], None]:
    """Return what paints a patient's other bright things into a layer of a slice.

    Parameters
    ----------
    who : Person
        The patient.
    z : float
        Level of the slice, mm.
    key : (int, int)
        Seed and patient.
    frame : int
        Which slice.
    p : StoneParameters
        Difficulty.
    """
    has = stream(*key, 6).random(3) < (p.calcification, p.phleboliths, p.gallstones)

    def draw(layer: Layer) -> None:
        """Paint them into one layer of the slice."""
        plaque, vein, bile = (stream(*key, frame, 10 + k) for k in range(3))
        if has[0]:
            _plaques(layer, plaque, who, z)
        if has[1] and z > 225:
            _phleboliths(layer, vein, z)
        if has[2]:
            _gallstones(layer, bile)

    return draw


def _plaques(layer: Layer, rng: np.random.Generator, who: Person, z: float) -> None:
    """Paint arcs of chalk in the wall of the aorta, and specks at the kidneys' arteries."""
    for at, radius in courses("aorta", layer.z):
        part = layer.near(*at, radius)
        wall = ellipse(part, at, (1.05 * radius, radius))
        around = np.arctan2(part.y - np.float32(at[1]), part.x - np.float32(at[0]))
        for _ in range(int(rng.integers(0, 4))):
            toward, half, thick, hu = rng.uniform((-np.pi, 0.1, 0.5, 350), (np.pi, 0.6, 1.2, 1200))
            off = np.abs((around - toward + np.pi) % (2 * np.pi) - np.pi)
            arc = np.minimum(thick - np.abs(wall - 0.5), radius * (half - off))
            paint(part, arc.astype(np.float32), hu)
    for kidney in who.kidneys:
        (x, y), (a, _) = sinus(kidney, z)
        speck, near, radius, hu = rng.uniform((0, 0, 1.0, 300), (1, 14, 2.2, 900)).tolist()
        if a and speck < 0.35:
            at = (x - kidney.side * (a + near), y - 4)
            part = layer.near(*at, 4)
            paint(part, ellipse(part, at, (1.5 * radius, 0.7 * radius), 0.4), hu)


def _phleboliths(layer: Layer, rng: np.random.Generator, z: float) -> None:
    """Paint round calcified veins beside the ureters; the larger ones have a dark middle."""
    for _ in range(int(rng.integers(1, 5))):
        side, x, y, radius, hu = rng.uniform((-1, 38, 16, 1.3, 300), (1, 78, 46, 3.4, 900)).tolist()
        at = (np.sign(side) * x, y)
        part = layer.near(*at, 5)
        size = np.sqrt(max(0.0, 1 - ((layer.z - z) / (radius + 0.5)) ** 2))
        paint(part, ellipse(part, at, (size * radius, size * radius)), hu)
        if radius > 2.6:
            paint(part, ellipse(part, at, (0.7, 0.7)), 0.5 * hu)


def _gallstones(layer: Layer, rng: np.random.Generator) -> None:
    """Paint stones with a bright rim on the floor of the gallbladder."""
    if not 102 < layer.z < 148:
        return
    for _ in range(int(rng.integers(1, 4))):
        x, y, radius, hu = rng.uniform((-58, -32, 2, 130), (-46, -24, 5, 800)).tolist()
        part = layer.near(x, y, radius)
        stone = ellipse(part, (x, y), (radius, radius))
        paint(part, stone, hu)
        paint(part, stone - 1.6, 0.5 * hu)


def add_clip(picture: np.ndarray, rng: np.random.Generator, who: Person, mm: float) -> None:
    """Add a metal clip and its streaks to a slice (changed in place)."""
    x, y = rng.uniform((-80, -60), (80, 20))
    rows, columns = np.indices(picture.shape, dtype=np.float32)
    dx = (columns - (picture.shape[1] - 1) / 2) * mm - np.float32(x + who.centre[0])
    dy = (rows - (picture.shape[0] - 1) / 2) * mm - np.float32(y + who.centre[1])
    away, around = np.hypot(dx, dy), np.arctan2(dy, dx)
    rays = sum(
        np.cos(k * around + np.float32(phase))
        for k, phase in zip((2, 6, 14, 22), rng.uniform(0, 2 * np.pi, 4), strict=True)
    )
    picture += np.where(picture > -900, 900 * rays / (4 + away) * (away < 110), 0)
    turn = rng.uniform(0, np.pi)
    along = np.abs(np.cos(turn) * dx + np.sin(turn) * dy)
    across = np.abs(np.cos(turn) * dy - np.sin(turn) * dx)
    inside = np.clip(np.minimum(4.5 - along, 1.3 - across) / mm + 0.5, 0, 1)
    picture += (METAL - picture) * inside
