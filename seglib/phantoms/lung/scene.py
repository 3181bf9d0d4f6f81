"""Phantom lungs: synthetic axial chest CT with exact masks.

A patient (:mod:`.patient`) is a solid in millimetres: chest wall (:mod:`.wall`), heart, airways
and belly (:mod:`.mediastinum`), lungs (:mod:`.lungs`) with their vessels (:mod:`.vessels`). A slice
cuts it; the scanner (:mod:`.scanner`) averages over the slice's thickness and adds table, blur and
noise. How hard it all is stands in :class:`~.difficulty.LungParameters`.

The mask is where the middle of the slice cuts the lung at a pixel's centre. Vessels, nodules and
airless patches inside the pleura are lung; windpipe, main bronchi and fluid are not.
"""

from collections.abc import Iterator

import numpy as np

from seglib.phantoms.canvas import Frame, ramp, stream
from seglib.phantoms.lung import scanner
from seglib.phantoms.lung.difficulty import LungParameters
from seglib.phantoms.lung.lungs import fill, section
from seglib.phantoms.lung.patient import Patient, admit
from seglib.phantoms.lung.shapes import Plane, plane
from seglib.phantoms.lung.vessels import draw_tree


def height(who: Patient, frame: int, p: LungParameters) -> float:
    """Where slice number ``frame`` of a patient lies, mm below the apex of the lungs."""
    step = (1 + 2 * p.beyond) / p.slices_per_patient
    return who.chest.height * (-p.beyond + step * (frame + 0.5))


def make_frame(
    seed: int,
    patient: int,
    frame: int,
    size: tuple[int, int] = (128, 128),
    parameters: LungParameters | None = None,
) -> Frame:
    """Make one slice; it depends on its arguments alone.

    Parameters
    ----------
    seed, patient, frame : int
        Which slice, each >= 0; ``frame`` counts from above the apex down.
    size : (int, int)
        Height and width in pixels.
    parameters : LungParameters, optional
        Difficulty; the calibrated default if None.

    Returns
    -------
    Frame
        CT, stored as HU + 1024. Slices above and below the lungs have an empty mask.
    """
    p = parameters or LungParameters()
    size, key = tuple(size), (seed, patient, frame)
    who = admit(seed, patient, size, p)
    z = height(who, frame, p)
    hu, lung = _cut(who, z, size, stream(*key, 0), p)
    if who.table:
        top = who.chest.depth + who.chest.muscle + who.chest.fat + who.middle[1] + 3
        scanner.paint_table(hu, stream(seed, patient, 4), top, who.spacing)
    shoulders = 1 - 0.85 * float(ramp(np.float32(z / who.chest.height), 0.0, 0.25))
    hu = scanner.scan(hu, stream(*key, 1), p.blur, p.noise, p.streaks * shoulders)
    view, group = scanner.in_view(size, who.circle), f"p{patient:03d}"
    mask = ((lung > 0) & view).astype(np.uint8)
    return Frame(f"{group}_f{frame:02d}", group, scanner.store(hu, view), mask)


def _cut(
    who: Patient, z: float, size: tuple[int, int], rng: np.random.Generator, p: LungParameters
) -> tuple[np.ndarray, np.ndarray]:
    """Return HU averaged over a slice's thickness, and the level of the lungs in its middle."""

    def at(height: float) -> Plane:
        """The plane of the slice at a height."""
        return plane(size, height, who.spacing, who.middle, who.turn)

    middle, chest = at(z), who.chest
    hu, lung = section(chest, middle)
    if p.slice_thickness > 0:
        beside = (section(chest, at(z + k * p.slice_thickness / 3))[0] for k in (-1, 1))
        hu = (hu + sum(beside)) / 3
    if (lung > 0).any():
        slab = max(p.slice_thickness, 1.0)
        vessels = draw_tree(chest.tree, middle, slab, p.vessels) if p.vessels else 0 * hu
        hu += fill(chest, middle, lung, vessels, rng, p.dependent, p.texture)
    return hu, lung


def make_frames(
    n: int, seed: int, size: tuple[int, int], parameters: LungParameters | None = None
) -> Iterator[Frame]:
    """Yield the first ``n`` slices, patient by patient; arguments as for :func:`make_frame`."""
    p = parameters or LungParameters()
    for i in range(n):
        yield make_frame(seed, *divmod(i, p.slices_per_patient), size, p)
