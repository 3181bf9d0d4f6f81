"""Does the report say what the results say, and stop at everything that it must not say?"""

from __future__ import annotations

import copy
import datetime
import functools
import html
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import pandas as pd
import pytest
import typst
from PIL import Image

from seglib.cards import card, cards
from seglib.generalisation import COLUMNS
from seglib.report import (
    build,
    checks,
    facts,
    fonts,
    metadata,
    numbers,
    references,
    template,
    tree,
)
from seglib.report.pandoc import pandoc
from tests.reports import DRAWN, NAMES, REPORT, course, entries_of, fill, results_of

ENTRIES = entries_of("polyp")


def document(markdown: str) -> tree.Node:
    return json.loads(pandoc(markdown, "markdown", "json"))


# Numbers


@pytest.mark.parametrize(
    ("write", "value", "said"),
    [
        (numbers.score, 0.79358, "0.794"),
        (numbers.score, None, "undefined"),
        (numbers.signed, -0.018, "\u22120.018"),
        (numbers.share, 0.1539, "15.4\u00a0%"),
        (numbers.share, 0.00039, "0.04\u00a0%"),  # not 0.0
        (numbers.share, 0.0, "0.0\u00a0%"),
        (numbers.millions, 24436369, "24.4\u00a0million"),
        (numbers.duration, 48.2, "48\u00a0s"),
        (numbers.duration, 3938.5, "66\u00a0min"),
        (numbers.duration, 9000, "2.5\u00a0h"),
        (numbers.p_value, 0.0001, "<\u00a00.001"),
        (numbers.p_value, 0.0327, "=\u00a00.033"),
        (numbers.words, 0, "no"),
        (numbers.words, 24, "24"),
        (numbers.estimate, {"mean": 0.5, "low": 0.25, "high": 0.75}, "0.500 (0.250 to 0.750)"),
        (numbers.estimate, {"mean": 81.3387, "low": 68.684, "high": 94.687}, "81.3 (68.7 to 94.7)"),
        (numbers.estimate, {"mean": 1.322, "low": 1.166, "high": 1.5}, "1.3 (1.2 to 1.5)"),
        (numbers.estimate, {"mean": None, "low": None, "high": None}, "undefined"),
        (numbers.bounds, {"low": None, "high": None}, "too few groups for an interval"),
    ],
)
def test_numbers_are_written_as_said(write: Callable[..., str], value: Any, said: str) -> None:
    assert write(value) == said


# The word rule


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("One two three.", 3),
        ("# A heading here\n\nand text", 5),
        ("- one\n- two words\n", 3),
        ("Well-known and 95 % sure.", 4),  # a lone sign is no word
        ("Cited [@key; @other] here.", 2),
        ("See @fig:a now.", 2),
        ("A formula $a + b$ here.", 3),
        ("Some `code here` there.", 2),
        ("A note.^[With words.]", 2),
        ("```\ncode block\n```\n\ntext", 1),
        ("| a | b |\n|--|--|\n| c | d |\n\n: A caption\n\ntext", 1),
        ('![A caption](x.png){alt="words"}\n\ntext', 1),
        ("text\n\n::: {#appendix}\nmore\n:::\n\n::: {#refs}\nmore\n:::", 1),
        ("", 0),
    ],
)
def test_word_rule(markdown: str, words: int) -> None:
    assert tree.count_words(document(markdown)) == words


# Numbers of sections, figures, tables and equations

NUMBERED = """# Preface {.unnumbered}

# First {#sec:first}

## Part {#sec:part}

# Second {#sec:second}

See @fig:b, @fig:a, @tbl:t, @eq:e, @sec:part and @sec:second.

![One](a.png){#fig:a alt="a"}

![Two](b.png){#fig:b alt="b"}

::: {#tbl:t}
| a |
|---|
| b |

: Caption
:::

[$$x = 1$$]{#eq:e}
"""


def test_labels_count_each_kind_by_itself() -> None:
    labels = tree.label(document(NUMBERED))
    assert {name: words.replace("\u00a0", " ") for name, words in labels.items()} == {
        "sec:first": "Section 1", "sec:part": "Section 1.1", "sec:second": "Section 2",
        "fig:a": "Figure 1", "fig:b": "Figure 2", "tbl:t": "Table 1", "eq:e": "Equation 1",
    }  # fmt: skip


