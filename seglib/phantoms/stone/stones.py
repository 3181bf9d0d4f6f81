"""Where do stones form, how large are they, and of what?"""

from dataclasses import dataclass

import numpy as np

from seglib.phantoms.canvas import stream
from seglib.phantoms.stone.difficulty import StoneParameters
from seglib.phantoms.torso.kidney import Kidney, axis, sinus, ureter
from seglib.phantoms.torso.layer import FAR_MM, Layer, ellipse
from seglib.phantoms.torso.person import Person

WIDEST = 70.0  # largest area of a stone that a ureter lets pass, mm²


@dataclass(frozen=True)
class Stone:
    """A stone: blobs (n, 5: x, y, two half-axes, turn), its middle z, half-height (mm), and HU."""

    blobs: np.ndarray
    z: float
    height: float
    hu: float


def level(layer: Layer, stone: Stone) -> np.ndarray:
    """Level of a stone in a layer, mm; it is widest at its middle."""
    size = float(np.sqrt(max(0.0, 1 - ((layer.z - stone.z) / stone.height) ** 2)))
    best = np.full_like(layer.x, FAR_MM)
    for x, y, a, b, turn in stone.blobs.tolist():
        best = np.maximum(best, ellipse(layer, (x, y), (size * a, size * b), turn))
    return best


def form_stones(
    rng: np.random.Generator, who: Person, z: float, key: tuple[int, int], p: StoneParameters
) -> list[Stone]:
    """Draw the stones of a slice; slices lie too far apart to meet one twice.

    Parameters
    ----------
    rng : Generator
        The slice's own stream.
    who : Person
        In whose kidneys and ureters.
    z : float
        Level of the slice, mm.
    key : (int, int)
        Seed and patient, for the composition.
    p : StoneParameters
        Difficulty.
    """
    ratio = p.brightest / p.dimmest
    composition = stream(*key, 5).random()
    several, extra = rng.random(), int(rng.integers(1, 4))
    stones = []
    for own in rng.spawn(4)[: 1 + extra * (several < p.several_share)]:
        kind = np.clip(composition + own.normal(0, 0.06), 0, 1)
        stones.append(_form(own, who.kidneys, z, float(p.dimmest * ratio**kind), p))
    return stones


def _form(
    rng: np.random.Generator, kidneys: tuple[Kidney, ...], z: float, hu: float, p: StoneParameters
) -> Stone:
    """Draw one stone in a calyx or the pelvis, or in a ureter where there is no sinus."""
    which, angle, where, branches, out = rng.random(5).tolist()
    area = float(np.clip(p.typical * np.exp(p.size_spread * rng.normal()), p.smallest, p.largest))
    open_ = [kidney for kidney in kidneys if sinus(kidney, z)[1][1] > 3]
    drains = [kidney for kidney in kidneys if z > kidney.middle[2] + 12]
    squash, turn, flat = rng.uniform((0.72, 0, 0.8), (1.0, np.pi, 1.3)).tolist()
    a, b = np.sqrt(area / np.pi / squash), np.sqrt(area / np.pi * squash)
    if drains and (where < p.ureter_share or not open_):
        kidney = drains[int(which * len(drains))]
        at = _on_course(ureter(kidney), z)
        fit = np.sqrt(min(area, p.smallest + max(0.0, WIDEST - p.smallest) * out) / area)
        a, b = fit * a, fit * b
    elif open_:
        kidney = open_[int(which * len(open_))]
        if branches < p.staghorn_share:
            return _staghorn(rng, kidney, z, min(6 * area, p.largest), hu)
        at = _in_sinus(kidney, z, 2 * np.pi * angle, 0.2 + 0.7 * np.sqrt(out))
    else:  # above all sinuses: at the tip of an upper calyx
        kidney = min(kidneys, key=lambda k: abs(z - k.middle[2]))
        at = axis(kidney, z)
    return Stone(np.array([(*at, a, b, turn)]), z, float(flat * np.sqrt(a * b)), hu)


def _on_course(course: np.ndarray, z: float) -> tuple[float, float]:
    """Where a tube crosses a layer: x, y, mm."""
    x, y = (float(np.interp(z, course[:, 2], course[:, k])) for k in (0, 1))
    return x, y


def _in_sinus(kidney: Kidney, z: float, angle: float, out: float) -> tuple[float, float]:
    """Place in a kidney's sinus: ``out`` from its middle (0) to its rim (1), mm."""
    (x, y), (a, b) = sinus(kidney, z)
    u, v = out * a * np.cos(angle), out * b * np.sin(angle)
    c, s = np.cos(kidney.turn), np.sin(kidney.turn)
    return float(x + c * u - s * v), float(y + s * u + c * v)


def _staghorn(rng: np.random.Generator, kidney: Kidney, z: float, area: float, hu: float) -> Stone:
    """A stone that fills the pelvis and reaches into the calyces."""
    (x, y), (a, b) = sinus(kidney, z)
    blobs = [(x, y, 0.75 * a, 0.5 * b, kidney.turn)]
    for angle in rng.uniform(-0.3, 0.3, 3) + (-1.3, 0.0, 1.3):
        inward = angle if kidney.side > 0 else np.pi - angle
        at = _in_sinus(kidney, z, inward, 0.8)
        heading = kidney.turn + inward
        blobs.append((*at, 0.4 * b, 0.22 * b, heading))
    blobs = np.array(blobs)
    grow = np.sqrt(area / (1.35 * np.pi * blobs[0, 2] * blobs[0, 3]))
    blobs[:, :2] = (x, y) + grow * (blobs[:, :2] - (x, y))
    blobs[:, 2:4] *= grow
    return Stone(blobs, z, 10.0, hu)
