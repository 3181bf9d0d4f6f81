"""How is a file, or a folder, written so that nobody ever reads half of it, and if one does?"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomic(path: Path, data: str | bytes) -> Path:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Parent folders are made. The data goes to a temporary file in the same folder first.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    payload = data.encode() if isinstance(data, str) else data
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


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
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        draft.chmod(0o755)
        yield draft
        if folder.is_dir():  # empty: Windows renames onto no folder at all
            folder.rmdir()
        os.rename(draft, folder)
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
