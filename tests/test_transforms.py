"""Transforms: what moves, what stays, and what repeats."""

import numpy as np
import pytest
import torch

from seglib.transforms import AUGMENTATIONS, denormalise, eval_transform, train_transform

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


@pytest.mark.parametrize("name", ["flips", "full"])
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


def test_the_same_seed_gives_the_same_picture():
    transform = train_transform("full")
    made = []
    for seed in (7, 8, 7):
        transform.set_random_seed(seed)
        made.append(transform(image=IMAGE, mask=MASK)["image"])
    assert torch.equal(made[0], made[2])
    assert not torch.equal(made[0], made[1])


def test_unknown_augmentation_is_refused():
    with pytest.raises(ValueError, match="Unknown augmentation 'flip'. Did you mean 'flips'"):
        train_transform("flip")
