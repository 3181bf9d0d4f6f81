"""Who is examined? What all frames of one synthetic patient have in common."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seglib.phantoms.canvas import stream
from seglib.phantoms.polyp import endoscope
from seglib.phantoms.polyp.difficulty import PolypParameters
from seglib.phantoms.polyp.lesion import Lesion, grow_lesion
from seglib.phantoms.polyp.mucosa import Wall, grow_wall


@dataclass(frozen=True)
class Patient:
    """What all frames of a patient share.

    Attributes
    ----------
    wall : Wall
        The bowel.
    lesions : tuple of Lesion
        One to three polyps.
    view, visible : ndarray, shape (H, W), bool
        Where the lens shows something, and the same without the inset picture.
    inset : (slice, slice) or None
        Corner that holds the position picture.
    overlay : bool
        Whether date and time are burnt in.
    brightness : float
        What the automatic exposure aims at, share of full scale.
    lamp : ndarray, shape (3,), float32
        Colour of the light, about 1.
    """

    wall: Wall
    lesions: tuple[Lesion, ...]
    view: np.ndarray
    visible: np.ndarray
    inset: tuple[slice, slice] | None
    overlay: bool
    brightness: float
    lamp: np.ndarray


@lru_cache(maxsize=8)  # sweeps over other parameters meet the same walls again
def _wall(seed: int, patient: int, folds: float, vessels: float) -> Wall:
    return grow_wall(stream(seed, patient, 2), folds, vessels)


@lru_cache(maxsize=2)
def admit(seed: int, patient: int, size: tuple[int, int], p: PolypParameters) -> Patient:
    """Return patient number ``patient`` of a data set; images are about ``size``."""
    # A stream for each part: a parameter moves what it names and nothing else.
    tool, number = stream(seed, patient, 0), stream(seed, patient, 1)
    height, width = (round(s * (1 + p.size_variation * tool.uniform(-1, 1))) for s in size)
    count = int(number.integers(2, 4)) if number.random() < p.several_share else 1
    view = endoscope.window(tool, (height, width))
    brightness = float(tool.uniform(0.38, 0.52))
    lamp = np.exp(tool.normal(0, 0.04, 3)).astype(np.float32)
    top, right = round(height * (1 - tool.uniform(0.28, 0.36))), round(width * 0.32)
    has_inset, has_text = tool.random(2) < (p.inset, p.overlay)
    inset = (slice(top, height), slice(0, right)) if has_inset else None
    visible = view.copy()
    if inset:
        visible[inset] = False
    return Patient(
        wall=_wall(seed, patient, p.folds, p.vessels),
        lesions=tuple(_grow(stream(seed, patient, 3 + k), p, k) for k in range(count)),
        view=view,
        visible=visible,
        inset=inset,
        overlay=bool(has_text),
        brightness=brightness,
        lamp=lamp,
    )


def _grow(rng: np.random.Generator, p: PolypParameters, k: int) -> Lesion:
    """Draw the patient's ``k``-th polyp; companions are smaller than the first."""
    span = np.log(p.largest / p.smallest)
    mean = np.clip(np.log(p.typical / p.smallest) / max(span, 1e-9) - 0.02, 0.05, 0.95)
    place = rng.beta(8 * mean, 8 * (1 - mean))
    share = p.smallest * np.exp(span * place) * (0.35 if k else 1.0)
    flat, stalked = p.flat_share, p.stalked_share
    draw = rng.random()
    kind = "flat" if draw < flat else "stalked" if draw < flat + stalked else "sessile"
    return grow_lesion(rng, float(share), kind, p.contrast, p.texture, p.irregularity, p.relief)
