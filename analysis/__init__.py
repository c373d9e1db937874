"""Pure core: signals in counts, newtons and millimetres; phases, quality, metrics, sides. Imports nobody."""
