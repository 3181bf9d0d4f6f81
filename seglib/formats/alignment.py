"""Does this mask lie on this scan, voxel for voxel?"""

from __future__ import annotations

import dataclasses

import numpy as np

from seglib.formats.volume import Volume, turned

SAME = 0.1  # voxels: two grids may differ by this much anywhere before they count as different


def place(labels: Volume, image: Volume, resample: bool = False, sparse: bool = False) -> Volume:
    """Bring a mask into the order of a scan's slices, rows and columns.

    Slices, rows and columns are exchanged and mirrored as needed, which changes no voxel.

    Parameters
    ----------
    labels
        The mask as read; whole numbers from 0 to 255.
    image
        The scan.
    resample
        Take, for each voxel of the scan, the nearest of the mask; background outside it.
    sparse
        The mask may lack slices, which are then background (DICOM stores no empty ones).

    Returns
    -------
    Volume
        The mask on the grid of the scan, ``voxels`` uint8.

    Raises
    ------
    ValueError
        If the grids differ and `resample` is off (both are named), or a value is no class number.
    """
    _require_classes(labels)
    labels = turned(labels, image.axes)
    if resample:
        voxels = _nearest(labels, image)
    else:
        where = _matching_slices(labels, image, sparse)
        voxels = np.zeros(image.voxels.shape, np.uint8)
        voxels[where] = labels.voxels
    return dataclasses.replace(
        image, voxels=voxels, labels=labels.labels, problems=labels.problems, unit="raw"
    )


def _require_classes(labels: Volume) -> None:
    whole = labels.voxels.dtype != np.float32
    if not whole or labels.voxels.min() < 0 or labels.voxels.max() > 255:
        raise ValueError(
            f"{labels.sources[0]} has values from {labels.voxels.min():g} to "
            f"{labels.voxels.max():g}{'' if whole else ', not all whole'}; a mask was expected, "
            "with class numbers from 0 to 255."
        )


def _corners(volume: Volume) -> np.ndarray:
    """First pixel, last of the first column, last of the first row: ``(slices, 3, 3)`` mm."""
    _, height, width = volume.voxels.shape
    down = (height - 1) * volume.spacing_mm[1] * volume.axes[1]
    right = (width - 1) * volume.spacing_mm[2] * volume.axes[2]
    return volume.positions[:, None] + np.stack([0 * down, down, right])


def _matching_slices(labels: Volume, image: Volume, sparse: bool) -> np.ndarray:
    """For each slice of the mask, the slice of the scan that lies at the same place."""
    apart = np.abs(labels.depths[:, None] - image.depths)
    where = apart.argmin(axis=1)
    fits = labels.voxels.shape[1:] == image.voxels.shape[1:]
    if fits:
        shift = (_corners(labels) - _corners(image)[where]) @ image.axes.T
        fits = (np.abs(shift) <= SAME * np.nan_to_num(image.spacing_mm, nan=1.0)).all()
        fits &= len(np.unique(where)) == len(where) if sparse else len(where) == len(image.voxels)
    if not fits:
        raise ValueError(
            f"The mask {labels.sources[0]} does not lie on the grid of {image.name}. Mask: "
            f"{labels.describe_grid()}. Image: {image.describe_grid()}. Check that they belong "
            "together, or ask for resampling by nearest neighbour (resample=True, --resample)."
        )
    return where


def _nearest(labels: Volume, image: Volume) -> np.ndarray:
    """Class of the nearest voxel of the mask for each of the scan, 0 outside the mask."""
    slices, height, width = image.voxels.shape
    thick, row_mm, column_mm = np.nan_to_num(labels.spacing_mm, nan=1.0)
    rows, columns = np.mgrid[:height, :width]
    plane = np.multiply.outer(rows * image.spacing_mm[1], image.axes[1])
    plane += np.multiply.outer(columns * image.spacing_mm[2], image.axes[2])
    voxels = np.zeros((slices, height, width), np.uint8)
    for k in range(slices):
        points = plane + image.positions[k]
        apart = points @ labels.axes[0]
        nearest = _closest(labels.depths, apart)
        offset = points - labels.positions[nearest]
        row = np.rint(offset @ labels.axes[1] / row_mm).astype(int)
        column = np.rint(offset @ labels.axes[2] / column_mm).astype(int)
        inside = np.abs(apart - labels.depths[nearest]) <= thick / 2
        inside &= (row >= 0) & (row < labels.voxels.shape[1])
        inside &= (column >= 0) & (column < labels.voxels.shape[2])
        voxels[k][inside] = labels.voxels[nearest[inside], row[inside], column[inside]]
    return voxels


def _closest(depths: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of the nearest of the ascending `depths` for each wanted depth."""
    return np.searchsorted((depths[1:] + depths[:-1]) / 2, wanted)
