"""Which mask belongs to which image, and which files cannot be used?

Only names and file headers are read. A file that cannot be used is left out and listed with a
reason, so that it neither stops a course nor disappears unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import pandas as pd
from PIL import Image

from seglib.cards import DatasetCard
from seglib.groups import check_pattern, group_of, named
from seglib.images import image_size

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")
SIDE = (".csv", ".db", ".ini", ".json", ".md", ".tsv", ".txt", ".xlsx", ".xml", ".yaml", ".yml")
READ = f"one of {', '.join(SUFFIXES)}: save it as PNG, a scan by 'seglib data convert'"
FIRST = 5  # images whose names are looked for among the masks, to guess how those are named


@dataclass(frozen=True)
class Problem:
    """Something about a file that a person should know.

    Attributes
    ----------
    case
        Name of the case, or ``(all)`` for the whole data set.
    path
        The file or folder.
    what
        What was found.
    expected
        What a good file would be.
    """

    case: str
    path: Path
    what: str
    expected: str


def pair(
    card: DatasetCard, images: Path, masks: Path, groups: dict[str, str] | None = None
) -> pd.DataFrame:
    """Case table of one folder of images and one of masks.

    Parameters
    ----------
    card
        Its ``mask_name`` says how names belong together, its ``group_pattern`` who is one
        patient, its ``site_pattern`` where an image was made.
    images, masks
        Two different folders; notes beside the images (:data:`SIDE`) and hidden files are ignored.
    groups
        Patient of each case, see :func:`seglib.groups.read_groups`; without it, names tell.

    Returns
    -------
    DataFrame
        Columns ``case``, ``image``, ``mask``, ``group``, and ``site`` if the card has a
        ``site_pattern``, sorted by case; ``attrs["card"]`` and ``attrs["problems"]`` (tuple of
        :class:`Problem`). One line is printed if anything was left out.

    Raises
    ------
    FileNotFoundError
        If a folder is not there.
    ValueError
        If both are the same folder, no usable pair is found, ``mask_name`` lacks the stem, or
        ``group_pattern`` a group.
    """
    if Path(images).resolve() == Path(masks).resolve():
        raise ValueError(f"{images} was given for images and for masks; put them in two folders.")
    _check_names(card)
    problems: list[Problem] = []
    pictures, labels = _by_stem(images, problems), _by_stem(masks, problems)
    rows = []
    for case, image in sorted(pictures.items()):
        wanted = card.mask_name.format(stem=case)
        if (mask := labels.get(wanted)) is None:
            expected = f"{masks.name}/{wanted}.png or similar"
            problems.append(Problem(case, image, "no mask", expected))
            continue
        group = group_of(card, case, groups)
        site = named(case, card.site_pattern) if card.site_pattern else ""
        if fault := _fault(case, image, mask) or _unplaced(card, case, image, group, site):
            problems.append(fault)
        else:
            rows.append((case, image, mask, group, site))
    for stem in sorted(labels.keys() - {card.mask_name.format(stem=case) for case in pictures}):
        problems.append(Problem(stem, labels[stem], "mask without image", f"in {images.name}/"))
    if not rows:
        first = f" The first problem: {_say(problems[0])}." if problems else ""
        first += _other_name(sorted(pictures), labels, card.mask_name)
        raise ValueError(f"{images} and {masks} hold no usable pair of image and mask.{first}")
    if problems:
        print(
            f"{card.name}: {len(rows)} cases; unusable files: {len(problems)}, the first: "
            f"{_say(problems[0])}. All of them: cases.attrs['problems']."
        )
    table = pd.DataFrame(rows, columns=["case", "image", "mask", "group", "site"])
    if card.site_pattern is None:
        table = table.drop(columns="site")
    table.attrs = {"card": card, "problems": tuple(problems)}
    return table


def _check_names(card: DatasetCard) -> None:
    """Raise ``ValueError`` for patterns that no file name could follow."""
    if card.group_pattern is not None:
        check_pattern(card.group_pattern)
    name = card.mask_name
    try:
        told = name.format(stem="one") != name.format(stem="another")
    except (LookupError, ValueError):
        told = False
    if not told:
        raise ValueError(
            f"mask_name is {name!r}, expected the mask's file name without its ending, with "
            "{stem} for that of the image, such as '{stem}_mask'."
        )


def _other_name(cases: list[str], labels: dict[str, Path], tried: str) -> str:
    """A sentence with the ``mask_name`` that fits most images; empty if none fits."""
    alike = [(case, [stem for stem in labels if case in stem]) for case in cases[:FIRST]]
    known = {min(stems, key=len).replace(case, "{stem}", 1) for case, stems in alike if stems}
    fits = {
        name: sum(name.replace("{stem}", case) in labels for case in cases)
        for name in sorted(known - {tried})
    }
    if not fits:
        return ""
    best = max(fits, key=fits.get)
    return f' With mask_name="{best}", {fits[best]} of {len(cases)} images have a mask.'


def _say(problem: Problem) -> str:
    return f"{problem.path.name}, {problem.what} (expected: {problem.expected})"


def _by_stem(folder: Path, problems: list[Problem]) -> dict[str, Path]:
    """Image files of a folder by their stem; what else is found there is a problem."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; check its name and where you started.")
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        ending = path.suffix.lower()
        if ending in SIDE or path.name.startswith(".") or path.is_dir():
            continue
        stem = normalize("NFC", path.stem)  # macOS writes an umlaut as two signs, others as one
        legible = Path(str(path).encode(errors="replace").decode())  # with ? for what is no letter
        if legible != path:
            wanted = "a name that is: rename it"
            problems.append(Problem(legible.stem, legible, "name is not UTF-8", wanted))
        elif ending not in SUFFIXES:
            problems.append(Problem(stem, path, f"ending '{path.suffix}' not read", READ))
        elif (first := files.setdefault(stem, path)) != path:
            problems.append(Problem(stem, path, f"same name as {first.name}", "one file a case"))
    return files


def _fault(case: str, image: Path, mask: Path) -> Problem | None:
    """Why the files of a pair cannot be used, or None."""
    sizes = []
    for path in (image, mask):
        try:
            sizes.append(image_size(path))
        except FileNotFoundError:
            return Problem(case, path, "a link to nothing", "a whole image file")
        except Image.DecompressionBombError:
            most = 2 * Image.MAX_IMAGE_PIXELS / 1e6
            expected = f"at most {most:.0f} megapixels, such as tiles of it"
            return Problem(case, path, "too large to be opened", expected)
        except (ValueError, OSError):
            return Problem(case, path, "unreadable or cut off", "a whole image file")
    if sizes[0] != sizes[1]:
        (height, width), (rows, columns) = sizes
        expected = f"{width}x{height} px, the size of the image"
        return Problem(case, mask, f"{columns}x{rows} px", expected)
    return None


def _unplaced(
    card: DatasetCard, case: str, image: Path, group: str | None, site: str | None
) -> Problem | None:
    """What is not known about a case although the card says that it is, or None."""
    if group is None and (table := card.group_table):
        return Problem(case, image, f"no row in {table.file}", f"{case} in column {table.case}")
    if group is None:
        return Problem(case, image, "no group in the name", f"a match of {card.group_pattern}")
    if site is None:
        return Problem(case, image, "no site in the name", f"a match of {card.site_pattern}")
    return None
