#!/usr/bin/env python3
"""Set everything up in `.venv` beside this file, then run Stancelab or its checks.

    python3 start.py demo      set up, then open the demonstration in the browser
    python3 start.py test      set up, then run every check and every test
    python3 start.py VERB ...  set up, then run `stancelab VERB ...`

Needs Python 3.11 or newer with pip, and git to have fetched this folder. Nothing outside the folder is changed, except
that `test`, run as root on Debian, installs the system tools the tests need.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

#: Debian package -> what it brings that the tests need, one of them is enough: programs, or files. All but the first
#: two compile the plate's firmware and run it in a simulated chip (hardware/firmware/build.py).
SYSTEM_TOOLS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "postgresql": ("initdb", "/usr/lib/postgresql"),
    "g++": ("g++",),
    "gcc-avr": ("avr-g++",),
    "avr-libc": ("/usr/lib/avr/include/avr/io.h",),
    "arduino-core-avr": ("/usr/share/arduino/hardware/arduino/avr/boards.txt",),
    "libsimavr-dev": ("/usr/include/simavr/sim_avr.h",),
    "libelf-dev": ("/usr/include/libelf.h",),
    "arduino-builder": ("arduino-builder",),
}

#: Tests run in three processes: most of their time is waiting for a plate, a page or a disk. A file stays in one,
#: so that what a file shares is made once.
WORKERS = ("--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder")

CHECKS = (
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("lint", ["-m", "ruff", "check", "."]),
    ("spelling", ["-m", "codespell_lib"]),
    ("types", ["-m", "mypy"]),
    ("import contracts", ["-c", "from importlinter.cli import lint_imports_command as c; c()"]),
    ("tests", ["-m", "pytest", "-q", *WORKERS]),
)


def run(command: list[str | Path], **environment: str) -> None:
    """Run a command in this folder; end with its exit code where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def create_environment() -> None:
    """Make `.venv`; Debian's Python has no ensurepip, so virtualenv stands in there."""
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
        return
    bootstrap = ROOT / ".bootstrap"
    run([sys.executable, "-m", "pip", "install", "-q", "--target", bootstrap, "virtualenv"])
    run([sys.executable, "-m", "virtualenv", "-q", VENV], PYTHONPATH=str(bootstrap))


def set_up(lock_name: str) -> None:
    """Install the locked packages and this checkout, unless that very lock is installed already."""
    lock = ROOT / lock_name
    wanted = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f"{lock.stem}.installed"
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    print(f"Setting up {VENV.name} from {lock.name} (once; a minute or two) ...", flush=True)
    if not PYTHON.exists():
        create_environment()
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", lock])
    run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT])
    stamp.write_text(wanted)


def install_system_tools() -> list[str]:
    """Install what is missing on Debian as root; elsewhere return the missing packages."""
    missing = [
        name
        for name, brings in SYSTEM_TOOLS.items()
        if not any(shutil.which(one) or os.path.exists(one) for one in brings)
    ]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not missing or shutil.which("apt-get") is None or not is_root:
        return missing
    print(f"Installing {', '.join(missing)} ...", flush=True)
    run(["apt-get", "update", "-qq"])
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], DEBIAN_FRONTEND="noninteractive")
    return []


def test(arguments: list[str]) -> None:
    """Run every check; extra arguments go to pytest and then only the tests run."""
    set_up("requirements-test.lock")
    for name in install_system_tools():
        print(f"{name} is missing: the tests that need it are skipped. Install it: sudo apt-get install {name}")
    for title, command in CHECKS if not arguments else CHECKS[-1:]:
        print(f"== {title}", flush=True)
        run([PYTHON, *command, *(arguments if title == "tests" else [])])


def main(arguments: list[str]) -> None:
    """Set up, then do what was asked."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file also meets the older Python it must refuse
        sys.exit(f"Stancelab needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if arguments[:1] == ["test"]:
        test(arguments[1:])
        return
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return
    set_up("requirements.lock")
    sys.exit(subprocess.run([str(PYTHON), "-m", "dashboard.cli", *arguments], check=False).returncode)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
