"""The drift log: what each check of a plate before a session showed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing that is there is touched."""
    op.create_table(
        "drift_check",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("plate_serial", sa.Text(), nullable=False),
        sa.Column("calibration_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drift_check"),
        sa.ForeignKeyConstraint(["calibration_id"], ["calibration.id"], name="fk_drift_check_calibration_id"),
    )
    op.create_index("ix_drift_check_plate_serial_made_at", "drift_check", ["plate_serial", "made_at"])
