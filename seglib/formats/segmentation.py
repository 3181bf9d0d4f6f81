"""How do I read a DICOM segmentation (DICOM-SEG)?

One file holds one frame for each segment and slice where the segment is present. The frames may
come in any order; each says where it lies (DICOM PS3.3, C.8.20).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seglib.formats.dicom import decode, read_header
from seglib.formats.kinds import case_name
from seglib.formats.series import axes_of
from seglib.formats.volume import Volume

if TYPE_CHECKING:
    from pydicom import Dataset

DECIMALS = 2  # of a mm: frames that lie together to this precision belong to one slice


def read_segmentation(path: Path) -> Volume:
    """Read the segments as class indices; the number of a segment is its class.

    Returns
    -------
    Volume
        ``voxels`` uint8, only of the slices that have a frame, in order of their place. Where
        segments overlap the highest number wins, which ``problems`` tells. Segments that store a
        probability count from one half.

    Raises
    ------
    ModuleNotFoundError
        If pydicom is not installed.
    ValueError
        If the file is no segmentation, is damaged, or does not say where its frames lie.
    """
    header = read_header(path)
    if header.get("Modality") != "SEG":
        raise ValueError(
            f"{path} is no DICOM segmentation (Modality {header.get('Modality')}); masks are read "
            "from SEG, NIfTI and NRRD files."
        )
    try:
        return _read(path, header)
    except (AttributeError, IndexError, KeyError) as error:
        raise ValueError(f"{path} does not say what its frames are or where: {error}.") from None


def _read(path: Path, header: Dataset) -> Volume:
    frames = decode(header)
    frames = frames[None] if frames.ndim == 2 else frames
    shared = header.SharedFunctionalGroupsSequence[0]
    places = header.PerFrameFunctionalGroupsSequence
    axes = axes_of(_group("PlaneOrientationSequence", places[0], shared))
    measures = _group("PixelMeasuresSequence", places[0], shared)
    positions = np.array(
        [_group("PlanePositionSequence", p, shared).ImagePositionPatient for p in places], float
    )
    _, first, where = np.unique(
        np.round(positions @ axes[0], DECIMALS), return_index=True, return_inverse=True
    )
    voxels = np.zeros((len(first), *frames.shape[1:]), np.uint8)
    overlap = _paint(voxels, where, _inside(header, frames), _numbers(header, places, shared))
    between = _between(measures, positions[first] @ axes[0])
    told = f"Segments overlap in {overlap} voxels, where the highest number was kept."
    reference = header.get("ReferencedSeriesSequence")
    return Volume(
        name=case_name(path),
        voxels=voxels,
        axes=axes,
        positions=positions[first],
        spacing_mm=(between, *map(float, measures.PixelSpacing)),
        sources=(path.name,) * len(first),
        group=case_name(path),
        series=reference[0].SeriesInstanceUID if reference else None,
        labels={int(s.SegmentNumber): str(s.SegmentLabel) for s in header.SegmentSequence},
        problems=(told,) if overlap else (),
    )


def _group(name: str, frame: Dataset, shared: Dataset) -> Dataset:
    """What is said of one frame, or else of all."""
    return (frame.get(name) or shared[name])[0]


def _between(measures: Dataset, depths: np.ndarray) -> float:
    """Distance of slices, mm; NaN if unknown.

    Where it is not told, neither is sure alone: slices that overlap are thicker than their
    distance, and slices without a frame leave wider steps.
    """
    told = measures.get("SpacingBetweenSlices")
    thickness = float(measures.get("SliceThickness") or "nan")
    return float(told or min([thickness, *np.diff(depths)]))  # NaN in front stays NaN


def _inside(header: Dataset, frames: np.ndarray) -> np.ndarray:
    """Frames of 0 and 1, or of segment numbers where the file stores these."""
    if header.SegmentationType == "FRACTIONAL":
        return frames >= header.MaximumFractionalValue / 2
    return frames


def _numbers(header: Dataset, places: list[Dataset], shared: Dataset) -> list[int]:
    """Segment of each frame; 1 if the frames hold segment numbers themselves."""
    if header.SegmentationType == "LABELMAP":
        return [1] * len(places)
    part = "SegmentIdentificationSequence"
    return [int(_group(part, place, shared).ReferencedSegmentNumber) for place in places]


def _paint(voxels: np.ndarray, where: np.ndarray, frames: np.ndarray, numbers: list[int]) -> int:
    """Write every frame into its slice, low numbers first; voxels that were taken already."""
    if max(numbers) > 255 or int(frames.max()) > 255:
        raise KeyError("more than 255 segments")
    taken = 0
    for i in np.argsort(numbers, kind="stable"):
        target, inside = voxels[where[i]], frames[i] > 0
        taken += int((target[inside] > 0).sum())
        target[inside] = frames[i][inside].astype(np.uint8) * np.uint8(numbers[i])
    return taken
