"""What is left when the program is killed: everything committed, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shelf import raw
from tests_root import ROOT

from records.recording_file import content_sha256
from records.store import RecordStore, sqlite_url

PROGRAM = """
import os, signal, sys
from shelf import *
from records import rows
store = RecordStore(sys.argv[1])
store.upgrade()
trial = filed_trial(store)
print(trial.id, flush=True)
if sys.argv[2] == "before":  # with changed pages already in the file: a cache of one page spills
    with store.writing() as connection:
        rows.insert_recording(connection, trial.visit_id, rows.prepared(raw_input(), TRIALS * 500))
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        connection.exec_driver_sql("UPDATE trial SET attempt = 99")
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["between", "before"])
def test_a_killed_program_leaves_the_trial_with_its_counts_and_nothing_half(tmp_path: Path, moment: str) -> None:
    url = sqlite_url(tmp_path / "archive.db")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, moment],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert moment == "between" or (tmp_path / "archive.db-journal").stat().st_size > 0  # there is work to undo
    store = RecordStore(url)
    trial = store.trial(done.stdout.strip())
    stored = store.recording(trial.recording_id)
    assert stored.raw is not None
    assert content_sha256(stored.raw) == content_sha256(raw())
    assert store.trials_of(trial.visit_id) == (trial,)
    assert trial.attempt == 1
    assert store.latest_result(trial.id) is None
    assert store.verify_audit().faults == ()
    store.check_integrity()
