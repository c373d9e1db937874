"""Errors of the analysis core.

::

    AnalysisError (ValueError)
    ├── InvalidRecording   arrays that cannot be a recording: shapes, order of time, not a number
    ├── NotCalibrated      counts without a calibration that belongs to their plate
    ├── TooShort           less signal than a quantity needs
    └── NoLoad             nobody stood on the plate

An unusable trial is not an error: it is a result with findings. Errors are for what cannot be computed at all.
"""


class AnalysisError(ValueError):
    """Base of all errors of this package."""

    code = "ANALYSIS"


class InvalidRecording(AnalysisError):
    """Happens when arrays handed to the core cannot be a recording."""

    code = "INVALID_RECORDING"


class NotCalibrated(AnalysisError):
    """Happens when counts meet no calibration, or the calibration of another plate."""

    code = "NOT_CALIBRATED"


class TooShort(AnalysisError):
    """Happens when there is less signal than a quantity needs."""

    code = "TOO_SHORT"


class NoLoad(AnalysisError):
    """Happens when the load never reaches what a standing person puts on the plate."""

    code = "NO_LOAD"
