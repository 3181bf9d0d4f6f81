"""No group and no picture on two sides, whatever the table looks like."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seglib.splits import SPLITS, deal, find_duplicates, find_leaks, hold_out, split


def table(groups) -> pd.DataFrame:
    cases = [f"c{number:04d}" for number in range(len(groups))]
    return pd.DataFrame({"case": cases, "group": [str(group) for group in groups]})


def pairs(*rows) -> pd.DataFrame:
    return pd.DataFrame(
        [(*row, "near", 0.99) for row in rows], columns=["case_a", "case_b", "kind", "correlation"]
    )


def scene(seed: int) -> np.ndarray:
    """A smooth random picture with a dark border, as an endoscope's frames have."""
    noise = np.random.default_rng(seed).normal(size=(192, 256, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 12)
    image = 128 + 50 * smooth / smooth.std()
    rows, columns = np.mgrid[:192, :256]
    image[np.hypot((rows - 96) / 96, (columns - 128) / 128) > 1] = 0
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> pd.DataFrame:
    """Twelve scenes; two have a changed copy, one a copied file."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(12):
        cv2.imwrite(str(folder / f"s{seed:02d}.png"), scene(seed))
    cv2.imwrite(
        str(folder / "x1.jpg"), cv2.resize(scene(3), (400, 282)), [cv2.IMWRITE_JPEG_QUALITY, 60]
    )
    brighter = cv2.convertScaleAbs(scene(7), alpha=0.9, beta=12)
    cv2.imwrite(str(folder / "x2.png"), brighter[1:, 2:])
    (folder / "x3.png").write_bytes((folder / "s05.png").read_bytes())
    paths = sorted(folder.iterdir())
    names = [path.stem for path in paths]
    return pd.DataFrame({"case": names, "image": paths, "group": names})


def test_copies_are_found_and_nothing_else(pictures):
    found = find_duplicates(pictures)
    assert {(row.case_a, row.case_b): row.kind for row in found.itertuples()} == {
        ("s03", "x1"): "near",
        ("s07", "x2"): "near",
        ("s05", "x3"): "exact",
    }
    assert (found["correlation"] > 0.98).all()
    as_text = pictures.assign(image=pictures["image"].astype(str))
    pd.testing.assert_frame_equal(find_duplicates(as_text), found)


def test_duplicates_stay_on_one_side(pictures):
    found = find_duplicates(pictures)
    for seed in range(20):
        assert find_leaks(split(pictures, seed=seed, duplicates=found), found).empty


def test_likeness_inside_a_group_is_no_leak_but_a_copied_file_is(pictures):
    patients = pictures.assign(group="one patient")
    (copied,) = find_duplicates(patients).itertuples()
    assert (copied.case_a, copied.case_b, copied.kind) == ("s05", "x3", "exact")
    assert len(find_duplicates(patients.drop(columns="group"))) == 3
    patients.loc[patients["case"] == "x1", "group"] = "another"
    assert set(find_duplicates(patients)["case_b"]) == {"x1", "x3"}


def test_small_pictures_are_compared_in_full(tmp_path):
    rng = np.random.default_rng(0)
    shape = cv2.GaussianBlur(rng.normal(size=(48, 48)).astype(np.float32), (0, 0), 9)
    for number in range(2):  # the same outline, filled with different detail
        image = 128 + 40 * shape / shape.std() + 16 * rng.normal(size=(48, 48))
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.clip(image, 0, 255).astype(np.uint8))
    paths = sorted(tmp_path.iterdir())
    cases = pd.DataFrame({"case": [p.stem for p in paths], "image": paths})
    assert find_duplicates(cases).empty


def test_blank_images_match_nothing(tmp_path):
    for number, level in enumerate((0, 0, 9)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((40, 40), level, np.uint8))
    paths = sorted(tmp_path.iterdir())
    cases = pd.DataFrame({"case": [p.stem for p in paths], "image": paths})
    assert find_duplicates(cases).empty


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_copies_with_pixels_that_are_no_numbers_are_found(tmp_path, hole):
    image = cv2.GaussianBlur(scene(1)[..., 0].astype(np.float32), (0, 0), 5)
    image[:20] = hole
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.tif"), image)
    cases = pd.DataFrame({"case": ["a", "b"], "image": sorted(tmp_path.iterdir())})
    (copied,) = find_duplicates(cases).itertuples()
    assert copied.kind == "exact" and copied.correlation > 0.98


def test_no_cases_have_no_duplicates(pictures):
    found = find_duplicates(pictures.head(0))
    assert list(found.columns) == ["case_a", "case_b", "kind", "correlation"] and found.empty


def test_a_planted_leak_is_found(pictures):
    cases = pictures.assign(split="train")
    cases.loc[cases["case"] == "x3", "split"] = "test"
    (row,) = find_leaks(cases).itertuples(index=False)
    assert tuple(row) == ("s05", "x3", "train", "test", "exact duplicate")


def test_a_training_image_saved_smaller_in_test_is_found_and_mended(pictures):
    planted = pictures.assign(split="train")
    planted.loc[planted["case"] == "x1", "split"] = "test"  # a JPEG of s03, of another size
    (row,) = find_leaks(planted).itertuples(index=False)
    assert tuple(row) == ("s03", "x1", "train", "test", "near duplicate")
    for seed in range(20):
        mended = split(pictures, seed=seed, duplicates=find_duplicates(pictures))
        side = mended.set_index("case")["split"]
        assert side["s03"] == side["x1"]


def test_one_patient_in_two_splits_is_found_and_mended():
    planted = table(["p1", "p1", "p2", "p3", "p4"])
    planted["split"] = ["train", "test", "train", "val", "test"]
    (row,) = find_leaks(planted, pairs()).itertuples(index=False)
    assert tuple(row) == ("c0000", "c0001", "train", "test", "same group")
    for seed in range(20):
        assert find_leaks(split(planted, (0.5, 0.25, 0.25), seed), pairs()).empty


def test_a_planted_group_leak_is_found():
    cases = table(["a", "a", "b", "b", "c"]).assign(split=["train", "test", "val", "val", "test"])
    (row,) = find_leaks(cases, pairs()).itertuples(index=False)
    assert tuple(row) == ("c0000", "c0001", "train", "test", "same group")


def test_the_counts_are_exact_with_single_cases():
    counts = split(table(range(1000)))["split"].value_counts()
    assert counts.to_dict() == {"train": 700, "test": 200, "val": 100}


def test_the_counts_stay_exact_with_a_few_pairs():
    twins = pairs(("c0001", "c0002"), ("c0500", "c0900"), ("c0500", "c0901"))
    done = split(table(range(1000)), duplicates=twins)
    assert done["split"].value_counts().to_dict() == {"train": 700, "test": 200, "val": 100}
    assert find_leaks(done, twins).empty


def test_pairs_join_whole_groups():
    twins = pairs(("c0000", "c0003"))  # joins group a and b
    for seed in range(20):
        done = split(table("aaabbbcdefg"), (0.4, 0.3, 0.3), seed, twins)
        assert done.loc[done["group"].isin(["a", "b"]), "split"].nunique() == 1


def test_pairs_of_cases_outside_the_table_are_ignored():
    twins = pairs(("c0000", "elsewhere"), ("c0001", "c0002"))
    done = split(table(range(10)), duplicates=twins)
    assert find_leaks(done, twins).empty


def test_attributes_travel_along():
    cases = table(range(10))
    cases.attrs["card"] = "a card"
    assert split(cases).attrs == {"card": "a card"}


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        ((1, 0, 0), {"train": 10}),
        ((0, 0, 1), {"test": 10}),
        ((0.5, 0, 0.5), {"train": 5, "test": 5}),
        ((0, 0.5, 0.5), {"val": 5, "test": 5}),
        ((0.02, 0.02, 0.96), {"train": 1, "val": 1, "test": 8}),
    ],
)
def test_uncommon_fractions(fractions, expected):
    assert split(table(range(10)), fractions)["split"].value_counts().to_dict() == expected


@pytest.mark.parametrize("fractions", [(0.7, 0.1, 0.1), (0.9, 0.1), (1.2, -0.1, -0.1)])
def test_fractions_must_sum_to_one(fractions):
    with pytest.raises(ValueError, match="three shares that sum to 1, found"):
        split(table(range(10)), fractions)


def test_too_few_groups_are_a_clear_error():
    with pytest.raises(ValueError, match="table is empty"):
        split(table([]))
    with pytest.raises(ValueError, match="1 cases in 1 groups cannot be divided into 3 splits"):
        split(table([0]))
    with pytest.raises(ValueError, match="9 cases in 2 groups cannot"):
        split(table("aaaabbbbb"))


@pytest.mark.parametrize("missing", [np.nan, None])
def test_a_missing_group_is_refused_and_not_taken_for_one_patient(missing):
    cases = table(range(10)).assign(site=["north"] * 5 + ["south"] * 5)
    cases.loc[[3, 7], "group"] = missing
    for divide in (
        split,
        lambda cases: deal(cases, 2),
        lambda cases: hold_out(cases, "site", "north"),
    ):
        with pytest.raises(ValueError, match="Case c0003 has no group; name its patient, or the"):
            divide(cases)


def test_three_groups_are_enough():
    for seed in range(10):
        assert (
            split(table("aaabbbccccccccc"), seed=seed)
            .groupby("split")["group"]
            .nunique()
            .eq(1)
            .all()
        )


def two_sites(n: int = 30) -> pd.DataFrame:
    return table(range(n)).assign(site=["north"] * 12 + ["south"] * (n - 12))


@pytest.mark.parametrize("seed", range(12))
def test_a_group_that_is_too_large_is_passed_on_while_others_fit(seed):
    groups = ["large"] * 120 + [f"p{i}" for i in range(9) for _ in range(20)]
    table = pd.DataFrame({"case": [f"c{i:03}" for i in range(300)], "group": groups})
    found = split(table, (0.7, 0.1, 0.2), seed)
    assert found["split"].value_counts().to_dict() == {"train": 220, "test": 60, "val": 20}
    assert set(found.loc[found["group"] == "large", "split"]) == {"train"}


def test_a_site_is_held_out_whole_and_the_rest_is_split():
    done = hold_out(two_sites(), "site", "north", val=0.2)
    assert (done["split"] == "test").equals(done["site"] == "north")
    assert done["split"].value_counts().to_dict() == {"train": 14, "test": 12, "val": 4}
    assert done["case"].is_monotonic_increasing and find_leaks(done, pairs()).empty
    assert not done.equals(hold_out(two_sites(), "site", "north", val=0.2, seed=1))


def test_groups_of_the_other_sites_stay_together():
    cases = two_sites().assign(group=[str(number // 3) for number in range(30)])
    for seed in range(10):
        assert find_leaks(hold_out(cases, "site", "south", 0.3, seed), pairs()).empty


@pytest.mark.parametrize("how", ["group", "picture"])
def test_what_two_sites_share_is_refused(how):
    cases, twins = two_sites(), pairs(("c0000", "c0020"))
    if how == "group":
        cases.loc[20, "group"], twins = "0", pairs()
    with pytest.raises(ValueError, match="1 cases outside site 'north', the first c0020, share"):
        hold_out(cases, "site", "north", duplicates=twins)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sit", "north", "Unknown column 'sit'. Did you mean 'site'"),
        ("site", "nort", "Unknown site 'nort'. Did you mean 'north'"),
    ],
)
def test_unknown_sites_are_named(column, value, message):
    with pytest.raises(ValueError, match=message):
        hold_out(two_sites(), column, value)


def test_holding_out_everything_is_refused():
    with pytest.raises(ValueError, match="table is empty"):
        hold_out(two_sites(12), "site", "north")


GROUPS = st.lists(st.integers(0, 15), min_size=3, max_size=60).filter(lambda g: len(set(g)) >= 3)


@settings(max_examples=80, deadline=None)
@given(GROUPS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_properties_of_a_split(groups, seed, random):
    cases = table(groups)
    done = split(cases, seed=seed)
    assert sorted(done["case"]) == sorted(cases["case"])  # every case, once
    assert set(done["split"]) == set(SPLITS)  # in exactly one split, none of them empty
    assert done.groupby("group")["split"].nunique().eq(1).all()  # no group divided
    assert find_leaks(done, pairs()).empty
    shuffled = cases.sample(frac=1, random_state=random.randint(0, 99))
    pd.testing.assert_frame_equal(split(shuffled, seed=seed), done)  # order does not matter


@settings(deadline=None, max_examples=50)
@given(
    groups=st.lists(st.integers(0, 30), min_size=12, max_size=60),
    folds=st.integers(2, 5),
    seed=st.integers(0, 99),
    random=st.randoms(use_true_random=False),
)
def test_properties_of_folds(groups, folds, seed, random):
    cases = table(groups)
    linked = pairs(("c0000", "c0011"))
    units = cases["group"].replace(cases["group"][0], cases["group"][11])
    if units.nunique() < folds:
        with pytest.raises(ValueError, match=f"cannot be dealt into {folds} folds"):
            deal(cases, folds, seed, linked)
        return
    dealt = deal(cases, folds, seed, linked)
    assert set(dealt) == {f"{fold}/{folds}" for fold in range(1, folds + 1)}
    assert dealt.groupby(units).nunique().eq(1).all()
    sizes = dealt.value_counts()
    assert sizes.max() - sizes.min() <= units.value_counts().max()
    order = random.sample(range(len(cases)), len(cases))
    assert deal(cases.iloc[order], folds, seed, linked).sort_index().equals(dealt)


def test_seeds_differ():
    cases = table(range(100))
    drawn = {tuple(split(cases, seed=seed)["split"]) for seed in range(10)}
    assert len(drawn) == 10
    pd.testing.assert_frame_equal(split(cases, seed=3), split(cases, seed=3))
