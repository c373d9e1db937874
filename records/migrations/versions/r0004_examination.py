"""What clinicians enter, sign and hand out: examination, therapy, studies, signatures, reports, doubles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; what is there stays as it is. Details of events may from here on be erased."""
    _people_and_visits()
    _of_patients()
    _observations()
    _strength()
    _studies()
    _signatures()
    _reports()
    _details_may_be_erased()


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.String(36), nullable=False)


def _text(name: str, *, required: bool = True, length: int | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=not required)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Double(), nullable=True)


def _time(name: str, *, required: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not required)


def _count(name: str, *, required: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=not required)


def _json(name: str, *, required: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=not required)


def _entered() -> list[sa.Column[object]]:
    return [_count("version"), _time("created_at"), _text("created_by"), _text("void_reason", required=False)]


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=f"pk_{table}")


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _people_and_visits() -> None:
    for name in ("record_number", "dominant_side", "diagnosis"):
        op.add_column("patient", _text(name, required=False))
    op.add_column("patient", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column("patient", _text("merged_into", required=False, length=36))
    op.add_column("patient", _time("erased_at", required=False))
    for name in ("body_mass_kg", "height_mm", "leg_tape_mm", "pelvis_width_mm"):
        op.add_column("visit", _number(name))
    for name in ("examiner", "void_reason"):
        op.add_column("visit", _text(name, required=False))
    op.add_column("visit", _json("checklist", required=False))


def _of_patients() -> None:
    op.create_table(
        "therapy_event",
        _id(),
        _text("patient_id", length=36),
        _text("kind"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("side", required=False),
        _text("note"),
        *_entered(),
        _key("therapy_event"),
        _of("therapy_event", "patient_id", "patient"),
    )
    op.create_index("ix_therapy_event_patient_id_day", "therapy_event", ["patient_id", "day"])
    op.create_table(
        "patient_merge",
        _id(),
        _text("kept_id", length=36),
        _text("merged_id", length=36),
        _time("merged_at"),
        _text("merged_by"),
        _text("reason"),
        _json("moved"),
        _time("undone_at", required=False),
        _text("undone_by", required=False),
        _count("version"),
        _key("patient_merge"),
        _of("patient_merge", "kept_id", "patient"),
    )
    op.create_index("ix_patient_merge_kept_id", "patient_merge", ["kept_id"])
    op.create_index("ix_patient_merge_merged_id", "patient_merge", ["merged_id"])


def _observations() -> None:
    op.create_table(
        "observation",
        _id(),
        _text("visit_id", length=36),
        _text("trial_id", required=False, length=36),
        _text("side"),
        _text("pelvic_drop", required=False),
        *(_number(name) for name in ("drop_at_s", "drop_deg", "drop_sd_deg", "tilt_deg", "tilt_sd_deg")),
        _text("instrument"),
        sa.Column("trunk_lean", sa.Boolean(), nullable=True),
        _number("trunk_lean_deg"),
        _count("pain", required=False),
        sa.Column("hand_support", sa.Boolean(), nullable=True),
        _number("hand_load_kg"),
        _text("note"),
        *_entered(),
        _key("observation"),
        _of("observation", "visit_id", "visit"),
        _of("observation", "trial_id", "trial"),
    )
    op.create_index("ix_observation_visit_id", "observation", ["visit_id"])
    op.create_index("ix_observation_trial_id", "observation", ["trial_id"])


def _strength() -> None:
    op.create_table(
        "strength_test",
        _id(),
        _text("visit_id", length=36),
        _text("side"),
        *(_number(name) for name in ("force_n", "lever_m", "moment_nm")),
        _text("instrument"),
        _text("position", required=False),
        _count("pain", required=False),
        _text("note"),
        _time("at"),
        *_entered(),
        _key("strength_test"),
        _of("strength_test", "visit_id", "visit"),
    )
    op.create_index("ix_strength_test_visit_id", "strength_test", ["visit_id"])


def _studies() -> None:
    op.create_table(
        "study",
        _id(),
        _text("name"),
        _text("kind"),
        _count("sessions"),
        _text("note"),
        _count("version"),
        _time("created_at"),
        _text("created_by"),
        _time("closed_at", required=False),
        _key("study"),
    )
    op.create_table(
        "study_visit",
        _id(),
        _text("study_id", length=36),
        _text("visit_id", length=36),
        _count("session"),
        *_entered(),
        _key("study_visit"),
        _of("study_visit", "study_id", "study"),
        _of("study_visit", "visit_id", "visit"),
    )
    op.create_index("ix_study_visit_study_id", "study_visit", ["study_id"])
    op.create_index("ix_study_visit_visit_id", "study_visit", ["visit_id"])


def _signatures() -> None:
    op.create_table(
        "signature",
        _id(),
        _text("visit_id", length=36),
        _count("number"),
        _text("account_id", length=36),
        *(_text(name) for name in ("name", "role", "meaning")),
        _time("at"),
        _count("utc_offset_min"),
        _text("content_sha256", length=64),
        _json("content", required=False),
        _key("signature"),
        _of("signature", "visit_id", "visit"),
    )
    op.create_index("ix_signature_visit_id_number", "signature", ["visit_id", "number"])
    op.create_table(
        "amendment",
        _id(),
        _text("visit_id", length=36),
        _time("at"),
        *(_text(name) for name in ("name", "subject_kind", "subject_id", "act")),
        _json("before", required=False),
        _json("after", required=False),
        _text("reason"),
        _key("amendment"),
        _of("amendment", "visit_id", "visit"),
    )
    op.create_index("ix_amendment_visit_id_at", "amendment", ["visit_id", "at"])


def _reports() -> None:
    op.create_table(
        "report",
        _id(),
        _text("visit_id", length=36),
        _text("kind"),
        _text("language", length=16),
        _count("number"),
        _text("sha256", length=64),
        _count("size"),
        _text("visit_sha256", length=64),
        _text("program"),
        _time("made_at"),
        _text("made_by"),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _key("report"),
        _of("report", "visit_id", "visit"),
    )
    op.create_index("ix_report_visit_id", "report", ["visit_id"])


def _details_may_be_erased() -> None:
    """What an event tells may be emptied, and nothing else: verifying asks for the event that erased it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_detail_no_update")
        op.execute(
            "CREATE TRIGGER audit_detail_no_update BEFORE UPDATE ON audit_detail"
            " WHEN NEW.document <> '' OR NEW.event_id <> OLD.event_id"
            " BEGIN SELECT RAISE(ABORT, 'audit_detail is append-only'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_detail_no_update() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.document <> '' OR NEW.event_id <> OLD.event_id THEN"
        " RAISE EXCEPTION 'audit_detail is append-only'; END IF; RETURN NEW; END $$"
    )
