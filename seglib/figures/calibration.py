"""How do I show whether a probability may be believed?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seglib.calibration import calibration_error
from seglib.figures.style import GREY, MODEL_TITLES, TWO_COLUMNS, figure, model_colours


def calibration(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Reliability diagram of each model, and what share of all pixels lies at each point.

    `tables` are those of :func:`seglib.calibration.reliability`, by the name of the model.
    """
    fig, (left, right) = figure(TWO_COLUMNS, 66, ncols=2)
    left.plot([0, 1], [0, 1], ":", color=GREY, lw=1, label="perfectly calibrated")
    for (model, table), colour in zip(tables.items(), model_colours(tables).values(), strict=True):
        title = MODEL_TITLES.get(model, model)
        known = table.dropna()
        label = f"{title}, ECE {calibration_error(table):.3f}"
        left.plot(known["confidence"], known["observed"], "o-", ms=4, color=colour, label=label)
        share = table["pixels"] / table["pixels"].sum()
        edges = [*table["low"], table["high"].iloc[-1]]
        right.stairs(share.where(share > 0), edges, color=colour, lw=1.5)
    left.set(xlabel="predicted probability", ylabel="observed share of object")
    left.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title="Reliability, pixels pooled")
    left.set_aspect("equal")
    right.set(xlabel="predicted probability", ylabel="share of all pixels", yscale="log")
    right.set(xlim=(0, 1), title="How common each probability is")
    right.set_xticks(np.linspace(0, 1, 6))
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return fig
