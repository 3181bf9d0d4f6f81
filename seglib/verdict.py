"""What may be concluded from a comparison, and what not, in words?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seglib.significance import holm

if TYPE_CHECKING:
    from seglib.comparison import Comparison

LEVEL = 0.05
LOWER_IS_BETTER = ("hd95", "assd")


def conclude(found: Comparison) -> str:
    """Each pair of models in a sentence, and what the whole does not show."""
    ranked = found.pairs.assign(wilcoxon_p=holm(found.pairs["wilcoxon_p"]))
    said = [_sentence(pair, found) for pair in ranked.to_dict("records")]
    if len(said) > 1:
        said.append(f"The p-values are corrected for {len(said)} comparisons (Holm).")
    left_out = len(found.paired) - int(found.pairs["n"].min())
    if left_out:
        said.append(
            f"Up to {left_out} of {len(found.paired)} cases are left out because a model has no "
            "score there, which favours a model that misses objects."
        )
    if len(set(found.protocols.values())) > 1:
        said.append("The models were not scored by the same protocol: see `protocols`.")
    said.append(
        "Each model is one training run on one split. The interval covers the choice of test "
        "cases, not another seed, another split or another hospital: this is about these "
        "trained networks, not about their architectures in general."
    )
    return " ".join(said)


def _sentence(pair: dict, found: Comparison) -> str:
    """What one pair of models shows."""
    first, second, gap, groups = (pair[k] for k in ("first", "second", "difference", "groups"))
    unit = f" {found.unit}" if found.unit else ""
    seen = (
        f"{found.what}, {first} minus {second}: {gap:+.3f}{unit} on average over {pair['n']} "
        f"cases in {groups} groups"
    )
    if groups < 2:
        return f"{seen}. One group alone cannot show a difference, so nothing was tested."
    p = pair["holm_p"]
    seen += f" (95 % interval {pair['low']:+.3f} to {pair['high']:+.3f}, permutation {p_value(p)})"
    apart = pair["low"] > 0 or pair["high"] < 0
    if p < LEVEL and apart:
        better = speaks_for(gap, first, second, found.metric)
        return f"{seen}. {better} is better on these cases, and chance is an unlikely explanation."
    least = 2 * len(found.pairs) / 2**groups  # the smallest p that Holm's correction could leave
    few = " With so few groups no test could have shown one." if least > LEVEL else ""
    if p < LEVEL or apart:
        return f"{seen}. Test and interval disagree: a hint of a difference, not a finding.{few}"
    return (
        f"{seen}. No difference was shown.{few} This does not prove that the two are equal: "
        f"any difference inside the interval is still possible.{_leaning(pair, found)}"
    )


def _leaning(pair: dict, found: Comparison) -> str:
    """What the ranks tell where the mean is silent; nothing if they do not."""
    p, effect = pair["wilcoxon_p"], pair["effect_size"]
    if not p < LEVEL:
        return ""
    better = speaks_for(effect, pair["first"], pair["second"], found.metric)
    ahead = pair["higher" if effect > 0 else "lower"]
    return (
        f" Wilcoxon's signed ranks lean to {better} ({p_value(p)}), which is ahead in {ahead} of "
        f"{pair['groups']} groups: a hint, not a finding, for the mean also weighs by how much."
    )


def speaks_for(higher: float, first: str, second: str, metric: str) -> str:
    """Which model a sign speaks for, `higher` being positive where the first model is higher."""
    return first if (higher > 0) != (metric in LOWER_IS_BETTER) else second


def p_value(value: float) -> str:
    """A p-value with its sign: ``p = 0.033`` or ``p < 0.001``, never 0."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
