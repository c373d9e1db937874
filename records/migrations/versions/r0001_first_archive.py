"""The first archive: patients, visits, trials, recordings, results, calibrations, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of an empty database."""
    _people()
    _measurements()
    _audit()
    _lock("audit_event")
    _lock("audit_detail")


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _people() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("involved_side", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
    )
    op.create_index("ix_patient_code_key", "patient", ["code_key"])
    op.create_table(
        "visit",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("utc_offset_min", sa.Integer(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_visit_patient_id"),
    )
    op.create_index("ix_visit_patient_id_at", "visit", ["patient_id", "at"])


def _measurements() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plate_serial", sa.Text(), nullable=False),
        sa.Column("matrix", sa.JSON(), nullable=False),
        sa.Column("cell_newton_per_count", sa.JSON(), nullable=False),
        sa.Column("residual_n", sa.Double(), nullable=False),
        sa.Column("cop_error_mm", sa.Double(), nullable=False),
        sa.Column("max_load_n", sa.Double(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("made_at", _time(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("valid_until", _time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calibration"),
    )
    op.create_index("ix_calibration_plate_serial_made_at", "calibration", ["plate_serial", "made_at"])
    op.create_table(
        "source",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_source"),
    )
    _recordings()
    _trials()


def _recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("visit_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("zero", sa.JSON(), nullable=True),
        sa.Column("calibration_id", sa.Text(), nullable=True),
        sa.Column("footing", sa.JSON(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=True),
        sa.Column("source_sha256", sa.String(64), nullable=True),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_recording_visit_id"),
        sa.ForeignKeyConstraint(["calibration_id"], ["calibration.id"], name="fk_recording_calibration_id"),
        sa.ForeignKeyConstraint(["source_sha256"], ["source.sha256"], name="fk_recording_source_sha256"),
    )
    op.create_index("ix_recording_visit_id", "recording", ["visit_id"])
    op.create_index("ix_recording_source_sha256", "recording", ["source_sha256"])


def _trials() -> None:
    op.create_table(
        "trial",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("visit_id", sa.String(36), nullable=False),
        sa.Column("recording_id", sa.String(36), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("protocol", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_trial_visit_id"),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name="fk_trial_recording_id"),
    )
    op.create_index("ix_trial_visit_id", "trial", ["visit_id"])
    op.create_index("ix_trial_recording_id", "trial", ["recording_id"])
    op.create_table(
        "result",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("trial_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("analysis_version", sa.Text(), nullable=False),
        sa.Column("made_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_result"),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name="fk_result_trial_id"),
    )
    op.create_index("ix_result_trial_id_number", "result", ["trial_id", "number"])


def _audit() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("details_sha256", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
        sa.UniqueConstraint("station", "number", name="uq_audit_event_station"),
    )
    op.create_index("ix_audit_event_subject_id", "audit_event", ["subject_id"])
    op.create_table(
        "audit_detail",
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_audit_detail"),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name="fk_audit_detail_event_id"),
    )


def _lock(table: str) -> None:
    """Refuse every update and delete of a table, in the database itself."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for verb in ("UPDATE", "DELETE") if is_sqlite else ("UPDATE", "DELETE", "TRUNCATE"):
        name = f"{table}_no_{verb.lower()}"
        if is_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
        op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()")
