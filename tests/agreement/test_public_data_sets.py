"""Agreement with the values that the authors of the BDS and PDS data sets published for their own trials.

Santos & Duarte 2016, PeerJ 4:e2648; dos Santos et al. 2017, PeerJ 5:e3626. Quiet stance on both feet, 60 s at 100 Hz,
unfiltered. Their area is the 95 % prediction ellipse as ours. Their velocity is path / (N / fs); ours is
path / ((N - 1) / fs), the time the steps really cover: theirs = ours (N - 1) / N.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from published import Analyse, table, values

N = 6000
AS_THE_AUTHORS = ("--lowpass", "none", "--grid", "native", "--window", "whole")
BDS, PDS = "03_bds_quiet_stance", "04_pds_two_plates_left_right"
MAPS = {
    BDS: "time=Time[s],cop_ml=COPy[cm],cop_ap=COPx[cm],fz=Fz[N],length=cm",
    PDS: "time=Time,cop_ml=COPNET_Z,cop_ap=COPNET_X,fz=GRFNET_Y,length=m",
}


@pytest.mark.parametrize(("data_set", "ending"), [(BDS, ".txt"), (PDS, "grf.txt")])
def test_area_and_velocity_are_the_published_ones(
    recordings: Path, analysed: Analyse, data_set: str, ending: str
) -> None:
    published = table(recordings / data_set / "published_metrics.csv")
    assert len(published) >= 3
    for row in published:
        path = recordings / data_set / f"{row['Trial']}{ending}"
        (trial,) = analysed(path, "--map", MAPS[data_set], *AS_THE_AUTHORS)
        ours = values(trial)
        area_cm2, velocity_cm_s = float(row["COParea_cm2"]), float(row["COPvelo_cm_s"])
        assert ours["prediction_ellipse_area"] / 100 == pytest.approx(area_cm2, rel=1e-6), row["Trial"]
        assert ours["velocity"] / 10 * (N - 1) / N == pytest.approx(velocity_cm_s, rel=1e-6), row["Trial"]


def test_the_mean_power_frequency_is_the_published_one(recordings: Path, analysed: Analyse) -> None:
    """Their form of it: segments of half the recording, the axes averaged by their power."""
    published = table(recordings / BDS / "published_metrics.csv")
    assert len(published) >= 3
    for row in published:
        path = recordings / BDS / f"{row['Trial']}.txt"
        (trial,) = analysed(path, "--map", MAPS[BDS], *AS_THE_AUTHORS, "--research")
        assert values(trial)["mean_power_frequency_bds"] == pytest.approx(float(row["COPmfreq_Hz"]), rel=1e-9)


def test_a_recording_without_a_known_direction_is_not_mirrored(recordings: Path, analysed: Analyse) -> None:
    path = recordings / BDS / "BDS00001.txt"
    (unknown,) = analysed(path, "--map", MAPS[BDS])
    (known,) = analysed(path, "--map", f"{MAPS[BDS]},ml=right", "--side", "right")
    assert unknown["metrics"]["mean_ml"]["reason"] == "ML_AXIS_UNKNOWN"
    assert known["metrics"]["mean_ml"]["value"] is not None
