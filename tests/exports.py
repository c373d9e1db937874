"""Exports of an archive, as they are and as a stranger would make them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from acts import observation, report, strength, therapy
from shelf import CLINICIAN

from records import filing
from records.examination import GOOD_ANSWER
from records.scope import CARRIED
from records.store import RecordStore, sqlite_url
from records.studies import NewStudy

Rewrite = Callable[[dict[str, bytes]], None]


def archive(path: Path, station: str) -> RecordStore:
    store = RecordStore(sqlite_url(path), station=station)
    store.upgrade()
    return store


def examined(store: RecordStore, visit_id: str) -> None:
    """What clinicians enter, every kind of it."""
    (trial, *_) = store.trials_of(visit_id)
    filing.file_observation(store, CLINICIAN, visit_id, observation(trial_id=trial.id))
    filing.file_observation(store, CLINICIAN, visit_id, observation())  # of the side as a whole
    filing.file_strength_test(store, CLINICIAN, visit_id, strength())
    filing.add_therapy_event(store, CLINICIAN, store.visit(visit_id).patient_id, therapy())
    study = filing.add_study(store, CLINICIAN, NewStudy("two Mondays"))
    filing.add_study_visit(store, CLINICIAN, study.id, visit_id, 1)
    filing.answer_checklist(store, CLINICIAN, visit_id, GOOD_ANSWER)
    filing.file_report(store, CLINICIAN, visit_id, report())


def rows(store: RecordStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every carried row as SQLite holds it; the files that were imported as they came."""
    assert store.file is not None
    with closing(sqlite3.connect(store.file)) as connection:
        names = [table.name for table in CARRIED]
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}  # noqa: S608


def rewritten(file: Path, change: Rewrite, *, honest: bool = True) -> Path:
    """The export with other members; `honest`: its manifest lists them as they now are."""
    with zipfile.ZipFile(file) as pack:
        members = {name: pack.read(name) for name in pack.namelist()}
    change(members)
    if honest:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    target = file.with_name("rewritten.stancelab")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return target


def added(name: str, content: bytes = b"x") -> Rewrite:
    return lambda members: members.update({name: content})


def row_changed(table: str, **values: object) -> Rewrite:
    def change(members: dict[str, bytes]) -> None:
        first, *rest = members[f"rows/{table}.jsonl"].splitlines()
        changed = json.dumps({**json.loads(first), **values}).encode()
        members[f"rows/{table}.jsonl"] = b"\n".join([changed, *rest, b""])

    return change


def bytes_changed(prefix: str) -> Rewrite:
    def change(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.startswith(prefix))
        content = bytearray(members[name])
        content[len(content) // 2] ^= 1
        members[name] = bytes(content)

    return change


def removed(prefix: str) -> Rewrite:
    return lambda members: members.pop(next(name for name in members if name.startswith(prefix))) and None
