"""Numbers that judge a forecast: always (truth, forecast), NaN truth = not observed."""

from ._counts import Counts
from ._kl_divergence import kl_divergence
from ._n_step import n_step_error
from ._rolling import RollingOrigins

__all__ = ["Counts", "RollingOrigins", "kl_divergence", "n_step_error"]
