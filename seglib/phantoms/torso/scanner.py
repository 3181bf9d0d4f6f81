"""What the scanner makes of a body: thick slices, blur, noise, and its table."""

from collections.abc import Callable

import cv2
import numpy as np

from seglib.phantoms.torso.difficulty import TorsoParameters
from seglib.phantoms.torso.layer import Layer, blank, paint, soften, weave
from seglib.phantoms.torso.organs import draw_organs
from seglib.phantoms.torso.person import Person
from seglib.phantoms.torso.trunk import draw_trunk

OFFSET = 1024  # added to HU before storing


def level_of(frame: int, count: int, top: float, bottom: float, rng: np.random.Generator) -> float:
    """Level of a patient's ``frame``-th of ``count`` slices between ``top`` and ``bottom``, mm."""
    return top + (bottom - top) * (frame + rng.uniform(0.15, 0.85)) / count


def scan(
    who: Person,
    z: float,
    shape: tuple[int, int],
    rng: np.random.Generator,
    thickness: float,
    finish: Callable[[Layer], None] | None = None,
) -> tuple[np.ndarray, Layer]:
    """See one thick slice of a patient.

    Parameters
    ----------
    who : Person
        The patient.
    z : float
        Level of the slice's middle, mm below the dome of the liver.
    shape : (int, int)
        Height and width, px.
    rng : Generator
        For texture.
    thickness : float
        Of the slice, mm.
    finish : optional
        Paints what a task adds into each layer, in coordinates that sway.

    Returns
    -------
    ndarray (H, W) float32, Layer
        The mean of three layers, HU; and the middle one, whose ``label`` is the exact mask.
    """
    patterns, pictures = weave(rng, shape), []
    for shift in (-1, 1, 0) if thickness else (0,):  # the middle layer last: its labels stay
        layer = blank(patterns, z + shift * thickness / 3, who.centre)
        _table(layer, who)
        body = layer.near(0, 0, who.half[0] + who.padding, who.half[1] + who.padding)
        body = soften(draw_trunk(body, who), who.ripples)
        draw_organs(body, who)
        if finish:
            finish(body)
        pictures.append(layer.hu)
    return np.mean(pictures, axis=0), layer


def _table(layer: Layer, who: Person) -> None:
    """Paint the top of the table below the back."""
    under = who.half[1] + 0.65 * who.padding + 5
    sag = layer.y - np.float32(under) + np.float32(0.0011) * layer.x**2
    paint(layer, np.minimum(1.5 - np.abs(sag), 170 - np.abs(layer.x)), 70)
    paint(layer, np.minimum(1.2 - np.abs(sag - 24), 150 - np.abs(layer.x)), -40)


def record(
    picture: np.ndarray, rng: np.random.Generator, mm: float, p: TorsoParameters
) -> np.ndarray:
    """Return the picture as it is stored: blurred, noisy, HU + 1024, (H, W) uint16.

    The noise of a scanner has few slow waves: sharp reconstruction takes them out.
    """
    if p.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), p.blur / mm)
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape, np.float32), (0, 0), 0.6)
    grain -= 0.6 * cv2.GaussianBlur(grain, (0, 0), 2.5)
    picture = picture + np.float32(p.noise) * grain / grain.std()
    return np.clip(np.rint(picture) + OFFSET, 0, 4095).astype(np.uint16)
