"""A station is killed at moments nobody chose, again and again, on one archive. Long: `python -m benchmarks kills`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.kills import killed


@pytest.mark.process
@pytest.mark.timeout(300)
@pytest.mark.fault(row=35)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_station_that_is_killed_while_it_records_and_files_loses_nothing(tmp_path: Path) -> None:
    """Row 35: SIGKILL at six random moments of recording and filing -> filed trials whole, cut ones to the last read.

    The chain of the audit holds, and every recording that was cut off is in the archive or kept beside it.
    """
    outcome = killed(tmp_path, times=6)
    assert outcome.is_clean, str(outcome)
    assert outcome.trials > 0
    assert outcome.sums["rescued"] + outcome.sums["empty"] > 0
