"""The wheel, installed alone, starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.request
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
    anywhere = shutil.ignore_patterns(".venv", ".git", "__pycache__", "dist", "*.egg-info", ".*_cache")

    def ignored(where: str, names: list[str]) -> set[str]:
        return anywhere(where, names) | ({"build"} if Path(where) == ROOT else set())  # hardware/build is a source

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


def test_the_build_guide_stays_in_the_checkout(wheel: Path) -> None:
    """Who solders has the sources; who measures needs no drawings of wires."""
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.startswith("hardware/build/")] == []
    assert "hardware/PROTOCOL.md" in names


#: Runs the command line of the unpacked wheel: the checkout is taken off the path, its installed packages stay.
SCRIPT = """
import sys
root, site = sys.argv[1:3]
sys.path[:] = [site] + [entry for entry in sys.path if not entry.startswith(root) or ".venv" in entry]
import dashboard.cli
assert dashboard.cli.__file__.startswith(site), dashboard.cli.__file__
sys.exit(dashboard.cli.main(sys.argv[3:]))
"""


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """`stancelab` as the wheel alone offers it, unpacked into an empty folder."""
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return [sys.executable, "-P", "-c", SCRIPT, str(ROOT), str(site)]


@pytest.mark.process
def test_the_wheel_alone_knows_its_version(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run([*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() != ""


@pytest.mark.process
def test_the_wheel_alone_says_that_the_firmware_needs_a_checkout(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*command, "simulate", "--firmware"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "from a checkout of the sources only" in done.stderr or sys.platform == "win32"


@pytest.mark.process
def test_the_wheel_alone_serves_its_first_page(command: list[str], tmp_path: Path) -> None:
    """Archive made, page answered, assets found."""
    options = ["serve", "--no-browser", "--http-port", "0", "--data", str(tmp_path / "station")]
    with subprocess.Popen([*command, *options], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            for path in ("", "assets/app.css", "assets/00-plotly-basic.min.js"):
                with urllib.request.urlopen(address + path) as answer:  # noqa: S310 - loopback
                    assert answer.status == 200
        finally:
            process.terminate()
