"""The real collections have exactly the flaws their cards know of. Needs SEGLIB_DATA."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from seglib.cards import card
from seglib.datasets import check, load
from seglib.images import read_mask
from seglib.splits import find_duplicates, find_leaks, hold_out, split

pytestmark = pytest.mark.real  # skipped by conftest.py where SEGLIB_DATA is not set

# Cases, groups, and what `check` finds: how often, and the sentence.
KNOWN = {
    "isic2018": (600, 600, {"600 usable cases": 1}),
    "kidney-stone": (419, 35, {}),
    "chaos-mr": (718, 20, {"blank image": 16, "empty mask": 160}),
    "lung-ct": (267, 267, {}),
    "chest-xray": (320, 320, {}),
}


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """Load a collection from an empty course folder; skips where it is not there."""
    folder = Path(os.environ["SEGLIB_DATA"]).resolve()
    monkeypatch.setenv("SEGLIB_DATA", str(folder))
    monkeypatch.chdir(tmp_path)

    def read(name: str) -> pd.DataFrame:
        if not (folder / name).is_dir():
            pytest.skip(f"needs {name} in the folder that SEGLIB_DATA names")
        return load(name)

    return read


@pytest.mark.parametrize("name", KNOWN)
def test_only_the_known_flaws_are_found(collection, name):
    cases = collection(name)
    n, groups, flaws = KNOWN[name]
    assert (len(cases), cases["group"].nunique()) == (n, groups)
    assert cases.attrs["problems"] == ()
    assert check(cases)["found"].value_counts().to_dict() == flaws


@pytest.mark.parametrize("name", KNOWN)
def test_a_split_by_group_and_picture_leaks_nothing(collection, name):
    cases = collection(name)
    pairs = find_duplicates(cases)
    done = split(cases, duplicates=pairs)
    assert find_leaks(done, pairs).empty
    assert done["split"].eq("test").mean() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("name", ["chaos-mr", "lung-ct", "chest-xray"])
def test_nothing_is_stored_twice(collection, name):
    assert find_duplicates(collection(name)).empty


def test_two_lesions_are_stored_twice(collection):
    # Six more pairs are known of the whole collection; of none of them are both in these 600.
    found = find_duplicates(collection("isic2018"))
    assert list(zip(found["case_a"], found["case_b"], strict=True)) == [
        ("ISIC_0000179", "ISIC_0014765"),
        ("ISIC_0000185", "ISIC_0015155"),
    ]


def test_one_scan_of_stones_is_in_two_inferred_groups(collection):
    cases = collection("kidney-stone")
    found = find_duplicates(cases)
    exact = found[found["kind"] == "exact"]
    assert list(zip(exact["case_a"], exact["case_b"], strict=True)) == [
        ("730", "736"),
        ("732", "738"),
        ("734", "740"),
    ]
    group = cases.set_index("case")["group"]
    near = found[found["kind"] == "near"]
    links = Counter(zip(group[near["case_a"]], group[near["case_b"]], strict=True))
    assert links == {("11", "12"): 58, ("12", "13"): 1}
    # Slice by slice, in the same order: this is no likeness of neighbours.
    twins = near[near["case_b"].astype(int) - near["case_a"].astype(int) == 173]
    assert len(twins) == 15 and (twins["correlation"] > 0.988).all()


def test_slices_without_groups_look_alike_by_the_hundred(collection):
    assert len(find_duplicates(collection("kidney-stone").drop(columns="group"))) > 1000


def test_organ_pixels_are_those_of_the_table(collection):
    cases = collection("chaos-mr")
    counts = pd.read_csv(cases["image"][0].parents[1] / "groups.csv").set_index("stem")
    row = cases.iloc[len(cases) // 2]
    labels = read_mask(row["mask"], card("chaos-mr").decoding)
    for index, label in enumerate(card("chaos-mr").classes[1:], 1):
        known = counts.loc[row["case"], f"px_{label.name.replace(' ', '_')}"]
        assert (labels == index).sum() == known


def test_each_hospital_can_be_held_out(collection):
    cases = collection("chest-xray")
    assert cases["site"].value_counts().to_dict() == {"CHNCXR": 182, "MCUCXR": 138}
    pairs = find_duplicates(cases)
    for site in ("CHNCXR", "MCUCXR"):
        done = hold_out(cases, "site", site, duplicates=pairs)
        assert (done["split"] == "test").equals(done["site"] == site)
        assert find_leaks(done, pairs).empty
