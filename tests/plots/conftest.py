"""One small case of every display, found by its name."""

import numpy as np
import pandas as pd
import pytest

INDEX = pd.Index(np.arange(60.0), name="time")
WAVES = pd.DataFrame({"x": np.sin(INDEX), "y": np.cos(0.7 * INDEX)}, index=INDEX)
LEADS = np.zeros((5, 3, 2)) + np.arange(3.0)[:, None]

LOSSES = {"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [3.0, 2.0]}

# Name -> arguments of from_predictions.
PREDICTIONS = {
    "ForecastDisplay": {"forecast": WAVES[30:], "history": WAVES[:30], "truth": WAVES[30:] + 1},
    "NStepErrorDisplay": {
        "truth": LEADS,
        "forecasts": {"model": LEADS + 1, "last value": LEADS + 2, "ridge": LEADS + 3},
    },
    "PhasePortraitDisplay": {"truth": WAVES, "generated": {"model": WAVES / 2, "other": -WAVES}},
    "PowerSpectrumDisplay": {
        "truth": WAVES,
        "generated": {"model": WAVES[::-1].set_axis(INDEX), "other": WAVES + 1},
        "smoothing": 2.0,
    },
    "StateDensityDisplay": {
        "truth": WAVES,
        "generated": {"model": WAVES / 2, "other": WAVES},
        "n_bins": 5,
    },
    "TrainingCurveDisplay": {"history": LOSSES, "kept_epoch": 2},
}

# Name -> arguments of from_estimator beside the estimator.
ASKED = {
    "ForecastDisplay": {"X": INDEX},
    "NStepErrorDisplay": {"y": WAVES, "start": 30.0, "leads": [1.0, 2.0]},
    "PhasePortraitDisplay": {"y": WAVES},
    "PowerSpectrumDisplay": {"X": INDEX, "y": WAVES},
    "StateDensityDisplay": {"X": INDEX, "y": WAVES},
    "TrainingCurveDisplay": {},
}


@pytest.fixture
def predictions():
    return PREDICTIONS


@pytest.fixture
def asked():
    return ASKED
