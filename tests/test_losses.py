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
        # One image: (2 * 1 + 1) / (2 + 2 + 1).
        ("image_dice", 1 - 3 / 5),
        ("focal", 0.5**2 * math.log(2)),
        ("bce_dice", (math.log(2) + 2 / 6) / 2),
        ("bce_image_dice", (math.log(2) + 2 / 5) / 2),
        ("dice_focal", (0.5**2 * math.log(2) + 2 / 6) / 2),
    ],
)
def test_undecided_network(name, expected):
    assert build_loss(name)(LOGITS, TARGET).item() == pytest.approx(expected, abs=1e-6)


# Three classes, each with the probability 1/3 in every pixel. Soft Dice as above: background and
# class 1 share 1/3 with truth, of 4/3 and 1 pixels; class 2 shares 2/3, of 4/3 and 2 pixels.
DICE_OF_THREE = 1 - (8 / 13 + 8 / 13 + 10 / 16) / 3
IMAGE_DICE_OF_THREE = 1 - (5 / 10 + 7 / 13) / 2  # no background
# Lin et al. ask "this class or not?" of each class by itself, so undecided is 1/2.
FOCAL_OF_THREE = 0.5**2 * math.log(2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bce", math.log(3)),
        ("dice", DICE_OF_THREE),
        ("image_dice", IMAGE_DICE_OF_THREE),
        ("focal", FOCAL_OF_THREE),
        ("bce_dice", (math.log(3) + DICE_OF_THREE) / 2),
        ("bce_image_dice", (math.log(3) + IMAGE_DICE_OF_THREE) / 2),
        ("dice_focal", (FOCAL_OF_THREE + DICE_OF_THREE) / 2),
    ],
)
def test_undecided_network_of_three_classes(name, expected):
    loss = build_loss(name, 3)(torch.zeros(1, 3, 1, 4), torch.tensor([[[0, 1, 2, 2]]]))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_right_and_sure_costs_nothing_and_wrong_costs_more(name, n_classes):
    target = TARGET if n_classes == 2 else torch.tensor([[[0, 1, 2, 2]]])
    channels = torch.arange(1 if n_classes == 2 else 0, n_classes)
    sure = torch.where(target[:, None] == channels[:, None, None], 30.0, -30.0)
    loss = build_loss(name, n_classes)
    assert loss(sure, target).item() == pytest.approx(0, abs=1e-6)
    assert loss(-sure, target) > loss(0 * sure, target)


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


def test_pooled_dice_weighs_pixels_and_image_dice_weighs_images():
    # One image with a large object that is found, one with a single pixel that is missed.
    target = torch.zeros(2, 10, 10).long()
    target[0, :5] = 1
    target[1, 0, 0] = 1
    logits = torch.where(target > 0, 30.0, -30.0)
    logits[1] = -30.0
    pooled, each = (build_loss(n)(logits[:, None], target).item() for n in ("dice", "image_dice"))
    assert pooled == pytest.approx(1 - 102 / 103, abs=1e-6)
    assert each == pytest.approx((0 + 1 / 2) / 2, abs=1e-6)


def test_image_dice_of_several_classes_averages_the_foreground():
    target = torch.tensor([[[0, 1, 2, 2]]])
    logits = 30.0 * torch.nn.functional.one_hot(torch.tensor([[[0, 1, 2, 0]]]), 3).movedim(-1, 1)
    # Class 1 is right; of class 2 one of two pixels is found: (2 + 1) / (1 + 2 + 1).
    assert build_loss("image_dice", 3)(logits, target).item() == pytest.approx(0.25 / 2, abs=1e-6)


def test_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="Unknown loss 'bcedice'. Did you mean 'bce_dice'"):
        build_loss("bcedice")
