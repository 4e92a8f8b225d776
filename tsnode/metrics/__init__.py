"""Numbers that judge a forecast: always (truth, forecast), NaN truth = not observed."""

from ._counts import Counts
from ._coverage import interval_coverage
from ._crps import crps
from ._kl_divergence import kl_divergence
from ._lyapunov import DivergenceCurve, lyapunov_exponent
from ._n_step import n_step_error
from ._pinball import pinball_loss
from ._power_spectrum import PowerSpectrum, power_spectrum
from ._rolling import RollingOrigins
from ._scorers import (
    kl_scorer,
    mae_scorer,
    n_step_scorer,
    r2_scorer,
    rmse_scorer,
    spectrum_scorer,
)
from ._skill import skill_score
from ._spectrum_distance import power_spectrum_distance
from ._valid_time import valid_prediction_time
from ._wasserstein import wasserstein_distance

__all__ = [
    "Counts",
    "DivergenceCurve",
    "PowerSpectrum",
    "RollingOrigins",
    "crps",
    "interval_coverage",
    "kl_divergence",
    "kl_scorer",
    "lyapunov_exponent",
    "mae_scorer",
    "n_step_error",
    "n_step_scorer",
    "pinball_loss",
    "power_spectrum",
    "power_spectrum_distance",
    "r2_scorer",
    "rmse_scorer",
    "skill_score",
    "spectrum_scorer",
    "valid_prediction_time",
    "wasserstein_distance",
]
