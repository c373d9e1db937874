"""Figures of the archive: bytes of a trial, time of an act, search among many patients, in a file or on a server.

python -m benchmarks.archive [--patients 10000] [--trials 200] [--store postgresql://USER@HOST/EMPTY_DATABASE]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from acquisition.plate import Cue, Plate, open_plate
from acquisition.recorder import Recorder
from analysis.assess import assess_recording
from analysis.calibration import Zero
from analysis.geometry import Side
from analysis.recording import RawRecording, SampleBlock
from analysis.settings import AnalysisSettings
from hardware.plates import load_plate_model
from hardware.simulator.device import simulated_calibration
from records import filing, rows
from records.ids import new_id
from records.model import Actor, NewTrial, Patient, RawInput, Role, Visit
from records.recording_file import pack, unpack
from records.store import RecordStore, sqlite_url

ACTOR = Actor("benchmark", Role.CLINICIAN)
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
VISITS_EACH = 3
FORENAMES = ("Anna", "Björn", "Chloé", "Dmitri", "Emeka", "Fatima", "Giulia", "Hiroshi", "Iris", "Jürgen")
SURNAMES = ("Weiß", "Okafor", "Nguyễn", "Smith", "García", "Kowalska", "Yılmaz", "Sato", "Dupont", "Lindqvist")


def recorded(rate_hz: int) -> tuple[Zero, RawRecording]:
    """Zero of the empty simulated plate, then 6 s on both feet and 30 s on the left leg."""
    with open_plate(f"sim:healthy?seed=7&speed=0&rate={rate_hz}") as plate:
        plate.start()
        empty = taken(plate, 2 * rate_hz)
        plate.cue(Cue("both_feet"))
        taken(plate, 4 * rate_hz)
        both = taken(plate, 6 * rate_hz)
        plate.cue(Cue("lift", Side.LEFT))
        recorder = Recorder(plate.identity, NOW)
        for block in (*both, *taken(plate, 30 * rate_hz)):
            recorder.add(block)
    counts = np.concatenate([block.counts for block in empty])
    return Zero(counts.mean(axis=0), counts.std(axis=0), NOW), recorder.finish()


def taken(plate: Plate, sets: int) -> list[SampleBlock]:
    """The next blocks of a plate, until they hold `sets`."""
    blocks: list[SampleBlock] = []
    while sum(map(len, blocks)) < sets:
        block = plate.read(0.1)
        if block is not None:
            blocks.append(block)
    return blocks


def milliseconds(act: Callable[[], object], times: int) -> str:
    """Median and largest time of `act`."""
    taken_ms = []
    for _ in range(times):
        start_s = perf_counter()
        act()
        taken_ms.append(1000 * (perf_counter() - start_s))
    return f"median {statistics.median(taken_ms):7.2f} ms, largest {max(taken_ms):7.2f} ms"


def sizes() -> None:
    """Bytes of a recording."""
    for rate_hz in (80, 1000):
        _, raw = recorded(rate_hz)
        content = pack(raw)
        decoded = raw.time_s.nbytes + raw.counts.nbytes + raw.flags.nbytes
        print(f"recording, 36 s at {rate_hz} Hz: {len(content)} bytes packed ({decoded} decoded)")
        print(f"  pack   {milliseconds(lambda raw=raw: pack(raw), 10)}")
        print(f"  unpack {milliseconds(lambda content=content: unpack(content), 10)}")


def acts(store: RecordStore, trials: int) -> None:
    """Time and bytes of a filed trial with its result."""
    zero, raw = recorded(80)
    calibration = filing.add_calibration(store, ACTOR, simulated_calibration(raw.plate.serial))
    footing = load_plate_model(raw.plate.model).template
    settings = AnalysisSettings()
    found = assess_recording(raw, calibration, zero, settings=settings, footing=footing, side=Side.LEFT)
    visit = store.visits_of(store.search_patients(limit=1)[0].patient.id)[0]
    trial = NewTrial(Side.LEFT, 0.0, 30.0)
    filed: list[str] = []

    def file_recording() -> None:
        new = RawInput(raw, zero, calibration.id, footing)
        filed.append(filing.file_recording(store, ACTOR, visit.id, new, [trial])[0].id)

    def file_result() -> None:
        filing.file_result(store, ACTOR, next(ids), found[0].result)

    before = size(store)
    print(f"file a recording  {milliseconds(file_recording, trials)}")
    ids = iter(filed)
    print(f"file a result     {milliseconds(file_result, trials)}")
    print(f"bytes of the archive for a trial, its result and two events: {(size(store) - before) // trials}")
    print(f"load a recording  {milliseconds(lambda: store.recording(store.trial(filed[0]).recording_id), 20)}")
    print(f"results of a visit of {trials} trials  {milliseconds(lambda: store.latest_results(visit.id), 5)}")
    print(f"verify {store.verify_audit().events} audit events  {milliseconds(store.verify_audit, 3)}")


def size(store: RecordStore) -> int:
    """Bytes that the archive takes."""
    if store.file is not None:
        return store.file.stat().st_size
    with store.reading() as archive:
        return int(archive.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)


def people(store: RecordStore, patients: int) -> None:
    """Fill the archive with patients and visits, past the audit: only their number matters here."""
    rng = np.random.default_rng(1)
    with store.writing() as archive:
        for number in range(patients):
            name = f"{FORENAMES[rng.integers(10)]} {SURNAMES[rng.integers(10)]}"
            note = "left hip replaced 2019, comes with a stick. " * 3
            patient = Patient(new_id(), f"P-{number:05d}", name, 1950, None, Side.LEFT, note, False, 1, NOW)
            rows.insert_patient(archive, patient)
            for _ in range(VISITS_EACH):
                at = NOW - timedelta(minutes=int(rng.integers(1_000_000)))
                rows.insert_visit(archive, Visit(new_id(), patient.id, at, 60, "room 2", "Ann", "", 1))


def searches(store: RecordStore, patients: int) -> None:
    """Search as somebody types."""
    for text in ("", "p", "p-0", "P-09999", "weiß", "jür wei", "nguyen", "no such name", "%"):
        found = len(store.search_patients(text))
        print(f"search {text!r:15} {found:3} rows  {milliseconds(lambda text=text: store.search_patients(text), 10)}")
    page = milliseconds(lambda: store.search_patients("", 50, patients - 50), 10)
    print(f"last page of all          {page}")


def page(store: RecordStore) -> None:
    """What the page of one patient asks: who, which visits, which trials and results."""
    patient_id = store.search_patients(limit=1)[0].patient.id

    def ask() -> None:
        for visit in store.visits_of(store.patient(patient_id).id):
            store.trials_of(visit.id)
            store.latest_results(visit.id)

    print(f"page of a patient with {VISITS_EACH} visits  {milliseconds(ask, 20)}")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--store", help="an empty database; default: a file that is deleted afterwards")
    args = parser.parse_args()
    sizes()
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(args.store or sqlite_url(Path(folder) / "archive.db"))
        store.upgrade()
        people(store, args.patients)
        print(f"{store.shown_url.split(':')[0]}: {args.patients} patients, {args.patients * VISITS_EACH} visits")
        searches(store, args.patients)
        page(store)
        acts(store, args.trials)
        store.close()


if __name__ == "__main__":
    main()
