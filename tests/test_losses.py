"""Losses against numbers worked out by hand."""

import math

import pytest
import torch

from seglib.losses import LOSSES, build_loss

# One 1x4 image; truth has two foreground pixels, the network is undecided everywhere.
LOGITS = torch.zeros(1, 1, 1, 4)
TARGET = torch.tensor([[[1, 1, 0, 0]]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bce", math.log(2)),
        # Soft Dice = (2 * 1 + 2) / (2 + 2 + 2): intersection 1, smoothing 1 on either half.
        ("dice", 1 - 4 / 6),
        ("focal", 0.5**2 * math.log(2)),
        ("bce_dice", (math.log(2) + 2 / 6) / 2),
        ("dice_focal", (0.5**2 * math.log(2) + 2 / 6) / 2),
    ],
)
def test_undecided_network(name, expected):
    assert build_loss(name)(LOGITS, TARGET).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_right_and_sure_costs_nothing_and_wrong_costs_more(name):
    sure = torch.where(TARGET[:, None] > 0, 30.0, -30.0)
    loss = build_loss(name)
    assert loss(sure, TARGET).item() == pytest.approx(0, abs=1e-6)
    assert loss(-sure, TARGET) > loss(LOGITS, TARGET)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_losses_are_finite_and_differentiable(name, n_classes):
    channels = 1 if n_classes == 2 else n_classes
    logits = torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    for target in (torch.zeros(2, 8, 8).long(), torch.full((2, 8, 8), n_classes - 1)):
        value = build_loss(name, n_classes)(logits, target)
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(logits.grad).all()


def test_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="Unknown loss 'bcedice'. Did you mean 'bce_dice'"):
        build_loss("bcedice")
