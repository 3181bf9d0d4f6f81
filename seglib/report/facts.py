"""What may the text say? The numbers of one data set, and what follows from them.

Every name that the report's text can use is made here: the sections of ``results.json``, the card
of the data set, the recipe that was trained, and the few conclusions that depend on the outcome.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seglib import intervals
from seglib.cards import card
from seglib.conventions import are_distances
from seglib.figures import tables
from seglib.figures.scores import SIZES
from seglib.figures.style import MODEL_TITLES
from seglib.report import experiment
from seglib.scoring import titles
from seglib.verdict import LEVEL

# Of the columns in a table of published scores: network, score, protocol, source.
WIDTHS = f"|{'-' * 30}|{'-' * 10}|{'-' * 50}|{'-' * 10}|"
SECTIONS = (
    "data", "preprocessing", "baseline", "unet", "deeplabv3plus", "evaluation", "comparison",
)  # fmt: skip


def read_results(folder: Path) -> dict[str, Any]:
    """The numbers that the notebooks recorded for one data set.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If a chapter's numbers are missing.
    """
    path = folder / "results.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist: run the notebooks on '{folder.name}' first (make course)."
        )
    results = json.loads(path.read_text(encoding="utf-8"))
    missing = [name for name in SECTIONS if name not in results]
    if missing:
        raise ValueError(f"{path} has no section '{missing[0]}': run all six notebooks first.")
    return results


def _finding(dice: dict[str, Any]) -> str:
    """``difference``, ``hint`` or ``none``; the rule of :class:`seglib.comparison.Comparison`."""
    known = dice["low"] is not None and dice["high"] is not None
    apart = known and (dice["low"] > 0 or dice["high"] < 0)
    significant = dice["permutation_p"] is not None and dice["permutation_p"] < LEVEL
    if apart and significant:
        return "difference"
    return "hint" if apart or significant else "none"


def _ceiling(preprocessing: dict[str, Any]) -> dict[str, float]:
    """The largest measured size not above the network's, and what resizing to it costs."""
    measured = {int(size): dice for size, dice in preprocessing["best_dice"].items()}
    size = max(size for size in measured if size <= preprocessing["size"])
    soft = preprocessing["best_dice_soft"][str(size)]
    return {"size": size, "dice": measured[size], "soft": soft}


def _ahead(conventions: dict[str, dict], first: str, second: str) -> dict[str, int]:
    """Under how many ways of scoring the first model is ahead; distances are better if small.

    Equal pairs of scores count once: where each image is a group, several ways are one. Those
    that are undefined for a model do not count.
    """
    scores = pd.DataFrame(conventions).T[[first, second]].astype(float)
    scores = scores.dropna().drop_duplicates()
    gaps = (scores[first] - scores[second]) * np.where(are_distances(scores), -1, 1)
    return {"ahead": int((gaps > 0).sum()), "conventions": len(scores)}


def _flip_gain(conventions: dict[str, dict[str, float]]) -> dict[str, float]:
    """What averaging four mirrored views adds to the mean Dice of each model."""
    flipped, plain = conventions["Dice, four flips"], conventions["Dice, mean of images"]
    return {model: flipped[model] - plain[model] for model in plain}


def _lighter(cost: dict[str, dict[str, float]]) -> dict[str, str]:
    """For each kind of cost the title of the model that has least of it."""
    kinds = next(iter(cost.values()))
    return {kind: MODEL_TITLES[min(cost, key=lambda m: cost[m][kind])] for kind in kinds}