def test_numbers_stand_where_the_links_say() -> None:
    made = document(NUMBERED)
    labels = tree.label(made)
    made = tree.stamp(tree.resolve(made, labels), labels)
    text = pandoc(json.dumps(made), "json", "plain", "--wrap=none").replace("\u00a0", " ")
    assert "See Figure 2, Figure 1, Table 1, Equation 1, Section 1.1 and Section 2." in text
    assert "1.1 Part" in text and "Preface" in text and "1 Preface" not in text
    assert re.search(r"Table 1\.\s+Caption", text)
    assert rf"x = 1\text{{{tree.GAP}(1)}}" in [
        n["c"][1] for n in tree.walk(made) if n["t"] == "Math"
    ]


def test_two_things_of_one_name_are_refused() -> None:
    made = document('![C](a.png){#fig:a alt="a"}\n\n![C](b.png){#fig:a alt="b"}')
    with pytest.raises(ValueError, match="Two parts of the report are called 'fig:a'"):
        tree.label(made)


# References

GOOD = {
    "id": "good", "type": "article-journal", "author": [{"family": "A"}], "title": "T",
    "issued": {"date-parts": [[2020]]}, "DOI": "10.1000/abc",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DOI": ""}, "neither a DOI nor an arXiv"),
        ({"DOI": "doi:10.1000/abc"}, "neither a DOI nor an arXiv"),
        ({"URL": "https://en.wikipedia.org/wiki/U-Net"}, "points to https://en.wikipedia.org"),
        ({"DOI": "", "URL": "https://essays.example/u-net"}, "neither a DOI"),
        ({"type": "webpage"}, "is a webpage"),
        ({"author": []}, "has no author"),
        ({"title": ""}, "has no title"),
        ({"issued": {}}, "has no issued"),
    ],
)
def test_bad_references_are_named(change: dict, said: str) -> None:
    (sentence, *_) = references.problems([GOOD | change])
    assert "'good'" in sentence and said in sentence


def test_good_references_pass() -> None:
    preprint = GOOD | {"id": "other", "DOI": "", "URL": "https://arxiv.org/abs/1505.04597"}
    assert references.problems([GOOD, preprint]) == []
    assert "twice" in references.problems([GOOD, GOOD])[0]


TASKS = sorted({entry.recipe for entry in cards()})


@pytest.mark.parametrize("task", TASKS)
def test_own_references_are_enough_and_lasting(task: str) -> None:
    assert len(entries_of(task)) >= 15
    assert references.problems(entries_of(task)) == []


# What stops the build


def stops(markdown: str, **given: Any) -> list[str]:
    """What is wrong with a text, its length and the number of its references aside."""
    placed = template.Placed(given.get("shown", []), given.get("listed", []))
    made = document(markdown)
    found = checks.problems(
        made, given.get("entries", []), placed, {*given.get("exported", [])}, given.get("typed", {})
    )
    return [line for line in found if "words;" not in line and "are needed" not in line]


@pytest.mark.parametrize(
    ("markdown", "given", "said"),
    [
        ("", {"exported": ["f"]}, "The figure 'f' is not in the report"),
        ("", {"exported": ["f"], "shown": ["f"], "listed": ["f"]}, "in the report twice"),
        ("[@key]", {}, "The text cites 'key', which no .bib file has"),
        ("", {"entries": [GOOD]}, "The reference 'good' is never cited"),
        ("@fig:x", {}, "The text refers to 'fig:x', which is not there"),
        (
            '@fig:a [@good]\n\n![C](a.png){#fig:a alt="a"}',
            {"entries": [GOOD]},
            "part them by words",
        ),
        ('![C](a.png){#fig:a alt="a"}', {}, "The text never refers to 'fig:a'"),
        ("| a |\n|--|\n| b |\n", {}, "A table of the report has no caption"),
        ("Some ![](a.png) here.", {}, "The picture 'a.png' has no alternative text"),
        ("", {"typed": {"report.md": ["0.81 in line 3"]}}, "types the number 0.81 in line 3"),
    ],
)
def test_each_stop_says_one_sentence(markdown: str, given: dict, said: str) -> None:
    (sentence,) = stops(markdown, **given)
    assert said in sentence


