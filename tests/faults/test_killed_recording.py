"""The program is killed or told to end while it records: a process of its own, at a moment nobody chose."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from guided_bench import CLINICIAN
from spools import header, kept
from tests_root import ROOT

from acquisition.replay import recording_of
from acquisition.spool import begin_spool
from acquisition.spool_file import recover
from dashboard.archive import open_store
from dashboard.config import Config, store_url
from dashboard.keeping import FILED
from dashboard.rescue import Fate
from dashboard.serving import running
from hardware.simulator.device import SimulatedLink, SimulatedPlate, Simulation
from records import filing
from records.model import NewPatient, TrialStatus, Visit

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL; ending a process there runs no handler either"),
]

#: Records the simulated plate and says how many sets the decoder has given so far, until it is killed.
RECORDING = """
import sys
from pathlib import Path
from spools import begun, tapped
hub, _ = tapped(sys.argv[2])
spool = begun(hub, Path(sys.argv[1]))
cursor, sets = hub.blocks_after(0)[1], 0
while True:
    blocks, cursor = hub.blocks_after(cursor)
    sets += sum(map(len, blocks))
    print(sets, flush=True)
"""

#: A station as `stancelab serve` runs it, an attempt begun as the screen begins it. Says so in mid-hold.
STATION = """
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread
from dashboard.archive import open_store
from dashboard.config import Config, store_url
from dashboard.protocol import Act, Step
from dashboard.serving import Server, running
folder = Path(sys.argv[1])
config = Config(folder, store_url(None, folder, {}), 0, False, "sim:healthy?seed=5&speed=16", demo=True)
with running(config, open_store(config)) as services:
    server = Server(config, services)
    conductor = services.conductor

    def stand():
        while not (view := conductor.view()):
            conductor.attend(sys.argv[2], take=True)
            conductor.hub.blocks_after(-1, 0.05)
        conductor.act(Act.START, view.guide.token)
        while conductor.view().guide.step is not Step.HOLD:
            conductor.hub.blocks_after(-1, 0.05)
        sets = conductor.hub.snapshot().sets
        while conductor.hub.snapshot().sets < sets + 400:  # 5 s of the hold
            conductor.hub.blocks_after(-1, 0.05)
        print("holding", flush=True)

    Thread(target=stand, daemon=True).start()
    server.run()
"""


@contextmanager
def program(source: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", source, *arguments]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def station_in(folder: Path) -> tuple[Config, Visit]:
    """An archive with a visit."""
    config = Config(folder, store_url(None, folder, {}))
    store = open_store(config)
    patient = filing.add_patient(store, CLINICIAN, NewPatient("P-001", simulated=True))
    visit = filing.open_visit(store, CLINICIAN, patient.id, station="room 2")
    store.close()
    return config, visit


@pytest.mark.fault(row=35)
@pytest.mark.parametrize("url", ["sim:healthy?seed=3&speed=0", "sim:healthy?seed=3&speed=0&rate=1000"])
def test_of_a_killed_program_at_most_one_read_is_lost(tmp_path: Path, url: str) -> None:
    """Row 35: SIGKILL while recording -> every set that the decoder ever gave is on the disk, none is wrong."""
    earlier = kept(tmp_path / "earlier", 0.5)
    with program(RECORDING, str(tmp_path), url) as process:
        assert process.stdout is not None
        after = random.randint(20, 400)  # noqa: S311 - any moment will do, and another each time
        decoded = 0
        for line in process.stdout:
            decoded = int(line)
            if decoded >= after:
                break
        process.kill()
        decoded = max([decoded, *map(int, process.stdout.read().split())])
        process.wait()
    (path,) = tmp_path.glob("*.fpr")
    found = recover(path)
    raw = recording_of(found)
    assert len(raw.counts) >= decoded
    assert (found.end, raw.interrupted, raw.gaps) == (None, "PROGRAM_ENDED", ())
    again = kept(tmp_path / "again", float(raw.time_s.max()) + 1.0, url, before_s=0.0).live  # the same seeded plate
    n = len(raw.counts)
    assert np.array_equal(raw.counts, again.counts[:n])
    assert earlier.path.read_bytes() == earlier.content


@pytest.mark.fault(row=35)
def test_an_attempt_that_was_killed_is_filed_at_the_next_start(tmp_path: Path) -> None:
    """Row 35: SIGKILL in mid-hold -> the next start files it as interrupted, once, and says so."""
    config, visit = station_in(tmp_path)
    with program(STATION, str(tmp_path), visit.id) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        process.kill()
        process.wait()
    for start in range(2):
        with running(config, open_store(config)) as services:
            trials = services.station.store.trials_of(visit.id)
            assert [trial.status for trial in trials] == [TrialStatus.INTERRUPTED]
            assert [each.fate for each in services.rescued] == ([Fate.FILED] if start == 0 else [])
            raw = services.station.store.recording(trials[0].recording_id).raw
    assert raw is not None
    assert raw.interrupted == "PROGRAM_ENDED"
    assert raw.time_s.max() > 2 + 10 + 5  # empty, both feet, what was seen of the hold
    assert raw.gaps == ()


@pytest.mark.fault(row=35)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_a_program_that_is_told_to_end_files_what_it_measures(tmp_path: Path, how: signal.Signals) -> None:
    """Row 35: Ctrl-C, termination, terminal closed in mid-hold -> END says interrupted, the trial is filed, exit 0."""
    config, visit = station_in(tmp_path)
    with program(STATION, str(tmp_path), visit.id) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        process.send_signal(how)
        assert process.wait(60) == 0
    store = open_store(config)
    (trial,) = store.trials_of(visit.id)
    assert trial.status is TrialStatus.INTERRUPTED
    found = recover(config.spool_folder / FILED / f"{trial.id}.fpr")
    store.close()
    assert found.complete
    assert found.end is not None
    assert found.end.interrupted == "STOPPED"


def test_a_killed_program_holds_its_spool_no_longer(tmp_path: Path) -> None:
    """What marks a spool as being written goes with the process, however it went."""
    plate = SimulatedPlate(SimulatedLink(Simulation().firmware(), 0, "board")).identity
    spool = begin_spool(tmp_path, header(plate))
    spool.end()
    with program(RECORDING, str(tmp_path / "killed"), "sim:?speed=0") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()
    (path,) = (tmp_path / "killed").glob("*.fpr")
    assert recording_of(recover(path)).interrupted == "PROGRAM_ENDED"
