"""What is a scan, once it is read? Its voxels, and where each of them lies in the patient."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from itertools import permutations
from typing import Literal

import numpy as np

AIR = -1024  # HU; the lowest value that 12-bit CT can hold, and the offset of 16-bit PNG files
DEEP = np.iinfo(np.uint16).max  # the highest grey value of these files
# Columns to the patient's left, rows to the back (posterior), slices to the head (superior).
LPS = np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])
LETTERS = np.array([["R", "A", "I"], ["L", "P", "S"]])  # towards minus and plus x, y, z
UNEVEN = 0.1  # of the usual distance between slices: what is called another distance


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan, or a mask on the grid of a scan.

    Positions are in the coordinates of DICOM: mm, x to the patient's left, y to the back, z to
    the head.

    Attributes
    ----------
    name
        Name of the case.
    voxels
        ``(slices, H, W)``, int16 or float32; masks uint8 class indices.
    axes
        ``(3, 3) float64``: unit vectors towards the next slice, the next row, the next column.
    positions
        ``(slices, 3) float64``: centre of the first pixel of each slice, mm.
    spacing_mm
        Distance of slices, rows and columns, mm; NaN where nothing is known, such as the
        distance of slices of a single one without thickness.
    sources
        File of each slice.
    group
        Who was scanned: a pseudonym made from the patient's or else the series' number of a
        DICOM file, the case name for other files.
    unit
        ``HU``, or ``raw`` intensities.
    thickness_mm
        Thickness of a slice, mm; NaN if unknown.
    window
        Centre and width of the intensities that the file asks to be shown.
    series
        SeriesInstanceUID; of a DICOM segmentation, that of the series it was drawn on.
    labels
        Of a mask: the names of its classes, as far as the file knows them.
    problems
        What a person should know, one sentence each.
    """

    name: str
    voxels: np.ndarray
    axes: np.ndarray
    positions: np.ndarray
    spacing_mm: tuple[float, float, float]
    sources: tuple[str, ...]
    group: str
    unit: Literal["HU", "raw"] = "raw"
    thickness_mm: float = float("nan")
    window: tuple[float, float] | None = None
    series: str | None = None
    labels: dict[int, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def depths(self) -> np.ndarray:
        """Position of each slice along the normal of the slices, mm ``(slices,)``."""
        return self.positions @ self.axes[0]

    @property
    def orientation(self) -> str:
        """Three letters: where columns, rows and slices run to, ``LPS`` for a usual axial CT."""
        main = np.abs(self.axes).argmax(axis=1)
        signs = (self.axes[range(3), main] > 0).astype(int)
        return "".join(LETTERS[signs, main][::-1])

    def describe_grid(self) -> str:
        """Size, spacing, place and orientation, in words."""
        slices, height, width = self.voxels.shape
        spacing = " x ".join(f"{mm:.4g}" for mm in self.spacing_mm)
        first = ", ".join(f"{mm:.2f}" for mm in self.positions[0])
        return (
            f"{slices} slices of {height}x{width} px, spacing {spacing} mm, "
            f"first pixel at ({first}) mm, orientation {self.orientation}"
        )


def compact(values: np.ndarray) -> np.ndarray:
    """The same numbers as int16 if they are whole and fit, else as float32."""
    limits = np.iinfo(np.int16)
    fits = limits.min <= values.min() and values.max() <= limits.max  # False for NaN
    if fits and (np.issubdtype(values.dtype, np.integer) or (np.rint(values) == values).all()):
        return values.astype(np.int16)
    return values.astype(np.float32)


def deepened(values: np.ndarray, offset: float) -> np.ndarray:
    """HU or raw values less `offset` as 16-bit grey values, rounded; NaN becomes 0."""
    shifted = np.nan_to_num(values.astype(np.float32) - offset)
    return np.rint(np.clip(shifted, 0, DEEP)).astype(np.uint16)


def turned(volume: Volume, axes: np.ndarray) -> Volume:
    """Exchange and mirror the axes of a volume until they run as nearly along `axes` as can be.

    Every voxel keeps its value and its place in the patient; nothing is interpolated.

    Raises
    ------
    ValueError
        If slices at uneven distances would have to be cut in another plane.
    """
    likeness = axes @ volume.axes.T
    order = max(permutations(range(3)), key=lambda p: np.abs(likeness[range(3), p]).sum())
    mirrored = [axis for new, axis in enumerate(order) if likeness[new, axis] < 0]
    gaps = np.diff(volume.depths)
    if order[0] != 0 and len(gaps) and np.ptp(gaps) > UNEVEN * gaps.min():
        raise ValueError(
            f"{volume.name} has slices at uneven distances ({volume.describe_grid()}), so it "
            "cannot be cut in another plane; give it in the plane of the scan."
        )
    voxels = np.flip(volume.voxels, mirrored).transpose(order)
    index = [n - 1 if axis in mirrored else 0 for axis, n in enumerate(volume.voxels.shape)]
    run = np.arange(volume.voxels.shape[order[0]])
    index[order[0]] = run[::-1] if order[0] in mirrored else run
    _, row_mm, column_mm = volume.spacing_mm
    steps = np.multiply.outer(index[1], row_mm * volume.axes[1])
    steps = steps + np.multiply.outer(index[2], column_mm * volume.axes[2])
    slices = np.broadcast_to(index[0], len(run))
    signs = np.where(np.isin(order, mirrored), -1.0, 1.0)
    return dataclasses.replace(
        volume,
        voxels=np.ascontiguousarray(voxels),
        axes=volume.axes[list(order)] * signs[:, None],
        positions=volume.positions[slices] + steps,
        spacing_mm=tuple(volume.spacing_mm[axis] for axis in order),
        sources=tuple(volume.sources[k] for k in slices),
    )
