"""A folder is there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from seglib.files import new_folder


def test_a_folder_appears_when_it_is_full(tmp_path):
    with new_folder(tmp_path / "deep" / "a") as draft:
        (draft / "file.txt").write_text("hello")
        assert not (tmp_path / "deep" / "a").exists()
    assert (tmp_path / "deep" / "a" / "file.txt").read_text() == "hello"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a"]


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="no"), new_folder(tmp_path / "a") as draft:
        (draft / "file.txt").write_text("hello")
        raise RuntimeError("no")
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "file.txt").write_text("hello")
    for taken in (tmp_path, tmp_path / "file.txt"):
        with pytest.raises(ValueError, match="is there already"), new_folder(taken):
            raise AssertionError("never entered")
    assert (tmp_path / "file.txt").read_text() == "hello"


def test_the_current_folder_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for here in (Path("."), tmp_path):
        with pytest.raises(ValueError, match="is the folder you are in"), new_folder(here):
            raise AssertionError("never entered")
    assert not list(tmp_path.iterdir())


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    with new_folder(tmp_path / "link") as draft:
        (draft / "file.txt").write_text("hello")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file.txt").read_text() == "hello"
