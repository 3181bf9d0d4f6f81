"""Who lies in the scanner? What all slices of one synthetic patient have in common."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seglib.phantoms.canvas import quota, stream
from seglib.phantoms.torso.bowel import Loop, grow_bowel, grow_stomach
from seglib.phantoms.torso.difficulty import TorsoParameters
from seglib.phantoms.torso.kidney import Kidney, grow_kidneys

# Typical density in HU in the arterial and the venous phase, and without contrast medium.
PHASES = ("arterial", "venous", "native")
TISSUES = {
    "liver": (72, 112, 58), "spleen": (118, 122, 48), "cortex": (172, 178, 34),
    "medulla": (62, 152, 30), "aorta": (310, 155, 42), "cava": (72, 140, 40),
    "portal": (90, 170, 42), "pancreas": (98, 86, 40), "gut": (82, 88, 40),
    "muscle": (58, 62, 54), "marrow": (152, 160, 150), "bile": (8, 9, 8), "fat": (-104, -102, -104),
}  # fmt: skip
STEADY = {"fat": 0.2, "bile": 0.5, "muscle": 0.5, "marrow": 4.0}  # of the spread of a density


@dataclass(frozen=True)
class Person:
    """What all slices of a patient share.

    Attributes
    ----------
    half : (float, float)
        Half-width and half-depth of the trunk inside its fat, mm.
    padding : float
        Fat under the skin of the belly, mm.
    gap : float
        Fat between neighbouring organs, mm; 0: they touch.
    centre : (float, float)
        Where the patient lies, off the middle of the picture, mm.
    ripples : ndarray, shape (n, 6)
        How soft tissue deviates from smooth shapes; see :func:`.layer.soften`.
    kidneys : tuple of Kidney
        The patient's left, then right; one of them may be missing.
    liver : (float, float, float)
        Its lowest point (z, mm), how far its left lobe reaches and how deep its edge lies (mm).
    spleen : (float, float, float)
        Factor on its size, its middle (z, mm), and its turn (rad).
    rung : float
        Shift of vertebrae and ribs along the body, mm.
    loops : tuple of Loop
        Bowel, those that keep their place first.
    stomach : Loop
        It is no bowel.
    hu : dict
        Density of each tissue, HU.
    phase : str
        One of ``PHASES``.
    """

    half: tuple[float, float]
    padding: float
    gap: float
    centre: tuple[float, float]
    ripples: np.ndarray
    kidneys: tuple[Kidney, ...]
    liver: tuple[float, float, float]
    spleen: tuple[float, float, float]
    rung: float
    loops: tuple[Loop, ...]
    stomach: Loop
    hu: dict[str, float]
    phase: str


def _ripples(rng: np.random.Generator, strength: float) -> np.ndarray:
    """Draw waves of 45 to 190 mm; the long ones sway farther."""
    length = np.array([190, 150, 110, 80, 60, 45])
    way = rng.normal(size=(6, 3)) * (1, 1, 0.7)
    number = 2 * np.pi / length[:, None] * way / np.linalg.norm(way, axis=1, keepdims=True)
    sway = strength * 0.0155 * length[:, None] * rng.uniform(-1, 1, (6, 2))
    return np.concatenate([number, rng.uniform(0, 2 * np.pi, (6, 1)), sway], axis=1)


@lru_cache(maxsize=4)
def admit(
    seed: int,
    patient: int,
    p: TorsoParameters,
    arterial: float = 0.0,
    venous: float = 0.0,
    fatty: float = 0.0,
) -> Person:
    """Return patient number ``patient`` of a data set.

    Parameters
    ----------
    seed, patient : int
        Which patient.
    p : TorsoParameters
        Difficulty.
    arterial, venous, fatty : float, 0 to 1
        Shares of the two phases of contrast medium (the others are native), and of patients
        with fatty liver.
    """
    # A stream for each part: a parameter moves what it names and nothing else.
    build, tissue, inner, gut = (stream(seed, patient, k) for k in range(4))
    drunk, plump, apart, gone = build.random(4)
    contrast, greasy = (quota(seed, patient, k) for k in (1, 2))
    phase = PHASES[int(np.searchsorted((arterial, arterial + venous), contrast, side="right"))]
    hu = {
        name: levels[PHASES.index(phase)] + p.likeness * STEADY.get(name, 1) * tissue.normal(0, 7)
        for name, levels in TISSUES.items()
    }
    hu["liver"] -= tissue.uniform(38, 60) if greasy < fatty else 0
    missing = int(np.sign(gone - 0.5)) if quota(seed, patient, 3) < p.single_kidney_share else 0
    half = build.uniform((122, 90), (138, 104))
    return Person(
        half=tuple(half.tolist()),
        padding=float(p.fat * (0.5 + plump)),
        gap=float(p.gap * apart**2),
        centre=tuple(build.uniform((-6, -12), (6, 2)).tolist()),
        ripples=_ripples(build, p.irregularity),
        kidneys=grow_kidneys(inner, missing),
        liver=tuple(inner.uniform((162, 40, -8), (198, 85, 14)).tolist()),
        spleen=tuple(inner.uniform((0.85, 64, -0.5), (1.2, 82, -0.1)).tolist()),
        rung=float(inner.uniform(0, 33)),
        loops=grow_bowel(gut, tuple(half), p.crowding, p.gas, bool(drunk < p.oral_contrast)),
        stomach=grow_stomach(inner, bool(drunk < p.oral_contrast)),
        hu=hu,
        phase=phase,
    )
