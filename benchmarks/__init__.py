"""Figures of this program on this machine: `python -m benchmarks [PART ...] [--write]`. Nothing asserts them."""
