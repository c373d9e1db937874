"""Several stations at one archive for some seconds: nothing missing, twice or broken, and no lock to be seen."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter

from shelf import CLINICIAN, TRIALS, filed_patient, filed_trial, raw, raw_input, result

from records import filing
from records.errors import CodeTaken, Conflict
from records.ids import new_id
from records.model import NewPatient, NewTrial, Patient
from records.recording_file import content_sha256
from records.store import RecordStore

SECONDS = 2.0
#: How many file at once: as many as one computer, or one server, is asked to carry.
WRITERS = {"sqlite": 4, "postgresql": 8}


class Station(threading.Thread):
    """Files trials with their results, and edits the one patient, as fast as it can."""

    def __init__(self, address: str, number: int, patient: Patient, visit_id: str) -> None:
        super().__init__(daemon=True)
        self.store = RecordStore(address, station=f"room {number // 2}")  # two at each: they share a chain
        self.number, self.patient, self.visit_id = number, patient, visit_id
        self.filed: dict[str, str] = {}
        self.acts: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Until the time is over; what fails is kept."""
        end_s = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end_s:
                self.file_a_trial()
                self.edit_the_patient()
        except BaseException as failure:
            self.failure = failure
        finally:
            self.store.close()

    def file_a_trial(self) -> None:
        """Both commits, with an id that was made before."""
        recording = raw(1000 * self.number + len(self.filed), 400)
        trial = NewTrial(TRIALS[0].side, 0.0, 5.0, id=new_id())
        filing.file_recording(self.store, CLINICIAN, self.visit_id, raw_input(recording), [trial])
        assert trial.id is not None
        self.filed[trial.id] = content_sha256(recording)
        filing.file_result(self.store, CLINICIAN, trial.id, result())
        self.acts["trial"] += 2

    def edit_the_patient(self) -> None:
        """From the state this station saw last: refused where another was quicker."""
        try:
            edited = dataclasses.replace(self.patient, note=f"{self.number}: {self.acts['edit']}")
            self.patient = filing.edit_patient(self.store, CLINICIAN, edited)
            self.acts["edit"] += 1
        except Conflict:
            self.patient = self.store.patient(self.patient.id)
            self.acts["stale"] += 1


def test_stations_at_once_lose_and_double_nothing(store: RecordStore, address: str) -> None:
    patient = filed_patient(store, "P-1")
    visit_id = filed_trial(store, "P-2").visit_id
    before = {trial.id for trial in store.trials_of(visit_id)}
    events = store.verify_audit().events
    stations = [Station(address, number, patient, visit_id) for number in range(WRITERS[address.split(":")[0]])]
    for station in stations:
        station.start()
    for station in stations:
        station.join()
    assert [station.failure for station in stations if station.failure] == []
    filed = {id: sha256 for station in stations for id, sha256 in station.filed.items()}
    acts = sum((station.acts for station in stations), Counter[str]())
    trials = store.trials_of(visit_id)
    assert len(trials) == len(filed) + len(before)
    assert {trial.id for trial in trials} == {*filed, *before}
    for trial in trials:
        stored = store.recording(trial.recording_id)  # verified when it is read
        assert trial.id in before or stored.sha256 == filed[trial.id]
    assert {stored.number for stored in store.latest_results(visit_id).values()} == {1}
    assert store.patient(patient.id).version == 1 + acts["edit"]
    report = store.verify_audit()
    assert (report.events - events, report.faults) == (acts["trial"] + acts["edit"], ())
    assert all(station.acts["trial"] for station in stations)


def test_a_code_is_given_once_however_many_ask_for_it(store: RecordStore, address: str) -> None:
    """The database has no rule for it: the check and the entry are one act of one writer."""
    outcomes: list[str] = []
    together = threading.Barrier(4)

    def add() -> None:
        own = RecordStore(address)
        together.wait()
        for number in range(10):
            try:
                filing.add_patient(own, CLINICIAN, NewPatient(f"P-{number}"))
                outcomes.append("filed")
            except CodeTaken:
                outcomes.append("taken")
        own.close()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"filed": 10, "taken": 30}
    assert len(store.search_patients()) == 10