def test_a_clean_text_has_no_problem() -> None:
    text = 'See @fig:a, or a paper [@good].\n\n![C](a.png){#fig:a alt="a"}'
    assert stops(text, entries=[GOOD], shown=["a"], listed=["b"], exported=["a", "b"]) == []


@pytest.mark.parametrize(("n", "stopped"), [(1999, 1), (2000, 0), (3000, 0), (3001, 1)])
def test_length(n: int, stopped: int) -> None:
    found = checks.problems(document("word " * n), [GOOD] * 15, template.Placed(), set(), {})
    assert sum(f"has {n} words" in line for line in found) == stopped


def test_too_few_references() -> None:
    found = checks.problems(document("[@good]"), [GOOD] * 14, template.Placed(), set(), {})
    assert "There are 1 references; 15 are needed." in found


def test_what_pandoc_warns_of_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"Pandoc could not read the report: .*no\.png"):
        pandoc('![C](no.png){alt="a"}', "markdown", "docx", "--output=-")


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ValueError, match="(?s)- .*cites 'a'.*- .*refers to 'fig:x'"):
        checks.stop(document("[@a] @fig:x"), [], template.Placed(), set(), {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dice was 0.81 here.", ["0.81 in line 1"]),
        ("first\nof 200.", ["200 in line 2"]),
        ("Dice was {{ x | score(2) }} in DeepLabV3+ and U-Net.", []),
        ("{% if x > 0.5 %}more{% endif %} {## 12 ##}", []),
        ("A formula $x = 2$, a key [@he2016resnet], @fig:05_failures and `code_1`.", []),
        ("$$\n2x\n$$ then 7", ["7 in line 3"]),
    ],
)
def test_typed_numbers_are_found(text: str, found: list[str]) -> None:
    assert template.typed_numbers(text) == found


# The whole text


@pytest.fixture
def real(tmp_path: Path) -> Path:
    return course(tmp_path, "kvasir-seg", results_of("kvasir-seg"))


FINDINGS = {
    "difference": ({"low": 0.01, "high": 0.03, "permutation_p": 0.001}, "was better than"),
    "hint": ({"low": -0.01, "high": 0.03, "permutation_p": 0.01}, "but not as a finding"),
    "none": ({"low": -0.01, "high": 0.03, "permutation_p": 0.6}, "Neither was shown to be better"),
}


@pytest.mark.parametrize("dataset", ["kvasir-seg", "phantom-polyp"])
@pytest.mark.parametrize("finding", FINDINGS)
def test_every_conclusion_passes_all_checks(tmp_path: Path, dataset: str, finding: str) -> None:
    dice, said = FINDINGS[finding]
    root = course(tmp_path, dataset, results_of(dataset, **dice))
    text, placed = fill(root, dataset)
    assert checks.problems(document(text), ENTRIES, placed, set(NAMES), {}) == []
    assert said in " ".join(text.split())
    others = {words for _, words in FINDINGS.values()} - {said}
    assert not any(words in " ".join(text.split()) for words in others)
    abstract = text.partition("# Introduction")[0]
    assert ("synthetic data" in abstract) == dataset.startswith("phantom")


@pytest.mark.parametrize("dataset", [entry.name for entry in cards()])
def test_every_data_set_has_a_report(tmp_path: Path, dataset: str) -> None:
    text, placed = fill(course(tmp_path, dataset, results_of(dataset)), dataset)
    made, entries = document(text), entries_of(card(dataset).recipe)
    assert checks.problems(made, entries, placed, set(NAMES), {}) == []
    words, several = " ".join(text.split()), card(dataset).n_classes > 2
    assert ("::: {#tbl:classes}" in text) == several == ("likeliest class won" in words)
    assert "polyps" not in words or card(dataset).recipe == "polyp"
    assert ("synthetic data" in words) == card(dataset).is_synthetic


