"""Reliability: a published worked example to three digits, known variances found again, rows that say what they are."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.metrics import METRICS
from analysis.reliability import StudyRefused, known_reliability, reliability_of, retest_study

#: Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=np.float64
)


def test_shrout_and_fleiss_example_to_three_digits() -> None:
    """The paper prints ICC(2,1) .29 and ICC(2,4) .62; the psych and pingouin packages carry on to these digits."""
    study = retest_study(SHROUT_FLEISS[:, :, None])
    assert study.icc_single == pytest.approx(0.290, abs=0.0005)
    assert study.icc_mean == pytest.approx(0.620, abs=0.0005)
    assert study.icc_single_ci95 == pytest.approx((0.019, 0.761), abs=0.0005)
    assert study.icc_mean_ci95 == pytest.approx((0.071, 0.927), abs=0.0005)


def test_sem_is_the_root_of_the_papers_error_mean_square() -> None:
    """Table 3 of the paper: error mean square 1.02 with 15 degrees of freedom."""
    study = retest_study(SHROUT_FLEISS[:, :, None])
    assert study.sem**2 == pytest.approx(1.02, abs=0.005)
    assert study.mdc95 == pytest.approx(2.77 * study.sem, rel=0.001)


def test_planted_spreads_are_found_again() -> None:
    """2000 people, SD 0.3 between them, 0.12 between visits, 0.1 between three trials, 0.08 lost by practice."""
    random = np.random.default_rng(3)
    people = random.normal(3, 0.3, (2000, 1, 1))
    visits = random.normal(0, 0.12, (2000, 2, 1)) + np.array([0.0, -0.08])[None, :, None]
    study = retest_study(people + visits + random.normal(0, 0.1, (2000, 2, 3)))
    assert study.within_sd == pytest.approx(0.1, rel=0.03)
    assert study.between_sd == pytest.approx(0.12, rel=0.05)
    assert study.visit_shift == pytest.approx(-0.08, abs=0.01)
    assert study.sem == pytest.approx((0.12**2 + 0.1**2 / 3) ** 0.5, rel=0.05)


def test_the_interval_of_the_mdc_holds_the_true_one_95_times_of_100() -> None:
    random = np.random.default_rng(4)
    true_mdc = 1.96 * 2**0.5 * 0.12
    held = 0
    for _ in range(400):
        means = random.normal(3, 0.3, (20, 1, 1)) + random.normal(0, 0.12, (20, 2, 1))
        low, high = retest_study(means).mdc95_ci95
        held += low <= true_mdc <= high
    assert held / 400 == pytest.approx(0.95, abs=0.035)  # three standard errors of 400 draws


def test_people_who_agree_wholly_have_no_error() -> None:
    study = retest_study(np.repeat(np.arange(20.0)[:, None, None], 2, axis=1))
    assert study.icc_mean == pytest.approx(1.0)
    assert study.sem == 0


@pytest.mark.parametrize("shape", [(2, 2, 3), (20, 1, 3), (20, 2, 0)])
def test_a_study_too_small_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(StudyRefused, match="needs"):
        retest_study(np.ones(shape))


def test_a_value_that_is_no_number_is_refused_and_not_left_out_silently() -> None:
    values = np.random.default_rng(1).normal(size=(20, 2, 3))
    values[4, 1, 2] = np.nan
    with pytest.raises(StudyRefused, match="1 values are no numbers"):
        retest_study(values)


def test_nineteen_people_replace_nothing_and_twenty_do() -> None:
    random = np.random.default_rng(2)
    few, enough = (retest_study(random.normal(size=(n, 2, 3))) for n in (19, 20))
    with pytest.raises(StudyRefused, match="19 people"):
        reliability_of(few, "ln", "our study", "plate A")
    row = reliability_of(enough, "ln", "our study", "plate A")
    assert row.verified
    assert (row.n, row.within_sd) == (20, enough.within_sd)


def test_every_known_row_belongs_to_a_metric_and_names_its_source() -> None:
    rows = known_reliability()
    assert set(rows) <= set(METRICS)
    assert {"velocity_ml", "velocity", "rms_ml", "lateral_shift", "hold_time"} <= set(rows)
    assert all(row.source and row.n > 0 and row.device for row in rows.values())


def test_signed_metrics_are_never_compared_on_logarithms() -> None:
    assert all(METRICS[id].worse != "signed" for id, row in known_reliability().items() if row.scale == "ln")


def test_the_shift_of_three_trials_has_the_simulated_error() -> None:
    """Simulated people: SEM of three trials 3.6 mm, so an MDC of 10 mm."""
    assert known_reliability()["lateral_shift"].sem(3) == pytest.approx(3.6, abs=0.05)


def test_velocity_of_three_trials_has_an_error_of_14_percent() -> None:
    """Between the published 9-12 % and 17-23 %."""
    assert known_reliability()["velocity_ml"].sem(3) == pytest.approx(0.14, abs=0.005)
