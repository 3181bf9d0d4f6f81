"""What kind of scan is this file, what is it called, and what if its reader is missing?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")  # a whole volume in one file
PREAMBLE = 128  # bytes of anything before the letters DICM


def is_grid(path: Path) -> bool:
    """True if the file name ends as one of ``SUFFIXES``."""
    return path.name.lower().endswith(SUFFIXES)


def is_dicom(path: Path) -> bool:
    """True for a file that begins as DICOM files do, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(PREAMBLE)
        return file.read(4) == b"DICM"


def case_name(path: Path) -> str:
    """Name of a folder, or of a file without its ending (``.nii.gz`` counts as one ending)."""
    ending = next((s for s in (*SUFFIXES, ".dcm") if path.name.lower().endswith(s)), "")
    return path.name[: len(path.name) - len(ending)]


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Wrap the import of a reader or writer, which only those who have such files need.

    Raises
    ------
    ModuleNotFoundError
        Says for which files, and the line that installs what they need.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} need {error.name}, which is not installed: "
            "python -m pip install pydicom SimpleITK (the extra 'medical' of seglib).",
            name=error.name,
        ) from None
