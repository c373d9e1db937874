"""A recording that neither disk nor archive took, as a file for another drive: the browser saves it from memory."""

from __future__ import annotations

from dash import Dash
from flask import Response, abort

from dashboard.gate import route
from dashboard.services import Services
from records.model import Act

PATH = "/api/unfiled"


def register(app: Dash, services: Services) -> None:
    """Mount `/api/unfiled`: 404 where everything is filed."""

    def unfiled() -> Response:
        copy = services.conductor.unfiled_copy() if services.conductor is not None else None
        if copy is None:
            abort(404)
        name, content = copy
        response = Response(content, mimetype="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    route(app, PATH, "unfiled", Act.RECORDING_FILED, unfiled)
