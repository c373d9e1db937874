"""Pure core: signals in counts, newtons and millimetres; phases, quality, metrics, sides. Imports nobody.

Importing the package registers every metric.
"""

from analysis import area as area
from analysis import boundary as boundary
from analysis import complexity as complexity
from analysis import diffusion as diffusion
from analysis import lateral as lateral
from analysis import noise as noise
from analysis import spectrum as spectrum
from analysis import sway as sway
from analysis import sway_density as sway_density
