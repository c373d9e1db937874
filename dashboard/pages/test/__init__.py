"""The guided test of a visit: plate, live view, steps, verdict."""

from dashboard.pages.test.callbacks import register

__all__ = ["register"]
