"""How is a file, or a folder, written so that nobody ever reads half of it, and if one does?"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8) if os.name == "nt" else ()  # s


def write_atomic(path: Path, data: str | bytes) -> Path:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Parent folders are made. The data goes to a temporary file in the same folder first. A file that
    is replaced keeps its permissions, a new one has those that the user's umask leaves; of a link
    the file that it leads to is written.
    """
    path = Path(path)
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    payload = data.encode() if isinstance(data, str) else data
    temporary = _hidden(place)
    try:
        with temporary.open("xb") as file:
            file.write(payload)
        if place.exists():
            shutil.copymode(place, temporary)
        rename(temporary, place)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # "No space left on device" alone does not say where
        raise
    return path


def rename(old: str | Path, new: str | Path) -> None:
    """:func:`os.replace`; on Windows it waits a moment for who has the file open, like scanners."""
    for seconds in PATIENCE:
        try:
            return os.replace(old, new)
        except PermissionError:
            time.sleep(seconds)
    return os.replace(old, new)


def _hidden(path: Path) -> Path:
    """A name that nothing has, for a draft beside `path`; of a long name only the beginning."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}")


def set_aside(path: Path) -> Path:
    """Rename a file so that another can take its name: ``report.docx`` to ``report.1.docx``.

    Returns
    -------
    Path
        Where it is now, with the first number that is free.
    """
    names = (path.with_name(f"{path.stem}.{n}{path.suffix}") for n in count(1))
    free = next(name for name in names if not name.exists())
    return path.rename(free)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which gets its name only when all went well.

    A link stands for the folder it leads to.

    Yields
    ------
    Path
        A hidden folder beside the wanted one; removed again if anything is raised.

    Raises
    ------
    ValueError
        If `folder` is there already and not empty, it is never overwritten; or if it is the
        current folder, whose place no other folder can take.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already; choose another folder or move it away.")
    if folder == Path.cwd():
        raise ValueError(
            f"{folder} is the folder you are in, but a new one was expected; name one inside it, "
            "or start from elsewhere."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = _hidden(folder)
    draft.mkdir()
    try:
        yield draft
        if folder.is_dir():  # empty: Windows renames onto no folder at all
            folder.rmdir()
        rename(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def stamp(path: str | Path) -> str:
    """Size and time of a file, which change when it is written again; it need not be read.

    Raises ``FileNotFoundError`` if it is not there.
    """
    facts = Path(path).stat()
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def sha256(path: Path) -> str:
    """SHA-256 of a file, by which one knows whether two hold the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(path: Path, error: Exception) -> ValueError:
    """What to raise for a file that the course wrote whole and that cannot be read any more."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ValueError(
        f"{path} is damaged or was cut off ({reason}); restore its folder from a copy, or move it "
        "away and run again."
    )
