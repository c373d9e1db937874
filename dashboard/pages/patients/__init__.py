"""The list of patients: search, add."""

from dashboard.pages.patients.callbacks import register

__all__ = ["register"]
