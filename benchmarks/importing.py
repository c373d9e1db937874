"""A file of another system."""

from __future__ import annotations

from pathlib import Path

from acquisition.files import read_file
from analysis.assess import assess_import
from analysis.settings import AnalysisSettings
from benchmarks.figures import Figure, cpu_ms

RECORDING = (
    Path(__file__).parent.parent.parent / "shared/data/01_kinvent_single_leg/kinvent_sls_30s_original_export.csv"
)


def figures() -> list[Figure]:
    """Read the KINVENT export (two stances of 30 s at 250 Hz), and assess it."""
    if not RECORDING.is_file():
        return [Figure("read the KINVENT export", "not measured", "the recording is not here")]
    read = read_file(RECORDING)

    def assess() -> None:
        for recording in read.recordings:
            assess_import(recording, settings=AnalysisSettings())

    size = f"{RECORDING.stat().st_size / 1e6:.1f} MB, {len(read.recordings)} stances of 30 s at 250 Hz"
    return [
        Figure("read the KINVENT export", f"{cpu_ms(lambda: read_file(RECORDING)):.0f} ms", size),
        Figure("assess both stances", f"{cpu_ms(assess):.0f} ms", "every metric"),
    ]
