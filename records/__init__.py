"""Who, when, by whom: the record store."""
