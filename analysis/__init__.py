"""Pure core: signals in counts, newtons and millimetres; phases, quality, metrics, sides. Imports nobody.

Importing the package registers every metric.
"""

from analysis import area as area
from analysis import lateral as lateral
from analysis import sway as sway
