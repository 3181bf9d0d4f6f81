"""Which encoder, and what does it know already? Networks of segmentation-models-pytorch."""

from __future__ import annotations

from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from torch import nn

from seglib.names import nearest
from seglib.recipes import Recipe

PLAIN = "plain"
# smp reaches timm's newer encoders under a prefix; the course calls them by their paper's name.
ENCODER_ALIASES = {"mobilenetv3-large": "tu-mobilenetv3_large_100"}


def smp_network(name: str, recipe: Recipe, channels: int) -> nn.Module:
    """An architecture with the recipe's encoder and its weights, see :func:`build_model`.

    Raises
    ------
    ValueError
        If the encoder is unknown or does not go with the architecture, or if local weights are
        not those of this encoder.
    FileNotFoundError
        If the file of local weights does not exist.
    """
    imagenet = "imagenet" if recipe.weights == "imagenet" else None
    encoder = _smp_encoder(recipe.encoder)
    try:
        network = smp.create_model(name, encoder, encoder_weights=imagenet, classes=channels)
    except OSError:
        raise  # no way to fetch the weights; the encoder is good
    except Exception as error:
        raise ValueError(
            f"'{name}' with encoder '{recipe.encoder}' cannot be built "
            f"({str(error).rstrip('.')}); choose another encoder."
        ) from None
    if recipe.weights and not imagenet:
        _load_encoder(network.encoder, Path(recipe.weights))
    return network


def _smp_encoder(name: str) -> str:
    if name in ENCODER_ALIASES or name.startswith("tu-"):
        return ENCODER_ALIASES.get(name, name)
    return nearest(name, [PLAIN, *ENCODER_ALIASES, *smp.encoders.get_encoder_names()], "encoder")


def _load_encoder(encoder: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"Encoder weights '{path}' were not found; give None, 'imagenet' or an existing file."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        state = dict(state.get("state_dict", state))
    except Exception as error:
        raise ValueError(
            f"Encoder weights '{path}' cannot be read ({type(error).__name__}); give a file that "
            "torch.save wrote of the encoder's state_dict()."
        ) from None
    try:
        encoder.load_state_dict(state)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[-1].strip()
        raise ValueError(
            f"Encoder weights '{path}' do not fit {type(encoder).__name__}: {reason} "
            "Use weights of the recipe's own encoder."
        ) from None
