"""Pure functions from analysis types to figures: the only place for colours."""
