"""The result of a visit: left and right, compared, with every number explained."""

from dashboard.pages.result.callbacks import register

__all__ = ["register"]
