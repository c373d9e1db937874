"""Schemas of other programs: archives that earlier ones left, and a revision that a later one would bring."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests_root import ROOT

from records import migrations

#: One trial with its result each, filed by the program of that schema.
OLD_ARCHIVES = sorted((ROOT / "tests" / "data").glob("archive-*.db.gz"))

NEXT_REVISION = '''
"""A later program's revision."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "later", "{newest}", None, None

def upgrade():
    with op.batch_alter_table("visit") as visit:
        visit.add_column(sa.Column("room", sa.Text(), nullable=False, server_default="unknown"))
        visit.alter_column("note", new_column_name="remark")
    op.create_table("robot", sa.Column("id", sa.String(36), primary_key=True))
    {then}
'''


def later_program(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str = "pass") -> None:
    """From here on the program knows one more revision."""
    scripts = folder / "migrations"
    shutil.copytree(ROOT / "records" / "migrations", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    revision = NEXT_REVISION.format(then=then, newest=migrations.newest())
    (scripts / "versions" / "later.py").write_text(revision, encoding="utf-8")
    monkeypatch.setattr(migrations, "SCRIPTS", str(scripts))
