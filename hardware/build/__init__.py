"""The build guide of reference plate A: pages, tables, and the scripts that draw. For a checkout: not in the wheel."""
