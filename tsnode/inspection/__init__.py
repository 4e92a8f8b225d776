"""Read-outs: what the data are like, and how far to trust what was fitted to them."""

from ._data_report import DataReport, data_report
from ._equation import equation
from ._fixed_points import fixed_points
from ._fixed_points_found import FixedPoints
from ._local_rates import local_lyapunov_rates
from ._lyapunov_spectrum import LyapunovSpectrum, lyapunov_spectrum
from ._time_constants import time_constants
from ._trust_horizon import trust_horizon

__all__ = [
    "DataReport",
    "FixedPoints",
    "LyapunovSpectrum",
    "data_report",
    "equation",
    "fixed_points",
    "local_lyapunov_rates",
    "lyapunov_spectrum",
    "time_constants",
    "trust_horizon",
]
