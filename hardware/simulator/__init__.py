"""A simulated person on a simulated plate that speaks the real wire."""
