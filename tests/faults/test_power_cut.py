"""The power fails: disks as a cut may leave them, made of what was written and synced. Long: `benchmarks powercut`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acquisition.spool import SYNC_S
from benchmarks.powercut import archive_cuts, spool_cuts


@pytest.mark.fault(row=35)
def test_a_power_cut_takes_no_more_of_a_recording_than_the_newest_quarter_second_and_two_syncs(tmp_path: Path) -> None:
    """Row 35: the power fails while recording, 90 times -> what was synced is there, the rest is right or missing.

    How late this computer wakes a thread is measured beside it: a busy one may begin a sync later.
    """
    found = spool_cuts(tmp_path, points=90, seconds=1.5)
    assert (found.wrong, found.beyond) == (0, 0), str(found)
    assert found.waited_s <= SYNC_S + max(0.1, 4 * found.late_s), str(found)
    assert found.lost_s <= SYNC_S + 2 * found.sync_s + max(0.1, 4 * found.late_s), str(found)


@pytest.mark.fault(row=35)
@pytest.mark.skipif(
    os.name == "nt", reason="Windows' own file methods of SQLite are others; the archive's rules are not"
)
def test_a_power_cut_leaves_every_committed_trial_and_nothing_half(tmp_path: Path) -> None:
    """Row 35: the power fails while trials are filed, 60 times -> each committed trial whole, chain and file sound."""
    found = archive_cuts(tmp_path, points=60, trials=4)
    assert (found.unreadable, found.lost, found.half) == (0, 0, 0), str(found)
