"""Which data and which budget does the course run on, and where do things lie?

The only module that reads the environment. Four variables steer the whole course:
``SEGLIB_DATASET``, ``SEGLIB_PROFILE``, ``SEGLIB_DATA`` and ``SEGLIB_OUTPUTS``.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from seglib.cards import card
from seglib.names import nearest

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
    def task(self) -> str:
        """Name of the recipe that was published for this data set, such as ``kidney-stone``."""
        return card(self.dataset).recipe

    @property
    def recipe(self) -> str:
        """Name of the recipe that this profile trains on this data set."""
        return f"{self.task}-{'quick' if self.profile == 'quick' else 'modern'}"

    def on(self, task: str) -> Settings:
        """The same settings on another task, for a chapter that is about it.

        The data set stays if it belongs to the task; else the task's synthetic twin takes its
        place.
        """
        return self if self.task == task else dataclasses.replace(self, dataset=f"phantom-{task}")

    @property
    def credit(self) -> str:
        """What stands under the figures of this data set."""
        return card(self.dataset).credit

    @property
    def figures(self) -> Path:
        """Folder of the figures of this data set."""
        return self.root / "figures" / self.dataset


def _course_root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "seglib").is_dir():
            return folder
    return start


def settings(dataset: str | None = None) -> Settings:
    """Read the course's settings from the environment; `dataset`, if given, goes before its own.

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
        dataset=dataset or os.environ.get("SEGLIB_DATASET") or "phantom-polyp",
        profile=nearest(os.environ.get("SEGLIB_PROFILE") or "quick", PROFILES, "profile"),
        root=root,
        data=_folder("SEGLIB_DATA", root, "data"),
        outputs=_folder("SEGLIB_OUTPUTS", root, "outputs"),
    )


def _folder(variable: str, root: Path, default: str) -> Path:
    """Folder that a variable names; a relative one counts from the course folder."""
    return (root / Path(os.environ.get(variable) or default).expanduser()).resolve()
