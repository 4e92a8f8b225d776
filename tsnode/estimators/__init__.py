"""What users see: forecasters that fit, predict, forecast and score."""

from ._baselines import PersistenceRegressor, SeasonalNaiveRegressor
from ._latent_ode import LatentODERegressor
from ._neural_cde import NeuralCDERegressor
from ._neural_cde_classifier import NeuralCDEClassifier
from ._neural_ode import NeuralODERegressor
from ._neural_ode_classifier import NeuralODEClassifier
from ._neural_pde import NeuralPDERegressor
from ._neural_sde import NeuralSDERegressor
from ._normalizing_flow import ContinuousNormalizingFlow
from ._presets import make_weather_forecaster
from ._ridge_lag import RidgeLagRegressor
from ._step_maps import NNStepRegressor, ResNetStepRegressor
from ._universal_ode import UniversalODERegressor
from .control._optimise_control import ControlPlan, optimise_control

__all__ = [
    "ControlPlan",
    "ContinuousNormalizingFlow",
    "LatentODERegressor",
    "NNStepRegressor",
    "NeuralCDEClassifier",
    "NeuralCDERegressor",
    "NeuralODEClassifier",
    "NeuralODERegressor",
    "NeuralPDERegressor",
    "NeuralSDERegressor",
    "PersistenceRegressor",
    "ResNetStepRegressor",
    "RidgeLagRegressor",
    "SeasonalNaiveRegressor",
    "UniversalODERegressor",
    "make_weather_forecaster",
    "optimise_control",
]
