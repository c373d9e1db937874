"""Paper: documents and sheets as PDF, typeset from the same numbers and words that the screen shows."""
