"""People whose legs do not differ are rarely told that they do."""

from __future__ import annotations

import numpy as np
import pytest
from measured import trial

from analysis.abductors import STEADINESS, Pattern, abductor_findings
from analysis.geometry import Side
from analysis.sides import SideComparison, compare

PEOPLE, TRIALS = 500, 3
#: Spread from trial to trial of simulated people: 10.6 % for steadiness, 3.7 mm for the foot and the posture on it.
STEADINESS_SD, SHIFT_SD_MM = 0.106, 3.7
TYPICAL = {"velocity_ml": 23.0, "velocity": 36.0, "rms_ml": 4.9}


@pytest.fixture(scope="module")
def visits() -> list[SideComparison]:
    """Three trials a side of people whose legs are the same; people differ by 20 %."""
    random, made = np.random.default_rng(21), []
    for _ in range(PEOPLE):
        person, results = np.exp(random.normal(0, 0.2)), []
        for side in Side:
            for _ in range(TRIALS):
                same = {
                    id: typical * person * np.exp(random.normal(0, STEADINESS_SD)) for id, typical in TYPICAL.items()
                }
                results.append(trial(side, lateral_shift=random.normal(3.0, SHIFT_SD_MM), **same))
        made.append(compare(results))
    return made


@pytest.mark.parametrize("metric_id", ["lateral_shift", *STEADINESS])
def test_a_metric_of_equal_legs_is_flagged_in_at_most_5_of_100(visits: list[SideComparison], metric_id: str) -> None:
    assert np.mean([visit.metrics[metric_id].flag for visit in visits]) <= 0.05


def test_any_of_the_four_is_flagged_in_at_most_10_of_100(visits: list[SideComparison]) -> None:
    """Four chances of at most 5 %; two rules together make each much rarer than that."""
    flagged = [any(visit.metrics[id].flag for id in ("lateral_shift", *STEADINESS)) for visit in visits]
    assert np.mean(flagged) <= 0.10


def test_the_panel_names_a_pattern_for_few_of_them(visits: list[SideComparison]) -> None:
    named = [
        any(panel.pattern is not Pattern.NO_DIFFERENCE for panel in (findings.left, findings.right))
        for findings in (abductor_findings(visit, {}) for visit in visits)
    ]
    assert np.mean(named) <= 0.10
