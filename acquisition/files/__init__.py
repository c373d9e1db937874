"""Recordings made by other systems: one reader for each format."""
