"""Pictures in scikit-learn's Display contract; matplotlib is imported when one is drawn."""

from ._forecast import ForecastDisplay
from ._n_step_error import NStepErrorDisplay
from ._phase_portrait import PhasePortraitDisplay
from ._power_spectrum import PowerSpectrumDisplay
from ._state_density import StateDensityDisplay
from ._training_curve import TrainingCurveDisplay

__all__ = [
    "ForecastDisplay",
    "NStepErrorDisplay",
    "PhasePortraitDisplay",
    "PowerSpectrumDisplay",
    "StateDensityDisplay",
    "TrainingCurveDisplay",
]
