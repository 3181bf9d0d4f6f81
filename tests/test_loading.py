"""Loading: decoded once, repeated exactly."""

import dataclasses
import errno
import os
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from seglib.caching import build_cache
from seglib.datasets import from_folders
from seglib.inference import predict_cases
from seglib.loading import SeededSampler, SegmentationData
from seglib.models import UNet
from seglib.prerequisites import check_training
from seglib.recipes import recipe
from tests.squares import RECIPE, write_squares

QUICK = recipe("polyp-quick", size=32, batch_size=4)


@pytest.fixture
def cases(tmp_path):
    folder = write_squares(tmp_path / "own", n=10)
    table = from_folders(folder / "images", folder / "masks")
    table["split"] = ["train"] * 7 + ["val"] * 3
    return table


def test_the_cache_holds_every_case_at_working_size(cases, tmp_path):
    cache = build_cache(cases, 32, tmp_path / "cache")
    assert cache.images.shape == (10, 32, 32, 3)
    assert cache.images.dtype == cache.masks.dtype == np.uint8
    assert set(np.unique(cache.masks)) == {0, 1}
    inside = cache.images[cache.masks > 0].mean()
    assert inside > cache.images[cache.masks == 0].mean() + 80


def test_the_cache_is_filled_once_per_content_and_size(cases, tmp_path):
    folder = tmp_path / "cache"
    build_cache(cases, 32, folder)
    stamp = next(folder.iterdir()).stat().st_mtime_ns
    build_cache(cases, 32, folder)
    assert [p.stat().st_mtime_ns for p in folder.iterdir()] == [stamp]
    build_cache(cases, 64, folder)
    cases["image"].iloc[0].write_bytes(cases["image"].iloc[1].read_bytes())
    build_cache(cases, 32, folder)
    assert len(list(folder.iterdir())) == 3


def test_an_unreadable_file_leaves_no_cache_behind(cases, tmp_path):
    cases["image"].iloc[3].write_text("not an image")
    with pytest.raises(ValueError, match=cases["image"].iloc[3].name):
        build_cache(cases, 32, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="files cannot be reserved here")
def test_the_cache_has_its_disk_space_before_it_is_filled(cases, tmp_path, monkeypatch):
    taken = {}

    def look(path, *_):
        for file in (tmp_path / "cache").rglob("*.npy"):
            taken[file.name] = file.stat().st_blocks * 512 >= file.stat().st_size
        raise ValueError("seen enough")

    monkeypatch.setattr("seglib.caching.read_stored", look)
    with pytest.raises(ValueError, match="seen enough"):
        build_cache(cases, 512, tmp_path / "cache")
    assert taken == {"images.npy": True, "masks.npy": True}


@pytest.mark.parametrize("can_reserve", [True, False])
def test_a_full_disk_is_an_error_that_leaves_no_cache_behind(
    cases, tmp_path, monkeypatch, can_reserve
):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if can_reserve:
        monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    else:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="No space left.*cache has 1 MB left.*need 10 MB") as failure:
        build_cache(cases, 512, tmp_path / "cache")
    assert failure.value.errno == errno.ENOSPC
    assert not list((tmp_path / "cache").iterdir())


def shrink(cases, row):
    """Make one case smaller than the stride of most networks."""
    for path in cases.loc[row, ["image", "mask"]]:
        cv2.imwrite(str(path), cv2.imread(str(path))[:10])


def test_an_image_smaller_than_the_stride_is_refused_before_training(cases):
    check_training(RECIPE, cases)
    shrink(cases, 9)
    said = r"1 images are smaller .* of 16 px, .* case p04_f1, .*p04_f1\.png, of 10x40 px: leave"
    with pytest.raises(ValueError, match=said):
        check_training(RECIPE, cases)


def test_an_image_that_is_gone_is_named_before_training(cases):
    cases["image"].iloc[9].unlink()
    with pytest.raises(FileNotFoundError, match=r"p04_f1\.png is not there"):
        check_training(RECIPE, cases)


def test_an_image_too_small_to_be_predicted_is_named(cases):
    shrink(cases, 9)
    run = SimpleNamespace(recipe=RECIPE, network=lambda: UNet(width=4).eval())
    said = r"Case p04_f1, .*p04_f1\.png, is 10x40 px, smaller than the network's stride of 16 px"
    with pytest.raises(ValueError, match=said):
        list(predict_cases(run, cases))


def test_batches_have_the_promised_shape_and_type(cases, tmp_path):
    data = SegmentationData(cases, QUICK, QUICK.stages[0], tmp_path / "cache")
    batches = list(data.train_dataloader())
    assert len(batches) == 1, "the rest of three is dropped"
    images, target = batches[0]
    assert images.shape == (4, 3, 32, 32)
    assert images.dtype == torch.float32
    assert target.shape == (4, 32, 32)
    assert target.dtype == torch.int64
    assert sum(len(t) for _, t in data.val_dataloader()) == 3


def test_a_stage_may_work_on_smaller_images(cases, tmp_path):
    stage = dataclasses.replace(QUICK.stages[0], scale=0.5)
    large = dataclasses.replace(QUICK, size=64)
    data = SegmentationData(cases, large, stage, tmp_path / "cache")
    assert next(iter(data.train_dataloader()))[0].shape[-2:] == (32, 32)
    assert next(iter(data.val_dataloader()))[1].shape[-2:] == (32, 32)


def test_an_epoch_can_be_repeated_and_the_next_one_differs(cases, tmp_path):
    def epoch(number: int) -> torch.Tensor:
        data = SegmentationData(cases, QUICK, QUICK.stages[0], tmp_path / "cache")
        loader = data.train_dataloader()
        loader.sampler.set_epoch(number)
        return torch.cat([images for images, _ in loader])

    assert torch.equal(epoch(3), epoch(3))
    assert not torch.equal(epoch(3), epoch(4))


def test_the_sampler_visits_every_row_once():
    sampler = SeededSampler(7, seed=0, shuffle=True)
    rows, seeds = zip(*sampler, strict=True)
    assert sorted(rows) == list(range(7))
    assert len(set(seeds)) == 7
    assert [row for row, _ in SeededSampler(3, seed=0, shuffle=False)] == [0, 1, 2]


def test_pasting_adds_objects_to_some_training_images_only(cases, tmp_path):
    def masks(paste: float, part: str) -> torch.Tensor:
        plain = recipe("polyp-quick", size=32, augmentation="none", paste=paste)
        data = SegmentationData(cases, plain, plain.stages[0], tmp_path / "cache")
        chosen = getattr(data, part)
        return torch.stack([chosen[i, 5 + i][1] for i in range(len(chosen))])

    none, always, again = masks(0.0, "train"), masks(1.0, "train"), masks(1.0, "train")
    assert (always >= none).all() and always.sum() > none.sum()
    assert torch.equal(always, again)
    assert torch.equal(masks(0.0, "val"), masks(1.0, "val"))
