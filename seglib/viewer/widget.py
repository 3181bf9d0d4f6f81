"""What does the viewer keep in Python? The case that is open, the threshold, and the flags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets
from matplotlib.figure import Figure

from seglib.files import write_atomic
from seglib.names import nearest
from seglib.runs import Run
from seglib.viewer.packing import pack
from seglib.viewer.page import render_page, script, style
from seglib.viewer.predicted import of_epochs, of_runs
from seglib.viewer.sheet import sheet
from seglib.viewer.sources import Source, of_arrays, of_table

WORST_IS_HIGH = ("hd95", "assd")  # distances: all other scores are bad when they are low


class MaskViewer(anywidget.AnyWidget):
    """Look at cases, their masks and their predictions; press ``?`` in it for the keys.

    Only the case that is open and its two neighbours are read and sent. A case that cannot be
    shown gives a sentence in its place, and the others stay open to view.

    Parameters
    ----------
    source
        The cases. :meth:`from_table`, :meth:`from_runs`, :meth:`from_epochs` and
        :meth:`from_arrays` make it.
    table
        Show the list of cases beside the picture from the start.

    Attributes
    ----------
    index
        Position of the open case in the table of the source; may be set.
    threshold
        Probability from which a pixel counts as the object; may be set.
    flagged
        Names of the flagged cases, in the order of flagging; may be set.
    """

    _esm = script()
    _css = style()
    _setup = traitlets.Dict().tag(sync=True)
    _case = traitlets.Dict().tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    flagged = traitlets.List(traitlets.Unicode()).tag(sync=True)
    table = traitlets.Bool(False).tag(sync=True)

    def __init__(self, source: Source, table: bool = False) -> None:
        self.source, self._version = source, 0
        positions = range(len(source.table))
        super().__init__(_setup=_overview(source, positions), _case=self._read(0), table=table)
        self.on_msg(self._answer)

    @classmethod
    def from_table(cls, cases: pd.DataFrame, **options: Any) -> MaskViewer:
        """The images and masks of a case table, see :func:`~seglib.viewer.sources.of_table`."""
        return cls(of_table(cases), **options)

    @classmethod
    def from_runs(
        cls, run: Run, other: Run | None = None, split: str = "test", **options: Any
    ) -> MaskViewer:
        """What one run or two predicted, see :func:`~seglib.viewer.predicted.of_runs`."""
        return cls(of_runs(run, other, split), **options)

    @classmethod
    def from_epochs(cls, run: Run, other: Run | None = None, **options: Any) -> MaskViewer:
        """What they saw as they learnt, see :func:`~seglib.viewer.predicted.of_epochs`."""
        return cls(of_epochs(run, other), **options)

    @classmethod
    def from_arrays(
        cls, images: Sequence[np.ndarray], *, table: bool = False, **arrays: Any
    ) -> MaskViewer:
        """Arrays in memory, see :func:`~seglib.viewer.sources.of_arrays`."""
        return cls(of_arrays(images, **arrays), table=table)

    def __repr__(self) -> str:
        """The same in every session, so that a stored notebook can be compared."""
        models = "".join(f", {name}" for name in self.source.models)
        return f"MaskViewer({self.source.title}: {len(self.source.table)} cases{models})"

    @property
    def current(self) -> str:
        """Name of the open case."""
        return str(self.source.table["case"].iloc[self.index])

    def sheet(self, positions: Iterable[int], columns: int = 6, credit: str = "") -> Figure:
        """Some cases as a static figure, see :func:`~seglib.viewer.sheet.sheet`."""
        return sheet(self.source, positions, columns, credit)

    @traitlets.validate("index")
    def _known(self, proposal: dict) -> int:
        last = len(self.source.table) - 1
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"index {proposal['value']} is not in 0 to {last}.")
        return proposal["value"]

    def refresh(self) -> None:
        """Read the open case again, after what the source reads has changed."""
        self._version += 1
        self._case = self._read(self.index)

    def _answer(self, _: object, wish: dict, __: object) -> None:
        """The browser asks for a case: the one to show, or one that may be next."""
        self._case = self._read(wish["read"])

    def _read(self, index: int) -> dict:
        """The packed case, or the sentence that says why it cannot be shown."""
        try:
            case = self.source.read(index)
            packed = pack(case, len(self.source.classes), self.source.window)
        except (ValueError, OSError) as error:
            packed = {"error": str(error)}
        return packed | {"index": index, "version": self._version}

    def to_html(self, path: str | Path, cases: Sequence[str] | None = None) -> Path:
        """Write one HTML file that shows cases without Python and without network.

        Parameters
        ----------
        path
            The file; parent folders are made.
        cases
            Their names, in the order to show them; all cases if not given. Each adds about the
            size of its image as PNG.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            If `cases` is empty or names an unknown case, or `path` does not end in ``.html``.
        """
        if Path(path).suffix.lower() != ".html":
            raise ValueError(f"{path} does not end in .html; the page would replace another file.")
        known = {name: i for i, name in enumerate(self.source.table["case"])}
        names = list(known) if cases is None else [nearest(c, known, "case") for c in cases]
        if not names:
            raise ValueError("There are no cases to write; name at least one.")
        positions = [known[name] for name in names]
        state = {
            "_setup": _overview(self.source, positions),
            "index": 0,
            "threshold": self.threshold,
            "flagged": [name for name in self.flagged if name in names],
            "table": self.table,
        }
        packed = (self._read(i) | {"index": place} for place, i in enumerate(positions))
        return write_atomic(Path(path), render_page(self.source.title, state, packed))


def _overview(source: Source, positions: Sequence[int]) -> dict:
    """What the browser has to know of all cases: names, scores, classes and models."""
    table = source.table.iloc[list(positions)]
    table = table[["case", *table.columns.drop("case")]]
    return {
        "title": source.title,
        "columns": [_column(name, table[name]) for name in table],
        "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
        "classes": [{"name": c.name, "colour": c.colour} for c in source.classes],
        "models": list(source.models),
    }


def _column(name: str, values: pd.Series) -> dict:
    high = str(name).split(" ")[0] in WORST_IS_HIGH
    numeric = pd.api.types.is_numeric_dtype(values)
    return {"name": str(name), "numeric": bool(numeric), "worst": "high" if high else "low"}


def _cell(value: Any) -> Any:
    """A cell as JSON; None where it is undefined or infinite."""
    if pd.isna(value) or (isinstance(value, float | np.floating) and np.isinf(value)):
        return None
    if isinstance(value, bool | int | float | np.number):
        return round(value.item() if isinstance(value, np.number) else value, 6)
    return str(value)
