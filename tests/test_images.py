"""Files of every kind that is promised, and of some kinds that must be refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seglib.images import (
    MaskDecoding,
    image_size,
    read_image,
    read_mask,
    resize_image,
    resize_mask,
    to_rgb,
    window,
)
from tests.scans import dicom_slice

HEIGHT, WIDTH = 41, 58


@pytest.fixture
def ramp() -> np.ndarray:
    """Red grows downwards, green to the right, blue is constant: no two axes look alike."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([rows * 5, columns * 4, np.full_like(rows, 60)], axis=-1).astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg", "a.jpeg", "A.PNG", "ünï cødé.png"])
def test_colour_comes_back_as_rgb(tmp_path, ramp, name):
    path = tmp_path / name
    Image.fromarray(ramp).save(path)
    image = read_image(path)
    assert image.shape == ramp.shape and image.dtype == np.uint8
    np.testing.assert_allclose(image.astype(int), ramp, atol=12 if "jp" in name else 0)
    assert image_size(path) == (HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("a.png", np.uint8), ("a.png", np.uint16), ("a.tif", np.uint16), ("a.tif", np.float32)],
)
def test_bit_depth_is_kept(tmp_path, ramp, name, dtype):
    pixels = ramp[..., 0].astype(dtype) * dtype(1)
    if dtype == np.uint16:
        pixels = pixels * np.uint16(250)
    path = save(tmp_path / name, pixels)
    image = read_image(path)
    assert image.dtype == dtype and image.ndim == 2
    np.testing.assert_array_equal(image, pixels)
    assert image_size(path) == (HEIGHT, WIDTH)


def test_sixteen_bit_colour_which_pillow_cannot_open(tmp_path, ramp):
    deep = ramp.astype(np.uint16) * 250
    path = save(tmp_path / "a.tif", deep)
    image = read_image(path)
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, deep)
    assert image_size(path) == (HEIGHT, WIDTH)


def test_alpha_is_dropped_and_palette_expanded(tmp_path, ramp):
    Image.fromarray(np.dstack([ramp, ramp[..., 0]])).save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), ramp)
    quantised = Image.fromarray(ramp).quantize(32)
    quantised.save(tmp_path / "palette.png")
    expanded = np.asarray(quantised.convert("RGB"))
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), expanded)


