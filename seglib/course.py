"""Which data and which budget does the course run on, and where do things lie?

The only module that reads the environment. Four variables steer the whole course:
``SEGLIB_DATASET``, ``SEGLIB_PROFILE``, ``SEGLIB_DATA`` and ``SEGLIB_OUTPUTS``.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROFILES = ("quick", "full")


@dataclass(frozen=True)
class Settings:
    """What one run of the course uses.

    Attributes
    ----------
    dataset
        Name of a card, see :func:`seglib.cards.cards`.
    profile
        ``quick`` (minutes, on any laptop) or ``full`` (the real experiment).
    root
        The course folder: the nearest one upwards that holds ``notebooks`` and ``seglib``,
        else the current folder.
    data
        Where data sets lie, one folder each.
    outputs
        Where runs and caches are kept.
    """

    dataset: str
    profile: str
    root: Path
    data: Path
    outputs: Path

    @property
    def recipe(self) -> str:
        """Name of the recipe that this profile trains."""
        return "polyp-quick" if self.profile == "quick" else "polyp-modern"

    @property
    def figures(self) -> Path:
        """Folder of the figures of this data set."""
        return self.root / "figures" / self.dataset


def _course_root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "seglib").is_dir():
            return folder
    return start


def settings() -> Settings:
    """Read the course's settings from the environment.

    ======================= ================= =========================================
    variable                default           meaning
    ======================= ================= =========================================
    ``SEGLIB_DATASET``      ``phantom-polyp`` the data set
    ``SEGLIB_PROFILE``      ``quick``         ``quick`` or ``full``
    ``SEGLIB_DATA``         ``<root>/data``   where data sets lie
    ``SEGLIB_OUTPUTS``      ``<root>/outputs``  where runs are kept
    ======================= ================= =========================================

    An empty variable counts as unset; a relative folder counts from the course folder.

    Raises
    ------
    ValueError
        If the profile is unknown.
    """
    root = _course_root(Path.cwd())
    return Settings(
        dataset=os.environ.get("SEGLIB_DATASET") or "phantom-polyp",
        profile=nearest(os.environ.get("SEGLIB_PROFILE") or "quick", PROFILES, "profile"),
        root=root,
        data=_folder("SEGLIB_DATA", root, "data"),
        outputs=_folder("SEGLIB_OUTPUTS", root, "outputs"),
    )


def _folder(variable: str, root: Path, default: str) -> Path:
    """Folder that a variable names; a relative one counts from the course folder."""
    return (root / Path(os.environ.get(variable) or default).expanduser()).resolve()


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Return `name` if it is known, else say which name was probably meant.

    Raises
    ------
    ValueError
        Names the nearest known name and lists all of them.
    """
    known = tuple(known)
    if name in known:
        return name
    close = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise ValueError(f"Unknown {what} '{name}'.{hint} Known: {', '.join(known)}.")


def write_atomic(path: Path, data: str | bytes) -> Path:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Parent folders are made. The data goes to a temporary file in the same folder first.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    payload = data.encode() if isinstance(data, str) else data
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
