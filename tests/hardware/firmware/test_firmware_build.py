"""The sketch builds without the Arduino IDE, without a warning, with room to spare, and is an ordinary sketch."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hardware.firmware import build
from hardware.firmware.build import (
    ARDUINO,
    BOARDS,
    FOLDER,
    SKETCH,
    BoardName,
    CannotBuild,
    build_firmware,
    install_hint,
)

C_SOURCES = sorted([*SKETCH.iterdir(), *Path(__file__).parent.glob("*.c"), *Path(__file__).parent.glob("*.[hc]*p*")])
FLASH_BYTES, RAM_BYTES = 32_256, 2_048  # what a boot loader leaves of an ATmega328P
NEEDED = "-DDECIMAL_DIG=__DECIMAL_DIG__"  # by Debian's core with its compiler
STACK_BYTES = 800  # deepest chain of calls and two interrupts take under 300


@pytest.mark.process
@pytest.mark.parametrize("board", BOARDS)
def test_it_builds_for_each_board_and_leaves_room(avr_tools: None, board: BoardName) -> None:
    firmware = build_firmware(board)
    assert firmware.hex.read_text(encoding="ascii").startswith(":10")
    assert firmware.flash_bytes < FLASH_BYTES / 2
    assert firmware.ram_bytes < RAM_BYTES - STACK_BYTES


@pytest.mark.process
def test_what_is_built_is_not_built_again(avr_tools: None) -> None:
    first = build_firmware("uno")
    stamp = first.elf.stat().st_mtime_ns
    assert build_firmware("uno").elf.stat().st_mtime_ns == stamp


def test_it_is_a_sketch_that_the_arduino_ide_opens() -> None:
    """One folder, one .ino of the same name, C++ beside it, no library but the core."""
    assert {path.suffix for path in SKETCH.iterdir()} == {".ino", ".h", ".cpp"}
    assert [path.name for path in SKETCH.glob("*.ino")] == [f"{SKETCH.name}.ino"]
    ours = {path.name for path in SKETCH.iterdir()}
    included = {name for path in SKETCH.iterdir() for name in re.findall(r'#include ["<]([^">]+)', path.read_text())}
    assert {name for name in included if "/" not in name} <= ours | {"Arduino.h", "stdint.h"}
    assert all(name.startswith("avr/") for name in included if "/" in name)


@pytest.mark.process
@pytest.mark.parametrize("board", ["uno", "nano:cpu=atmega328"])
def test_arduinos_own_builder_takes_it(avr_tools: None, tmp_path: Path, board: str) -> None:
    """The program behind the Arduino IDE 1.8: it makes C++ of the .ino, looks for libraries, and measures."""
    builder, tags = shutil.which("arduino-builder"), shutil.which("arduino-ctags")
    if not builder or not tags:
        pytest.skip("tools are missing: sudo apt-get install arduino-builder")
    command = [builder, "-compile", "-fqbn", f"arduino:avr:{board}", "-build-path", str(tmp_path), "-tools", "/usr/bin"]
    for folder in (ARDUINO.parents[1], Path(builder).parents[1] / "share" / "arduino-builder"):
        command += ["-hardware", str(folder)]
    for setting in (f"tools.ctags.cmd.path={tags}", "compiler.path=/usr/bin/", f"compiler.cpp.extra_flags={NEEDED}"):
        command.append(f"-prefs={setting}")
    done = subprocess.run([*command, str(SKETCH / "stancelab.ino")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "stancelab.ino.hex").is_file()


def test_platformio_finds_the_same_sketch() -> None:
    settings = configparser.ConfigParser()
    settings.read(FOLDER / "platformio.ini")
    assert settings["platformio"]["src_dir"] == SKETCH.name
    assert {"env:uno", "env:nano"} <= set(settings.sections())
    assert settings["env"]["framework"] == "arduino"


def test_the_portable_code_knows_no_board() -> None:
    """What is compiled for the tests includes nothing of the Arduino core or of the chip."""
    for name in ("frame.h", "wire.h", "cells.h", "sets.h", "nv.h", "replies.h", "plate.h"):
        included = re.findall(r'#include ["<]([^">]+)', (SKETCH / name).read_text(encoding="utf-8"))
        assert not [other for other in included if re.match(r"Arduino|avr/|board|hx711", other)], name


@pytest.mark.parametrize("path", C_SOURCES, ids=lambda path: path.name)
def test_no_c_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", C_SOURCES, ids=lambda path: path.name)
def test_no_c_function_is_longer_than_40_lines(path: Path) -> None:
    """A function's body ends at the closing brace that stands as far left as the line it began on."""
    lines = path.read_text(encoding="utf-8").splitlines()
    long = []
    for at, line in enumerate(lines):
        if not re.match(r"( {0,4})\S.*\)( const)?( : .*)? \{$", line) or re.match(
            r"\s*(if|for|while|switch|else)\b", line
        ):
            continue
        indent = len(line) - len(line.lstrip())
        end = next(end for end in range(at + 1, len(lines)) if lines[end].startswith(" " * indent + "}"))
        if end - at - 1 > 40:
            long.append(f"{line.strip()}: {end - at - 1}")
    assert long == []


def test_only_the_runner_is_under_the_gpl() -> None:
    marked = [path.name for path in C_SOURCES if "GPL" in path.read_text(encoding="utf-8")]
    assert marked == ["simavr_runner.c"]


def test_a_missing_tool_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"gcc-avr": "no-such-program", "avr-libc": "/no/such/file"}
    assert install_hint(absent) == "sudo apt-get install gcc-avr avr-libc"
    monkeypatch.setattr(build, "PACKAGES", absent)
    with pytest.raises(CannotBuild, match="sudo apt-get install gcc-avr avr-libc"):
        build_firmware("uno")


def test_without_the_sources_it_says_where_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in the installed package, which does not hold them."""
    monkeypatch.setattr(build, "SKETCH", tmp_path)
    monkeypatch.setattr(build, "RUNNER", tmp_path / "runner.c")
    with pytest.raises(CannotBuild, match="from a checkout"):
        build_firmware("uno")
    with pytest.raises(CannotBuild, match="from a checkout"):
        build.build_runner()
