"""What is left to write down when trained networks are brought together?"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from seglib.recipes.experiment import Recipe, digest

ENSEMBLE = "ensemble"
# Members see the same input, and none has trained on what another is tested with.
SHARED = ("dataset", "size", "precision", "split", "fractions", "split_seed")


@dataclass(frozen=True)
class EnsembleRecipe:
    """Trained recipes whose probabilities are averaged. Nothing more is trained.

    Attributes
    ----------
    members
        Two or more different recipes for the same data set, divided alike, with the same size and
        precision. Architecture, encoder, seed, loss and length are free.
    model
        Always ``ensemble``; tells this recipe from others in a file.
    """

    members: tuple[Recipe, ...]
    model: str = ENSEMBLE

    def __post_init__(self) -> None:
        names = [member.run_name for member in self.members]
        if len(names) < 2 or len(set(names)) < len(names):
            raise ValueError(
                f"An ensemble needs two or more different runs, found {', '.join(names)}."
            )
        for field in SHARED:
            found = list(dict.fromkeys(getattr(member, field) for member in self.members))
            if len(found) > 1:
                raise ValueError(
                    f"The members of an ensemble must have the same {field}, found "
                    f"{' and '.join(map(str, found))}; train them alike."
                )

    @property
    def dataset(self) -> str:
        """The card that all members were trained on."""
        return self.members[0].dataset

    @property
    def size(self) -> int:
        """Side of the square network input of all members, px."""
        return self.members[0].size

    @property
    def precision(self) -> str:
        """In which all members are computed."""
        return self.members[0].precision

    @property
    def from_scratch(self) -> EnsembleRecipe:
        """The same without encoder weights to fetch."""
        return dataclasses.replace(self, members=tuple(m.from_scratch for m in self.members))

    @property
    def run_name(self) -> str:
        """Folder name of a run: readable, and different for different members."""
        return f"{self.dataset}-{self.model}-{self.size}px-{digest(self.to_json())}"

    def describe(self) -> str:
        """One line about the members."""
        names = [f"{m.model} ({m.encoder}, seed {m.seed})" for m in self.members]
        return f"ensemble, mean probability of {', '.join(names)}"

    def to_json(self) -> str:
        """The recipe as indented JSON with sorted keys."""
        members = [json.loads(member.to_json()) for member in self.members]
        fields = {"members": members, "model": self.model}
        return json.dumps(fields, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> EnsembleRecipe:
        """Inverse of :meth:`to_json`."""
        members = json.loads(text)["members"]
        return cls(tuple(Recipe.from_json(json.dumps(member)) for member in members))
