"""Published values: as their sources print them, only where they were read, and none for the CoP."""

from __future__ import annotations

import pytest

from analysis.metrics import METRICS
from analysis.norms import all_references, references


@pytest.mark.parametrize(("age", "mean_s"), [(60, 27.0), (69, 27.0), (70, 17.2), (85, 8.5)])
def test_hold_times_are_those_of_bohannons_abstract(age: int, mean_s: float) -> None:
    """27.0, 17.2 and 8.5 s for 60-69, 70-79 and 80-99 years, 22 studies, 3484 people, eyes open."""
    (found,) = references("hold_time", "eyes_open", age)
    assert (found.mean, found.n) == (mean_s, 3484)
    assert found.source.startswith("Bohannon 2006")


def test_rows_that_nobody_read_in_their_source_are_never_shown() -> None:
    hidden = [row for row in all_references() if not row.verified]
    assert hidden
    for row in hidden:
        assert row not in references(row.metric, row.condition, row.ages[0])


def test_another_condition_or_age_has_no_reference() -> None:
    assert references("hold_time", "eyes_closed", 65) == ()
    assert references("hold_time", "eyes_open", 25) == ()


def test_the_cop_has_no_reference_values() -> None:
    assert {row.metric for row in all_references()} == {"hold_time"} <= set(METRICS)


def test_every_row_names_its_source_device_and_filter() -> None:
    assert all(row.source and row.device and row.filter and row.n > 0 for row in all_references())