def _fullest(dataset: str) -> dict[str, Any]:
    """Results with all that a report may speak of: nnU-Net, an ensemble, few patients."""
    results = results_of(dataset, low=-0.01, high=0.03, permutation_p=0.01)
    compared = results["comparison"]["models"]
    for found in compared.values():
        found["n_groups"] = 4
        found["foreground_mean"]["hd95"]["undefined"] = 0
    compared["unet"]["foreground_mean"]["hd95"]["undefined"] = 1
    seen = {"nnunet": 3000, "unet": 56000, "nnunet, its default": 3000000}
    results["nnunet"] = {"results": copy.deepcopy(compared["unet"]), "images_seen": seen}
    results["nnunet"] |= {"length": {"epochs": 11, "iterations": 22}, "seconds": 90}
    results["nnunet"]["environment"] = results["unet"]["environment"]
    dice = {"mean": 0.88, "low": 0.86, "high": 0.9}
    both = {"beside": "unet", "dice": dice, "difference": 0.01, "low": -0.01, "high": 0.02}
    return results | {"ensemble": both}


def _another_seed(root: Path, dataset: str, **other: Any) -> None:
    """As if ``seglib generalise --split group --seed 1`` had trained both networks again."""
    figures = root / "figures" / dataset
    trained = facts.gather(figures, dataset)["recipe"].name
    row = dict.fromkeys(COLUMNS) | {"recipe": trained, "split": "group", "seed": 1} | other
    dice = {"unet": 0.8784, "deeplabv3plus": 0.8701}
    rows = [row | {"model": model, "dice": value} for model, value in dice.items()]
    pd.DataFrame(rows).to_csv(figures / "splits.csv", index=False)


def test_another_seed_is_told_where_it_was_trained(tmp_path: Path) -> None:
    root = course(tmp_path, "kvasir-seg", results_of("kvasir-seg"))
    words = {}
    for case, other in {"none": None, "same": {"seed": 0}, "image": {"split": "image"},
                        "another": {}}.items():  # fmt: skip
        if other is not None:
            _another_seed(root, "kvasir-seg", **other)
        words[case] = " ".join(fill(root, "kvasir-seg")[0].split())
    told = "With another seed the mean Dice coefficients were 0.878 (U-Net) and 0.870 (DeepLabV3+)"
    assert told in words.pop("another")
    for text in words.values():
        assert "Each network was trained once" in text and "Another seed would move both" in text


@pytest.mark.parametrize("dataset", [entry.name for entry in cards()])
def test_a_report_that_has_all_to_say_is_not_too_long(tmp_path: Path, dataset: str) -> None:
    root = course(tmp_path, dataset, _fullest(dataset))
    _another_seed(root, dataset)
    text, placed = fill(root, dataset)
    entries = entries_of(card(dataset).recipe)
    assert checks.problems(document(text), entries, placed, set(NAMES), {}) == []
    words = " ".join(text.split())
    assert "nnU-Net [@isensee2021nnunet] chose size" in words and "**Both together.**" in words
    assert "With four groups of test images the permutation test could not have fallen" in words
    assert "undefined on 1 of the images for U-Net and none for DeepLabV3+" in words


SPREAD = {"small (< 5 %)": {"mean": 0.6, "low": 0.5, "high": 0.7}}
ALIKE = {"small (< 5 %)": {"mean": 0.9, "low": 0.7, "high": 1.0}}
SAID = [
    # what is changed in results.json, and what the report must say, and must not
    ({"unet": {"best_val_dice": 0.1}}, "the order had been the reverse", None),
    ({"unet": {"best_val_dice": 0.99}}, None, "the order had been the reverse"),
    ({"comparison": {"dice": {"wilcoxon_p": 0.06}}}, "Wilcoxon's test, which weighs ranks", None),
    ({"comparison": {"dice": {"wilcoxon_p": 0.01}}}, None, "Wilcoxon's test, which weighs ranks"),
    ({"comparison": {"dice": {"low": 0.00038}}}, "(+0.0004 to +0.0214", "+0.000 "),
    ({"comparison": {"models": {"unet": {"n_groups": 4}}}}, "the intervals are rough", None),
    ({}, "Size mattered more than architecture", "the intervals are rough"),
    ({"evaluation": {"strata": SPREAD}}, "were outlined worse than", "Size was not"),
    ({"evaluation": {"strata": ALIKE}}, "Size was not shown to matter", "outlined worse"),
    ({"evaluation": {"milliseconds": {"one view": 10, "four views": 31}}}, "in 3.1 times", None),
]  # fmt: skip


