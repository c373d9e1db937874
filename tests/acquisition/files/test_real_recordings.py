"""Real recordings of other people's plates are read as their makers and publishers describe them."""

from __future__ import annotations

import csv
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition.files import ColumnMap, FileProblem, ReadFile, ReadOptions, parse_cells, read_bytes, read_file
from analysis.geometry import Side
from analysis.recording import ImportedRecording, MlAxis, SignalKind

pytestmark = pytest.mark.recordings

Float = NDArray[np.float64]

KINVENT = "01_kinvent_single_leg/kinvent_sls_30s_original_export.csv"
KINVENT_CELLS = "-69,-146.5;69,-146.5;69,146.5;-69,146.5"
WII = "02_wii_board_single_leg_alternating/wbb_first_half"


@pytest.fixture(scope="module")
def kinvent(recordings: Path) -> ReadFile:
    return read_file(recordings / KINVENT)


def cop_mm(recording: ImportedRecording) -> Float:
    """CoP by the moments of the cells: sum of force times place over the sum of forces."""
    assert recording.geometry is not None
    places_mm = np.array(recording.geometry.cells_mm)
    return np.asarray(recording.values @ places_mm / recording.values.sum(axis=1, keepdims=True))


def columns_of(path: Path, delimiter: str = ",") -> dict[str, Float]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter=delimiter))
    return {name: np.array([float(row[place]) for row in rows[1:]]) for place, name in enumerate(rows[0])}


def test_the_kinvent_export_holds_a_left_and_a_right_stance_of_30_s(kinvent: ReadFile) -> None:
    assert kinvent.reader == "kinvent"
    assert kinvent.problems == ()
    assert [recording.declared_side for recording in kinvent.recordings] == [Side.LEFT, Side.RIGHT]
    assert [len(recording.time_s) for recording in kinvent.recordings] == [7510, 7530]  # rows of the two blocks
    for recording in kinvent.recordings:
        assert recording.kind is SignalKind.CELLS_N
        assert recording.rate_hz == pytest.approx(250, rel=1e-3)  # the export's rate
        assert recording.ml_axis is MlAxis.UNKNOWN  # KINVENT does not document it
        assert np.median(recording.values.sum(axis=1)) == pytest.approx(77 * 9.80665, rel=0.06)  # "about 77 kg"


def test_the_cop_of_kinvents_cells_is_the_devices_own_within_its_resolution(
    kinvent: ReadFile, recordings: Path
) -> None:
    """The device writes a fraction of 191 x 346 mm with 4 decimals: at most 0.05 mm of rounding on either axis."""
    for recording, name in zip(kinvent.recordings, ("left_30s.csv", "right_30s.csv"), strict=True):
        device = columns_of(recordings / "01_kinvent_single_leg" / name)
        expected_mm = np.column_stack([device["cop_ml_mm_device"], device["cop_ap_mm_device"]])
        assert np.abs(cop_mm(recording) - expected_mm).max() <= 0.05


def test_the_kinvent_header_is_kept_as_source_facts(kinvent: ReadFile, recordings: Path) -> None:
    left, right = kinvent.facts
    assert (left["Side"], right["Side"]) == ("Left", "Right")
    assert left["Eyes Condition"] == "Closed"
    assert kinvent.recordings[1].source_label == "RIGHT, repetition 1"
    assert kinvent.recordings[0].device.startswith("KINVENT Physio 2.17.3, P126936")
    with (recordings / "01_kinvent_single_leg" / "device_metrics.csv").open(encoding="utf-8") as lines:
        printed = list(csv.DictReader(lines))
    for facts, metrics in zip(kinvent.facts, printed, strict=True):
        assert float(facts["Ellipse Surface (mm²)"]) == float(metrics["Ellipse Surface (mm²)"])


def test_the_kinvent_export_is_read_in_less_than_half_a_second(recordings: Path) -> None:
    """0.05 s on a quiet machine; the limit allows for a busy one. CPU time, best of three."""
    content = (recordings / KINVENT).read_bytes()
    taken_s = []
    for _ in range(3):
        start_s = time.process_time()
        read_bytes("export.csv", content)
        taken_s.append(time.process_time() - start_s)
    assert min(taken_s) < 0.5


