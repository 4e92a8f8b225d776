"""Errors and warnings of tsnode: every one says what was expected, what came and what to do."""


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