def _changed(results: dict[str, Any], by: dict[str, Any]) -> None:
    for name, value in by.items():
        if isinstance(value, dict):
            _changed(results[name], value)
        else:
            results[name] = value


@pytest.mark.parametrize(("by", "said", "unsaid"), SAID)
def test_the_text_follows_the_numbers(
    tmp_path: Path, by: dict[str, Any], said: str | None, unsaid: str | None
) -> None:
    results = results_of("kvasir-seg", difference=0.011, low=0.002, high=0.0214, permutation_p=0.02)
    results["comparison"]["dice"]["wilcoxon_p"] = 0.01
    _changed(results, by)
    words = " ".join(fill(course(tmp_path, "kvasir-seg", results), "kvasir-seg")[0].split())
    assert said is None or said in words
    assert unsaid is None or unsaid not in words


@pytest.mark.parametrize(
    ("dataset", "why"), [("chaos-mr", "different classes"), ("lung-ct", "not alike")]
)
def test_what_is_not_mirrored_says_why(tmp_path: Path, dataset: str, why: str) -> None:
    words = " ".join(fill(course(tmp_path, dataset, results_of(dataset)), dataset)[0].split())
    assert f"not mirrored, for left and right are {why}" in words
    assert "it had never seen a mirrored image" in words


def test_columns_of_published_scores_are_as_wide_as_their_words(real: Path) -> None:
    assert facts.WIDTHS in fill(real, "kvasir-seg")[0]


def test_a_class_that_no_image_holds_has_no_row(tmp_path: Path) -> None:
    results = results_of("chaos-mr")
    for found in results["comparison"]["models"].values():
        found["per_case"]["spleen"]["dice"] |= {"mean": None, "low": None, "high": None}
    text, _ = fill(course(tmp_path, "chaos-mr", results), "chaos-mr")
    assert "In the test images there was no spleen." in text
    assert "| spleen |" not in text and "| liver |" in text


def test_one_class_of_size_is_not_compared_with_itself(real: Path) -> None:
    path = real / "figures" / "kvasir-seg" / "results.json"
    results = json.loads(path.read_text())
    strata = results["evaluation"]["strata"]
    results["evaluation"]["strata"] = {"small (< 5 %)": strata["small (< 5 %)"]}
    path.write_text(json.dumps(results))
    words = " ".join(fill(real, "kvasir-seg")[0].split())
    assert "All objects fell into one class of size, small (< 5 %) of the image" in words
    assert "with the smallest objects" not in words
    assert "Small objects were outlined worse" not in words


@pytest.mark.parametrize("dataset", ["kvasir-seg", "chaos-mr", "phantom-abdominal-organs"])
@pytest.mark.parametrize("recorded", ["alike", "on other cases", "never"])
def test_nnunet_has_a_column_where_it_was_scored_alike(
    tmp_path: Path, dataset: str, recorded: str
) -> None:
    results = results_of(dataset)
    found = copy.deepcopy(results["comparison"]["models"]["unet"])
    found["foreground_mean"]["dice"]["mean"] = 0.4321
    if recorded == "on other cases":
        found["protocol"] = "test cases of something else"
    if recorded != "never":
        seen = {"nnunet": 3000, "unet": 56000, "nnunet, its default": 3000000}
        length = {"epochs": 11, "iterations": 22}
        results["nnunet"] = {"results": found, "images_seen": seen, "length": length}
        results["nnunet"] |= {"seconds": 90, "environment": results["unet"]["environment"]}
    text, placed = fill(course(tmp_path, dataset, results), dataset)
    entries = entries_of(card(dataset).recipe)
    assert checks.problems(document(text), entries, placed, set(NAMES), {}) == []
    words = " ".join(text.split())
    shown = recorded == "alike"
    assert ("11 epochs of 22 steps" in words) == shown
    assert words.count("0.432") == 2 * shown
    rows = text.partition("::: {#tbl:scores}")[2].partition(":::")[0].strip().splitlines()
    columns = {row.count("|") for row in rows if row.startswith("|")}
    assert columns == {5 if shown else 4}


