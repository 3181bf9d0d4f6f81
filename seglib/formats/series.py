"""Which DICOM slices belong together, in which order, and is one missing?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seglib.formats.volume import LPS, UNEVEN

if TYPE_CHECKING:
    from pydicom import Dataset

SAME_PLACE = 0.01  # mm
ALIKE = {  # what all slices of a series share, and how much it may differ
    "Rows": 0,
    "Columns": 0,
    "PixelSpacing": 1e-3,
    "ImageOrientationPatient": 1e-3,
}


def one_series(path: Path, headers: list[Dataset], series: str | None) -> list[Dataset]:
    """Headers of the wanted series, or of the only one.

    Raises
    ------
    ValueError
        If there are several and none is chosen, or the chosen one is not there; lists all.
    """
    found: dict[str, list[Dataset]] = {}
    for header in headers:
        found.setdefault(str(header.get("SeriesInstanceUID")), []).append(header)
    if series is None and len(found) == 1:
        return headers
    if series in found:
        return found[series]
    listed = "; ".join(f"{uid} ({len(part)} slices)" for uid, part in found.items())
    wanted = "choose one by its SeriesInstanceUID" if series is None else f"{series} is not there"
    raise ValueError(f"{path} holds {len(found)} series, {wanted}: {listed}.")


def require_slices(path: Path, headers: list[Dataset]) -> None:
    """Refuse images in colour or of many frames, and slices that make no common stack."""
    first = headers[0]
    for header in headers:
        if int(header.get("NumberOfFrames") or 1) > 1:
            raise ValueError(
                f"{header.filename} holds {header.NumberOfFrames} frames in one file, which is not "
                "read here; convert it to NIfTI first."
            )
        if not (kind := header.get("PhotometricInterpretation", "")).startswith("MONOCHROME"):
            raise ValueError(
                f"{header.filename} is a picture in colour ({kind}), where grey values were "
                "expected; leave it out."
            )
        for key, tolerance in ALIKE.items():
            here, there = (np.array(h.get(key) or (), float) for h in (header, first))
            if here.shape != there.shape or (np.abs(here - there) > tolerance).any():
                raise ValueError(
                    f"{header.filename} has {key} {header.get(key)}, but {first.filename} of the "
                    f"same series has {first.get(key)}; they make no common stack: put scouts and "
                    "other extra images in another folder."
                )


def axes_of(header: Dataset) -> np.ndarray:
    """Unit vectors towards the next slice, row and column ``(3, 3)``.

    ImageOrientationPatient gives first where a row runs, from column to column, then where a
    column runs. The normal is their cross product: feet to head for a supine axial slice.
    """
    orientation = header.get("ImageOrientationPatient")
    if not orientation:
        return LPS
    to_column, to_row = np.reshape(np.array(orientation, float), (2, 3))
    axes = np.stack([np.cross(to_column, to_row), to_row, to_column])
    return axes / np.linalg.norm(axes, axis=1, keepdims=True)


def in_order(path: Path, headers: list[Dataset]) -> list[Dataset]:
    """Slices from low to high along their normal, whatever their file names.

    Raises
    ------
    ValueError
        If a slice has no position, or two have the same.
    """
    if len(headers) == 1:
        return headers
    lost = [header.filename for header in headers if not header.get("ImagePositionPatient")]
    if lost:
        raise ValueError(f"{lost[0]} has no ImagePositionPatient, so its place is unknown.")
    normal = axes_of(headers[0])[0]
    depths = np.array([header.ImagePositionPatient for header in headers], float) @ normal
    order = np.argsort(depths, kind="stable")
    for before, after in zip(order, order[1:], strict=False):
        if depths[after] - depths[before] < SAME_PLACE:
            names = " and ".join(Path(headers[i].filename).name for i in (before, after))
            raise ValueError(
                f"{path}: {names} lie at the same place ({depths[after]:.2f} mm), as in scans of "
                "several phases or with copied files; keep one of each place."
            )
    return [headers[i] for i in order]


def find_gaps(depths: np.ndarray, names: tuple[str, ...]) -> tuple[float | None, tuple[str, ...]]:
    """Usual distance of slices, mm, and a sentence where it is another one.

    Parameters
    ----------
    depths
        Ascending positions along the normal, mm.
    names
        File names, in the same order.

    Returns
    -------
    (distance, sentences)
        The distance is None for a single slice.
    """
    steps = np.diff(depths)
    if not len(steps):
        return None, ()
    usual = round(float(np.sort(steps)[(len(steps) - 1) // 2]), 6)
    odd = np.flatnonzero(np.abs(steps - usual) > UNEVEN * usual)
    if not len(odd):
        return usual, ()
    k = odd[0]
    times = steps[odd] / usual
    whole = (np.abs(times - np.rint(times)) < UNEVEN).all() and (times > 1).all()
    lost = int(np.rint(times).sum()) - len(odd)
    what = f"{lost} slice(s) are missing" if whole else "The slices lie at uneven distances"
    return usual, (
        f"{what}: {names[k]} and {names[k + 1]} are {steps[k]:.2f} mm apart, where {usual:.2f} mm "
        f"is usual ({len(odd)} such places).",
    )
