"""The entries of one visit: checklist, notes and body measures, strength, trials, signatures."""

from dashboard.pages.visit.callbacks import register

__all__ = ["register"]