@pytest.mark.parametrize("dataset", ["kvasir-seg", "chaos-mr", "phantom-abdominal-organs"])
def test_both_networks_together_are_told_where_they_were_scored(
    tmp_path: Path, dataset: str
) -> None:
    results = results_of(dataset)
    results.pop("ensemble", None)
    text, _ = fill(course(tmp_path / "without", dataset, results), dataset)
    assert "Both together" not in text
    dice = {"mean": 0.881234, "low": 0.86, "high": 0.9}
    results["ensemble"] = {"beside": "unet", "dice": dice}
    results["ensemble"] |= {"difference": 0.0123, "low": 0.0012, "high": None}
    text, placed = fill(course(tmp_path / "with", dataset, results), dataset)
    words = " ".join(text.split())
    assert "coefficient of 0.881 (0.860 to 0.900). Minus that of U-Net, which did" in words
    assert "this is +0.012 (too few groups for an interval)" in words
    entries = entries_of(card(dataset).recipe)
    assert checks.problems(document(text), entries, placed, set(NAMES), {}) == []


def test_no_number_is_typed() -> None:
    for path in (REPORT / "report.md", *(REPORT / "tasks").glob("*.md")):
        assert template.typed_numbers(path.read_text()) == []


def test_a_changed_number_changes_everywhere(real: Path) -> None:
    before, _ = fill(real, "kvasir-seg")
    path = real / "figures" / "kvasir-seg" / "results.json"
    results = json.loads(path.read_text())
    old = results["comparison"]["models"]["unet"]["foreground_mean"]["dice"]["mean"]
    results["comparison"]["models"]["unet"]["foreground_mean"]["dice"]["mean"] = 0.123456
    path.write_text(json.dumps(results))
    after, _ = fill(real, "kvasir-seg")
    assert before.count(f"{old:.3f}") - after.count(f"{old:.3f}") == after.count("0.123") >= 4


def test_an_unknown_key_is_named_with_its_line(real: Path) -> None:
    text = real / "report" / "report.md"
    text.write_text(text.read_text() + "\n{{ evaluation.nonsense }}\n")
    with pytest.raises(ValueError, match=r"report\.md, line \d+, asks .*nonsense"):
        fill(real, "kvasir-seg")


def test_a_mistake_in_the_template_is_named(real: Path) -> None:
    (real / "report" / "report.md").write_text("{% if %}")
    with pytest.raises(ValueError, match=r"report\.md, line 1 cannot be read"):
        fill(real, "kvasir-seg")


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ figure('a') }}", "{{ card.name | score }}"])
def test_a_slip_in_a_formula_is_named_with_its_line(real: Path, text: str) -> None:
    (real / "report" / "report.md").write_text(f"# A\n\n{text}\n")
    with pytest.raises(ValueError, match=r"^report\.md, line 3, cannot be filled in: "):
        fill(real, "kvasir-seg")
    with pytest.raises(ValueError, match="cannot be filled in"):
        template.fill("{{ 1 / 0 }}", {})


@pytest.mark.parametrize(
    "content", ["", "null", '{"data": ', json.dumps(dict.fromkeys(facts.SECTIONS, {}))]
)
def test_results_of_another_kind_say_what_to_run(real: Path, content: str) -> None:
    (real / "figures" / "kvasir-seg" / "results.json").write_text(content)
    with pytest.raises(ValueError, match=r"results\.json is not what .*: run notebooks 01 to 06"):
        build.build_report(real, "kvasir-seg")


@pytest.mark.parametrize("name", ["report.md", "references.bib", "tasks/polyp.md"])
def test_a_text_in_another_encoding_is_named(real: Path, name: str) -> None:
    (real / "report" / name).write_bytes("Größe".encode("latin-1"))
    with pytest.raises(ValueError, match=f"{name} cannot be read as UTF-8; save it"):
        build.build_report(real, "kvasir-seg")


