"""A course folder with results of any data set, made of those that are committed."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

from seglib.cards import card
from seglib.recipes import recipe
from seglib.report import facts, references, template

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "report"
RESULTS = json.loads((ROOT / "figures" / "kvasir-seg" / "results.json").read_text())
# What the report shows. Pictures of cells are taken only where there is a browser; without them the
# code is shown.
NAMES = sorted(
    path.stem
    for path in (ROOT / "figures" / "kvasir-seg").glob("0[1-6]_*.png")
    if "_cell_" not in path.stem
)
DRAWN = ("architecture_unet", "architecture_deeplabv3plus")
ENVIRONMENT = {
    "python": "3.11.7", "torch": "2.15.0", "device": "cpu (x86_64)", "threads": 2,
    "precision": "32-true",
}  # fmt: skip


def entries_of(task: str) -> list[dict[str, Any]]:
    """The references of one task's reports."""
    return references.read_references(REPORT / "references.bib", REPORT / "tasks" / f"{task}.bib")


def _of_several(found: dict[str, Any], names: list[str]) -> None:
    """Make numbers of one class those of several, as an evaluation writes them."""
    (row,), (pooled,) = found["per_case"].values(), found["pooled"].values()
    found |= {"per_case": {}, "pooled": dict.fromkeys(names, pooled)}
    for worse, name in enumerate(names):
        found["per_case"][name] = copy.deepcopy(row)
        found["per_case"][name]["dice"]["mean"] -= 0.01 * worse
    if len(names) > 1:
        found |= {"unit": "mm", "macro_auc": 0.95}


def results_of(dataset: str, **dice: float) -> dict[str, Any]:
    """The committed results as if another data set had given them, with another comparison."""
    made, entry = copy.deepcopy(RESULTS), card(dataset)
    made.pop("nnunet", None)  # a test that wants it puts it there
    known = recipe(f"{entry.recipe}-{'quick' if entry.is_synthetic else 'modern'}")
    for model in ("unet", "deeplabv3plus"):
        made[model] |= {"encoder": known.encoder, "epochs": known.epochs}
        made[model] |= {"environment": ENVIRONMENT}
        _of_several(made["comparison"]["models"][model], [c.name for c in entry.classes[1:]])
    made["preprocessing"]["size"] = known.size
    made["data"]["groups_known"] = entry.is_synthetic or entry.group_table is not None
    made["comparison"]["dice"] |= dice
    return made


def course(folder: Path, dataset: str, results: dict[str, Any]) -> Path:
    """A course folder with these results, and grey pictures in place of figures."""
    figures = folder / "figures" / dataset
    figures.mkdir(parents=True)
    for name in NAMES:
        Image.new("L", (40, 20)).save(figures / f"{name}.png")
    (figures / "results.json").write_text(json.dumps(results))
    shutil.copytree(REPORT, folder / "report")
    for name in ("notebooks", "seglib"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def fill(root: Path, dataset: str) -> tuple[str, template.Placed]:
    """The text for the results in a course folder."""
    figures, task = root / "figures" / dataset, card(dataset).recipe
    for name in DRAWN:
        Image.new("L", (40, 20)).save(figures / f"{name}.png")
    known = facts.gather(figures, dataset)
    known |= {
        "task": f"tasks/{task}.md",
        "published": facts.published(known, entries_of(task)),
    }
    made = template.render("report.md", root / "report", known, figures)
    for name in DRAWN:
        (figures / f"{name}.png").unlink()
    return made
