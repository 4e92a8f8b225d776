"""Errors and warnings of tsnode: every one says what was expected, what came and what to do."""

import sys
import warnings

# Packages whose lines are not the user's: scikit-learn's wrap our methods.
OWN = ("tsnode", "sklearn")


def warn_user(message, category):
    """Warn at the line of the user's that led here."""
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in OWN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


class TimeIndexError(ValueError):
    """The time of the rows cannot be read, or does not match the time seen in fit."""


class HorizonError(ValueError):
    """A forecast is asked where the model has nothing to start from."""


class GridError(ValueError):
    """The rows do not fit on the regular grid of a step map."""


class FitError(RuntimeError):
    """Training failed and could not be recovered."""


class FitWarning(UserWarning):
    """The fit is usable, but something about it is likely unwanted."""


class ForecastWarning(UserWarning):
    """The forecast is usable, but something about it is likely unwanted."""
