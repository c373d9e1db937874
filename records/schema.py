"""Tables of the archive. Columns are the fields of `records.model`, one to one.

With `records.clinic_schema` and `records.people_schema` the only place with column names. A change here needs a
revision in `records/migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from analysis.calibration import Zero
from analysis.documents import trial_document, trial_result_from
from analysis.geometry import Footing, FootPlacement, Side
from analysis.phases import EndedBy, Mark
from analysis.recording import frozen
from analysis.session_check import check_document, check_from
from records.columns import (
    Choice,
    Document,
    IsoTime,
    UtcTime,
    Words,
    column,
    fold,
    iso_time,
    metadata,
    refers,
    row_id,
    sha256_of,
)
from records.errors import Kind
from records.examination import checklist_document, checklist_from
from records.model import Act, RecordingKind, Role, Sex, TrialStatus

__all__ = [
    "Choice",
    "Document",
    "IsoTime",
    "UtcTime",
    "Words",
    "fold",
    "iso_time",
    "metadata",
    "sha256_of",
]


def _numbers(array: Any) -> Any:
    return array.tolist()


def _array(numbers: Any) -> Any:
    return frozen(numbers, np.float64)


def _zero_document(zero: Zero) -> dict[str, Any]:
    return {
        "counts": zero.counts.tolist(),
        "sd_counts": zero.sd_counts.tolist(),
        "taken_at": zero.taken_at.isoformat(),
    }


def _zero_from(document: dict[str, Any]) -> Zero:
    return Zero(_array(document["counts"]), _array(document["sd_counts"]), datetime.fromisoformat(document["taken_at"]))


def _foot_document(foot: FootPlacement) -> dict[str, Any]:
    return {
        "heel_mm": list(foot.heel_mm),
        "toe_mm": list(foot.toe_mm),
        "length_mm": foot.length_mm,
        "width_mm": foot.width_mm,
    }


def _foot_from(side: Side, document: dict[str, Any]) -> FootPlacement:
    heel_mm, toe_mm = tuple(document["heel_mm"]), tuple(document["toe_mm"])
    return FootPlacement(side, heel_mm, toe_mm, document["length_mm"], document["width_mm"])


def _footing_document(footing: Footing) -> dict[str, Any]:
    return {side.value: _foot_document(footing.of(side)) for side in Side}


def _footing_from(document: dict[str, Any]) -> Footing:
    return Footing(_foot_from(Side.LEFT, document["left"]), _foot_from(Side.RIGHT, document["right"]))


def _marks_document(marks: tuple[Mark, ...]) -> list[dict[str, Any]]:
    return [{"at_s": mark.at_s, "ended_by": mark.ended_by.value} for mark in marks]


def _marks_from(document: list[dict[str, Any]]) -> tuple[Mark, ...]:
    return tuple(Mark(entry["at_s"], EndedBy(entry["ended_by"])) for entry in document)


#: `code_key` and `search_key` are folded: they make search independent of case and accents on every engine.
#: The code is not unique in the database: two stations may use one code while they cannot see each other.
patient = sa.Table(
    "patient",
    metadata,
    row_id(),
    column("code", sa.Text),
    column("name", sa.Text, required=False),
    column("birth_year", sa.Integer, required=False),
    column("sex", Choice(Sex), required=False),
    column("involved_side", Choice(Side), required=False),
    column("note", sa.Text),
    column("simulated", sa.Boolean),
    column("version", sa.Integer),
    column("created_at", UtcTime),
    column("code_key", sa.Text),
    column("search_key", sa.Text),
    column("birth_date", sa.Date, required=False),
    column("record_number", sa.Text, required=False),
    column("dominant_side", Choice(Side), required=False),
    column("diagnosis", sa.Text, required=False),
    column("merged_into", sa.String(36), required=False),
    column("erased_at", UtcTime, required=False),
    sa.Index(None, "code_key"),
)

visit = sa.Table(
    "visit",
    metadata,
    row_id(),
    refers("patient_id", "patient.id"),
    column("at", UtcTime),
    column("utc_offset_min", sa.Integer),
    column("station", sa.Text),
    column("operator", sa.Text),
    column("note", sa.Text),
    column("version", sa.Integer),
    column("examiner", sa.Text, required=False),
    column("body_mass_kg", sa.Double, required=False),
    column("height_mm", sa.Double, required=False),
    column("leg_tape_mm", sa.Double, required=False),
    column("pelvis_width_mm", sa.Double, required=False),
    column("checklist", Document(checklist_document, checklist_from), required=False),
    column("void_reason", sa.Text, required=False),
    sa.Index(None, "patient_id", "at"),
)

calibration = sa.Table(
    "calibration",
    metadata,
    sa.Column("id", Words("id"), primary_key=True),
    column("plate_serial", sa.Text),
    column("matrix", Document(_numbers, _array)),
    column("cell_newton_per_count", Document(_numbers, _array)),
    column("residual_n", sa.Double),
    column("cop_error_mm", sa.Double),
    column("max_load_n", sa.Double),
    column("reference", sa.Text),
    column("made_at", UtcTime),
    column("made_by", sa.Text),
    column("valid_until", UtcTime, required=False),
    sa.Index(None, "plate_serial", "made_at"),
)

#: The drift log of every plate.
drift_check = sa.Table(
    "drift_check",
    metadata,
    row_id(),
    column("plate_serial", sa.Text),
    refers("calibration_id", "calibration.id", None),
    column("made_at", UtcTime),
    column("made_by", sa.Text),
    column("passed", sa.Boolean),
    column("outcome", Document(check_document, check_from)),
    sa.Index(None, "plate_serial", "made_at"),
)

#: Files that recordings were imported from, once each, compressed with zlib.
source = sa.Table(
    "source",
    metadata,
    sa.Column("sha256", Words("sha256", 64), primary_key=True),
    column("size", sa.Integer),
    column("content", sa.LargeBinary),
)

#: `content` is what `records.recording_file` writes; `sha256` is of the decoded recording.
recording = sa.Table(
    "recording",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    column("kind", Choice(RecordingKind)),
    column("sha256", sa.String(64)),
    column("zero", Document(_zero_document, _zero_from), required=False),
    refers("calibration_id", "calibration.id", None, required=False),
    column("footing", Document(_footing_document, _footing_from), required=False),
    column("file_name", sa.Text, required=False),
    column("reader", sa.Text, required=False),
    refers("source_sha256", "source.sha256", 64, required=False),
    column("created_at", UtcTime),
    column("content", sa.LargeBinary),
    sa.Index(None, "visit_id"),
    sa.Index(None, "source_sha256"),
)

trial = sa.Table(
    "trial",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    refers("recording_id", "recording.id"),
    column("side", Choice(Side), required=False),
    column("start_s", sa.Double),
    column("end_s", sa.Double),
    column("condition", sa.Text),
    column("attempt", sa.Integer),
    column("demo", sa.Boolean),
    column("status", Choice(TrialStatus)),
    column("void_reason", sa.Text, required=False),
    column("version", sa.Integer),
    column("created_at", UtcTime),
    column("marks", Document(_marks_document, _marks_from)),
    column("protocol", sa.JSON(none_as_null=True), required=False),
    sa.Index(None, "visit_id"),
    sa.Index(None, "recording_id"),
)

result = sa.Table(
    "result",
    metadata,
    row_id(),
    refers("trial_id", "trial.id"),
    column("number", sa.Integer),
    column("result", Document(trial_document, trial_result_from)),
    column("analysis_version", sa.Text),
    column("made_at", UtcTime),
    sa.Index(None, "trial_id", "number"),
)

#: Never updated, never deleted: triggers of the first migration see to it.
audit_event = sa.Table(
    "audit_event",
    metadata,
    row_id(),
    column("station", sa.Text),
    column("number", sa.Integer),
    column("at", IsoTime),
    column("actor", sa.Text),
    column("role", Choice(Role)),
    column("act", Choice(Act)),
    column("subject_kind", Choice(Kind)),
    column("subject_id", sa.Text),
    column("details_sha256", sa.String(64)),
    column("previous_hash", sa.String(64)),
    column("hash", sa.String(64)),
    sa.UniqueConstraint("station", "number"),
    sa.Index(None, "subject_id"),
)

#: What an act changed, apart from the chain: a person's data can be erased here and the chain still verifies.
audit_detail = sa.Table(
    "audit_detail",
    metadata,
    sa.Column("event_id", Words("event_id", 36), sa.ForeignKey("audit_event.id"), primary_key=True),
    column("document", sa.Text),
)
