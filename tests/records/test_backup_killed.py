"""A backup that is killed at any of its steps: no file that looks whole and is not, the archive as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shelf import CLINICIAN, filed_trial
from tests_root import ROOT

from records.backup import back_up
from records.snapshot import verify_file
from records.store import RecordStore, sqlite_url

#: Each child is killed at its k-th step: every call that opens, links, renames or removes a file, and inside the copy.
PROGRAM = """
import json, os, signal, sqlite3, sys
from pathlib import Path
from records import snapshot
from records.snapshot import copy_verified
STEPS = ("open", "os.link", "os.rename", "os.remove", "sqlite3.connect", "sqlite3.connect/handle")
source, folder = Path(sys.argv[1]), Path(sys.argv[2])

def child(k):
    seen = []
    def step(event, arguments):
        if event in STEPS and (event != "open" or str(folder) in str(arguments[0])):
            seen.append(event)
            if len(seen) == k:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(step)
    def busy(*_):
        step("open", [folder])
    snapshot._busy = busy
    os.fsync = (lambda sync: lambda number: (step("open", [folder]), sync(number)))(os.fsync)
    copy_verified(source, folder / str(k) / "stancelab-20260301T120000Z.db")

k, killed = 0, True
while killed:
    k += 1
    pid = os.fork()
    if pid == 0:
        try:
            child(k)
        finally:
            os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
print(json.dumps(k))
"""


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_of_a_backup_killed_at_any_step_there_is_all_or_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "stancelab.db"
    store = RecordStore(sqlite_url(archive))
    store.upgrade()
    filed_trial(store)
    whole = verify_file(archive)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(archive), str(tmp_path / "to")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    ended_at = int(json.loads(done.stdout))
    assert ended_at >= 10  # so many steps there were at which it was killed
    named = [path for path in (tmp_path / "to").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert [verify_file(path) for path in named] == [whole] * len(named)
    unfinished = [path for path in (tmp_path / "to").rglob(".*") if path.is_file()]
    assert {path.parent.name for path in (*named, *unfinished)} >= {str(k) for k in range(2, ended_at)}
    assert verify_file(archive) == whole
    assert back_up(store, CLINICIAN, tmp_path / "to" / "1").path.exists()
