"""Patients as JSON, or as a tidy CSV: one row for each trial and metric, with its unit. Both without recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.metrics import METRICS
from records import audit, schema
from records.archive_file import documents, note_export
from records.csv_text import BOM, Cell, csv_text
from records.model import Act, Actor, TrialStatus
from records.permissions import require
from records.pseudonyms import POOLED_AGE, REMOVED, Pseudonyms
from records.scope import people_in, scope_of
from records.sealing import SUFFIX, Seal, sealed_file
from records.store import RecordStore

#: Column -> what it says.
COLUMNS: dict[str, str] = {
    "patient": "study code",
    "visit_at": "time of the visit, ISO 8601; in UTC where pseudonymised",
    "visit_id": "id of the visit",
    "trial_id": "id of the trial",
    "side": "stance limb: left, right; empty: unknown",
    "condition": "eyes_open, eyes_closed ...",
    "attempt": "counts from 1 per side and condition",
    "demo": "true: a demonstration, never compared",
    "status": "filed, interrupted; void trials and visits are left out",
    "usable": "false: its quality does not allow a comparison",
    "metric": "id of the metric: see metrics in the sidecar",
    "value": "the number, decimal point; empty: there is none",
    "unit": "unit of value",
    "se": "standard error, in the same unit; empty: not estimated",
    "reason": "why there is no value",
    "analysis_version": "of the analysis that computed it",
}


def export_json(
    store: RecordStore,
    actor: Actor,
    path: Path,
    patients: Sequence[str] | None,
    veil: Pseudonyms | None = None,
    *,
    seal: Seal | None = None,
) -> int:
    """Write patients, visits, trials and all results to the new file `path` as one JSON object; how many patients.

    Raises
    ------
    NotPermitted, StoreError, SealRefused
    OSError
        The file can't be written, or is there already.
    """
    require(actor, Act.EXPORTED)
    n = 0
    about = about_of(store, actor, veil)
    with sealed_file(path, seal) as written:
        written.write(b'{"about":' + _json(about) + b',"patients":[')
        for tree in trees(store, patients, veil):
            written.write((b",\n" if n else b"\n") + _json(tree))
            n += 1
        written.write(b"\n]}\n")
        note_export(store, actor, "json", patients, {"patients": n, "pseudonymised": veil is not None})
    return n


def export_csv(
    store: RecordStore,
    actor: Actor,
    path: Path,
    patients: Sequence[str] | None,
    veil: Pseudonyms | None = None,
    *,
    excel: bool = False,
    seal: Seal | None = None,
) -> int:
    """Write the newest result of every trial to the new file `path`, void trials and visits left out; how many rows.

    What its columns and metrics mean is written beside it: `sidecar_of`.

    Parameters
    ----------
    excel : bool
        Begin with the mark that tells Excel it is UTF-8.

    Raises
    ------
    As `export_json`.
    """
    require(actor, Act.EXPORTED)
    n = 0
    with sealed_file(sidecar_of(path), seal) as beside, sealed_file(path, seal) as written:
        written.write(((BOM if excel else "") + csv_text(list(COLUMNS), [])).encode())
        metrics: set[str] = set()
        for tree in trees(store, patients, veil):
            rows = list(rows_of(tree))
            metrics |= {str(row[10]) for row in rows}
            n += len(rows)
            written.write(csv_text(list(COLUMNS), rows).split("\r\n", 1)[1].encode())
        about = {**about_of(store, actor, veil), "rows": n, "columns": COLUMNS, "metrics": metrics_document(metrics)}
        beside.write(json.dumps(about, ensure_ascii=False, indent=1).encode() + b"\n")
        note_export(store, actor, "csv", patients, {"rows": n, "pseudonymised": veil is not None})
    return n


def sidecar_of(path: Path) -> Path:
    """Where the meaning of a CSV's columns stands: sealed beside a sealed one."""
    if path.suffix == SUFFIX:
        return path.with_name(f"{path.stem}.json{SUFFIX}")
    return path.with_name(path.name + ".json")


