"""Phantom abdomens: slices of a synthetic torso, from the dome of the liver to the kidneys' end.

Left and right kidney look alike: only their place in the body tells them apart. Gap, contrast
medium and fat decide how far organs stand out; see :class:`~.difficulty.AbdomenParameters`.
"""

from collections.abc import Iterator

from seglib.phantoms.abdomen.difficulty import AbdomenParameters
from seglib.phantoms.canvas import Frame, stream
from seglib.phantoms.torso import admit, level_of, record, scan


def make_frame(
    seed: int,
    patient: int,
    frame: int,
    size: tuple[int, int] = (192, 192),
    parameters: AbdomenParameters | None = None,
) -> Frame:
    """Make one slice; it depends on its arguments alone.

    Parameters
    ----------
    seed, patient, frame : int
        Which slice, each >= 0; ``frame`` counts from the dome of the liver downwards.
    size : (int, int)
        Height and width in pixels; the smaller one spans 360 mm.
    parameters : AbdomenParameters, optional
        Difficulty; the calibrated default if None.

    Returns
    -------
    Frame
        CT, and classes 0 background, 1 liver, 2 spleen, 3 left kidney, 4 right kidney,
        5 bowel. The patient's left is on the right of the picture.
    """
    p = parameters or AbdomenParameters()
    who = admit(seed, patient, p, p.arterial_share, p.venous_share, p.fatty_share)
    place, texture, noise = (stream(seed, patient, frame, k) for k in range(3))
    z = level_of(frame, p.frames_per_patient, p.top, p.bottom, place)
    picture, layer = scan(who, z, tuple(size), texture, p.thickness)
    group = f"p{patient:03d}"
    return Frame(f"{group}_f{frame:02d}", group, record(picture, noise, layer.mm, p), layer.label)


def make_frames(
    n: int, seed: int, size: tuple[int, int], parameters: AbdomenParameters | None = None
) -> Iterator[Frame]:
    """Yield the first ``n`` slices, patient by patient; arguments as for :func:`make_frame`."""
    p = parameters or AbdomenParameters()
    for i in range(n):
        yield make_frame(seed, *divmod(i, p.frames_per_patient), size, p)
