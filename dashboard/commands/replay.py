"""`stancelab replay FILE`: what a recording (`.fpr`) holds, played through the plate's own decoder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from acquisition.errors import SpoolDamaged
from acquisition.replay import recording_of
from acquisition.spool_file import ChunkKind, Recovered, recover
from analysis.recording import RawRecording
from dashboard.cli import Stopped
from dashboard.sentences import interruption_text
from dashboard.words import Words, load_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    parser.add_argument("file", type=Path, metavar="FILE", help=load_words()("command.replay.file"))


def run(args: argparse.Namespace) -> int:
    """Play it and say what it holds. 1: it is damaged or was not finished, and how far it goes."""
    words = load_words()
    try:
        recovered = recover(args.file)
        raw = recording_of(recovered, args.file.name)
    except OSError as error:
        raise Stopped(words("command.replay.unreadable", file=args.file, why=error.strerror)) from error
    except SpoolDamaged as error:
        raise Stopped(words("errors.SPOOL_DAMAGED")) from error
    sys.stdout.write("\n".join(told(words, recovered, raw)) + "\n")
    return 0 if recovered.complete and raw.interrupted is None else 1


def told(words: Words, recovered: Recovered, raw: RawRecording) -> list[str]:
    """What a recording holds, in sentences."""
    length_s = float(raw.time_s.max() - raw.time_s.min()) if len(raw.time_s) else 0.0
    lines = [
        words("command.replay.plate", serial=raw.plate.serial, model=raw.plate.model, firmware=raw.plate.firmware),
        words("command.replay.began", at=raw.started_at.astimezone().isoformat(" ", "seconds")),
        words("command.replay.length", length_s=length_s, sets=len(raw.counts), rate_hz=raw.rate_hz),
    ]
    if raw.gaps:
        missing = sum(gap.missing for gap in raw.gaps)
        longest_s = max(gap.end_s - gap.start_s for gap in raw.gaps)
        lines.append(words("command.replay.gaps", gaps=len(raw.gaps), missing=missing, longest_s=longest_s))
    if len(raw.counts):
        low, high, mean = raw.counts.min(axis=0), raw.counts.max(axis=0), np.rint(raw.counts.mean(axis=0)).astype(int)
        for cell in range(raw.counts.shape[1]):
            values = {"low": int(low[cell]), "high": int(high[cell]), "mean": int(mean[cell])}
            lines.append(words("command.replay.cell", cell=cell, **values))
    names = [str(chunk.document().get("event")) for chunk in recovered.chunks if chunk.kind is ChunkKind.EVENT]
    told_events = sorted({name for name in names if words.has(f"command.replay.event.{name}")})
    lines += [words(f"command.replay.event.{name}", times=names.count(name)) for name in told_events]
    if raw.interrupted is not None:
        lines.append(words("command.replay.interrupted", why=interruption_text(words, raw.interrupted)))
    if recovered.damage is not None:
        lines.append(words("command.replay.damaged", lost_bytes=recovered.lost_bytes))
    elif recovered.complete:
        lines.append(words("command.replay.complete"))
    return lines
