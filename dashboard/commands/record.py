"""`stancelab record URL --out FILE`: whatever a plate sends, kept byte for byte, without archive or guided test."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from acquisition.errors import AcquisitionError, SpoolRefused
from acquisition.hub import Hub, HubSnapshot, HubState
from acquisition.ports import AUTO
from acquisition.replay import read_back
from acquisition.spool import Spool, Tap
from acquisition.spool_file import SpoolHeader, recover
from analysis.calibration import Calibration, Zero
from analysis.errors import InvalidRecording
from analysis.online import EmptyPlate
from dashboard.cli import Stopped
from dashboard.commands.reading import above_zero
from dashboard.commands.replay import told
from dashboard.plate_calibration import calibration_without_archive
from dashboard.plates import finder, plate_error_text
from dashboard.protocol import STANDARD
from dashboard.words import Words, load_words
from records.ids import new_id

FOUND_WITHIN_S = 15.0
QUIET_WITHIN_S = 30.0
WAIT_S = 0.25
STOPPED = "STOPPED"
#: End it as Ctrl-C does.
ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    parser.add_argument("url", nargs="?", default=AUTO, metavar="URL", help=words("command.record.url"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=words("command.record.out"))
    parser.add_argument("--seconds", type=above_zero, default=60.0, metavar="S", help=words("command.record.seconds"))
    parser.add_argument("--zero", type=above_zero, metavar="S", help=words("command.record.zero"))


def run(args: argparse.Namespace) -> int:
    """Record until the time is over or Ctrl-C. 1: it ended early, or could not begin."""
    words = load_words()
    if args.out.exists():
        raise Stopped(words("command.record.exists", file=args.out))
    tap = Tap()
    hub = Hub(finder(args.url, tap.wrap), tap)
    hub.start()
    try:
        now = _found(words, hub)
        calibration = _calibration(now)
        zero = _zero(words, hub, calibration, args.zero) if args.zero else None
        spool = _begun(words, args.out, now, calibration, zero)
        return _record(words, hub, spool, args.seconds)
    finally:
        hub.close()


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def _found(words: Words, hub: Hub) -> HubSnapshot:
    """Wait for the plate."""
    until_s = monotonic() + FOUND_WITHIN_S
    while (now := hub.snapshot()).state is not HubState.STREAMING or not now.sets:
        if monotonic() > until_s or (now.fault is not None and now.stream == 0):
            raise Stopped(plate_error_text(words, now.fault) if now.fault else words("command.record.silent"))
        hub.blocks_after(-1, WAIT_S)
    return now


def _calibration(now: HubSnapshot) -> Calibration | None:
    """What makes forces of the counts, later; None for a plate whose model is not known."""
    if now.identity is None:
        return None
    try:
        return calibration_without_archive(now.identity)
    except InvalidRecording:
        return None


def _zero(words: Words, hub: Hub, calibration: Calibration | None, seconds: float) -> Zero:
    """The empty plate, once it has been quiet for so long."""
    if calibration is None:
        raise Stopped(words("command.record.no_model"))
    _say(words("command.record.step_off", seconds=seconds))
    empty = EmptyPlate(calibration, None, seconds, STANDARD.restless_n, STANDARD.loaded_n)
    _, cursor = hub.blocks_after(-1)
    until_s = monotonic() + seconds + QUIET_WITHIN_S
    while empty.zero is None:
        blocks, cursor = hub.blocks_after(cursor, WAIT_S)
        for block in blocks:
            empty.feed(block, datetime.now(UTC))
        if monotonic() > until_s:
            raise Stopped(words("command.record.not_quiet"))
    return empty.zero


def _begun(words: Words, out: Path, now: HubSnapshot, calibration: Calibration | None, zero: Zero | None) -> Spool:
    if now.identity is None:
        raise Stopped(words("command.record.silent"))
    header = SpoolHeader(new_id(), now.identity, datetime.now(UTC), now.boot_count, calibration, zero)
    try:
        return Spool(out, header)
    except SpoolRefused as error:
        raise Stopped(words("command.record.not_written", file=out, why=error.why)) from error


def _record(words: Words, hub: Hub, spool: Spool, seconds: float) -> int:
    begin_s = hub.snapshot().newest_s
    interrupted: str | None = None
    for name in ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        hub.begin_recording(spool)
        _say(words("command.record.recording", seconds=seconds, file=spool.path))
        while (now := hub.snapshot()).newest_s - begin_s < seconds and now.interrupted is None:
            hub.blocks_after(-1, WAIT_S)
    except KeyboardInterrupt:
        interrupted = STOPPED
    except AcquisitionError as error:
        spool.end(error.code)
        raise Stopped(plate_error_text(words, error)) from error
    raw = read_back(spool, hub.end_recording(interrupted))
    for line in told(words, recover(spool.path), raw):
        _say(line)
    return 0 if raw.interrupted is None else 1
