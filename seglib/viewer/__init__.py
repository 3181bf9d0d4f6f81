"""May I look at the masks myself? A viewer for notebooks, and the same as one HTML file."""

from __future__ import annotations

from seglib.viewer.sources import Case, Source, of_arrays, of_runs, of_table
from seglib.viewer.widget import MaskViewer

__all__ = ["Case", "MaskViewer", "Source", "of_arrays", "of_runs", "of_table"]
