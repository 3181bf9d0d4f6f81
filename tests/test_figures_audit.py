"""Do the figures of the audit show what the tables hold?"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from seglib.figures.audit import grid, slopes


def texts(figure) -> list[str]:
    figure.canvas.draw()
    found = [text.get_text() for text in figure.findobj(plt.Text)]
    plt.close(figure)
    return found


def test_a_missing_score_is_said_in_words():
    table = pd.DataFrame({"missed": [0, 0.25], "both empty": [np.nan, 1]}, index=["one", "two"])
    written = texts(grid(table, "a title"))
    assert written.count("no score") == 1
    assert {"0.25", "1", "one", "two", "missed", "both empty", "a title"} <= set(written)


def test_the_better_one_is_filled():
    table = pd.DataFrame({"a": [0.2, 0.9], "b": [0.7, 0.1]}, index=["rule 1", "rule 2"])
    figure = slopes(table)
    filled = [line for line in figure.axes[0].lines if line.get_markersize() == 8]
    assert [line.get_xdata().tolist() for line in filled] == [[0.9], [0.7]]
    assert "rule 2" in texts(figure)
