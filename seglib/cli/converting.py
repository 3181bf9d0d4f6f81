"""``seglib data convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from seglib.cli.shell import examples

EXAMPLES = examples(
    "seglib data convert scans/patient1 data/own",
    "seglib data convert scans data/own --masks labels --window soft-tissue",
    "seglib data convert mr.nii.gz data/own --window 400,800",
)


def convert(
    source: Annotated[Path, Argument(help="A scan, or a folder of scans.")],
    target: Annotated[Path, Argument(help="New folder for images, masks and table.csv.")],
    masks: Annotated[
        Path | None, Option(help="A mask, or a folder of masks named as their scans.")
    ] = None,
    window: Annotated[
        str | None,
        Option(help="soft-tissue, liver, lung, bone, file (the DICOM header's) or CENTRE,WIDTH."),
    ] = None,
    series: Annotated[str | None, Option(help="SeriesInstanceUID, if there are several.")] = None,
    resample: Annotated[
        bool, Option("--resample", help="Bring masks onto the grid of their scan.")
    ] = False,
) -> None:
    """Cut DICOM, NIfTI or NRRD scans into PNG slices.

    Without a window the PNG files hold 16 bit: HU + 1024 for CT, else the raw values. Masks hold
    class numbers. table.csv says for each slice whose it is, where it lies, and its spacing in mm.

    Masks lie in a folder of their own. Each has the name of its scan, with the folders below
    SOURCE: p1/ct.nii.gz or p1_ct.nii.gz for p1/ct.nii.gz. The mask of nnU-Net's c0_0000.nii.gz is
    c0.nii.gz, if there is no second channel. DICOM segmentations may have any name.

    DICOM files tell their patients apart. NIfTI and NRRD files do not: those below one folder of
    SOURCE count as one patient, those in SOURCE itself as one each. So keep all scans of a patient
    in one folder.
    """
    from seglib.conversion import convert as cut

    table = cut(source, target, masks, window, series, resample)
    for problem in table.attrs["problems"]:
        typer.echo(f"Note: {problem}")
    names = ", ".join(f"{value} {name}" for value, name in table.attrs["classes"].items())
    if names:
        typer.echo(f"Classes: {names}")
    typer.echo(
        f"{len(table)} slices of {table['volume'].nunique()} scans, "
        f"{table['group'].nunique()} groups; in {target}"
    )
