"""A folder is there whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seglib import files
from seglib.files import new_folder, set_aside, write_atomic


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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_new_file_and_folder_are_as_private_as_the_user_wants(tmp_path):
    before = os.umask(0o077)
    try:
        write_atomic(tmp_path / "scores.csv", "dice")
        with new_folder(tmp_path / "scans"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "scores.csv").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "scans").stat().st_mode & 0o777 == 0o700


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "a.csv", tmp_path / "a.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert write_atomic(link, "new") == link
    assert link.is_symlink() and target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640 and len(list((tmp_path / "far").iterdir())) == 1


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path):
    name = "x" * 251 + ".csv"
    assert write_atomic(tmp_path / name, "dice").read_text() == "dice"


def test_a_file_is_set_aside_under_the_first_free_number(tmp_path):
    for text in ("one", "two"):
        (tmp_path / "report.docx").write_text(text)
        set_aside(tmp_path / "report.docx")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "report.1.docx": "one",
        "report.2.docx": "two",
    }


def test_a_file_that_is_open_elsewhere_is_waited_for(tmp_path, monkeypatch):
    real, refusals = os.replace, iter([PermissionError("in use"), None, PermissionError("in use")])

    def refused_once(old, new):
        if error := next(refusals):
            raise error
        real(old, new)

    monkeypatch.setattr(files, "PATIENCE", (0.0, 0.0))
    monkeypatch.setattr(files.os, "replace", refused_once)
    assert write_atomic(tmp_path / "a.csv", "dice").read_text() == "dice"
    monkeypatch.setattr(files, "PATIENCE", ())
    with pytest.raises(PermissionError, match="in use"):
        write_atomic(tmp_path / "b.csv", "dice")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_full_disk_is_named_with_the_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device: .*scores\.csv"):
        write_atomic(tmp_path / "scores.csv", "dice")
    assert not list(tmp_path.iterdir())