def test_a_missing_figure_is_named(real: Path) -> None:
    (real / "figures" / "kvasir-seg" / "05_failures.png").unlink()
    with pytest.raises(FileNotFoundError, match="shows figures/kvasir-seg/05_failures.png") as said:
        fill(real, "kvasir-seg")
    assert "SEGLIB_DATASET=kvasir-seg make course" in str(said.value)
    assert str(real) not in str(said.value)  # a temporary folder while a report is built


def test_missing_results_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the notebooks on 'kvasir-seg' first"):
        facts.read_results(tmp_path / "kvasir-seg")
    (tmp_path / "results.json").write_text('{"data": {}}')
    with pytest.raises(ValueError, match="no section 'preprocessing'"):
        facts.read_results(tmp_path)


PAGE = "title: T\nauthor: A\ninstitution: I\ndate: 2026-01-31\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("date: soon", "give a date such as"),
        ("author: 7", "give some words"),
        ("autor: A", "Did you mean 'author'"),
    ],
)
def test_the_title_page_is_checked(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "metadata.yml"
    text = (REPORT / "metadata.yml").read_text()
    path.write_text(text + line + "\n")
    with pytest.raises(ValueError, match=said):
        metadata.read_metadata(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title: U-Net: a study", "line 1, cannot be read: mapping values.*in quotes"),
        ('author: A\ntitle: "The "best" net"', "line 2, cannot be read.*in quotes"),
        (
            "date: 2026-02-31",
            "cannot be read: day (is out of|31 must be in) range.*a date of the calendar",
        ),
        ("title: a\x07b", "cannot be read: unacceptable character"),
        ("title: Größe", "cannot be read as UTF-8; save it"),
        ("- title", "has no fields; give lines such as"),
        ("title: ''", "says title: ''; give some words, in quotes"),
        (f"{PAGE}language: English", "says language: 'English'; give a tag such as en-GB"),
    ],
)
def test_a_slip_in_the_title_page_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "metadata.yml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=rf"metadata\.yml,? {said}") as caught:
        metadata.read_metadata(path)
    assert "\n" not in str(caught.value)


# PDF and DOCX


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey pictures in place of the diagrams, which have tests of their own."""

    def draw(_recipe: object, _classes: int, folder: Path) -> None:
        for name in DRAWN:
            Image.new("L", (40, 20)).save(folder / f"{name}.png")

    monkeypatch.setattr(build.pictures, "draw_diagrams", draw)


def test_the_committed_report_is_up_to_date() -> None:
    """If not, ``seglib report --dataset kvasir-seg`` and a look at its pages mend it."""
    build.check_written(build.build_report(REPORT.parent, "kvasir-seg"), REPORT)


@pytest.mark.usefixtures("undrawn")
def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    root = course(tmp_path, "phantom-polyp", results_of("phantom-polyp"))
    later = root / "figures" / "phantom-polyp" / "10_of_a_later_chapter.png"
    Image.new("L", (40, 20)).save(later)  # is no figure of the report, and that is no mistake
    elsewhere = Path(shutil.copytree(root, tmp_path / "elsewhere"))
    first, second = (build.build_report(place, "phantom-polyp") for place in (root, elsewhere))
    assert (first.pdf, first.docx) == (second.pdf, second.docx)
    with zipfile.ZipFile(io.BytesIO(first.docx)) as parts:  # says nothing of this machine
        assert not any(str(tmp_path).encode() in parts.read(name) for name in parts.namelist())
    for mark in (b"/Lang (en-GB)", b"/StructTreeRoot", b"/Outlines"):  # tagged, with bookmarks
        assert mark in first.pdf
    plain = tmp_path / "report.docx"
    plain.write_bytes(first.docx)
    text = pandoc("", "docx", "markdown", "--standalone", "--wrap=none", str(plain))
    assert metadata.NOTICE in text and "Figure\u00a01." in text and "@" not in text

    folder = tmp_path / "out"
    assert build.write_report(first, folder) == (
        [folder / "report.pdf", folder / "report.docx"],
        [],
    )
    assert build.write_report(replace(first, pdf=b"next"), folder)[1] == []  # nobody changed ours
    (folder / "report.docx").write_bytes(b"edited in Word")
    kept = build.write_report(first, folder)[1]
    assert kept == [folder / "report.1.docx"] and kept[0].read_bytes() == b"edited in Word"
    build.check_written(first, folder)
    (folder / "report.pdf").write_bytes(b"older")
    with pytest.raises(ValueError, match="is not what the text and the results give now"):
        build.check_written(first, folder)
    build.write_report(second, folder)
    build.check_written(replace(second, docx=packed_anew(second.docx)), folder)
    with pytest.raises(ValueError, match=r"report.docx is not what the text and the results give"):
        build.check_written(replace(second, docx=packed_anew(second.docx, "Dice", "Rice")), folder)
    with pytest.raises(ValueError, match=r"report.pdf is not what the text and the results give"):
        build.check_written(replace(second, typeset="from another template"), folder)


def packed_anew(docx: bytes, *instead: str) -> bytes:
    """The same Word file as another zlib would pack it, perhaps with one word for another."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(*(w.encode() for w in instead)) if instead else part)
    return made.getvalue()


