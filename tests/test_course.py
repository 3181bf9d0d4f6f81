"""Settings, unknown names, atomic writes."""

import pytest

import seglib
from seglib.files import write_atomic
from seglib.names import nearest


def test_settings_default_to_the_embedded_data(monkeypatch, tmp_path):
    for name in ("SEGLIB_DATASET", "SEGLIB_PROFILE", "SEGLIB_DATA", "SEGLIB_OUTPUTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    found = seglib.settings()
    assert (found.dataset, found.profile, found.recipe) == (
        "phantom-polyp",
        "quick",
        "polyp-quick",
    )
    assert found.root == tmp_path
    assert found.data == (tmp_path / "data").resolve()
    assert found.credit == "Phantom polyps (synthetic)"


def test_settings_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SEGLIB_DATASET", "kvasir-seg")
    monkeypatch.setenv("SEGLIB_PROFILE", "full")
    monkeypatch.setenv("SEGLIB_DATA", str(tmp_path))
    found = seglib.settings()
    assert found.recipe == "polyp-modern"
    assert found.data == tmp_path
    assert found.figures == found.root / "figures" / "kvasir-seg"


def test_root_is_found_from_inside_the_course(monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "seglib").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert seglib.settings().root == tmp_path


def test_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("SEGLIB_PROFILE", "ful")
    with pytest.raises(ValueError, match=r"Unknown profile 'ful'. Did you mean 'full'"):
        seglib.settings()


def test_nearest_lists_all_when_nothing_is_close():
    with pytest.raises(ValueError, match=r"Unknown model 'zzz'. Known: unet, deeplabv3plus\."):
        nearest("zzz", ("unet", "deeplabv3plus"), "model")


def test_write_atomic_keeps_the_old_file_when_writing_fails(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "deep" / "a.txt", "old")
    with pytest.raises(TypeError):
        write_atomic(path, None)

    def no_space(*_):
        raise OSError("full")

    monkeypatch.setattr("seglib.files.os.replace", no_space)
    with pytest.raises(OSError, match="full"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_chapter_about_another_task_moves_to_its_synthetic_twin(monkeypatch):
    monkeypatch.setenv("SEGLIB_DATASET", "kvasir-seg")
    found = seglib.settings().on("kidney-stone")
    assert (found.dataset, found.recipe) == ("phantom-kidney-stone", "kidney-stone-quick")
    assert found.figures.name == "phantom-kidney-stone"


def test_a_chapter_keeps_a_data_set_of_its_own_task(monkeypatch):
    monkeypatch.setenv("SEGLIB_DATASET", "chaos-mr")
    assert seglib.settings().on("abdominal-organs") == seglib.settings()