def about_of(store: RecordStore, actor: Actor, veil: Pseudonyms | None) -> dict[str, Any]:
    """What an export says of itself: program, time; who made it, or what was removed."""
    with store.reading() as connection:
        heads = audit.heads(connection)
    about: dict[str, Any] = {
        "program": f"stancelab {version('stancelab')}",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "pseudonymised": veil is not None,
    }
    return {**about, "removed": REMOVED} if veil else {**about, "made_by": actor.name, "audit_heads": heads}


def metrics_document(ids: set[str]) -> dict[str, dict[str, str]]:
    """Unit, direction and source of each of these metrics that this program knows."""
    known = {id: METRICS[id] for id in sorted(ids & METRICS.keys())}
    return {id: {"unit": each.unit, "worse": str(each.worse), "source": str(each.source)} for id, each in known.items()}


def trees(store: RecordStore, patients: Sequence[str] | None, veil: Pseudonyms | None) -> Iterator[dict[str, Any]]:
    """Each patient with visits in order of time, their trials, and of each trial all results, oldest first.

    A double that was merged is no patient of its own: its visits are the other one's.
    """
    with store.reading() as connection:
        people = people_in(connection, patients)
    for id in people:
        with store.reading() as connection:
            scope = scope_of(connection, [id])
        tables = {
            table.name: list(documents(store, table, scope.ids[table.name]))
            for table in (schema.patient, schema.visit, schema.trial, schema.result)
        }
        tables["patient"] = [row for row in tables["patient"] if row["id"] == id]
        yield _tree(tables, id, veil)


def _tree(tables: dict[str, list[dict[str, Any]]], patient_id: str, veil: Pseudonyms | None) -> dict[str, Any]:
    (person,) = tables["patient"]
    ages = [_age(person["birth_year"], visit["at"], pooled=veil is not None) for visit in tables["visit"]]
    if veil is not None:
        tables = {name: [veil.row(name, row, patient_id) for row in rows] for name, rows in tables.items()}
    for visit, age in zip(tables["visit"], ages, strict=True):
        visit["age_years"] = age
    trials = _under(tables["trial"], tables["result"], "trial_id", "results")
    visits = _under(tables["visit"], trials, "visit_id", "trials")
    (patient,) = tables["patient"]
    patient = {name: value for name, value in patient.items() if name not in ("code_key", "search_key")}
    return {**patient, "visits": sorted(visits, key=lambda visit: str(visit["at"]))}


def _under(above: list[dict[str, Any]], below: list[dict[str, Any]], reference: str, name: str) -> list[dict[str, Any]]:
    of: dict[str, list[dict[str, Any]]] = {}
    for row in below:
        of.setdefault(str(row[reference]), []).append(row)
    return [{**row, name: of.get(str(row["id"]), [])} for row in above]


def _age(birth_year: int | None, at: str, *, pooled: bool) -> int | None:
    """Years from the year of birth to the visit's: a day more or less than a birthday is not known. [years]"""
    if birth_year is None:
        return None
    age = datetime.fromisoformat(at).year - birth_year
    return min(age, POOLED_AGE) if pooled else age


def rows_of(tree: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """A patient's rows, in the order of `COLUMNS`."""
    for visit in tree["visits"]:
        if visit.get("void_reason") is not None:
            continue
        at = datetime.fromisoformat(visit["at"])
        local = at.astimezone(timezone(timedelta(minutes=visit.get("utc_offset_min", 0))))
        for trial in visit["trials"]:
            if trial["status"] == TrialStatus.VOID.value or not trial["results"]:
                continue
            newest = max(trial["results"], key=lambda result: int(result["number"]))
            about: tuple[Cell, ...] = (
                tree["code"],
                local.isoformat(timespec="seconds"),
                visit["id"],
                trial["id"],
                trial["side"],
            )
            about += (trial["condition"], trial["attempt"], trial["demo"], trial["status"], newest["result"]["usable"])
            for id, entry in newest["result"]["metrics"].items():
                measured = (entry["value"], entry.get("unit"), entry.get("se"), entry.get("reason"))
                yield (*about, id, *measured, newest["analysis_version"])


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
