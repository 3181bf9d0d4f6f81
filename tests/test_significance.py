import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seglib.significance import holm, paired_tests


def scores(gap, n=40, per_group=1, seed=0, spread=0.05):
    random = np.random.default_rng(seed)
    base = random.beta(8, 2, n)
    noise = random.normal(0, spread, n)
    groups = pd.Series(np.arange(n) // per_group).astype(str)
    return pd.Series(base + gap + noise), pd.Series(base), groups


def test_scipy_agrees_where_each_case_is_a_group():
    first, second, groups = scores(0.02)
    found = paired_tests(first, second, groups)
    assert found["difference"] == pytest.approx((first - second).mean())
    assert found["wilcoxon_p"] == pytest.approx(stats.wilcoxon(first, second).pvalue)
    assert found["permutation_p"] == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=0.02)
    assert found["low"] < found["difference"] < found["high"]
    assert (found["n"], found["groups"]) == (40, 40)


def test_four_groups_by_hand():
    # The groups' mean differences are 1, 2, -3 and 4; of 16 sign patterns, those whose sum is
    # at least 4 in size are 10 (sums 10, 8, 6, 4, 4 and their mirror images).
    first = pd.Series([1.0, 1.0, 2.0, 2.0, 0.0, 0.0, 4.0, 4.0])
    second = pd.Series([0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 0.0, 0.0])
    found = paired_tests(first, second, pd.Series(list("aabbccdd")))
    assert found["difference"] == 1
    assert found["effect_size"] == pytest.approx((1 + 2 - 3 + 4) / 10)
    assert found["permutation_p"] == pytest.approx(10 / 16)
    assert found["wilcoxon_p"] == pytest.approx(10 / 16)
    assert (found["n"], found["groups"]) == (8, 4)


def test_equal_models_differ_by_nothing():
    _, second, groups = scores(0)
    found = paired_tests(second, second, groups)
    assert (found["difference"], found["effect_size"]) == (0, 0)
    assert (found["low"], found["high"]) == (0, 0)
    assert found["wilcoxon_p"] == found["permutation_p"] == 1


def test_swapping_the_models_turns_the_sign_only():
    first, second, groups = scores(0.02, per_group=2)
    there, back = paired_tests(first, second, groups), paired_tests(second, first, groups)
    assert back["difference"] == pytest.approx(-there["difference"])
    assert back["effect_size"] == pytest.approx(-there["effect_size"])
    assert (back["low"], back["high"]) == pytest.approx((-there["high"], -there["low"]))
    assert back["wilcoxon_p"] == pytest.approx(there["wilcoxon_p"])


def test_frames_of_one_patient_are_one_witness():
    random = np.random.default_rng(2)
    luck = np.repeat(random.normal(0.01, 0.04, 8), 25)  # what a patient does to the difference
    base = random.beta(8, 2, 200)
    first, second = pd.Series(base + luck), pd.Series(base)
    honest = paired_tests(first, second, pd.Series(np.arange(200) // 25))
    fooled = paired_tests(first, second, pd.Series(np.arange(200)))
    assert fooled["permutation_p"] < 0.01 < 0.05 < honest["permutation_p"]
    assert fooled["wilcoxon_p"] < honest["wilcoxon_p"]


def test_undefined_cases_are_left_out_of_both():
    first, second, groups = scores(0.02)
    first[3], second[7] = np.nan, np.nan
    kept = ~groups.index.isin([3, 7])
    assert paired_tests(first, second, groups) == paired_tests(
        first[kept], second[kept], groups[kept]
    )


@pytest.mark.parametrize("left", [0, 3])
def test_fewer_than_two_groups_are_not_tested(left):
    first, second, _ = scores(0.1, n=3)
    first[left:] = np.nan
    found = paired_tests(first, second, pd.Series(["a"] * 3))
    assert (found["n"], found["groups"]) == (left, min(left, 1))
    assert np.isnan([found[k] for k in ("low", "high", "wilcoxon_p", "permutation_p")]).all()


def test_holm_by_hand():
    assert holm([0.03]) == pytest.approx([0.03])
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([0.02, np.nan, 0.01]) == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)