def test_a_kinvent_export_with_one_block_is_read_and_said_to_have_one_side(recordings: Path) -> None:
    lines = (recordings / KINVENT).read_bytes().splitlines(keepends=True)
    second = next(number for number, line in enumerate(lines) if line.startswith(b"Side: ,Right"))
    only_left = read_bytes("left.csv", b"".join(lines[: second - 1]))
    assert [recording.declared_side for recording in only_left.recordings] == [Side.LEFT]
    assert [problem.code for problem in only_left.problems] == [FileProblem.ONE_SIDE_ONLY]


def test_a_csv_of_kinvent_cells_by_column_map_is_the_export_rounded(kinvent: ReadFile, recordings: Path) -> None:
    stated = ColumnMap.parse("time=time_s,cells=c1_kg;c2_kg;c3_kg;c4_kg,force=kg,side=left,ml=unknown")
    options = ReadOptions(columns=stated, geometry=parse_cells(KINVENT_CELLS))
    [recording] = read_file(recordings / "01_kinvent_single_leg" / "left_30s.csv", options).recordings
    assert recording.declared_side is Side.LEFT
    assert recording.ml_axis is MlAxis.UNKNOWN
    assert np.abs(recording.values - kinvent.recordings[0].values).max() < 0.00006 * 9.80665  # 4 decimals of a kg


@pytest.mark.parametrize("form", ["txt", "csv"])
def test_the_wii_board_gives_the_recorders_own_cop(recordings: Path, form: str) -> None:
    """The recorder's CoP is 21.65 cm and 11.90 cm times load ratios, written with 0.001 cm and forces with 0.001 N."""
    read = read_file(recordings / f"{WII}.{form}")
    [recording] = read.recordings
    device = columns_of(recordings / f"{WII}.csv")
    assert read.reader == "wii-board"
    assert recording.ml_axis is MlAxis.PLUS_RIGHT
    assert np.array_equal(recording.time_s, device["time_s"])
    loaded = recording.values.sum(axis=1) > 300
    expected_mm = 10 * np.column_stack([device["cop_x_cm"], device["cop_y_cm"]])
    assert np.abs(cop_mm(recording)[loaded] - expected_mm[loaded]).max() < 0.02
    weight_kg = recording.values.sum(axis=1)[loaded] / 9.80665
    assert weight_kg == pytest.approx(device["weight_kg"][loaded], rel=1e-3)  # the recorder takes g = 9.80


def test_rows_that_the_wii_recorder_repeated_are_kept_and_counted(recordings: Path) -> None:
    """Counted in the file itself: lines that say the same as the line before, apart from their time."""
    rows = [line.split("\t")[1:] for line in (recordings / f"{WII}.txt").read_text().splitlines()[1:]]
    repeated = sum(now == before for before, now in pairwise(rows))
    read = read_file(recordings / f"{WII}.txt")
    assert len(read.recordings[0].time_s) == len(rows)
    assert read.recordings[0].duplicate_rows == repeated
    [problem] = read.problems
    assert (problem.code, problem.values["n"]) == (FileProblem.ROW_REPEATED, repeated)


def test_bds_trials_are_read_by_column_map_in_mm(recordings: Path) -> None:
    path = recordings / "03_bds_quiet_stance" / "BDS00001.txt"
    stated = ColumnMap.parse("time=Time[s],cop_ml=COPy[cm],cop_ap=COPx[cm],fz=Fz[N],length=cm")
    [recording] = read_file(path, ReadOptions(columns=stated)).recordings
    source = columns_of(path, "\t")
    assert recording.kind is SignalKind.COP_FZ
    assert recording.rate_hz == pytest.approx(100)
    assert np.allclose(recording.values[:, 0], 10 * source["COPy[cm]"], rtol=1e-14)
    assert np.allclose(recording.values[:, 1], 10 * source["COPx[cm]"], rtol=1e-14)
    assert np.array_equal(recording.values[:, 2], source["Fz[N]"])


def test_pds_trials_are_read_by_column_map_in_mm(recordings: Path) -> None:
    path = recordings / "04_pds_two_plates_left_right" / "PDS13CF1grf.txt"
    stated = ColumnMap.parse("time=Time,cop_ml=COPNET_Z,cop_ap=COPNET_X,fz=GRFNET_Y,length=m,ml=right")
    [recording] = read_file(path, ReadOptions(columns=stated)).recordings
    source = columns_of(path, "\t")
    assert recording.ml_axis is MlAxis.PLUS_RIGHT
    assert np.allclose(recording.values[:, 0], 1000 * source["COPNET_Z"], rtol=1e-14)
    assert np.array_equal(recording.values[:, 2], source["GRFNET_Y"])
