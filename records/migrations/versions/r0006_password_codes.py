"""Codes with which people choose their own password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing that is there is touched."""
    op.create_table(
        "password_code",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_password_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_password_code_account_id"),
    )
