"""The kidneys: cortex and pyramids round a sinus of fat, its pelvis of urine, the vessels."""

from dataclasses import dataclass

import numpy as np

from seglib.phantoms.canvas import ramp
from seglib.phantoms.torso.layer import Layer, claim, ellipse, lay, paint, tube

LEFT_KIDNEY, RIGHT_KIDNEY = 3, 4
URINE = 7.0


@dataclass(frozen=True)
class Kidney:
    """A kidney.

    Attributes
    ----------
    side : int
        -1: the patient's right, on the image's left; 1: the patient's left.
    middle : (float, float, float)
        Its middle: x, y, z, mm.
    radii : (float, float, float)
        Half-axes along its hilum, across it and along z, mm.
    turn : float
        Turn of the hilum out of the frontal plane, rad; it looks forward and inward.
    dilation : float
        Width of the pelvis; 1 normal, 2 and more: blocked.
    """

    side: int
    middle: tuple[float, float, float]
    radii: tuple[float, float, float]
    turn: float
    dilation: float = 1.0


def grow_kidneys(rng: np.random.Generator, missing: int) -> tuple[Kidney, ...]:
    """Draw both kidneys, left first, and drop the one on the ``missing`` side (0: none)."""
    pair = []
    for side, level in ((1, 138), (-1, 150)):
        middle = (side * rng.uniform(59, 66), rng.uniform(33, 41), level + rng.uniform(-9, 9))
        grown = 1.12 if missing else 1.0  # a single kidney grows
        radii = grown * rng.uniform((23, 28, 48), (28, 33, 58))
        pair.append(Kidney(side, middle, tuple(radii.tolist()), side * rng.uniform(0.35, 0.9)))
    return tuple(kidney for kidney in pair if kidney.side != missing)


def axis(kidney: Kidney, z: float) -> tuple[float, float]:
    """Where the axis of a kidney crosses a layer: its lower pole lies outward and in front."""
    down = z - kidney.middle[2]
    return kidney.middle[0] + kidney.side * 0.14 * down, kidney.middle[1] - 0.12 * down


def sinus(kidney: Kidney, z: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Middle (x, y) and half-axes of a kidney's sinus in a layer, mm; half-axes 0: none there."""
    x, y = axis(kidney, z)
    reach = (z - kidney.middle[2]) / (0.62 * kidney.radii[2])
    size = float(np.sqrt(max(0.0, 1 - reach**2)))
    inward = kidney.side * (0.5 * kidney.radii[0])
    middle = x - inward * float(np.cos(kidney.turn)), y - inward * float(np.sin(kidney.turn))
    return middle, (0.56 * size * kidney.radii[0], 0.36 * size * kidney.radii[1])


def lay_kidney(layer: Layer, kidney: Kidney, hu: dict[str, float], gap: float) -> None:
    """Lay a kidney into a layer; its class covers the tissue, not the sinus.

    Parameters
    ----------
    layer : Layer
        Painted in place.
    kidney : Kidney
        What to lay.
    hu : dict
        Densities of ``cortex`` and ``medulla``, HU.
    gap : float
        Fat between it and its neighbours, mm.
    """
    down = abs(layer.z - kidney.middle[2]) / kidney.radii[2]
    if down >= 1:
        return
    size = float(np.sqrt(1 - down**2.4))
    x, y = axis(kidney, layer.z)
    part = layer.near(x, y, kidney.radii[1])
    whole = ellipse(part, (x, y), (size * kidney.radii[0], size * kidney.radii[1]), kidney.turn)
    middle, half = sinus(kidney, layer.z)
    hole = ellipse(part, middle, half, kidney.turn)
    around = np.arctan2(part.y - np.float32(y), part.x - np.float32(x))
    pyramids = ramp(whole + 2.5 * np.cos(9 * around), 6.0, 9.0)
    tissue = hu["cortex"] + (hu["medulla"] - hu["cortex"]) * pyramids
    label = LEFT_KIDNEY if kidney.side > 0 else RIGHT_KIDNEY
    lay(part, np.minimum(whole, -hole), tissue, label, gap)
    claim(part, hole)
    wide = min(0.5 * kidney.dilation, 1.02)
    paint(part, ellipse(part, middle, (wide * half[0], wide * half[1]), kidney.turn), URINE)


def ureter(kidney: Kidney) -> np.ndarray:
    """Course of a kidney's ureter over the psoas into the pelvis: (4, 3) x, y, z, mm."""
    z, side = kidney.middle[2], kidney.side
    (x, y), _ = sinus(kidney, z)
    course = [(x, y, z), (side * 40, 22, z + 30), (side * 36, 18, 235), (side * 50, 26, 330)]
    return np.array(course, float)


def lay_vein_and_ureter(layer: Layer, kidney: Kidney, hu: dict[str, float]) -> None:
    """Lay the vein of a kidney, from its hilum to the vena cava, and its ureter."""
    width = 1.2 + 0.8 * kidney.dilation
    course = ureter(kidney)
    if layer.z > course[0, 2] - width:
        part = layer.near(kidney.side * 42, 26, 26, 14)
        lay(part, tube(part, course, np.full(4, width)), URINE + 8)
    z = kidney.middle[2]
    if abs(layer.z - z) > 14:
        return
    (x, y), _ = sinus(kidney, z)
    end = (-14, 14) if kidney.side < 0 else (-12, -1)
    course = np.array([(x, y, z), (kidney.side * 26, 8, z - 6), (*end, z - 8)], float)
    part = layer.near(kidney.side * 20, 12, 45, 25)
    lay(part, tube(part, course, np.array([4, 4.5, 4.5])), hu["cava"])
