"""Filed reports as files, each at its own address."""

from __future__ import annotations

from dash import Dash
from flask import Response

from dashboard.gate import route
from dashboard.reporting import file_name
from dashboard.services import Services
from records.errors import Kind, NotFound
from records.permissions import Right


def report_path(report_id: str) -> str:
    """Address of a filed report."""
    return f"/report/{report_id}"


def register(app: Dash, services: Services) -> None:
    """Mount `/report/<id>`: the PDF as it was filed, verified; 404 where there is none, or none any more."""

    def report(report_id: str) -> Response:
        store = services.station.store
        filed, pdf = store.report_pdf(report_id)
        if filed.erased:
            raise NotFound(Kind.REPORT, report_id)
        patient = store.patient(store.visit(filed.visit_id).patient_id)
        if services.reading is not None:
            services.reading.shown("report", {"patient_id": patient.id})
        response = Response(pdf, mimetype="application/pdf")
        response.headers["Content-Disposition"] = f'inline; filename="{file_name(filed, patient.code)}"'
        return response

    route(app, report_path("<report_id>"), "report", Right.READ, report)
