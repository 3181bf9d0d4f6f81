"""The cards say all that the rest of the package, and the law, needs to know."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest

from seglib.cards import card, cards


@pytest.fixture(params=[entry.name for entry in cards()])
def entry(request):
    return card(request.param)


def test_the_data_sets_are_known():
    names = [entry.name for entry in cards()]
    assert names == [
        "phantom-polyp",
        "kvasir-seg",
        "hyper-kvasir",
        "phantom-kidney-stone",
        "phantom-abdominal-organs",
    ]


def test_each_card_is_complete(entry):
    assert entry.title and entry.task and entry.modality
    assert entry.licence.endswith(".") and entry.citation
    assert entry.n_cases > 0 and entry.n_classes == len(entry.classes)
    assert entry.defects and all(flaw.endswith(".") for flaw in entry.defects)
    fields = [name for _, name, _, _ in string.Formatter().parse(entry.mask_name) if name]
    assert fields == ["stem"]


def test_each_card_says_how_to_get_the_data(entry):
    if entry.is_synthetic:
        assert not entry.urls
    else:
        assert entry.urls and entry.size_mb > 0 and entry.manual
        assert all(url.startswith("https://") for url in (*entry.urls, entry.homepage))
        assert "doi:" in entry.citation
    assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)


def test_classes_and_decoding_agree(entry):
    assert entry.classes[0].name == "background" and entry.classes[0].value == 0
    assert all(re.fullmatch(r"#[0-9A-Fa-f]{6}", label.colour) for label in entry.classes)
    assert len({label.colour for label in entry.classes}) == entry.n_classes
    if entry.decoding.kind == "values":
        assert entry.decoding.values == tuple(label.value for label in entry.classes)
    else:
        assert entry.n_classes == 2


def test_phantom_frames_are_grouped_by_patient():
    phantom = card("phantom-polyp")
    assert phantom.is_synthetic and phantom.n_cases == 360
    assert re.search(phantom.group_pattern, "p003_f02")[1] == "p003"


def test_cards_cannot_be_changed(entry):
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.licence = "anything goes"


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="Unknown data set 'kvasir'.*'kvasir-seg'.*hyper-kvasir"):
        card("kvasir")
