"""The cards say all that the rest of the package, and the law, needs to know."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest
from pydantic import TypeAdapter

from seglib.cards import DatasetCard, card, cards


@pytest.fixture(params=[entry.name for entry in cards()])
def entry(request):
    return card(request.param)


def test_the_data_sets_of_all_five_tasks_are_known():
    families = {}
    for known in cards():
        if not known.is_synthetic:
            families.setdefault(known.recipe, set()).add(known.name)
    assert families == {
        "polyp": {"kvasir-seg", "hyper-kvasir"},
        "skin-lesion": {"isic2016", "isic2017", "isic2018"},
        "kidney-stone": {"kidney-stone", "kssd2025"},
        "abdominal-organs": {"chaos-mr", "rsna-abdomen", "tcia"},
        "lung": {"lung-ct", "finding-lungs", "chest-xray"},
    }


def test_each_card_is_complete(entry):
    assert entry.title and entry.task and entry.modality
    assert entry.licence.endswith(".") and entry.citation
    assert entry.n_cases >= 0 and entry.n_classes == len(entry.classes)
    assert entry.defects and all(flaw.endswith(".") for flaw in entry.defects)
    fields = [name for _, name, _, _ in string.Formatter().parse(entry.mask_name) if name]
    assert fields == ["stem"]


def test_each_card_says_how_to_get_the_data(entry):
    if entry.is_synthetic:
        assert not entry.urls
    else:
        assert entry.manual and entry.homepage
        assert all(url.startswith("https://") for url in (*entry.urls, entry.homepage))
        assert bool(entry.urls) == (entry.size_mb > 0)
    assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)


def test_data_behind_a_login_is_not_fetched(entry):
    assert not (entry.urls and "log in" in (entry.manual or ""))


def test_groups_are_told_in_one_way(entry):
    assert entry.group_pattern is None or entry.group_table is None
    for pattern in (entry.group_pattern, entry.site_pattern):
        assert pattern is None or re.compile(pattern).groups == 1


def test_classes_and_decoding_agree(entry):
    assert entry.classes[0].name == "background" and entry.classes[0].value == 0
    assert all(re.fullmatch(r"#[0-9A-Fa-f]{6}", label.colour) for label in entry.classes)
    assert len({label.colour for label in entry.classes}) == entry.n_classes
    if entry.decoding.kind == "values":
        assert entry.decoding.values == tuple(label.value for label in entry.classes)
    else:
        assert entry.n_classes == 2


def test_a_class_has_one_colour_from_okabe_and_ito():
    colours = {}
    for label in (label for entry in cards() for label in entry.classes):
        colours.setdefault(label.name, set()).add(label.colour.upper())
    assert all(len(found) == 1 for found in colours.values())
    palette = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00"}
    assert set.union(*colours.values()) <= palette | {"#CC79A7"}


def test_organs_are_numbered_as_their_masks_are():
    chaos = {label.value: label.name for label in card("chaos-mr").classes[1:]}
    assert chaos == {1: "liver", 2: "right kidney", 3: "left kidney", 4: "spleen"}
    rsna = [label.name for label in card("rsna-abdomen").classes[1:]]
    assert rsna == ["liver", "spleen", "left kidney", "right kidney", "bowel"]


def test_x_rays_are_their_own_groups_and_name_their_site():
    entry = card("chest-xray")
    assert entry.group_pattern is None and entry.group_table is None
    assert re.search(entry.site_pattern, "MCUCXR_0001_0")[1] == "MCUCXR"


def test_phantom_frames_are_grouped_by_patient():
    phantom = card("phantom-polyp")
    assert phantom.is_synthetic and phantom.n_cases == 360
    assert re.search(phantom.group_pattern, "p003_f02")[1] == "p003"


def test_a_card_can_travel_with_a_run(entry):
    written = TypeAdapter(DatasetCard).dump_json(entry)
    assert TypeAdapter(DatasetCard).validate_json(written) == entry


def test_cards_cannot_be_changed(entry):
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.licence = "anything goes"


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="Unknown data set 'kvasir'.*'kvasir-seg'.*hyper-kvasir"):
        card("kvasir")