def test_exif_rotation_is_ignored(tmp_path, ramp):
    exif = Image.Exif()
    exif[274] = 6  # "rotate by 90 degrees"
    Image.fromarray(ramp).save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == ramp.shape
    assert read_image(tmp_path / "a.jpg", reduce=2).shape == (21, 29, 3)
    assert image_size(tmp_path / "a.jpg") == (HEIGHT, WIDTH)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_orientation_of_a_tiff_is_applied(tmp_path, ramp, dtype):
    stored = ramp[..., 0].astype(dtype)
    Image.fromarray(stored).save(tmp_path / "a.tif", tiffinfo={274: 3})  # "upside down"
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), stored[::-1, ::-1])


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("reduce", [2, 4, 8])
def test_reduced_decoding_has_the_same_scale_in_all_formats(tmp_path, ramp, name, grey, reduce):
    odd = ramp[..., 1] if grey else ramp
    path = save(tmp_path / name, odd)
    assert read_image(path, reduce).shape[:2] == (-(-HEIGHT // reduce), -(-WIDTH // reduce))
    path = save(tmp_path / name, odd[:40, :56])
    small, full = read_image(path, reduce), read_image(path)
    assert small.ndim == full.ndim
    np.testing.assert_allclose(small.mean((0, 1)), full.mean((0, 1)), atol=2)


def test_a_jpeg_with_another_ending_is_still_a_jpeg(tmp_path, ramp):
    save(tmp_path / "a.jpg", ramp).rename(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", reduce=4).shape == (11, 15, 3)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 0.98])
def test_cut_off_files_are_refused_by_name(tmp_path, ramp, name, share):
    path = save(tmp_path / name, ramp)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    for read in (read_image, image_size):
        with pytest.raises(ValueError, match=f"{name} cannot be read as an image"):
            read(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.txt"])
def test_files_that_are_no_images_are_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("hello")
    for read in (read_image, image_size):
        with pytest.raises(ValueError, match=f"{name} cannot be read as an image"):
            read(tmp_path / name)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for read in (read_image, image_size):
        with pytest.raises(FileNotFoundError, match="nothing.png is not there"):
            read(tmp_path / "nothing.png")
        with pytest.raises(FileNotFoundError, match="is not there"):
            read(tmp_path)


def test_a_ct_slice_comes_back_in_hounsfield_units(tmp_path):
    stored = np.arange(30 * 40).reshape(30, 40)
    path = dicom_slice(tmp_path / "IM0001", stored, (0, 0, 0))  # scanners give no endings
    image = read_image(path)
    assert image.dtype == np.int16 and image_size(path) == (30, 40)
    np.testing.assert_array_equal(image, stored - 1024)
    small = read_image(path, reduce=4)
    assert small.shape == (8, 10) and small.dtype == np.int16
    assert abs(small.mean() - image.mean()) < 2
    assert to_rgb(image).shape == (30, 40, 3)


def test_other_reductions_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1, 2, 4 or 8, found 3"):
        read_image(tmp_path / "a.png", reduce=3)


def test_threshold_is_exclusive(tmp_path):
    path = save(tmp_path / "a.png", np.array([[0, 127, 128, 255]], np.uint8))
    mask = read_mask(path, MaskDecoding("threshold", at=127))
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, [[0, 0, 1, 1]])


def test_a_grey_mask_saved_as_rgb_jpeg_has_one_channel(tmp_path):
    truth = np.zeros((64, 64), np.uint8)
    truth[16:40, 20:50] = 1
    path = save(tmp_path / "a.jpg", np.stack([truth * 255] * 3, axis=-1))
    np.testing.assert_array_equal(read_mask(path, MaskDecoding()), truth)


def test_values_become_positions(tmp_path):
    path = save(tmp_path / "a.png", np.array([[0, 80, 160], [240, 80, 0]], np.uint8))
    mask = read_mask(path, MaskDecoding("values", values=(0, 80, 160, 240)))
    np.testing.assert_array_equal(mask, [[0, 1, 2], [3, 1, 0]])


def test_stray_values_are_named_and_counted(tmp_path):
    path = save(tmp_path / "a.png", np.array([[0, 7, 9], [255, 9, 0]], np.uint8))
    with pytest.raises(ValueError, match=r"a.png has stray values in 3 of 6 pixels \(7, 9\)"):
        read_mask(path, MaskDecoding("values", values=(0, 255)))


def test_colours_become_positions(tmp_path):
    pixels = np.array([[[0, 0, 0], [255, 0, 0], [0, 0, 255]]], np.uint8)
    path = save(tmp_path / "a.png", pixels)
    colours = MaskDecoding("colours", colours=("#000000", "#0000ff", "#FF0000"))
    np.testing.assert_array_equal(read_mask(path, colours), [[0, 2, 1]])
    with pytest.raises(ValueError, match=r"stray values in 1 of 3 pixels \(ff0000\)"):
        read_mask(path, MaskDecoding("colours", colours=("#000000", "#0000ff")))


def test_a_coloured_mask_is_not_taken_for_grey(tmp_path):
    pixels = np.array([[[0, 0, 0], [255, 0, 0]]], np.uint8)  # grey value of red: 76, below 127
    path = save(tmp_path / "a.png", pixels)
    with pytest.raises(ValueError, match="a.png is a coloured mask"):
        read_mask(path, MaskDecoding())


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize("drawn", [False, True])
def test_a_mask_drawn_into_transparency_is_refused(tmp_path, mode, drawn):
    white = np.full((8, 9, 4), 255, np.uint8)
    white[:4, :, 3] -= 255 * np.uint8(drawn)
    image, path = Image.fromarray(white), tmp_path / "a.png"
    if mode == "P":
        image = Image.fromarray(white[..., 3] // 255)
        image.putpalette(bytes([255] * 6))
        image.save(path, transparency=bytes([0, 255]))
    else:
        image.convert(mode).save(path)
    if not drawn:
        assert read_mask(path, MaskDecoding()).all()
        return
    with pytest.raises(ValueError, match=r"a.png has one colour .*alpha, 0 to 255.*getchannel"):
        read_mask(path, MaskDecoding())
    Image.open(path).convert("RGBA").getchannel("A").save(path)  # as the message says
    np.testing.assert_array_equal(read_mask(path, MaskDecoding()), white[..., 3] > 0)


def test_an_even_colour_of_sixteen_bit_needs_no_pillow(tmp_path):
    path = save(tmp_path / "a.tif", np.zeros((4, 5, 3), np.uint16))
    assert not read_mask(path, MaskDecoding()).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [(7, 9), (80, 90), (10, 90), (80, 9)])
def test_resizing_keeps_dtype_mean_and_order_of_axes(ramp, dtype, size):
    image = resize_image(ramp.astype(dtype), size)
    assert image.shape == (*size, 3) and image.dtype == dtype
    np.testing.assert_allclose(image.mean((0, 1)), ramp.mean((0, 1)), atol=3)
    assert image[-1, 0, 0] > image[0, 0, 0] and image[0, -1, 1] > image[0, 0, 1]


def test_shrinking_averages_instead_of_picking():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    for size in [(8, 8), (128, 8)]:
        assert np.ptp(resize_image(stripes, size)) <= 1


def test_masks_keep_their_values_and_centre():
    mask = np.zeros((9, 9), np.uint8)
    mask[3:6, 3:6] = 5
    np.testing.assert_array_equal(resize_mask(mask, (3, 3)), [[0, 0, 0], [0, 5, 0], [0, 0, 0]])
    large = resize_mask(mask, (27, 27))
    assert set(np.unique(large)) == {0, 5} and (large == 5).sum() == 81


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_no_size_breaks_resizing(height, width, rows, columns):
    mask = (np.arange(height * width) % 3).astype(np.uint8).reshape(height, width)
    assert resize_image(mask, (rows, columns)).shape == (rows, columns)
    resized = resize_mask(mask, (rows, columns))
    assert resized.shape == (rows, columns) and set(np.unique(resized)) <= set(np.unique(mask))


def test_window_is_linear_and_clipped():
    image = np.array([-1000.0, -160, 40, 240, 3000, np.nan], np.float32)
    np.testing.assert_array_equal(window(image, 40, 400), [0, 0, 128, 255, 255, 102])
    with pytest.raises(ValueError, match="above 0, found 0"):
        window(image, 40, 0)


def test_to_rgb_leaves_bytes_alone_and_scales_the_rest(ramp):
    assert to_rgb(ramp) is ramp
    np.testing.assert_array_equal(to_rgb(ramp[..., 0]), np.stack([ramp[..., 0]] * 3, axis=-1))
    deep = np.linspace(5000, 9000, 1000).astype(np.uint16).reshape(20, 50)
    for image in (deep, deep.astype(np.float32) / 1e4):
        rgb = to_rgb(image)
        assert rgb.dtype == np.uint8 and rgb.shape == (20, 50, 3)
        assert rgb.min() == 0 and rgb.max() == 255 and abs(int(rgb.mean()) - 127) < 2
    assert np.ptp(to_rgb(np.full((4, 4), 300, np.uint16))) == 0


def test_an_image_without_a_number_is_refused(tmp_path):
    pixels = np.full((8, 8), np.nan, np.float32)
    path = tmp_path / "empty.tiff"
    cv2.imwrite(str(path), pixels)
    with pytest.raises(ValueError, match=r"empty\.tiff holds no number in any pixel, only NaN"):
        read_image(path)
    pixels[4] = 1.0
    cv2.imwrite(str(path), pixels)
    np.testing.assert_array_equal(read_image(path), pixels)
