"""What did nnU-Net decide, and from which facts?"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

CONFIGURATION = "2d"
FILES = {"fingerprint": "dataset_fingerprint.json", "plans": "nnUNetPlans.json"}
FILES |= {"facts": "dataset.json"}
# Classes that nnU-Net plans with; a checkpoint may come from anywhere.
NETWORK = re.compile(r"dynamic_network_architectures\.architectures\.\w+\.[A-Z]\w+")
LAYER = re.compile(r"torch\.nn\.(modules\.\w+\.)?[A-Z]\w+")


@dataclass(frozen=True)
class Plan:
    """What nnU-Net measured and decided before its first step.

    Attributes
    ----------
    fingerprint
        Sizes, spacings and intensities of the cases, as measured.
    plans
        All decisions, in nnU-Net's own words.
    facts
        What it was told: names of channels and classes.
    """

    fingerprint: dict
    plans: dict
    facts: dict

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """From the files of a run, or of nnU-Net's preprocessed data set.

        Raises
        ------
        FileNotFoundError
            If nnU-Net has not planned here yet.
        """
        missing = [name for name in FILES.values() if not (folder / name).is_file()]
        if missing:
            raise FileNotFoundError(
                f"{folder / missing[0]} is not there: nnU-Net has not planned yet; train it first."
            )
        return cls(**{key: json.loads((folder / name).read_text()) for key, name in FILES.items()})

    @property
    def configuration(self) -> dict:
        """Decisions about the 2D network."""
        return self.plans["configurations"][CONFIGURATION]

    @property
    def layers(self) -> dict:
        """How the network is built: ``n_stages``, ``strides``, ``features_per_stage``, more."""
        return self.configuration["architecture"]["arch_kwargs"]

    @property
    def pooling(self) -> tuple[int, int]:
        """How often the network halves the height and the width."""
        halved = np.log2(np.array(self.layers["strides"], float)).sum(axis=0)
        return int(halved[0]), int(halved[1])

    def measured(self) -> pd.DataFrame:
        """The fingerprint in short, one row a channel of the image.

        Returns
        -------
        DataFrame
            ``mean``, ``std``, and the percentiles ``low`` (0.5) and ``high`` (99.5) of the pixels
            inside objects, over all training and validation cases.
        """
        kinds = {"mean": "mean", "std": "std"}
        kinds |= {"percentile_00_5": "low", "percentile_99_5": "high"}
        found = self.fingerprint["foreground_intensity_properties_per_channel"]
        names = self.facts["channel_names"]
        rows = {names[key]: {kinds[k]: values[k] for k in kinds} for key, values in found.items()}
        return pd.DataFrame(rows).T.rename_axis("channel")

    def table(self) -> pd.DataFrame:
        """The decisions that chapters 2 to 4 took by hand: ``decision``, ``nnU-Net``, ``rule``."""
        own, layers = self.configuration, self.layers
        rows = [
            ("spacing", _by(own["spacing"]), "median of the cases; pictures have none, so 1 px"),
            ("median image", _by(own["median_image_size_in_voxels"], "px"), "after resampling"),
            ("patch", _by(own["patch_size"], "px"), "as much of the median image as memory allows"),
            ("batch", own["batch_size"], "fills the memory; 2 or more, to 5 % of all pixels"),
            ("halvings", _by(self.pooling), "until an axis of the patch would be below 4 px"),
            ("channels", _by(layers["features_per_stage"], sign=" "), "32, doubled up to 512"),
            ("normalisation", _once(own["normalization_schemes"]), "by the name of the channel"),
            ("Dice loss", "batch" if own["batch_dice"] else "image", "pooled over a 2D batch"),
        ]
        return pd.DataFrame(rows, columns=["decision", "nnU-Net", "rule"]).set_index("decision")


def _by(numbers: list, unit: str = "", sign: str = " x ") -> str:
    """Numbers in a row: ``256 x 320 px``."""
    return f"{sign.join(f'{number:g}' for number in numbers)} {unit}".strip()


def _once(names: list[str]) -> str:
    """Names without repetition: three channels are often treated alike."""
    return ", ".join(dict.fromkeys(name.removesuffix("Normalization") for name in names))


def build_network(saved: dict) -> nn.Module:
    """The network of a checkpoint that :mod:`seglib.nnunet.pipeline` wrote.

    Takes ``(N, channels, H, W) float32``, normalised as planned, and gives logits
    ``(N, classes, H, W)``. Of several folds it has the weights of the first.

    Raises
    ------
    ValueError
        If its plan wants anything built that is no network or layer.
    """
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    wanted = saved["plans"]["configurations"][CONFIGURATION]["architecture"]
    expect_layers(wanted)
    network = get_network_from_plans(
        wanted["network_class_name"],
        wanted["arch_kwargs"],
        wanted["_kw_requires_import"],
        len(saved["facts"]["channel_names"]),
        saved["n_classes"],
        allow_init=False,
        deep_supervision=False,
    )
    network.load_state_dict(next(iter(saved["state_dict"].values())))
    return network.eval()


def expect_layers(wanted: dict) -> None:
    """Raise ``ValueError`` if a plan names other classes: nnU-Net would call whatever it says."""
    named = {"network_class_name": wanted["network_class_name"]}
    named |= {key: wanted["arch_kwargs"][key] for key in wanted["_kw_requires_import"]}
    for key, name in named.items():
        kind = NETWORK if key == "network_class_name" else LAYER
        if name is not None and not kind.fullmatch(str(name)):
            raise ValueError(
                f"The checkpoint's plan wants {name!r} for '{key}', which is no layer or network "
                "of nnU-Net; it is damaged, or was made to run something else. Do not use it."
            )
