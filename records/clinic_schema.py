"""Tables of what clinicians enter, sign and hand out; of `records.schema` in a file of their own.

What can be void has `void_reason`: void while it is there. Nothing here is ever deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from analysis.abductors import PelvicDrop
from analysis.geometry import Side
from records.columns import Choice, UtcTime, column, metadata, refers, row_id
from records.errors import Kind
from records.examination import StrengthPosition
from records.reports import LANGUAGE_LIMIT, ReportKind
from records.signatures import Meaning
from records.studies import StudyKind
from records.therapy import TherapyKind

JSON = sa.JSON(none_as_null=True)


def _entered() -> list[sa.Column[object]]:
    return [
        column("version", sa.Integer),
        column("created_at", UtcTime),
        column("created_by", sa.Text),
        column("void_reason", sa.Text, required=False),
    ]


therapy_event = sa.Table(
    "therapy_event",
    metadata,
    row_id(),
    refers("patient_id", "patient.id"),
    column("kind", Choice(TherapyKind)),
    column("day", sa.Date),
    column("side", Choice(Side), required=False),
    column("note", sa.Text),
    *_entered(),
    sa.Index(None, "patient_id", "day"),
)

#: `merged_id` is no reference: an export of the kept patient stands alone.
patient_merge = sa.Table(
    "patient_merge",
    metadata,
    row_id(),
    refers("kept_id", "patient.id"),
    column("merged_id", sa.String(36)),
    column("merged_at", UtcTime),
    column("merged_by", sa.Text),
    column("reason", sa.Text),
    column("moved", JSON),
    column("undone_at", UtcTime, required=False),
    column("undone_by", sa.Text, required=False),
    column("version", sa.Integer),
    sa.Index(None, "kept_id"),
    sa.Index(None, "merged_id"),
)

#: Of one trial, or of a side in a visit as a whole.
observation = sa.Table(
    "observation",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    refers("trial_id", "trial.id", required=False),
    column("side", Choice(Side)),
    column("pelvic_drop", Choice(PelvicDrop), required=False),
    column("drop_at_s", sa.Double, required=False),
    column("drop_deg", sa.Double, required=False),
    column("drop_sd_deg", sa.Double, required=False),
    column("tilt_deg", sa.Double, required=False),
    column("tilt_sd_deg", sa.Double, required=False),
    column("instrument", sa.Text),
    column("trunk_lean", sa.Boolean, required=False),
    column("trunk_lean_deg", sa.Double, required=False),
    column("pain", sa.Integer, required=False),
    column("hand_support", sa.Boolean, required=False),
    column("hand_load_kg", sa.Double, required=False),
    column("note", sa.Text),
    *_entered(),
    sa.Index(None, "visit_id"),
    sa.Index(None, "trial_id"),
)

strength_test = sa.Table(
    "strength_test",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    column("side", Choice(Side)),
    column("force_n", sa.Double, required=False),
    column("lever_m", sa.Double, required=False),
    column("moment_nm", sa.Double, required=False),
    column("instrument", sa.Text),
    column("position", Choice(StrengthPosition), required=False),
    column("pain", sa.Integer, required=False),
    column("note", sa.Text),
    column("at", UtcTime),
    *_entered(),
    sa.Index(None, "visit_id"),
)

study = sa.Table(
    "study",
    metadata,
    row_id(),
    column("name", sa.Text),
    column("kind", Choice(StudyKind)),
    column("sessions", sa.Integer),
    column("note", sa.Text),
    column("version", sa.Integer),
    column("created_at", UtcTime),
    column("created_by", sa.Text),
    column("closed_at", UtcTime, required=False),
)

study_visit = sa.Table(
    "study_visit",
    metadata,
    row_id(),
    refers("study_id", "study.id"),
    refers("visit_id", "visit.id"),
    column("session", sa.Integer),
    *_entered(),
    sa.Index(None, "study_id"),
    sa.Index(None, "visit_id"),
)

#: `content` is what was signed; None once it was erased. `content_sha256` stays.
signature = sa.Table(
    "signature",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    column("number", sa.Integer),
    column("account_id", sa.String(36)),
    column("name", sa.Text),
    column("role", sa.Text),
    column("meaning", Choice(Meaning)),
    column("at", UtcTime),
    column("utc_offset_min", sa.Integer),
    column("content_sha256", sa.String(64)),
    column("content", JSON, required=False),
    sa.Index(None, "visit_id", "number"),
)

#: What was changed of a visit after it was signed. Both versions, whole.
amendment = sa.Table(
    "amendment",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    column("at", UtcTime),
    column("name", sa.Text),
    column("subject_kind", Choice(Kind)),
    column("subject_id", sa.Text),
    column("act", sa.Text),
    column("before", JSON, required=False),
    column("after", JSON, required=False),
    column("reason", sa.Text),
    sa.Index(None, "visit_id", "at"),
)

#: `content` is the PDF; empty once it was erased. `sha256` and `size` stay.
report = sa.Table(
    "report",
    metadata,
    row_id(),
    refers("visit_id", "visit.id"),
    column("kind", Choice(ReportKind)),
    column("language", sa.String(LANGUAGE_LIMIT)),
    column("number", sa.Integer),
    column("sha256", sa.String(64)),
    column("size", sa.Integer),
    column("visit_sha256", sa.String(64)),
    column("program", sa.Text),
    column("made_at", UtcTime),
    column("made_by", sa.Text),
    column("erased", sa.Boolean),
    column("content", sa.LargeBinary),
    sa.Index(None, "visit_id"),
)
