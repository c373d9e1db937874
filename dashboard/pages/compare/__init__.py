"""Two trials or two visits of a patient beside each other."""

from dashboard.pages.compare.callbacks import register

__all__ = ["register"]
