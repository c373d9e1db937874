"""One trial as a film: the CoP on the soles, seen from above, for `assets/replay.js`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.assess import AssessedTrial
from analysis.geometry import FootPlacement, from_lateral
from dashboard.figures.foot import foot_outline_mm
from dashboard.words import Words

Float = NDArray[np.float64]

#: Pictures a second; more is nothing to see on a screen.
LARGEST_RATE_HZ = 50.0
ROOM_MM, SMALLEST_MM = 15.0, 60.0
OUTLINE_POINTS = 61


def replay_course(trial: AssessedTrial, words: Words) -> dict[str, Any]:
    """Times, CoP and soles as seen from above, and what is going on when.

    Returns
    -------
    dict
        ``t`` [s], ``x`` (+ to the person's right where that is known) and ``y`` (+ forward) [mm], null where there is
        no CoP; ``soles``: closed outlines by side; ``phases``: from, to [s] and name, later ones go first; ``box``:
        left, right, rear and front edge [mm]; ``side`` of the stance, null where it is not known.
    """
    stance, cop = trial.stance, trial.stance.trial
    x_mm = cop.xy_mm[:, 0]
    middle_mm = stance.footing.midline_x_mm if stance.footing else 0.0
    known = stance.side is not None and stance.ml_known
    if stance.side is not None and known:
        x_mm = np.asarray(from_lateral(x_mm, stance.side, middle_mm))
    feet = (stance.footing.left, stance.footing.right) if stance.footing and known else ()
    soles = {foot.side.value: _sole(foot) for foot in feet}
    step = max(1, round(1 / (LARGEST_RATE_HZ * float(np.median(np.diff(cop.time_s))))))
    seen = slice(None, None, step)
    return {
        "t": [round(at, 3) for at in cop.time_s[seen].tolist()],
        "x": _rounded(x_mm[seen]),
        "y": _rounded(cop.xy_mm[seen, 1]),
        "soles": soles,
        "phases": _phases(trial, words),
        "box": _box(x_mm, cop.xy_mm[:, 1], soles),
        "side": stance.side.value if stance.side is not None and known else None,
    }


def _rounded(values_mm: Float) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 1) for value in values_mm.tolist()]


def _sole(foot: FootPlacement) -> list[list[float]]:
    outline = foot_outline_mm(foot, OUTLINE_POINTS)
    x_mm = from_lateral(outline[:, 0], foot.side, foot.midline_x_mm)
    return [[round(x, 1), round(y, 1)] for x, y in zip(x_mm.tolist(), outline[:, 1].tolist(), strict=True)]


def _phases(trial: AssessedTrial, words: Words) -> list[tuple[float, float, str]]:
    phases = trial.stance.phases
    start_s = phases.foot_off_s if phases.foot_off_s is not None else phases.start_s
    found = [(start_s, phases.end_s, words("figure.one_leg"))]
    if phases.bipedal_s is not None:
        found.append((*phases.bipedal_s, words("figure.bipedal")))
    if phases.static_s is not None:
        found.append((*phases.static_s, words("figure.static")))
    return [(round(start, 3), round(end, 3), name) for start, end, name in found]


def _box(x_mm: Float, y_mm: Float, soles: dict[str, list[list[float]]]) -> list[float]:
    """Edges that hold every sole, or the whole path where no foot is known."""
    corners = np.array([point for sole in soles.values() for point in sole] or np.column_stack([x_mm, y_mm]))
    corners = corners[~np.isnan(corners).any(axis=1)]
    if not len(corners):
        corners = np.zeros((1, 2))
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    half = np.maximum(np.ptp(corners, axis=0) / 2 + ROOM_MM, SMALLEST_MM)
    return [round(float(edge), 1) for edge in np.ravel(np.column_stack([middle - half, middle + half]))]
