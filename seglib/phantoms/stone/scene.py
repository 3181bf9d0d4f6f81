"""Phantom kidney stones: slices of a synthetic torso without contrast medium.

Stones are small and bright, and so is much else (:mod:`.confounders`): only the place tells
them apart. How hard it is stands in :class:`~.difficulty.StoneParameters`.
"""

from collections.abc import Iterator
from dataclasses import replace

from seglib.phantoms.canvas import Frame, quota, stream
from seglib.phantoms.stone.confounders import add_clip, bright_things
from seglib.phantoms.stone.difficulty import StoneParameters
from seglib.phantoms.stone.stones import form_stones, level
from seglib.phantoms.torso import Person, admit, level_of, record, scan
from seglib.phantoms.torso.layer import Layer, paint

TOP, BOTTOM = 112.0, 256.0  # mm below the dome of the liver: upper poles to the pelvis


def _patient(seed: int, patient: int, p: StoneParameters) -> Person:
    """Return a patient; blocked kidneys have wide pelves and ureters."""
    who = admit(seed, patient, p)
    blocked, width = stream(seed, patient, 4).uniform((0, 1.6), (1, 2.6)).tolist()
    if blocked >= p.blocked_share:
        return who
    kidneys = tuple(replace(kidney, dilation=width) for kidney in who.kidneys)
    return replace(who, kidneys=kidneys)


def make_frame(
    seed: int,
    patient: int,
    frame: int,
    size: tuple[int, int] = (192, 192),
    parameters: StoneParameters | None = None,
) -> Frame:
    """Make one slice; it depends on its arguments alone.

    Parameters
    ----------
    seed, patient, frame : int
        Which slice, each >= 0; ``frame`` counts from the upper poles of the kidneys downwards.
    size : (int, int)
        Height and width in pixels; the smaller one spans 360 mm. Below 192 the smallest
        stones may fall between the centres of the pixels.
    parameters : StoneParameters, optional
        Difficulty; the calibrated default if None.

    Returns
    -------
    Frame
        CT, and 1 where a pixel's centre lies in a stone; no stone in
        ``parameters.empty_share`` of the slices.
    """
    p = parameters or StoneParameters()
    who, key = _patient(seed, patient, p), (seed, patient, frame)
    place, texture, noise, own, metal = (stream(*key, k) for k in range(5))
    z = level_of(frame, p.frames_per_patient, TOP, BOTTOM, place)
    empty = quota(seed, patient * p.frames_per_patient + frame) < p.empty_share
    stones = [] if empty else form_stones(own, who, z, key[:2], p)
    others = bright_things(who, z, key[:2], frame, p)

    def finish(layer: Layer) -> None:
        """Paint what is as bright as a stone, then the stones, which alone are labelled."""
        others(layer)
        layer.label[:] = 0
        for stone in stones:
            inside = level(layer, stone)
            paint(layer, inside, stone.hu)
            layer.label[inside > 0] = 1

    picture, layer = scan(who, z, tuple(size), texture, p.thickness, finish)
    if metal.random() < p.clips:
        add_clip(picture, metal, who, layer.mm)
    group = f"p{patient:03d}"
    image = record(picture, noise, layer.mm, p)
    return Frame(f"{group}_f{frame:02d}", group, image, layer.label)


def make_frames(
    n: int, seed: int, size: tuple[int, int], parameters: StoneParameters | None = None
) -> Iterator[Frame]:
    """Yield the first ``n`` slices, patient by patient; arguments as for :func:`make_frame`."""
    p = parameters or StoneParameters()
    for i in range(n):
        yield make_frame(seed, *divmod(i, p.frames_per_patient), size, p)
