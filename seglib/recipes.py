"""What exactly is this experiment?

A recipe says everything that decides a result. It is frozen, it is saved beside the run, and its
hash is part of the run's name, so two different experiments can never share a folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from seglib.names import nearest

OPTIMISERS = ("adam", "adamw")
SCHEDULES = ("constant", "one-cycle", "cosine")
PRECISIONS = ("auto", "32", "bf16", "16")


@dataclass(frozen=True)
class Stage:
    """One stretch of training with one loss and one learning-rate schedule.

    Attributes
    ----------
    epochs
        Passes over the training cases.
    lr
        Learning rate; the peak of ``one-cycle``, the start of ``cosine``.
    loss
        See :data:`seglib.losses.LOSSES`.
    optimiser
        ``adam`` or ``adamw``.
    schedule
        ``constant``, ``one-cycle`` (Smith & Topin 2019) or ``cosine`` (Loshchilov & Hutter 2017).
    batch_size
        Images in one step.
    accumulate
        Steps whose gradients are averaged before the weights move; the virtual batch is
        ``batch_size * accumulate``.
    weight_decay
        Decay of convolution weights; norms and biases are left alone.
    """

    epochs: int
    lr: float = 1e-3
    loss: str = "bce_dice"
    optimiser: str = "adamw"
    schedule: str = "one-cycle"
    batch_size: int = 16
    accumulate: int = 1
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a result.

    Attributes
    ----------
    name, dataset
        Names of the recipe and of a data-set card.
    model
        ``unet``, ``deeplabv3plus`` or another architecture of segmentation-models-pytorch.
    encoder
        ``plain`` (the teaching U-Net) or an encoder of segmentation-models-pytorch.
    weights
        Encoder weights: ``None`` (from scratch), ``"imagenet"`` or the path of a local file.
    width
        Channels after the first block of the teaching U-Net; other networks ignore it.
    size
        Side of the square network input, px.
    augmentation
        See :data:`seglib.transforms.AUGMENTATIONS`.
    paste
        Share of training images that get an object of another one, 0 to 1; see
        :mod:`seglib.pasting`.
    ema
        Decay of the running mean of the weights that is validated and kept; 0 switches it off.
    stages
        One after the other, each from the best weights so far.
    fractions
        Shares of train, val, test.
    split_seed, seed
        Seeds of the split, and of weights, order and augmentation.
    precision
        ``auto`` takes bf16 where the hardware computes it faster than fp32.
    patience
        Epochs without a better validation Dice after which a stage ends; ``None`` never stops.
    """

    name: str
    dataset: str
    model: str = "unet"
    encoder: str = "resnet34"
    weights: str | None = None
    width: int = 64
    size: int = 128
    augmentation: str = "full"
    paste: float = 0.0
    ema: float = 0.0
    stages: tuple[Stage, ...] = (Stage(epochs=40),)
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    split_seed: int = 0
    seed: int = 0
    precision: str = "auto"
    patience: int | None = None

    def __post_init__(self) -> None:
        nearest(self.precision, PRECISIONS, "precision")
        for stage in self.stages:
            nearest(stage.optimiser, OPTIMISERS, "optimiser")
            nearest(stage.schedule, SCHEDULES, "schedule")

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def run_name(self) -> str:
        """Folder name of a run: readable, and different for different experiments."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()[:8]
        return f"{self.dataset}-{self.model}-{self.encoder}-{self.size}px-{digest}"

    def to_json(self) -> str:
        """The recipe as indented JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Inverse of :meth:`to_json`."""
        fields = json.loads(text)
        fields["stages"] = tuple(Stage(**stage) for stage in fields["stages"])
        fields["fractions"] = tuple(fields["fractions"])
        return cls(**fields)


RECIPES = (
    # What student projects publish for the HyperKvasir polyps.
    Recipe(
        name="polyp",
        dataset="hyper-kvasir",
        encoder="plain",
        size=128,
        augmentation="none",
        stages=(
            Stage(epochs=100, lr=1e-3, loss="bce", optimiser="adam", schedule="constant"),
            Stage(epochs=20, lr=1e-4, loss="dice", optimiser="adam", schedule="constant"),
        ),
    ),
    Recipe(
        name="polyp-modern",
        dataset="kvasir-seg",
        encoder="resnet18",
        size=128,
        paste=0.5,
        ema=0.995,
        stages=(Stage(epochs=80, loss="bce_image_dice", batch_size=8),),
    ),
    Recipe(
        name="polyp-quick",
        dataset="phantom-polyp",
        encoder="resnet18",
        size=96,
        ema=0.98,
        stages=(Stage(epochs=20, lr=2e-3, loss="bce_image_dice", batch_size=8),),
    ),
)


def recipes() -> tuple[Recipe, ...]:
    """All named recipes."""
    return RECIPES


def recipe(name: str, **fields: Any) -> Recipe:
    """A named recipe, with some fields replaced.

    Fields of :class:`Recipe` and of :class:`Stage` are both accepted; a field of a stage is set
    in every stage, and ``None`` leaves a field as it is.

    Examples
    --------
    >>> recipe("polyp-modern", model="deeplabv3plus", epochs=10).epochs
    10

    Raises
    ------
    ValueError
        If the recipe or a field is unknown; the known names are listed.
    """
    known = {r.name: r for r in RECIPES}
    found = known[nearest(name, known, "recipe")]
    own = {f.name for f in dataclasses.fields(Recipe)} - {"name"}
    staged = {f.name for f in dataclasses.fields(Stage)}
    for field in fields:
        nearest(field, sorted(own | staged), "recipe field")
    given = {key: value for key, value in fields.items() if value is not None}
    in_stages = {key: value for key, value in given.items() if key in staged}
    stages = given.pop("stages", found.stages)
    stages = tuple(dataclasses.replace(stage, **in_stages) for stage in stages)
    changed = {key: value for key, value in given.items() if key in own}
    return dataclasses.replace(found, stages=stages, **changed)
