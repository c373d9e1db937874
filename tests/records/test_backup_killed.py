"""A backup that is killed, or whose disk is full: no file that looks whole and is not, the archive as it was."""

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


#: The limit on the size of files makes the same short write as a full disk, at each of the places a copy may reach.
FULL = """
import json, os, resource, signal, sys
from pathlib import Path
from records.backup import back_up
from records.errors import StoreError
from records.model import Actor, Role
from records.server_backup import back_up_server
from records.store import RecordStore, sqlite_url
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive, folder = Path(sys.argv[1]), Path(sys.argv[2])
store, actor = RecordStore(sqlite_url(archive)), Actor("Ann", Role.CLINICIAN)
size = archive.stat().st_size
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
said = []
for how in (back_up, back_up_server):
    for room in (0, 5000, 16384, size // 2, size - 1) if how is back_up else (0, 500, 2000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            how(store, actor, folder)
            said.append("made")
        except StoreError as error:
            said.append(error.code)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(json.dumps([said, sorted(path.name for path in folder.rglob("*"))]))
"""


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_of_a_backup_that_finds_no_room_there_is_nothing_and_it_is_said(tmp_path: Path) -> None:
    """SQLite says of such a write that the file cannot be written, of a full disk that it is full: both are named."""
    archive = tmp_path / "stancelab.db"
    store = RecordStore(sqlite_url(archive))
    store.upgrade()
    filed_trial(store)
    whole = verify_file(archive)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(archive), str(tmp_path / "to")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    said, left = json.loads(done.stdout)
    assert set(said[:5]) <= {"STORE_FULL", "STORE_UNREACHABLE"}
    assert said[5:] == ["STORE_FULL"] * 3
    assert left == []
    assert verify_file(archive) == whole
    assert back_up(store, CLINICIAN, tmp_path / "to").path.exists()
