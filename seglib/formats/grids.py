"""How do I read NIfTI, NRRD and MetaImage, files that hold a whole volume?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seglib.formats.kinds import case_name, needed_for
from seglib.formats.volume import LPS, Volume, compact, turned

SURELY_CT = -500  # these files name no unit, but only CT has values so far below 0: air is -1000


def read_grid(path: Path) -> Volume:
    """Read a scalar volume, turned to columns left, rows to the back, slices to the head.

    The values count as HU if the lowest is below -500, else as raw. A 2-D file is one slice.

    Raises
    ------
    ModuleNotFoundError
        If SimpleITK is not installed.
    ValueError
        If the file is damaged, has a time axis (4-D), or several values a voxel.
    """
    with needed_for("NIfTI and NRRD files"):
        import SimpleITK as sitk
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        _require_scalar_volume(path, reader.GetSize(), reader.GetNumberOfComponents())
        image = reader.Execute()
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ValueError(
            f"{path} cannot be read ({reason}); copy it again, or save it anew from a viewer."
        ) from None
    flat = image.GetDimension() == 2
    image = sitk.JoinSeries(image) if flat else image
    spacing = image.GetSpacing()[::-1]
    axes = np.reshape(image.GetDirection(), (3, 3)).T[::-1]
    voxels = compact(sitk.GetArrayViewFromImage(image))
    steps = np.multiply.outer(np.arange(len(voxels)) * spacing[0], axes[0])
    volume = Volume(
        name=case_name(path),
        voxels=voxels,
        axes=axes,
        positions=np.array(image.GetOrigin()) + steps,
        spacing_mm=(float("nan") if flat else spacing[0], *spacing[1:]),
        sources=(path.name,) * len(voxels),
        group=case_name(path),
        unit="HU" if np.nanmin(voxels) < SURELY_CT else "raw",
    )
    return turned(volume, LPS)


def _require_scalar_volume(path: Path, size: tuple[int, ...], components: int) -> None:
    if len(size) not in (2, 3):
        shape = " x ".join(map(str, size))
        raise ValueError(
            f"{path} has {len(size)} axes ({shape}), where one volume of 3 was expected; save one "
            "point in time, or one channel, in a file of its own."
        )
    if components != 1:
        raise ValueError(
            f"{path} holds {components} values a voxel, where one was expected; save one channel "
            "in a file of its own (a mask: one number a voxel, without layers)."
        )
