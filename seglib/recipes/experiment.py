"""What is written in a recipe? One experiment, and each of its stages."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass

from seglib.names import nearest
from seglib.recipes.limits import COUNT, SEED, check_fractions, check_ranges, check_split

OPTIMISERS = ("adam", "adamw")
SCHEDULES = ("constant", "one-cycle", "cosine")
PRECISIONS = ("auto", "32", "bf16", "16")


def digest(text: str) -> str:
    """Eight letters that tell one recipe's JSON from another's, for the name of a run."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


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
        ``batch_size * accumulate``. Losses that are means over pixels or images then have exactly
        the gradients of one large batch. The pooled Dice sees one step at a time, and so does
        batch norm.
    weight_decay
        Decay of convolution weights; norms and biases are left alone.
    scale
        Share of the recipe's size at which this stage works. A first stage on smaller images sees
        more of them in the same time (progressive learning, Tan & Le 2021, arXiv:2104.00298).
    """

    epochs: int
    lr: float = 1e-3
    loss: str = "bce_dice"
    optimiser: str = "adamw"
    schedule: str = "one-cycle"
    batch_size: int = 16
    accumulate: int = 1
    weight_decay: float = 1e-2
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_ranges(self, epochs=COUNT, batch_size=COUNT, accumulate=COUNT, scale=(0, 1))
        check_ranges(self, lr=(0, math.inf), weight_decay=(0, math.inf))
        nearest(self.optimiser, OPTIMISERS, "optimiser")
        nearest(self.schedule, SCHEDULES, "schedule")


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
    split
        What stays on one side: ``group`` (patients, and near-duplicate pictures), ``image`` (every
        image for itself, which leaks; only to show how much), ``COLUMN=VALUE``, such as
        ``site=MCUCXR``, to train without the cases of one site and test on them, or ``fold=I/K``:
        whole groups are dealt into K folds, and the cases of fold I are the test set.
    fractions
        Shares of train, val, test; with a value or a fold that of test is not used.
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
    split: str = "group"
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    split_seed: int = 0
    seed: int = 0
    precision: str = "auto"
    patience: int | None = None

    def __post_init__(self) -> None:
        nearest(self.precision, PRECISIONS, "precision")
        check_split(self.split)
        check_fractions(self.fractions)
        # A running mean with a decay of 1 would never move.
        check_ranges(self, width=COUNT, patience=COUNT, paste=(0, 1), ema=(0, 0.99999))
        check_ranges(self, seed=SEED, split_seed=SEED)
        if self.stages[-1].scale != 1:
            raise ValueError(
                f"The last stage works at {self.stages[-1].scale:g} of the recipe's size; "
                "networks are used at the full size, so give it scale 1."
            )

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def stage_size(self, stage: Stage) -> int:
        """Side of the network's input in one stage, px: a multiple of 32 where it is scaled."""
        return self.size if stage.scale == 1 else max(32, 32 * round(self.size * stage.scale / 32))

    @property
    def full_stages(self) -> tuple[int, ...]:
        """Numbers, from 1, of the stages at full size; only their scores can be compared."""
        return tuple(i for i, s in enumerate(self.stages, 1) if self.stage_size(s) == self.size)

    @property
    def from_scratch(self) -> Recipe:
        """The same without encoder weights to fetch, for a network that a checkpoint fills."""
        return dataclasses.replace(self, weights=None)

    @property
    def run_name(self) -> str:
        """Folder name of a run: readable, and different for different experiments."""
        name = f"{self.dataset}-{self.model}-{self.encoder}-{self.size}px"
        return f"{name}-{digest(self.to_json())}"

    def to_json(self) -> str:
        """The recipe as indented JSON with sorted keys.

        The usual split is not written, so runs from before there was a choice keep their names.
        """
        fields = dataclasses.asdict(self)
        if self.split == "group":
            del fields["split"]
        return json.dumps(fields, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Inverse of :meth:`to_json`."""
        fields = json.loads(text)
        fields["stages"] = tuple(Stage(**stage) for stage in fields["stages"])
        fields["fractions"] = tuple(fields["fractions"])
        return cls(**fields)
