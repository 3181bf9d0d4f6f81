"""Do the files around the package agree with each other and with what the package imports?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import seglib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [*PROJECT["dependencies"], *(line for part in EXTRAS.values() for line in part)]
# Distributions that are imported under another name.
IMPORTED_AS = {
    "cv2": "opencv-python-headless",
    "ipython": "ipykernel",
    "pil": "pillow",
    "pypandoc": "pypandoc-binary",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
# Newer versions are known to break something; pyproject.toml says what.
CAPPED = {"typst"}
# Declared although no module imports it: torchvision has to match torch.
UNIMPORTED = {"torchvision"}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def pins() -> dict[str, Requirement]:
    """The lines of constraints.txt by name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


def third_party(folder: str) -> set[str]:
    """Distributions that the modules of a folder import."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module)
    tops = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - {"seglib"}
    return {IMPORTED_AS.get(name.lower(), canonicalize_name(name)) for name in tops}


@pytest.mark.parametrize("folder", ["notebooks", "seglib", "data", "figures", "report", "tests"])
def test_top_level_folders(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("folder", ["data", "figures", "report"])
def test_folders_for_results_explain_themselves(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


def test_version_is_said_once() -> None:
    assert PROJECT["version"] == seglib.__version__


def test_what_the_package_imports_is_declared_and_the_reverse() -> None:
    extras = EXTRAS["medical"] + EXTRAS["export"] + EXTRAS["nnunet"]
    declared = names(PROJECT["dependencies"]) | names(extras)
    assert third_party("seglib") == declared - UNIMPORTED


def test_what_the_tests_import_is_declared() -> None:
    known = names(REQUIREMENTS)
    local = {"tests", "click"}  # click comes with typer
    assert third_party("tests") - local <= known


def test_the_package_asks_for_lower_bounds_only() -> None:
    for line in REQUIREMENTS:
        wanted = Requirement(line)
        operators = {bound.operator for bound in wanted.specifier}
        assert operators == ({">=", "<"} if wanted.name in CAPPED else {">="}), line


def test_constraints_are_exact_and_fit_the_bounds() -> None:
    pinned = pins()
    for pin in pinned.values():
        assert pin.url is None
        assert [part.operator for part in pin.specifier] == ["=="], str(pin)
    for line in REQUIREMENTS:
        wanted = Requirement(line)
        (exact,) = pinned[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(exact.version), line


def test_graphics_card_libraries_are_for_linux_only() -> None:
    for name, pin in pins().items():
        if name.startswith(("nvidia-", "cuda-")) or name == "triton":
            mac = {"sys_platform": "darwin", "platform_machine": "arm64"}
            assert pin.marker is not None and not pin.marker.evaluate(mac), name


def test_environment_yml_installs_this_project() -> None:
    text = (ROOT / "environment.yml").read_text()
    read = yaml.safe_load(text)
    assert read["name"] == "seglib"
    *plain, pip = read["dependencies"]
    assert [re.split("[=<>]", name)[0] for name in plain] == ["python", "pip"]
    assert set(pip) == {"pip"}
    constraints, project = pip["pip"]
    assert constraints == "-c constraints.txt"
    wanted = re.fullmatch(r"-e \.\[([a-z,]+)\]", project)
    assert set(wanted[1].split(",")) <= EXTRAS.keys()


def test_environment_yml_gives_a_reason_on_every_line() -> None:
    for line in (ROOT / "environment.yml").read_text().splitlines():
        if not re.fullmatch(r"(channels|dependencies):", line):
            assert re.search(r"# \w+", line), line


def test_ci_runs_the_readme_test_command() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec make test"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "make test" in (ROOT / "README.md").read_text()


def test_make_without_a_goal_explains_every_goal() -> None:
    makefile = (ROOT / "Makefile").read_text()
    goals = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {goal for goal in goals if f"make {goal} " in said.stdout} == set(goals) - {"help"}


def test_make_asks_for_the_python_that_the_package_needs() -> None:
    asked = re.findall(r"version_info < \((\d+), (\d+)\)", (ROOT / "Makefile").read_text())
    assert [">={}.{}".format(*version) for version in asked] == [PROJECT["requires-python"]]


def test_make_refuses_an_old_python_in_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    words = ["make", "-s", "course", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_make_runs_the_notebooks_that_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lists = re.findall(r"^(?:NOTEBOOKS|FURTHER) := (.*)$", makefile, re.MULTILINE)
    there = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [name for listed in lists for name in listed.split()] == there


def test_nothing_in_git_is_a_link() -> None:
    """A link to a folder of one machine, such as a shared ``.venv``, breaks every other clone."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so git cannot be asked what it holds")
    words = ["git", "ls-files", "--stage"]
    lines = subprocess.run(words, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    assert [line for line in lines.splitlines() if line.startswith("120000")] == []
    assert "README.md" in lines


def test_data_and_outputs_stay_out_of_git() -> None:
    ignored = ["data/kvasir-seg/a.jpg", "outputs/a/best.ckpt", "figures/phantom-polyp/a.png"]
    kept = ["data/README.md", "figures/kvasir-seg/results.json", "report/README.md"]
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so git cannot be asked what it ignores")
    words = ["git", "check-ignore", "--no-index", *ignored, *kept]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ignored
