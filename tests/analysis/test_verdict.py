"""Is a trial usable, and why not: the load that a CoP needs, and the foot against its template."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from one_leg import of_four_cells
from standing import FOOTING, Attempt

from analysis.assess import assess_recording
from analysis.geometry import Footing, FootOutline, FootPlacement, Side
from analysis.phases import EndedBy, Followed, Mark
from analysis.quality import Finding, FindingCode, Severity, placement_finding
from analysis.settings import AnalysisSettings

OUTLINE = FootOutline(heel_mm=(90.0, -110.0), forward=(0.0, 1.0), length_mm=260.0, width_mm=98.0)


def the(findings: tuple[Finding, ...], code: FindingCode) -> Finding:
    (found,) = [finding for finding in findings if finding.code is code]
    return found


def with_feet_forward(by_mm: float) -> Footing:
    def moved(foot: FootPlacement) -> FootPlacement:
        (heel_x, heel_y), (toe_x, toe_y) = foot.heel_mm, foot.toe_mm
        return replace(foot, heel_mm=(heel_x, heel_y + by_mm), toe_mm=(toe_x, toe_y + by_mm))

    return Footing(moved(FOOTING.left), moved(FOOTING.right))


def test_a_foot_on_its_template_is_not_doubted() -> None:
    """CoP 10 mm before the plate's middle and 6 mm lateral of the foot's: 120 mm before the heel."""
    (trial,) = Attempt().assessed()
    assert FindingCode.PLACEMENT not in {finding.code for finding in trial.result.findings}


@pytest.mark.parametrize("side", Side)
def test_a_cop_behind_the_heel_of_the_template_says_that_the_foot_stood_elsewhere(side: Side) -> None:
    """Heel at -110 + 150 = 40 mm, CoP around 10 mm: 30 mm behind it. A caution: sway does not need the place."""
    (trial,) = Attempt(side=side).assessed(footing=with_feet_forward(150.0))
    found = the(trial.result.findings, FindingCode.PLACEMENT)
    assert found.severity is Severity.CAUTION
    assert found.values["mean_mm"] == pytest.approx(30.0, abs=0.5)
    assert found.values["beyond_pct"] == pytest.approx(100.0)
    assert trial.result.usable


def test_a_cop_beside_the_foot_is_seen_as_well() -> None:
    """52 mm lateral of the midline of a foot whose edge is at 49 mm."""
    (trial,) = Attempt(shift_mm=52.0, sway=0.2).assessed()
    assert the(trial.result.findings, FindingCode.PLACEMENT).values["mean_mm"] == pytest.approx(3.0, abs=0.3)


def test_the_corner_of_a_foot_is_as_far_as_pythagoras_says() -> None:
    """Edge at 90 + 49 = 139 mm, toe at -110 + 260 = 150 mm; 3 mm beyond one and 4 mm beyond the other: 5 mm."""
    points = np.array([[142.0, 154.0], [90.0, 0.0], [139.0, 150.0], [136.0, -112.0]])
    assert OUTLINE.outside_mm(points) == pytest.approx([5.0, 0.0, 0.0, 2.0])


@pytest.mark.parametrize(("share", "seen"), [(0.005, False), (0.02, True)])
def test_some_samples_far_outside_are_enough(share: float, seen: bool) -> None:
    """Mean inside; 1 % of the samples more than 10 mm outside is the limit."""
    points = np.tile([90.0, 0.0], (2000, 1))
    points[: round(share * 2000), 0] = 151.0  # 12 mm beyond the edge
    assert bool(placement_finding(OUTLINE, points)) is seen


@pytest.mark.parametrize(("lasts_s", "not_usable"), [(0.3, False), (3.0, True)])
def test_a_load_below_what_a_cop_needs_is_said_with_both_limits(lasts_s: float, not_usable: bool) -> None:
    """A person just above the limit of 690 N who unloads to 686 N: 3 of 20 s are 15 %, 0.3 s are 1.5 %."""
    unload = [(25.0, 0.1, 0.98), (25.0 + lasts_s, 0.1, 1.0)]
    (trial,) = Attempt(load=unload).assessed(settings=AnalysisSettings(minimum_load_n=690.0))
    found = [finding for finding in trial.result.findings if finding.code is FindingCode.LOAD_GATE]
    assert trial.result.usable is not not_usable
    assert bool(found) is not_usable
    if found:
        assert found[0].values["below_pct"] == pytest.approx(100 * lasts_s / 20, abs=0.6)
        assert (found[0].values["gate_n"], found[0].values["limit_pct"]) == (690.0, 2.0)
        assert FindingCode.MISSING_SAMPLES not in {finding.code for finding in trial.result.findings}


def followed(seen: Followed | None, marks: tuple[Mark, ...] = ()) -> dict[FindingCode, Finding]:
    """Foot-off at 10.53 s, foot down from 30 s on; what the guided test saw of it, and the findings about that."""
    raw, calibration, zero = of_four_cells(Attempt(after=[(30.0, 0.4, 0.0)], seconds=35.0).recording())
    (trial,) = assess_recording(
        raw, calibration, zero, settings=AnalysisSettings(), footing=FOOTING, side=None, marks=marks, followed=seen
    )
    about = (FindingCode.LIVE_FOOT_OFF, FindingCode.LIVE_END)
    return {finding.code: finding for finding in trial.result.findings if finding.code in about}


@pytest.mark.parametrize("seen", [None, Followed(10.9), Followed(10.1, 30.5), Followed(10.5, 29.7)])
def test_what_was_seen_live_within_half_a_second_is_not_mentioned(seen: Followed | None) -> None:
    assert not followed(seen)


def test_a_foot_off_seen_live_more_than_half_a_second_away_is_said_with_both_times() -> None:
    found = followed(Followed(11.2, 30.1))
    assert set(found) == {FindingCode.LIVE_FOOT_OFF}
    assert found[FindingCode.LIVE_FOOT_OFF].severity is Severity.CAUTION
    values = found[FindingCode.LIVE_FOOT_OFF].values
    assert (values["live_s"], values["limit_s"]) == (11.2, 0.5)
    assert values["filed_s"] == pytest.approx(10.53, abs=0.06)


def test_an_end_seen_live_elsewhere_is_said_unless_the_operator_ended_the_hold() -> None:
    assert set(followed(Followed(10.5, 24.0))) == {FindingCode.LIVE_END}
    assert not followed(Followed(10.5, 24.0), (Mark(24.3, EndedBy.HAND_SUPPORT),))
