"""The verbs of `stancelab`: parse, call one function, print, exit code."""
