"""A recorded single-leg stance of the simulated plate, as input for the other parts."""

from __future__ import annotations

from datetime import UTC, datetime

from acquisition.plate import Cue, Prompted, open_plate
from acquisition.recorder import Recorder
from analysis.calibration import Zero
from analysis.geometry import Side
from analysis.online import zero_of
from analysis.recording import RawRecording, SampleBlock

#: seconds of device time and what the person is told then; the last entry ends the recording.
SCRIPT: tuple[tuple[float, Cue | None], ...] = (
    (0.0, Cue("empty")),
    (3.0, Cue("both_feet")),
    (13.0, Cue("lift", Side.RIGHT)),
    (46.5, Cue("foot_down")),
    (50.0, None),
)


def stance_recording(rate_hz: int) -> tuple[RawRecording, Zero]:
    """One trial on the right leg and the zero of its empty plate, through the real bytes of the simulated plate."""
    plate = open_plate(f"sim:healthy?seed=5&speed=0&rate={rate_hz}")
    if not isinstance(plate, Prompted):
        raise TypeError("the simulated plate hears no cues")
    script = list(SCRIPT)
    try:
        recorder, zero_blocks = Recorder(plate.identity, datetime.now(UTC)), list[SampleBlock]()
        plate.start()
        begun_s: float | None = None
        while script:
            block = plate.read(1.0)
            if block is None:
                raise RuntimeError("the simulated plate fell silent")
            recorder.add(block)
            now_s = float(block.device_us[-1, 0]) * 1e-6
            begun_s = now_s if begun_s is None else begun_s
            if now_s - begun_s < 2.0:
                zero_blocks.append(block)
            while script and now_s - begun_s >= script[0][0]:
                cue = script.pop(0)[1]
                if cue is not None:
                    plate.cue(cue)
        return recorder.finish(), zero_of(zero_blocks, datetime.now(UTC))
    finally:
        plate.close()
