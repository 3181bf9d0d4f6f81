"""Transforms: what moves, what stays, and what repeats."""

import albumentations as A
import numpy as np
import pytest
import torch

from seglib.transforms import (
    AUGMENTATIONS,
    augmentations,
    denormalise,
    eval_transform,
    train_transform,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)
MASK = np.zeros((32, 32), np.uint8)
MASK[4:12, 6:20] = 1


def test_eval_transform_normalises_and_can_be_undone():
    made = eval_transform()(image=IMAGE, mask=MASK)
    assert made["image"].shape == (3, 32, 32)
    assert made["image"].dtype == torch.float32
    assert np.array_equal(denormalise(made["image"]), IMAGE)
    assert np.array_equal(made["mask"].numpy(), MASK)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_mask_keeps_its_labels_and_shape(name):
    transform = train_transform(name)
    for seed in range(5):
        transform.set_random_seed(seed)
        mask = transform(image=IMAGE, mask=MASK)["mask"]
        assert mask.shape == (32, 32)
        assert set(mask.unique().tolist()) <= {0, 1}


@pytest.mark.parametrize("name", ["flips", "upright", "full", "geometric", "distortion"])
def test_image_and_mask_move_together(name):
    painted = np.repeat(MASK[..., None] * 255, 3, axis=2)
    transform = train_transform(name)
    agreement = []
    for seed in range(10):
        transform.set_random_seed(seed)
        made = transform(image=painted, mask=MASK)
        seen = denormalise(made["image"])[..., 0] > 60
        agreement.append((seen == made["mask"].numpy().astype(bool)).mean())
    assert np.mean(agreement) > 0.95


def test_upright_leaves_left_on_the_left():
    half = np.zeros((32, 32), np.uint8)
    half[:, :16] = 1
    left, mirrored = 0, 0
    for name in ("upright", "full"):
        transform = train_transform(name)
        for seed in range(20):
            transform.set_random_seed(seed)
            columns = transform(image=IMAGE, mask=half)["mask"].float().sum(0)
            is_left = columns[:16].sum() > columns[16:].sum()
            left += is_left and name == "upright"
            mirrored += not is_left and name == "full"
    assert left == 20 and mirrored > 0


def test_holes_hide_the_image_but_not_the_mask():
    white, full = np.full((64, 64, 3), 255, np.uint8), np.ones((64, 64), np.uint8)
    transform = A.Compose(augmentations("distortion"))
    hidden = 0
    for seed in range(40):
        transform.set_random_seed(seed)
        made = transform(image=white, mask=full)
        hidden += ((made["image"][..., 0] == 0) & (made["mask"] == 1)).sum() >= 36
    assert 2 <= hidden <= 20  # one in five, and rotation's empty corners do not count


def test_the_same_seed_gives_the_same_picture():
    transform = train_transform("full")
    made = []
    for seed in (7, 8, 7):
        transform.set_random_seed(seed)
        made.append(transform(image=IMAGE, mask=MASK)["image"])
    assert torch.equal(made[0], made[2])
    assert not torch.equal(made[0], made[1])


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_strength_zero_changes_nothing(name):
    kinds = [type(transform).__name__ for transform in augmentations(name)]
    transform = A.Compose(augmentations(name, dict.fromkeys(kinds, 0)))
    for seed in range(5):
        transform.set_random_seed(seed)
        made = transform(image=IMAGE, mask=MASK)
        assert np.array_equal(made["image"], IMAGE)
        assert np.array_equal(made["mask"], MASK)


def test_unknown_augmentation_is_refused():
    with pytest.raises(ValueError, match="Unknown augmentation 'flip'. Did you mean 'flips'"):
        train_transform("flip")
