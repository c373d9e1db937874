"""Progress of a patient over all visits: each leg, left against right, in pictures, words and a table."""

from dashboard.pages.progress.callbacks import register

__all__ = ["register"]