@pytest.mark.usefixtures("undrawn")
def test_screen_readers_can_read_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typst refuses what PDF/UA-1 does not allow: a missing title, language, alternative text.

    It cannot do so for embedded vector pictures, so the pictures here are pixels.
    """
    root = course(tmp_path, "chaos-mr", results_of("chaos-mr"))
    strict = functools.partial(typst.compile, pdf_standards=["ua-1"])
    setter = SimpleNamespace(compile=strict, TypstError=typst.TypstError)
    monkeypatch.setattr(build, "typst", setter)
    made = build.build_report(root, "chaos-mr")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made.pdf
    (tmp_path / "report.docx").write_bytes(made.docx)
    with zipfile.ZipFile(tmp_path / "report.docx") as parts:
        names = ("word/document", "word/footer1", "docProps/core")
        text, foot, core = (parts.read(f"{name}.xml").decode() for name in names)
    pictures = re.findall(r"<wp:docPr [^>]*>", text)
    assert text.count("<w:footerReference ") == 1 and 'w:instr="PAGE"' in foot
    assert len(pictures) > 10 and all(re.search(r'descr="[^"]', found) for found in pictures)
    assert "<dc:title>U-Net and DeepLabV3+ for segmentation of abdominal organs" in core
    assert "<dc:creator>The seglib contributors" in core and "<dc:language>en-GB" in core


def test_the_date_of_the_files_is_the_one_on_the_title_page() -> None:
    page = metadata.title_page(
        metadata.Metadata("T", "A", "I", datetime.date(2026, 1, 31), "en-GB"), 2345, False
    )
    said = json.dumps(page["date"])
    assert "31 January 2026" in said and "2345 words" in said and "subtitle" not in page


@pytest.mark.usefixtures("undrawn")
def test_the_author_of_the_pdf_is_written_as_on_its_page(tmp_path: Path) -> None:
    root = course(tmp_path, "phantom-polyp", results_of("phantom-polyp"))
    page = "author: 'O''Brien \"\\b\" <j_d@uni.edu>'\nlanguage: en-GB\n"
    (root / "report" / "metadata.yml").write_text(PAGE + page)
    pdf = build.build_report(root, "phantom-polyp").pdf
    author = re.search(rb"<dc:creator>(.*?)</dc:creator>", pdf, re.DOTALL)[1].decode()
    assert html.unescape(re.sub("<[^>]*>", "", author)) == r"""O'Brien "\b" <j_d@uni.edu>"""


def test_letters_that_typst_lacks_come_from_fonts_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {"Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern"}
    assert set(fonts.choose_fonts("Ünï α ≤").families()) == {*plain, "New Computer Modern Math"}
    shutil.copy(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", tmp_path)
    machine = typst.Fonts(include_system_fonts=False, font_paths=[tmp_path])
    monkeypatch.setattr(fonts, "_of_this_machine", lambda: machine)
    assert fonts.choose_fonts("Ünï \u4dc0") is machine  # a sign that DejaVu Sans has
    with pytest.raises(ValueError, match="No font of this machine shows 李, 雷, which"):
        fonts.choose_fonts("Ünï 李雷 \u4dc0")
