"""Numbers that judge a forecast: always (truth, forecast), NaN truth = not observed."""

from ._n_step import n_step_error
from ._rolling import RollingOrigins

__all__ = ["RollingOrigins", "n_step_error"]
