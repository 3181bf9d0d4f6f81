"""How do the scores of many images become one line of a table?

Three means stand side by side, because they answer three questions. *Per image*: how well is the
next image outlined? *Per group*: how well is the next patient served? *Pooled*: how many of all
pixels are right? They differ by more than most networks do, so a table says which it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from seglib.averaging import per_case
from seglib.intervals import RESAMPLES, TOO_FEW, group_bootstrap, interval, summarise
from seglib.scoring import METRICS, titles


def aggregate(scores: pd.DataFrame, pooled: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Mean of every metric per image, per group and pooled.

    Parameters
    ----------
    scores, pooled
        Of an evaluation, see :class:`seglib.results.Evaluation`. Several classes are averaged in
        each image first (:mod:`seglib.averaging`), and pooled scores over the classes.
    seed
        Seed of the bootstrap, which draws groups, never images or pixels.

    Returns
    -------
    DataFrame
        One row each of :data:`seglib.scoring.METRICS`, its name as index. ``image, image_low,
        image_high``: mean over images and its 95 % interval; ``group, group_low, group_high``:
        mean over the groups' means; ``pooled``: of the summed counts, NaN for distances, which
        cannot be summed. ``undefined``: images without a value, in none of the means.
    """
    names, rows = list(METRICS), per_case(scores)
    by_image = summarise(rows[names], rows["group"], seed)
    means = rows.groupby("group")[names].mean()
    by_group = summarise(means, means.index.to_series(), seed)
    columns = {"mean": "", "low": "_low", "high": "_high"}
    table = pd.concat(
        [
            part[list(columns)].rename(columns={old: kind + new for old, new in columns.items()})
            for kind, part in {"image": by_image, "group": by_group}.items()
        ],
        axis=1,
    )
    table["pooled"] = pooled.mean().reindex(names)
    return table.assign(undefined=by_image["undefined"]).rename_axis("metric")


def as_text(table: pd.DataFrame, protocol: str, unit: str = "px") -> str:
    """A table of :func:`aggregate` in Markdown, its protocol below, ready to be pasted."""
    lines = ["| metric | per image (95 % interval) | per group | pooled | undefined |"]
    lines += ["|---|---|---|---|---|"]
    for name, row in table.iterrows():
        bounds = f"{row['image_low']:.3f} to {row['image_high']:.3f}"
        if np.isnan(row["image_low"]):
            bounds = TOO_FEW
        pooled = "" if np.isnan(row["pooled"]) else f"{row['pooled']:.3f}"
        mean = "–" if np.isnan(row["image"]) else f"{row['image']:.3f} ({bounds})"
        by_group = "–" if np.isnan(row["group"]) else f"{row['group']:.3f}"
        cells = [titles(unit)[name], mean, by_group, pooled]
        lines.append(f"| {' | '.join(cells)} | {row['undefined']:.0f} |")
    return "\n".join([*lines, "", f"Protocol: {protocol}."])


def combine_seeds(runs: Sequence[pd.DataFrame], seed: int = 0) -> pd.DataFrame:
    """Several trainings of one recipe as one result: what to expect of the next training.

    Training twice with two seeds gives two networks. A result that rests on one of them says
    nothing of the recipe (Bouthillier et al. 2021, arXiv:2103.03098), so the interval here draws
    both groups and trainings with replacement.

    Parameters
    ----------
    runs
        `scores` of each training's evaluation, two or more, on the same cases.
    seed
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row each of :data:`seglib.scoring.METRICS`: ``mean`` of the trainings' means, ``low,
        high`` (95 %), ``spread`` (standard deviation between trainings), ``least`` and ``most``
        (the trainings with the lowest and the highest mean), ``undefined`` values
        of all trainings. With few trainings, below five or so, the interval is too narrow.

    Raises
    ------
    ValueError
        If there are fewer than two trainings, or they were not scored on the same cases.
    """
    tables = [per_case(scores).sort_values("case", ignore_index=True) for scores in runs]
    if len(tables) < 2:
        raise ValueError(f"found {len(tables)} training; combine the scores of two or more.")
    for number, table in enumerate(tables[1:], start=2):
        if not table[["case", "group"]].equals(tables[0][["case", "group"]]):
            raise ValueError(
                f"training {number} was scored on other cases or groups than training 1; "
                "evaluate all of them on the same case table."
            )
    names = list(METRICS)
    means = pd.DataFrame([table[names].mean() for table in tables])
    samples = np.stack([group_bootstrap(table[names], table["group"], seed) for table in tables])
    shares = np.full(len(tables), 1 / len(tables))
    drawn = np.random.default_rng(seed + 1).multinomial(len(tables), shares, size=RESAMPLES)
    both = np.einsum("rt,trm->rm", drawn / len(tables), samples)
    low, high = np.array([interval(column) for column in both.T]).T
    found = {"mean": means.mean(), "low": low, "high": high, "spread": means.std()}
    found |= {"least": means.min(), "most": means.max()}
    missing = sum(table[names].isna().sum() for table in tables)
    return pd.DataFrame(found | {"undefined": missing}).rename_axis("metric")