def _extremes(strata: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """The size classes with the smallest and the largest objects, the same if only one occurred."""
    with_object = [strata[name] | {"name": name} for name in list(SIZES)[1:] if name in strata]
    return {"smallest": with_object[0], "largest": with_object[-1]}


def _classes(compared: dict[str, Any]) -> dict[str, Any]:
    """Dice of each class, and the classes in which the models together did best and worst.

    Classes that no test image holds are named in ``absent``.
    """
    models = {name: found["per_case"] for name, found in compared["models"].items()}
    names = list(next(iter(models.values())))
    dice = {name: {model: rows[name]["dice"] for model, rows in models.items()} for name in names}
    there = [n for n in names if all(found["mean"] is not None for found in dice[n].values())]
    order = sorted(there, key=lambda n: sum(found["mean"] for found in dice[n].values()))
    return {
        "dice": {name: dice[name] for name in there},
        "absent": [name for name in names if name not in there],
        "worst": order[0],
        "best": order[-1],
    }


def gather(figures: Path, dataset: str) -> dict[str, Any]:
    """All names that the text of the report may use.

    Parameters
    ----------
    figures
        Folder with ``results.json`` of this data set.
    dataset
        Name of its card.

    Returns
    -------
    dict
        The sections of ``results.json`` under their names, and

        - ``card``, ``several`` (has it several foreground classes?), ``classes``: see
          :func:`_classes`;
        - ``recipe``, its ``sizes``, ``machines`` (words by key), ``again`` (Dice, other seed);
        - ``models`` (key to title), ``scores`` (key to mean scores), ``metrics`` (key to title);
        - ``first``, ``second``: titles, the higher mean Dice first; ``conventions``: how many
          ways of scoring differ, ``ahead``: under how many of them the first one leads;
          ``finding``: see :func:`_finding`;
        - ``nnunet``, ``ensemble``: the sections of chapters 10 and 6 about these, or None;
        - ``flip_gain``: key to what four mirrored views add to the mean Dice;
        - ``lighter``: cost to the title of the cheaper model; ``ceiling``: see :func:`_ceiling`;
        - ``smallest``, ``largest``: scores of the outermost size classes with an object;
        - ``confidence`` of the intervals and ``level`` of the tests.
    """
    results, entry = read_results(figures), card(dataset)
    recipe, compared = experiment.trained_recipe(results, entry), results["comparison"]
    dice = {m: found["foreground_mean"]["dice"]["mean"] for m, found in compared["models"].items()}
    order = sorted(dice, key=dice.get, reverse=True)
    return {
        **{name: results[name] for name in SECTIONS},
        "card": entry,
        "several": entry.n_classes > 2,
        "classes": _classes(compared),
        "recipe": recipe,
        "sizes": experiment.sizes(recipe),
        "machines": {m: experiment.machine(results[m].get("environment", {})) for m in order},
        "models": {name: title for name, title in MODEL_TITLES.items() if name in order},
        "scores": {name: m["foreground_mean"] for name, m in compared["models"].items()},
        "nnunet": experiment.third(results),
        "ensemble": results.get("ensemble"),
        "finding": _finding(compared["dice"]),
        "again": experiment.again(figures, recipe, order),
        "first": MODEL_TITLES[order[0]],
        "second": MODEL_TITLES[order[1]],
        **_ahead(compared["conventions"], *order),
        "ceiling": _ceiling(results["preprocessing"]),
        "flip_gain": _flip_gain(compared["conventions"]),
        "metrics": titles(compared["models"][order[0]].get("unit", "px")),
        "lighter": _lighter(compared["cost"]),
        **_extremes(results["evaluation"]["strata"]),
        "confidence": f"{intervals.LEVEL}\u00a0%",
        "level": LEVEL,
    }


def published(known: dict[str, Any], entries: list[dict[str, Any]]) -> str:
    """Markdown table of what others reported on this data set; empty if nothing is kept.

    Their addresses become citations where the bibliography has the work.
    """
    if not (table := tables.published(known["card"])).startswith("|"):
        return ""
    keys = {address: entry["id"] for entry in entries for address in _addresses(entry)}

    def cite(link: re.Match[str]) -> str:
        """A citation where the address is that of an entry, else the link as it is."""
        return f"[@{keys[link[1]]}]" if link[1] in keys else link[0]

    return re.sub(
        r"\[[^]]*\]\((https?://[^)]+)\)", cite, table.replace("| --- | --- | --- | --- |", WIDTHS)
    )


def _addresses(entry: dict[str, Any]) -> list[str]:
    return [a for a in (f"https://doi.org/{entry.get('DOI')}", entry.get("URL")) if a]
