"""Where does this data set lie, and how does it get there?

Whatever is generated or downloaded is made in a temporary folder, verified, and only then
moved into place: a folder that has the right name is always complete.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from seglib.cards import DatasetCard
from seglib.course import settings
from seglib.files import rename
from seglib.pairing import SUFFIXES


def locate(card: DatasetCard, data: str | Path | None = None) -> Path:
    """Folder of a data set, which is generated or downloaded if it is not there yet.

    It is looked for in ``<data>/<name>``, then in ``<course>/data/<name>``, see :func:`find`.
    Phantoms are generated into the second; downloads go to the first that can be written.

    Raises
    ------
    FileNotFoundError
        If the data set is not there and cannot be had, and the message says what to do by hand; or
        if it would be downloaded to a folder `data` that does not exist, which may be misspelt.
    ValueError
        If a folder of its name holds something else; it is never overwritten.
    """
    data = settings().data if data is None else Path(data)
    if folder := find(card, data):
        return folder
    given, own = _places(card, data)
    if card.is_synthetic:
        _generate(card, own)
        return own
    if card.urls:
        _check_there(card, data, own.parent)
        folder = given if os.access(data, os.W_OK) else own
        _make_room(card, folder)
        _download(card, folder)
        return folder
    seen = "; ".join(f"{folder} {_lacks(card, folder)}" for folder in dict.fromkeys((given, own)))
    place = given if given.is_dir() else own
    raise FileNotFoundError(
        f"{card.name} was not found: {seen}. By hand: {card.manual}, {_both(card, place)}."
    )


def find(card: DatasetCard, data: Path) -> Path | None:
    """Folder of a data set that is there, ``None`` if it has to be generated or downloaded.

    A ZIP file that brings a folder of its own, such as ``Kvasir-SEG``, may also have been unzipped
    beside the data sets instead of into ``<data>/<name>``; then that is the folder.
    """
    brings_own = len(Path(card.images).parts) > 1
    for place in _places(card, data):
        for folder in (place, place.parent) if brings_own else (place,):
            if not _missing(card, folder):
                return folder
    return None


def _missing(card: DatasetCard, folder: Path) -> list[str]:
    return [part for part in (card.images, card.masks) if not (folder / part).is_dir()]


def _lacks(card: DatasetCard, folder: Path) -> str:
    """What is wrong with a folder where the data set should lie."""
    if not folder.exists():
        return "is not there"
    return f"lacks the folder {' and the folder '.join(_missing(card, folder))}"


def _both(card: DatasetCard, folder: Path) -> str:
    return f"so that {folder / card.images} and {folder / card.masks} exist"


def _places(card: DatasetCard, data: Path) -> tuple[Path, Path]:
    return data / card.name, settings().root / "data" / card.name


def _check_there(card: DatasetCard, data: Path, own: Path) -> None:
    """Stop before a download to a folder that somebody may have misspelt; our own may be made."""
    if not data.is_dir() and data.resolve() != own.resolve():
        raise FileNotFoundError(
            f"{data}, where data sets should lie, does not exist, so {card.name} was not "
            "downloaded. Correct the path (SEGLIB_DATA, or the argument data), or make the folder."
        )


def _make_room(card: DatasetCard, folder: Path) -> None:
    """Make the parent folder; refuse to touch a folder that holds something else."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{folder} is there but {_lacks(card, folder)}; bring its files together, "
            f"{_both(card, folder)}, or move it elsewhere and try again."
        )
    if folder.exists():
        folder.rmdir()


def _generate(card: DatasetCard, folder: Path) -> None:
    from seglib.phantoms import write_phantom  # imported here: real data does not need it

    write_phantom(card.generator, folder, card.n_cases, values=card.decoding.values)


def _install(card: DatasetCard, folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` make the data set in a temporary folder, then rename that to `folder`.

    If another process was faster, its result is kept. Raises ``ValueError`` if a folder is missing
    or holds fewer images than the card says.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{card.name}-") as temporary:
        inside = Path(temporary) / card.name
        inside.mkdir()
        fill(inside)
        for part in _missing(card, inside):
            names = ", ".join(sorted(p.name for p in inside.iterdir())) or "nothing"
            raise ValueError(f"expected a folder {part} in it, found {names}")
        for part in (card.images, card.masks):
            found = sum(path.suffix.lower() in SUFFIXES for path in (inside / part).iterdir())
            if found < card.n_cases:
                raise ValueError(f"expected {card.n_cases} images in {part}, found only {found}")
        try:
            rename(inside, folder)
        except OSError:
            if not (folder / card.images).is_dir():
                raise


def _download(card: DatasetCard, folder: Path) -> None:
    """Download and unzip a data set; the addresses of its card are tried in their order."""
    print(f"{card.title}: downloading {card.size_mb:g} MB to {folder}. Licence: {card.licence}")
    failures = []
    for url in card.urls:
        try:
            return _install(card, folder, lambda inside, url=url: _unpack(card, url, inside))
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            failures.append(f"{url} ({type(error).__name__}: {error})")
    expected = f"sha256 {card.sha256}" if card.sha256 else "the authors publish none"
    raise FileNotFoundError(
        f"{card.name} could not be downloaded to {folder}: {'; '.join(failures)}. Expected "
        f"checksum: {expected}. By hand: {card.manual}, {_both(card, folder)}."
    )


def _unpack(card: DatasetCard, url: str, inside: Path) -> None:
    """Download one ZIP file beside `inside`, verify it and unzip it into `inside`."""
    from seglib.downloads import fetch  # imported here: only a download needs it

    size = round(card.size_mb * 1e6)  # until the server says it exactly
    archive = fetch(url, inside.parent, f"{card.name}.zip", size, card.sha256)
    with zipfile.ZipFile(archive) as pack:
        pack.extractall(inside)
