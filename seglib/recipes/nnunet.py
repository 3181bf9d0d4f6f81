"""What is left to write down when a method configures itself?

nnU-Net (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z) reads size, batch, depth and
normalisation off the training cases. So its recipe says only what it cannot read there: which
cases, and for how long.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from seglib.recipes.experiment import Recipe, digest
from seglib.recipes.limits import COUNT, SEED, check_fractions, check_ranges, check_split

NNUNET = "nnunet"


@dataclass(frozen=True)
class NnunetRecipe:
    """Everything that decides a result of nnU-Net and is not decided by nnU-Net.

    Attributes
    ----------
    dataset
        Name of a data-set card.
    epochs, iterations
        Length of the training. nnU-Net counts steps, not passes over the cases: 1000 epochs of
        250 steps are its default, whatever the size of the data set.
    folds
        Which folds are trained; what several see is averaged. Fold 0 has our validation cases, see
        :func:`seglib.nnunet.raw.folds`.
    split, fractions, split_seed
        What stays on one side, shares of train, val, test, and the seed of the split; see
        :class:`~seglib.recipes.experiment.Recipe`.
    seed
        Of weights and augmentation. On a GPU nnU-Net augments in processes of its own, which are
        not seeded.
    model
        Always ``nnunet``; tells this recipe from others in a file.
    """

    dataset: str
    epochs: int = 1000
    iterations: int = 250
    folds: tuple[int, ...] = (0,)
    split: str = "group"
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    split_seed: int = 0
    seed: int = 0
    model: str = NNUNET

    def __post_init__(self) -> None:
        check_ranges(self, epochs=COUNT, iterations=COUNT, seed=SEED, split_seed=SEED)
        if not self.folds or not set(self.folds) <= set(range(5)):
            raise ValueError(f"The folds of nnU-Net are numbered 0 to 4, found {self.folds}.")
        check_split(self.split)
        check_fractions(self.fractions)

    @classmethod
    def beside(cls, other: Recipe, **fields: Any) -> NnunetRecipe:
        """The same data set, split and seed as another experiment, so that the two compare."""
        shared = ("dataset", "split", "fractions", "split_seed", "seed")
        return cls(**{name: getattr(other, name) for name in shared} | fields)

    @property
    def val_iterations(self) -> int:
        """Validation steps of an epoch: a fifth of the training steps, as in nnU-Net."""
        return max(1, self.iterations // 5)

    @property
    def run_name(self) -> str:
        """Folder name of a run: readable, and different for different experiments."""
        return f"{self.dataset}-{self.model}-{digest(self.to_json())}"

    @property
    def fold_name(self) -> str:
        """Folder name of what the folds learn: the same whichever of them a run averages."""
        return dataclasses.replace(self, folds=(0,)).run_name

    def describe(self) -> str:
        """One line about the training."""
        which = " and ".join(map(str, self.folds))
        steps = f"{self.epochs} epochs of {self.iterations} steps"
        return f"nnU-Net, fold{'s' * (len(self.folds) > 1)} {which}, {steps}, last weights kept"

    def to_json(self) -> str:
        """The recipe as indented JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> NnunetRecipe:
        """Inverse of :meth:`to_json`."""
        fields = json.loads(text)
        for name in ("folds", "fractions"):
            fields[name] = tuple(fields[name])
        return cls(**fields)
