"""Who is scanned? What all slices of one synthetic patient have in common, in millimetres."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seglib.phantoms.canvas import cloud, stream
from seglib.phantoms.lung.difficulty import LungParameters
from seglib.phantoms.lung.vessels import Tree, grow_tree


@dataclass(frozen=True)
class Spot:
    """A ball of diseased lung: centre and radius (mm), HU, and how ragged it is (0 to 1)."""

    centre: tuple[float, float, float]
    radius: float
    hu: float
    ragged: float


@dataclass(frozen=True)
class Chest:
    """A patient's body.

    Attributes
    ----------
    width, depth, height : float
        Half-width and half-depth of the rib cage, and height of the lungs, mm.
    squareness : float
        Power of the superellipse that is the rib cage in cross-section.
    fat, muscle, breast : float
        Thickness of fat, of muscle and of the breasts, mm.
    blood, heart : float
        HU of the blood, and the heart's size (1 typical).
    domes : (float, float)
        Height of the right and the left dome of the diaphragm, share of the lungs' height.
    lung_hu : float
        Mean HU of the lungs.
    fluid : (float, float)
        Depth of the fluid in the right and the left chest, mm; 0: none.
    spots : tuple of Spot
        Nodules and consolidations.
    gas : bool
        Whether there is gas under the diaphragm.
    ribs : float
        Height of the first rib, share of the distance between ribs.
    tree : Tree
        Vessels of both lungs.
    wobble : ndarray, shape (H, W), float32
        What makes outlines and tissue uneven, about -1 to 1.
    """

    width: float
    depth: float
    height: float
    squareness: float
    fat: float
    muscle: float
    breast: float
    blood: float
    heart: float
    domes: tuple[float, float]
    lung_hu: float
    fluid: tuple[float, float]
    spots: tuple[Spot, ...]
    gas: bool
    ribs: float
    tree: Tree
    wobble: np.ndarray


@dataclass(frozen=True)
class Patient:
    """A body, and how it lies in the scanner.

    Attributes
    ----------
    chest : Chest
        The body.
    spacing : float
        Side of a pixel, mm.
    middle, turn : (float, float), float
        Where its axis lies (mm from the middle of the image), and its rotation (rad).
    table, circle : bool
        Whether the table is in view, and whether the picture is a disc.
    """

    chest: Chest
    spacing: float
    middle: tuple[float, float]
    turn: float
    table: bool
    circle: bool


@lru_cache(maxsize=2)
def admit(seed: int, patient: int, shape: tuple[int, int], p: LungParameters) -> Patient:
    """Return patient number ``patient`` of a data set; images are of ``shape``."""
    # A stream for each part: a parameter moves what it names and nothing else.
    body, tree, ill, bed = (stream(seed, patient, k) for k in range(4))
    wide, deep, tall = np.exp(p.size_spread * body.normal(size=3)) * (136, 91, 235)
    fat = float(np.clip(p.fat * np.exp(0.45 * body.normal()), 2, 60))
    bright = body.random() < p.contrast_share
    female = body.random() < 0.5
    chest = Chest(
        width=float(wide),
        depth=float(deep),
        height=float(tall),
        squareness=float(body.uniform(2.1, 2.6)),
        fat=fat,
        muscle=float(body.uniform(16, 26)),
        breast=float(female * body.uniform(10, 38)),
        blood=float(body.uniform(35, 50) + bright * body.uniform(60, 170)),
        heart=float(body.uniform(0.85, 1.2)),
        domes=(float(body.uniform(0.66, 0.78)), float(body.uniform(0.72, 0.82))),
        lung_hu=float(max(p.lung_hu + 35 * body.normal(), -980)),
        fluid=_fluid(ill, p),
        spots=tuple(_spots(ill.spawn(1)[0], p, (wide, deep, tall))),
        gas=bool(body.random() < p.gas),
        ribs=float(body.random()),
        tree=grow_tree(tree, (wide, deep, tall)),
        wobble=cloud(body, shape, shape[0] / 7, 3),
    )
    view = 2 * (chest.width + chest.muscle + fat + 12) * bed.uniform(1.02, 1.3)
    tall = 2 * (chest.depth + chest.muscle + fat + 12) * 1.1
    spacing = max(view / shape[1], tall / shape[0])
    return Patient(
        chest=chest,
        spacing=float(spacing),
        middle=tuple(bed.normal(0, (5, 4)) + (0, -12)),
        turn=float(bed.normal(0, 0.035)),
        table=bool(bed.random() < p.table),
        circle=bool(bed.random() < p.circle),
    )


def _fluid(rng: np.random.Generator, p: LungParameters) -> tuple[float, float]:
    """Draw the depth of the fluid on either side."""
    draw, side, both, deep, other = rng.random(5)
    if draw >= p.effusion:
        return 0.0, 0.0
    depth = p.effusion_depth * (0.3 + 0.7 * deep)
    second = depth * other * (both < 0.4)
    return (depth, second) if side < 0.5 else (second, depth)


def _spots(rng: np.random.Generator, p: LungParameters, chest: tuple) -> list[Spot]:
    """Draw nodules and consolidations; many touch the pleura."""
    kinds = [(p.nodule_radius, False)] * rng.poisson(p.nodules)
    kinds += [(38.0, True)] * ((rng.random() < p.consolidation) * int(rng.integers(1, 3)))
    spots = []
    for largest, airless in kinds:
        side, angle = rng.choice([-1, 1]), rng.uniform(-1.25, 1.25)
        out = np.sqrt(rng.uniform(0.3, 1.05))
        radius = largest * rng.uniform(0.3, 1)
        x = side * chest[0] * (0.22 + 0.78 * out * np.cos(angle))
        centre = float(x), float(chest[1] * out * np.sin(angle)), chest[2] * rng.uniform(0.12, 0.9)
        hu = rng.uniform(-150, 45) if airless else rng.uniform(-80, 60)
        spots.append(Spot(centre, float(radius), float(hu), float(airless)))
    return spots
