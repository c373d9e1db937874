"""Build the sketch without the Arduino IDE, with the compiler and the Arduino core that Debian packages.

    python -m hardware.firmware.build            for the Uno
    python -m hardware.firmware.build nano

Prints where the .hex is and how much of the chip it takes. What was built from the same sources is not built again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).resolve().parent
SKETCH = FOLDER / "stancelab"
CHECKOUT = FOLDER.parents[1]
BUILT = CHECKOUT / "build" / "firmware"
ARDUINO = Path("/usr/share/arduino/hardware/arduino/avr")

#: What each Debian package brings that is used here: a program, or a file.
PACKAGES = {
    "gcc-avr": "avr-g++",
    "avr-libc": "/usr/lib/avr/include/avr/io.h",
    "arduino-core-avr": str(ARDUINO / "boards.txt"),
}
RUNNER_PACKAGES = {
    "g++": "g++",
    "libsimavr-dev": "/usr/include/simavr/sim_avr.h",
    "libelf-dev": "/usr/include/libelf.h",
}
RUNNER = CHECKOUT / "tests" / "hardware" / "firmware" / "simavr_runner.c"

BoardName = Literal["uno", "nano", "simulated"]

#: Board -> the core's pin table, and the defines the IDE would give. "simulated" is an Uno that says it is not real.
BOARDS: dict[BoardName, tuple[str, tuple[str, ...]]] = {
    "uno": ("standard", ("ARDUINO_AVR_UNO",)),
    "nano": ("eightanaloginputs", ("ARDUINO_AVR_NANO",)),
    "simulated": ("standard", ("ARDUINO_AVR_UNO", "STANCELAB_BOARD=0")),
}

MCU = "-mmcu=atmega328p"
#: DECIMAL_DIG: this core's WString.cpp needs it and avr-gcc 5.4 hides it.
DEFINES = ("F_CPU=16000000L", "ARDUINO=10819", "ARDUINO_ARCH_AVR", "DECIMAL_DIG=__DECIMAL_DIG__")
SIZE = ("-g", "-Os", "-flto", "-ffunction-sections", "-fdata-sections")
LANGUAGES = {
    ".c": ("avr-gcc", "-std=gnu11", "-fno-fat-lto-objects"),
    ".cpp": ("avr-g++", "-std=gnu++11", "-fno-exceptions", "-fno-threadsafe-statics"),
    ".S": ("avr-gcc", "-x", "assembler-with-cpp"),
}
OURS = ("-Wall", "-Wextra", "-Werror")
THEIRS = ("-w",)


class CannotBuild(Exception):
    """Happens when tools are missing or a compiler refuses; says what to install, or what it refused."""


@dataclass(frozen=True, slots=True)
class Firmware:
    """A built sketch. ``flash_bytes`` of 32,256, ``ram_bytes`` of 2,048 taken by variables."""

    elf: Path
    hex: Path
    flash_bytes: int
    ram_bytes: int


def missing(packages: dict[str, str]) -> list[str]:
    """Names of the packages whose program or file is not here."""
    return [name for name, brings in packages.items() if not (shutil.which(brings) or Path(brings).is_file())]


def install_hint(packages: dict[str, str]) -> str | None:
    """The command that installs what is missing; None where nothing is."""
    absent = missing(packages)
    return f"sudo apt-get install {' '.join(absent)}" if absent else None


def cached(name: str, sources: list[Path], flags: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled for exactly these sources and flags, made now where it is not there yet."""
    told = hashlib.sha256(repr(flags).encode())
    for source in sorted(sources):
        told.update(source.name.encode() + source.read_bytes())
    folder = BUILT / f"{name}-{told.hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    BUILT.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=BUILT))
    try:
        make(unfinished)
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was quicker: its work is as good
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def run(command: list[str]) -> str:
    """Output of a tool.

    Raises
    ------
    CannotBuild
        With what the tool said.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotBuild(f"{command[0]} is not installed") from error
    if done.returncode:
        raise CannotBuild(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def sketch_commit() -> int:
    """First 32 bits of the commit that last changed the sketch; 0 outside git or with changes not committed."""
    git = ["git", "-C", str(CHECKOUT)]
    try:
        if run([*git, "status", "--porcelain", "--", str(SKETCH)]).strip():
            return 0
        return int(run([*git, "log", "-1", "--format=%H", "--", str(SKETCH)])[:8] or "0", 16)
    except CannotBuild:
        return 0


def build_firmware(board: BoardName = "uno") -> Firmware:
    """Compile the Arduino core and the sketch, as the IDE does but with every warning an error in our own code.

    Raises
    ------
    CannotBuild
    """
    if not (SKETCH / "stancelab.ino").is_file():
        raise CannotBuild("the firmware is not part of the installed package: run this from a checkout of the sources")
    hint = install_hint(PACKAGES)
    if hint:
        raise CannotBuild(f"the firmware needs tools that are not here: {hint}")
    variant, board_defines = BOARDS[board]
    defines = (*DEFINES, *board_defines, f"STANCELAB_COMMIT={sketch_commit():#x}UL")
    ours = [path for path in SKETCH.iterdir() if path.suffix in {".h", ".cpp", ".ino"}]
    flags = (MCU, *SIZE, *(f"-D{define}" for define in defines), f"-I{ARDUINO / 'variants' / variant}")
    folder = cached(board, [*ours, Path(__file__)], flags, lambda into: _compile_all(flags, into))
    sizes = run(["avr-size", "-A", str(folder / "stancelab.elf")])
    section = {name: int(size) for name, size in re.findall(r"^\.(\w+)\s+(\d+)", sizes, re.MULTILINE)}
    return Firmware(
        elf=folder / "stancelab.elf",
        hex=folder / "stancelab.hex",
        flash_bytes=section["text"] + section.get("data", 0),
        ram_bytes=section.get("data", 0) + section["bss"] + section.get("noinit", 0),
    )


def _compile_all(flags: tuple[str, ...], into: Path) -> None:
    core = ARDUINO / "cores" / "arduino"
    theirs = [path for path in sorted(core.iterdir()) if path.suffix in LANGUAGES]
    ours = [*sorted(SKETCH.glob("*.cpp")), SKETCH / "stancelab.ino"]

    def compile_one(source: Path) -> str:
        language = LANGUAGES[".cpp" if source.suffix == ".ino" else source.suffix]
        is_ours = source.parent == SKETCH
        command = [*language, *flags, f"-I{core}", *(OURS if is_ours else THEIRS)]
        if source.suffix == ".ino":
            command += ["-x", "c++", "-include", "Arduino.h"]
        target = into / f"{source.name}.o"
        run([*command, "-c", str(source), "-o", str(target)])
        return str(target)

    with ThreadPoolExecutor() as pool:
        core_objects = list(pool.map(compile_one, theirs))
        our_objects = list(pool.map(compile_one, ours))
    run(["avr-gcc-ar", "rcs", str(into / "core.a"), *core_objects])
    elf, image = into / "stancelab.elf", into / "stancelab.hex"
    linker = ["avr-gcc", MCU, "-g", "-Os", "-flto", "-fuse-linker-plugin", "-Wl,--gc-sections"]
    run([*linker, *our_objects, str(into / "core.a"), "-o", str(elf), "-lm"])
    run(["avr-objcopy", "-O", "ihex", "-R", ".eeprom", str(elf), str(image)])


def build_runner() -> Path:
    """The program that runs a built firmware in simavr with four simulated converters (a source checkout only).

    Raises
    ------
    CannotBuild
    """
    if not RUNNER.is_file():
        raise CannotBuild("the simulator of the board is not part of the installed package: run from a checkout")
    hint = install_hint(RUNNER_PACKAGES)
    if hint:
        raise CannotBuild(f"running the firmware needs tools that are not here: {hint}")
    flags = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror")
    libraries = ("-lsimavr", "-lelf", "-lutil", "-lm")

    def make(into: Path) -> None:
        run(["gcc", *flags, str(RUNNER), "-o", str(into / "runner"), *libraries])

    return cached("runner", [RUNNER, RUNNER.with_name("loads.h")], (*flags, *libraries), make) / "runner"


def main(arguments: list[str]) -> int:
    """Build for the board named, and say what came of it."""
    names = [name for name in BOARDS if name in (arguments or ["uno"])]
    if not names:
        print(f"{arguments[0]!r} is no board: {', '.join(BOARDS)}", file=sys.stderr)
        return 2
    try:
        firmware = build_firmware(names[0])
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{firmware.hex}\nflash {firmware.flash_bytes} of 32256 bytes, variables {firmware.ram_bytes} of 2048 bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
