"""Pages, registered explicitly."""
