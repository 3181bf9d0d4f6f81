"""How do I show the order of many models, and how firm it is?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seglib.figures.style import COLOURS, GREY, MODEL_TITLES, TWO_COLUMNS, figure, heat_map
from seglib.ranks import Ranking


def ranks(ranking: Ranking) -> Figure:
    """Critical-difference diagram (Demšar 2006), and the share of resamples of every rank.

    A bar joins models whose mean ranks lie nearer than the critical difference.
    """
    k = len(ranking.mean_ranks)
    fig, (order, firm) = figure(
        TWO_COLUMNS, max(48, 26 + 7 * k), ncols=2, width_ratios=(3, 2), layout="constrained"
    )
    _critical_difference(order, ranking)
    words = ranking.stability.map(lambda share: "–" if np.isnan(share) else f"{share:.0%}")
    heat_map(firm, ranking.stability.to_numpy(), words.to_numpy())
    firm.set_xticks(range(k), ranking.stability.columns)
    firm.set_yticks(range(k), [MODEL_TITLES.get(name, name) for name in ranking.stability.index])
    firm.set(xlabel="rank of the mean score", title="If other cases had been drawn")
    return fig


def _critical_difference(axes: Axes, ranking: Ranking) -> None:
    """Models on the line of mean ranks, best left; what is not told apart is joined."""
    places, cliques = ranking.mean_ranks, ranking.cliques()
    lowest = len(places) + len(cliques)
    for number, (name, rank) in enumerate(places.items()):
        height = -(len(cliques) + number + 0.8)
        axes.plot([rank, rank], [0, height], color=GREY, lw=0.8)
        left = rank <= (len(places) + 1) / 2
        axes.annotate(
            f"{MODEL_TITLES.get(name, name)} {rank:.2f}",
            (rank, height),
            (4 if left else -4, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    for number, names in enumerate(cliques):
        ends = places[[names[0], names[-1]]] + np.array([-0.03, 0.03])
        axes.plot(ends, [-(number + 0.5)] * 2, color=COLOURS["ink"], lw=3, solid_capstyle="butt")
    reach = min(ranking.critical_difference, len(places) - 1)
    axes.plot([1, 1 + reach], [1, 1], "|-", color=COLOURS["prediction"])
    axes.text(
        1 + reach, 1.1, f" critical difference {ranking.critical_difference:.2f}", va="center"
    )
    axes.axhline(0, color=COLOURS["ink"], lw=0.8)
    axes.set(xlim=(0.8, len(places) + 0.2), ylim=(-lowest - 0.5, 1.8), yticks=[])
    axes.set_xticks(range(1, len(places) + 1))
    axes.set(xlabel=f"mean rank over {ranking.n_groups} groups", title=ranking.what)
    axes.spines["left"].set_visible(False)
