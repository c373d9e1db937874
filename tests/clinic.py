"""An archive with known visits, filed through the public doors: what the pages are opened on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from one_leg import place_after_place

from acquisition.files import ReadFile
from analysis.geometry import Footing, Side
from analysis.recording import ImportedRecording, MlAxis
from analysis.settings import AnalysisSettings
from dashboard.config import Config
from dashboard.services import Services
from dashboard.station import Station
from dashboard.words import ChosenWords
from hardware.plates import load_plate_model
from records import filing
from records.model import Actor, NewPatient, Patient, Role, Visit
from records.store import RecordStore

TEMPLATE = load_plate_model("reference-a").template
AT = datetime(2026, 3, 9, 13, 5, tzinfo=UTC)


def stood(side: Side, shift_mm: float, hold_s: float = 31.0) -> ImportedRecording:
    """Both feet for 8 s, one leg for `hold_s` with the mean CoP `shift_mm` lateral of its midline, both feet again.

    The CoP turns on a 5 mm circle, once in 2 s: velocity 2 pi 5 mm / 2 s = 15.7 mm/s, RMS ML 5 / sqrt 2 = 3.54 mm.
    """
    edge_mm = TEMPLATE.half_spacing_mm + shift_mm
    at_mm = edge_mm if side is Side.RIGHT else -edge_mm
    return place_after_place([(8.0, 0.0), (hold_s, at_mm), (4.0, 0.0)], declared=side)


class Clinic:
    """A station on a fresh archive, with the acts the tests need."""

    def __init__(self, folder: Path, *, demo: bool = False) -> None:
        url = f"sqlite:///{(folder / 'archive.db').as_posix()}"
        self.store = RecordStore(url)
        self.store.upgrade()
        self.actor = Actor("Dr. Example", Role.CLINICIAN)
        self.station = Station(self.store, self.actor, "Room 1", settings=AnalysisSettings())
        self.services = Services(self.station, ChosenWords(), Config(folder, url, demo=demo))

    def patient(self, code: str, **known: object) -> Patient:
        """A new patient."""
        return filing.add_patient(self.store, self.actor, NewPatient(code, **known))

    def visit(
        self,
        patient: Patient,
        recordings: Sequence[ImportedRecording],
        footing: Footing | None = TEMPLATE,
        at: datetime = AT,
    ) -> Visit:
        """A visit of a patient with these recordings."""
        content = repr((patient.id, len(self.store.visits_of(patient.id)), len(recordings))).encode()
        read = ReadFile(
            "planted.csv", hashlib.sha256(content).hexdigest(), "planted", content, tuple(recordings), (), ()
        )
        return self.station.import_file(patient.id, read, at=at, footing=footing)


def both_sides() -> list[ImportedRecording]:
    """Three trials a side: left 9, 10, 11 mm lateral, right 2, 3, 4 mm lateral."""
    left = [stood(Side.LEFT, shift_mm) for shift_mm in (9.0, 10.0, 11.0)]
    return left + [stood(Side.RIGHT, shift_mm) for shift_mm in (2.0, 3.0, 4.0)]


def unknown_axis() -> list[ImportedRecording]:
    """One trial a side from a source that does not say which way + ML points, nor where the feet stood."""
    return [place_after_place([(30.0, 0.0)], ml_axis=MlAxis.UNKNOWN, declared=side) for side in (Side.LEFT, Side.RIGHT)]
