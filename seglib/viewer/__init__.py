"""May I look at the masks myself? A viewer for notebooks, and the same as one HTML file."""

from __future__ import annotations

from seglib.viewer.augmenting import AugmentationViewer
from seglib.viewer.packing import Case
from seglib.viewer.predicted import of_epochs, of_runs
from seglib.viewer.sources import Source, of_arrays, of_table
from seglib.viewer.widget import MaskViewer

__all__ = [
    "AugmentationViewer",
    "Case",
    "MaskViewer",
    "Source",
    "of_arrays",
    "of_epochs",
    "of_runs",
    "of_table",
]
