"""The wheel, installed alone, starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests_root import ROOT

SHIPPED = ("analysis", "acquisition", "hardware", "records", "dashboard")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy: building in place would leave `build/` in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", "build", "dist", "*.egg-info", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_five_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(SHIPPED)
    assert "dashboard/words/en.toml" in names
    assert "records/migrations/versions/r0001_first_archive.py" in names


@pytest.mark.process
def test_the_wheel_alone_starts(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into an empty folder and run from there, no file of the checkout is in reach."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    script = (
        "import sys; sys.path[:] = [entry for entry in sys.path if not entry.startswith(sys.argv[1])];"
        "sys.path.insert(0, sys.argv[2]); import dashboard.cli; assert dashboard.cli.__file__.startswith(sys.argv[2]);"
        "sys.exit(dashboard.cli.main(['--version']))"
    )
    command = [sys.executable, "-P", "-c", script, str(ROOT), str(site)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() != ""
