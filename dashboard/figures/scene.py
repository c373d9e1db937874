"""What the live view draws under the CoP: the plate and both soles, in the plate frame."""

from __future__ import annotations

from typing import Any

from analysis.geometry import Side, from_lateral
from dashboard.figures.foot import foot_outline_mm
from hardware.plates import PlateModel

POINTS = 61


def scene(model: PlateModel) -> dict[str, Any]:
    """Surface (width, depth), cells, closed outlines of the soles, half their spacing. [mm], plate frame."""
    surface = model.geometry.surface_mm or (500.0, 500.0)
    return {
        "surface": list(surface),
        "cells": [list(cell) for cell in model.geometry.cells_mm],
        "half": model.template.half_spacing_mm,
        "soles": {side.value: _sole(model, side) for side in Side},
    }


def _sole(model: PlateModel, side: Side) -> list[list[float]]:
    foot = model.template.of(side)
    outline = foot_outline_mm(foot, POINTS)
    x_mm = from_lateral(outline[:, 0], side, foot.midline_x_mm)
    return [[round(x, 1), round(y, 1)] for x, y in zip(x_mm.tolist(), outline[:, 1].tolist(), strict=True)]
