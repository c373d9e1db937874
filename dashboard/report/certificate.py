"""The certificate of a calibration: what was put on, what the plate showed, and whether that is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from acquisition.calibration_run import CalibrationReport
from analysis.calibrating import HOLD_OUT_FZ_PCT, HOLD_OUT_MAX_MM, HOLD_OUT_MEAN_MM, HoldOut
from analysis.calibration_checks import ZERO_SHIFT_N
from analysis.recording import PlateIdentity
from dashboard.calibration_text import refusal_text
from dashboard.report.typeset import Standard, typeset
from dashboard.words import Words
from dashboard.words.dates import date_text, moment_text

Row = list[str]


@dataclass(frozen=True, slots=True)
class Certified:
    """Who, when, which. ``id`` and ``valid_until`` None: it did not pass."""

    plate: PlateIdentity
    made_at: datetime
    made_by: str
    id: str | None = None
    valid_until: datetime | None = None


def certificate(words: Words, report: CalibrationReport, about: Certified) -> bytes:
    """The certificate as PDF/A and PDF/UA, the same bytes for the same calibration."""
    return typeset("certificate", certificate_document(words, report, about), about.made_at, Standard.RECORD)


def certificate_document(words: Words, report: CalibrationReport, about: Certified) -> dict[str, Any]:
    """Every text of the certificate."""
    notes = [refusal_text(words, refusal) for refusal in report.refusals]
    if about.plate.simulated:
        notes.insert(0, words("certificate.simulated"))
    return {
        "language": words.language,
        "title": words("certificate.title"),
        "passed": report.passed,
        "verdict": words("certificate.passed" if report.passed else "certificate.failed"),
        "note": " ".join(notes) or None,
        "facts": _facts(words, report, about),
        "judged": {"title": words("certificate.judged"), "rows": _judged(words, report)},
        "points": {"title": words("certificate.points"), "rows": _points(words, report)},
        "matrix": {"title": words("certificate.matrix"), "rows": _matrix(words, report)},
        "method": words("certificate.method"),
        "statement": words("certificate.statement"),
        "footer": words("certificate.footer", version=version("stancelab"), serial=about.plate.serial),
    }


def _facts(words: Words, report: CalibrationReport, about: Certified) -> list[Row]:
    plan, plate = report.plan, about.plate
    if plan.scale_kg is None:
        scale = words("certificate.scale_weight")
    else:
        named = {"scale_kg": plan.scale_kg, "factor": report.factor, "weight_kg": plan.weight_kg * report.factor}
        scale = words("certificate.scale_value", **named)
    stated = plan.tolerance_g is not None
    tolerance = words("certificate.tolerance" if stated else "certificate.no_tolerance", tolerance_g=plan.tolerance_g)
    until = date_text(words, about.valid_until) if about.valid_until else words("certificate.not_valid")
    who = words("certificate.plate_value", serial=plate.serial, model=plate.model, firmware=plate.firmware)
    rows = {
        "plate": who,
        "made": moment_text(words, about.made_at),
        "by": about.made_by,
        "weight": words(
            "certificate.weight_value", weight_kg=plan.weight_kg, tolerance=tolerance, weight_n=plan.weight_n
        ),
        "scale": scale,
        "crosses": words("certificate.crosses_value", paper=plan.grid.upper()),
        "until": until,
        "id": about.id or words("certificate.not_filed"),
    }
    return [[words(f"certificate.{name}"), value] for name, value in rows.items()]


def _judged(words: Words, report: CalibrationReport) -> list[Row]:
    held = report.hold_outs
    shift_n = float(np.abs(report.zero_shift_n).max())
    rows = [
        ("mean", "mm", held.cop_mean_mm, HOLD_OUT_MEAN_MM),
        ("largest", "mm", held.cop_max_mm, HOLD_OUT_MAX_MM),
        ("force", "percent", held.fz_max_pct, HOLD_OUT_FZ_PCT),
        ("residual", "newton", held.residual_n, None),
        ("shift", "newton", shift_n, ZERO_SHIFT_N),
    ]
    table = [[words("certificate.quantity"), words("certificate.found"), words("certificate.limit")]]
    for name, unit, value, limit in rows:
        most = words("certificate.no_limit") if limit is None else words(f"certificate.{unit}_limit", value=limit)
        table.append([words(f"certificate.{name}"), words(f"certificate.{unit}", value=value), most])
    return table


def _points(words: Words, report: CalibrationReport) -> list[Row]:
    head = [words(f"certificate.{name}") for name in ("cross", "place", "cop", "error", "fz", "fz_error")]
    return [head, *(_point(words, n, point) for n, point in enumerate(report.hold_outs.points, 1))]


def _point(words: Words, n: int, point: HoldOut) -> Row:
    return [
        words("certificate.hold_out", n=n),
        words("certificate.pair", x=point.xy_mm[0], y=point.xy_mm[1]),
        words("certificate.pair", x=point.cop_mm[0], y=point.cop_mm[1]),
        words.number(point.cop_error_mm, 2),
        words.number(point.fz_n, 2),
        words.number(point.fz_error_pct, 2),
    ]


def _matrix(words: Words, report: CalibrationReport) -> list[Row]:
    """Newtons with nine decimals, newton millimetres with seven: a count is half a millinewton."""
    head = ["", *(str(cell) for cell in range(4))]
    rows = zip(("row_fz", "row_px", "row_py"), (9, 7, 7), report.matrix.tolist(), strict=True)
    return [
        head,
        *([words(f"certificate.{name}"), *(words.number(v, places) for v in row)] for name, places, row in rows),
    ]
