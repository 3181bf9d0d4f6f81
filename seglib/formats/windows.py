"""Which intensities of a scan are worth showing?"""

from __future__ import annotations

from seglib.formats.volume import Volume
from seglib.names import nearest

# Centre and width, HU. Typical values from Radiopaedia, "Windowing (CT)",
# radiopaedia.org/articles/windowing-ct: abdomen soft tissues, liver, lungs, spine bone.
WINDOWS = {
    "soft-tissue": (50.0, 400.0),
    "liver": (30.0, 150.0),
    "lung": (-600.0, 1500.0),
    "bone": (400.0, 1800.0),
}
FILE = "file"  # the window that the DICOM header asks for


def choose_window(choice: str, volume: Volume) -> tuple[float, float]:
    """Centre and width of a window, for one scan.

    Parameters
    ----------
    choice
        A name in ``WINDOWS``; ``file`` for the first window in the DICOM header; or
        ``"CENTRE,WIDTH"``, e.g. ``"40,400"``.
    volume
        The scan.

    Raises
    ------
    ValueError
        If the name is unknown, the width is not positive, the file names no window, or a named
        window, which is in HU, meets a scan that is not.
    """
    if "," in choice:
        return _numbers(choice)
    if nearest(choice, (*WINDOWS, FILE), "window") == FILE:
        if volume.window is None:
            raise ValueError(f"{volume.name} names no window; choose {', '.join(WINDOWS)}.")
        return volume.window
    if volume.unit != "HU":
        raise ValueError(
            f"The window '{choice}' is in HU, but {volume.name} holds raw intensities from "
            f"{volume.voxels.min():g} to {volume.voxels.max():g}; give 'CENTRE,WIDTH' in these."
        )
    return WINDOWS[choice]


def _numbers(choice: str) -> tuple[float, float]:
    try:
        centre, width = (float(word) for word in choice.split(","))
    except ValueError:
        centre = width = 0.0
    if not width > 0:
        raise ValueError(f"The window '{choice}' is not CENTRE,WIDTH with a width above 0: 40,400.")
    return centre, width
