"""Which numbers go into the report's table, and which published ones may stand beside them?"""

from __future__ import annotations

import re

import pandas as pd

from seglib.averaging import per_case
from seglib.cards import DatasetCard
from seglib.comparison import Comparison
from seglib.course import Settings
from seglib.figures.style import MODEL_TITLES
from seglib.files import write_atomic
from seglib.intervals import summarise
from seglib.results import Evaluation
from seglib.scoring import METRICS, titles
from seglib.verdict import LEVEL, speaks_for

# Mean Dice that others reported on Kvasir-SEG. Each has its own split, image size, training and
# way of averaging, so the numbers make no ranking, neither with each other nor with ours.
PUBLISHED = (
    ("MedSegBench, U-Net, ResNet-18", "0.739", "700/100/200, from scratch, no augmentation, 512 px",
     "[10.1038/s41597-024-04159-2](https://doi.org/10.1038/s41597-024-04159-2)"),
    ("MedSegBench, U-Net, EfficientNet-B0", "0.812", "the same; the best of its six encoders",
     "[10.1038/s41597-024-04159-2](https://doi.org/10.1038/s41597-024-04159-2)"),
    ("EffiSegNet-B4", "0.921", "other split; from scratch",
     "[arXiv:2407.16298](https://arxiv.org/abs/2407.16298)"),
    ("EffiSegNet-B4", "0.948", "other split; pretrained on ImageNet",
     "[arXiv:2407.16298](https://arxiv.org/abs/2407.16298)"),
    ("Polyp-PVT", "0.917", "PraNet protocol: trained on two data sets, pretrained transformer",
     "[arXiv:2108.06932](https://arxiv.org/abs/2108.06932)"),
    ("DUCK-Net-34", "0.950", "other split; from scratch",
     "[10.1038/s41598-023-36940-5](https://doi.org/10.1038/s41598-023-36940-5)"),
)  # fmt: skip


# What may be scarce, and the cost that then counts.
LIMITS = {
    "parameters": ("Little memory for weights", "parameters"),
    "macs": ("Little arithmetic", "multiply-adds"),
    "memory_mb": ("Little memory for training", "activations"),
    "latency_ms": ("Little time on this processor", "time"),
}


def as_markdown(table: pd.DataFrame) -> str:
    """Markdown: a table, its index first; numbers are written as they are, so round them before."""
    head = [table.index.name or "", *table.columns]
    rows = [head, ["---"] * len(head), *table.astype(str).itertuples()]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def published(card: DatasetCard) -> str:
    """Markdown: what others reported on this data set, with their protocols, or why nothing is."""
    if card.is_synthetic:
        return (
            f"**{card.title} are synthetic.** No published score can stand beside these numbers, "
            "and they say nothing about real patients. Run the chapter on `kvasir-seg` for that."
        )
    if card.name != "kvasir-seg":
        return f"No published figures with a known protocol are kept here for {card.title}."
    columns = ["network", "mean Dice", "protocol", "source"]
    return as_markdown(pd.DataFrame(PUBLISHED, columns=columns).set_index("network"))


def distances(evaluation: Evaluation) -> str:
    """Markdown: the mean distances, and on how many images there is none."""
    unit = evaluation.unit
    named = [titles(unit)[name] for name in ("hd95", "assd")]
    rows = evaluation.table().set_index("metric").loc[named]
    said = [f"{name.removesuffix(f' ({unit})')} {row['mean']:.1f} {unit}"
            for name, row in rows.iterrows()]  # fmt: skip
    n, undefined = rows[["n", "undefined"]].iloc[0].astype(int)
    return f"{'; '.join(said)}; means of {n} images, undefined on {undefined} more."


def missed(strata: pd.DataFrame) -> str:
    """Markdown: misses of each size class, of the table :func:`seglib.figures.scores.by_size`."""
    rows = [f"{row['missed'] * row['n']:.0f} of {row['n']:.0f} {size}"
            for size, row in strata.iterrows()]  # fmt: skip
    return f"Missed (or invented, where there is no object): {'; '.join(rows)}."


def summary_table(evaluations: dict[str, Evaluation], costs: dict[str, dict]) -> pd.DataFrame:
    """One row a model: all mean scores with intervals, pooled Dice, AUC and cost.

    Several classes are averaged in each case first; their AUC is that of any foreground.

    Returns
    -------
    DataFrame
        Index the model's title. Columns ``dice, dice_low, dice_high`` and so on for each of
        :data:`seglib.scoring.METRICS`, ``n``, ``undefined`` distances, ``pooled_dice``, ``auc``,
        ``parameters, macs, memory_mb, latency_ms``.
    """
    rows = {}
    for model, evaluation in evaluations.items():
        scores = per_case(evaluation.scores)
        means = summarise(scores[list(METRICS)], scores["group"])
        row = {"n": len(scores), "undefined": int(means.loc["hd95", "undefined"])}
        for name, (mean, low, high) in means[["mean", "low", "high"]].iterrows():
            row |= {name: mean, f"{name}_low": low, f"{name}_high": high}
        row |= {"pooled_dice": evaluation.pooled["dice"].mean(), "auc": evaluation.auc}
        rows[MODEL_TITLES[model]] = row | costs[model]
    counts = ["n", "undefined", "parameters", "macs"]
    table = pd.DataFrame(rows).T.rename_axis("model")
    return table.astype(dict.fromkeys(counts, int))


def save_table(table: pd.DataFrame, name: str, settings: Settings) -> str:
    """Write ``figures/<dataset>/<name>.csv``, rounded; returns its path in the course folder."""
    path = write_atomic(settings.figures / f"{name}.csv", table.round(4).to_csv())
    return path.relative_to(settings.root).as_posix()


def verdict(comparison: Comparison) -> str:
    """Markdown: the comparison's own verdict, with the names that readers know."""
    words = comparison.verdict()
    for name, title in sorted(MODEL_TITLES.items(), key=lambda item: -len(item[0])):
        words = re.sub(rf"\b{name}\b", title, words)
    return f"> {words}"


def advice(comparison: Comparison, costs: dict[str, dict]) -> str:
    """Markdown: which of two networks to take when, as far as score and cost were measured."""
    names = list(comparison.table.index[:2])
    title = MODEL_TITLES
    apart = comparison.low > 0 or comparison.high < 0
    lighter = {key: min(names, key=lambda name: costs[name][key]) for key in LIMITS}
    lines = []
    if apart and comparison.permutation_p < LEVEL:
        better = speaks_for(comparison.difference, *names, comparison.metric)
        gap = f"{abs(comparison.difference):.3f} {comparison.unit}".rstrip()
        what = METRICS[comparison.metric].removesuffix(" (px)")
        lines.append(
            f"- **Only the score matters:** {title[better]}, which was ahead by {gap} in mean "
            f"{what} on these cases. Train both with more seeds before you call it a rule."
        )
    else:
        lines.append(
            "- **Only the score matters:** these results give no good reason to prefer either. Let "
            "the cost decide, or test on more cases and with more seeds."
        )
    for key, (need, unit) in LIMITS.items():
        less, more = (f(costs[name][key] for name in names) for f in (min, max))
        choice = f"{title[lighter[key]]}; the other takes {more / less:.1f} times the {unit}"
        lines.append(
            f"- **{need}:** {choice if more > 1.05 * less else 'no difference to speak of'}."
        )
    return "\n".join(lines)
