"""Settings: one page for each section. A new section is a module with `register` and its line in `SECTIONS`."""

from dashboard.pages.settings.frame import register

__all__ = ["register"]
