"""Do several networks see more than one?

Networks that were trained apart make partly different mistakes, and together they make fewer
(Hansen & Salamon 1990, doi:10.1109/34.58871, by vote). Here the probabilities are averaged, as
nnU-Net does with networks of different kinds. It costs the time of all members, in training and
in use.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from seglib.course import settings
from seglib.files import write_atomic
from seglib.hardware import environment
from seglib.models import Ensemble
from seglib.names import expect
from seglib.recipes import Recipe
from seglib.recipes.ensemble import EnsembleRecipe
from seglib.runs import Run, load_run, save_network

MEMBERS = "members.json"


def ensemble(runs: Sequence[Run], outputs: Path | None = None) -> Run:
    """Bring trained runs together into one whose probability is the mean of theirs.

    The folder holds the weights of all members, so it does not need theirs any more. It is
    evaluated, compared, looked at, exported and used like any run; it has no history.

    Parameters
    ----------
    runs
        Two or more finished runs on the same cases, with the same split, size and precision.
    outputs
        Folder of all runs; by default that of :func:`seglib.settings`.

    Raises
    ------
    TypeError
        If one is no run, but the name of one.
    ValueError
        If a run is of nnU-Net, which averages folds of its own, or itself an ensemble; if one is
        given twice; or if they do not fit together. Whatever one member trained on must not be
        what another is tested with.
    """
    for run in runs:
        expect(run, Run, "a run, as fit(...) or seglib.runs.load_run(FOLDER) gives it")
        if not isinstance(run.recipe, Recipe):
            raise ValueError(f"{run.path.name} cannot be a member: it is {run.describe()}.")
    recipe = EnsembleRecipe(tuple(run.recipe for run in runs))
    _check_same_cases(runs)
    folder = Path(outputs or settings().outputs) / recipe.run_name
    record, weights = folder / MEMBERS, {run.recipe.run_name: run.digest for run in runs}
    told, joined = json.dumps(weights, indent=2) + "\n", folder / "checkpoints" / "best.ckpt"
    if not (joined.is_file() and record.is_file() and record.read_text() == told):  # written last
        Run.begin(folder, recipe, runs[0].cases, environment(recipe.precision))
        network = Ensemble(run.network() for run in runs)
        save_network(joined, network, recipe, runs[0].card)
        write_atomic(record, told)
    return load_run(folder)


def _check_same_cases(runs: Sequence[Run]) -> None:
    """Raise ``ValueError`` unless all runs saw the same cases in the same way, and split alike."""

    def seen(run: Run) -> tuple:
        """Which cases, on which side of the split, and how they are shown and labelled."""
        card, split = run.card, run.cases.set_index("case")["split"].to_dict()
        return split, card.classes, card.window, card.offset

    first, *others = runs
    for run in others:
        if seen(run) != seen(first):
            raise ValueError(
                f"{first.path.name} and {run.path.name} were trained on other cases, another split "
                "or other classes, so one may have learnt from what the other is tested with; "
                "train them on one case table."
            )
