"""Ranks one can write down, Demšar's own table, and SciPy's Friedman test."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from seglib.comparison import compare
from seglib.figures.ranks import ranks
from seglib.ranks import nemenyi, rank_models
from tests.test_comparison import made


@pytest.mark.parametrize(
    ("models", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)]
)
def test_the_quantiles_are_those_of_demsar_table_5(models, q):
    assert nemenyi(models, 1) / np.sqrt(models * (models + 1) / 6) == pytest.approx(q, abs=1e-3)


def test_demsar_section_3_2_2_by_hand():
    assert nemenyi(4, 14) == pytest.approx(1.25, abs=0.01)


def table(columns, metric="dice"):
    """A comparison of models whose score of group i is given, two cases a group."""
    models = {}
    for name, values in columns.items():
        evaluation = made(n=2 * len(values), per_group=2)
        evaluation.scores[metric] = np.repeat(values, 2)
        models[name] = evaluation
    return compare(models, metric)


def test_ranks_of_four_groups_by_hand():
    found = rank_models(table({"a": [9, 8, 7, 6], "b": [8, 9, 6, 6], "c": [1, 2, 3, 6]}))
    assert found.mean_ranks.to_dict() == {"a": 6 / 4, "b": 7 / 4, "c": 11 / 4}
    assert (found.n_groups, found.left_out) == (4, 0)
    judged = stats.friedmanchisquare([9, 8, 7, 6], [8, 9, 6, 6], [1, 2, 3, 6])
    assert found.friedman_p == pytest.approx(judged.pvalue)
    assert found.cliques() == [("a", "b", "c")]
    assert found.stability.sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_small_distance_has_the_first_rank():
    columns = {"near": [1, 2, 3], "far": [4, 5, 6]}
    assert rank_models(table(columns, "hd95")).mean_ranks.index[0] == "near"
    assert rank_models(table(columns, "nsd")).mean_ranks.index[0] == "far"


def test_models_far_apart_are_told_apart_and_twins_are_not():
    models = {"good": made(0.2, seed=1), "twin": made(0.2, seed=2), "bad": made(-0.2, seed=3)}
    found = rank_models(compare(models))
    assert [set(clique) for clique in found.cliques()] == [{"good", "twin"}]
    assert found.friedman_p < 0.001
    assert found.stability.loc["bad", 3] == 1
    said = found.verdict()
    assert "not all alike" in said and "Not told apart: " in said and "architectures" in said


def test_equal_models_share_their_rank_and_nothing_is_shown():
    found = rank_models(compare({"a": made(), "b": made(), "c": made()}))
    assert found.mean_ranks.tolist() == [2, 2, 2]
    assert np.isnan(found.friedman_p)
    assert "That the models differ at all was not shown" in found.verdict()


def test_one_group_cannot_say_how_firm_the_order_is():
    found = rank_models(table({"unet": [3], "b": [2]}))
    assert found.mean_ranks.to_dict() == {"unet": 1, "b": 2}
    assert found.stability.isna().all(axis=None)
    assert "One group alone cannot be resampled" in found.verdict()
    assert "%" not in found.verdict()
    fig = ranks(found)
    fig.canvas.draw()
    assert [text.get_text() for text in fig.axes[1].texts] == ["–"] * 4
    plt.close(fig)


def test_cases_without_a_score_of_every_model_are_counted():
    missed = made(seed=1)
    missed.scores.loc[[4, 5], "hd95"] = np.nan
    found = rank_models(compare({"a": missed, "b": made(), "c": made(seed=2)}, "hd95"))
    assert (found.left_out, found.n_groups) == (2, 19)
    assert "2 cases without a score of every model are left out" in found.verdict()
    missed.scores["hd95"] = np.nan
    with pytest.raises(ValueError, match="No case has a .* nothing to rank"):
        rank_models(compare({"a": missed, "b": made()}, "hd95"))


def test_the_seed_decides_how_stable_it_looks():
    models = {"a": made(0.01, seed=1), "b": made(seed=2), "c": made(seed=3)}
    found = compare(models)
    assert rank_models(found).stability.equals(rank_models(found).stability)
    assert not rank_models(found, 1).stability.equals(rank_models(found, 2).stability)


def test_the_figure_names_models_ranks_and_shares():
    models = {"unet": made(0.2, seed=1), "b": made(0.19, seed=2), "c": made(-0.2, seed=3)}
    found = rank_models(compare(models))
    fig = ranks(found)
    fig.canvas.draw()
    written = "\n".join(text.get_text() for text in fig.findobj(plt.Text))
    plt.close(fig)
    assert f"U-Net {found.mean_ranks['unet']:.2f}" in written
    assert "critical difference" in written and "100%" in written
