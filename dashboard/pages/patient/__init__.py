"""One patient: who it is, the visits, a new visit."""

from dashboard.pages.patient.callbacks import register

__all__ = ["register"]
