"""One forecaster fitted by the command, with progress and the seconds it took."""

import time

import tsnode

from ._models import MODELS
from ._progress import progress_bar


class ModelFactory:
    """Fit the chosen forecaster, with a progress bar and the seconds it took."""

    def __init__(self, name, asked, trial):
        self.name = name
        self.settings = {
            "random_state": asked.seed,
            "device": asked.device,
            "features": trial.calendar(),
        }
        if name == "neural-ode":
            # It trains for the horizon that is asked, and reads the cycles off its own history.
            self.settings |= {"features": None, "training_horizon": trial.n_leads}
        if name == "weather":
            del self.settings["features"]
            self.settings |= {"lead": trial.n_leads, **place_of(trial.frame)}
            if not asked.intervals:
                # Five more fits, whose errors nobody asks for.
                self.settings["calibration"] = "auto"

    def fit(self, frame, stage, report):
        """Return the forecaster fitted on ``frame``."""
        estimator = self._make()  # loads torch, which is no part of the training
        began = time.perf_counter()
        with progress_bar(stage, quiet=report.quiet):
            fitted = estimator.fit(frame.index, frame)
        report(f"{self.name}: {stage} took {time.perf_counter() - began:.1f} s")
        return fitted

    def _make(self):
        make = getattr(tsnode, MODELS[self.name].estimator)
        if self.name == "weather":
            return make(**self.settings)
        estimator = make()
        known = estimator.get_params()
        return estimator.set_params(**{k: v for k, v in self.settings.items() if k in known})


def place_of(frame):
    """Return latitude and longitude of the series, a dict, empty where the file does not say."""
    place = frame.attrs.get("place") or {}
    place = place.get(frame.attrs.get("series"), place)
    names = ("latitude", "longitude")
    return {name: place[name] for name in names} if set(names) <= set(place) else {}


def calibrate(model, report):
    """Let a fitted forecaster learn its errors by lead; some train a second time for it."""
    with progress_bar("calibrating", quiet=report.quiet):
        return model.lead_errors_
