"""A backup is made while somebody stands on the plate and while the trial is filed: neither disturbs the other."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest
from guided_bench import CLINICIAN, GuidedBench

from dashboard.protocol import Act, Step
from records.backup import back_up, backed_up
from records.snapshot import verify_file


def test_backups_while_recording_and_filing_are_whole_and_so_is_the_trial(tmp_path: Path) -> None:
    """Copies follow each other without a pause from the start of the recording until its result is filed.

    Each holds the trial with its recording, or neither; the last one, made afterwards, gives it back bit for bit.
    """
    bench = GuidedBench(tmp_path)
    ended, made, failed = Event(), list[Path](), list[BaseException]()

    def copy() -> None:
        try:
            while not ended.is_set():
                made.append(back_up(bench.store, CLINICIAN, tmp_path / f"copy {len(made)}").path)
        except BaseException as error:  # told by the assertion below
            failed.append(error)

    bench.until(Step.READY)
    copier = Thread(target=copy)
    copier.start()
    try:
        bench.act(Act.START)
        bench.until(Step.VERDICT)
    finally:
        ended.set()
        copier.join()
    assert failed == []
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert bench.store.latest_result(trial.id) is not None
    assert bench.store.damaged_recordings() == (1, ())
    assert bench.keeper.filed() == (trial.id,)
    rows = [verify_file(path).rows for path in made]
    assert len(rows) > 1
    assert [each["trial"] for each in rows] == [each["recording"] for each in rows]
    assert rows[0]["trial"] == 0
    back_up(bench.store, CLINICIAN, tmp_path / "after")
    assert backed_up(bench.store, [trial.id], tmp_path / "after") == {trial.id}
    bench.close()


def test_an_archive_that_cannot_be_copied_stops_nobody(tmp_path: Path) -> None:
    """The folder for backups is a file: it is an error of the backup, and the attempt is filed as ever."""
    bench = GuidedBench(tmp_path)
    (tmp_path / "backups").write_text("a file where the folder should be", encoding="utf-8")
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET, Step.LIFT)
    with pytest.raises(Exception, match="backups"):
        back_up(bench.store, CLINICIAN)
    bench.until(Step.VERDICT)
    assert len(bench.store.trials_of(bench.visit.id)) == 1
    bench.close()
