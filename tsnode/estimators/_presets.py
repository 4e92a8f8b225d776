"""A forecaster for weather, ready to fit."""

from ..preprocessing import PhysicalRanges, SolarFeatures
from ._neural_ode import NeuralODERegressor

LOOKBACK, N_BLOCKS = "48h", 5


def make_weather_forecaster(
    lead="24h", latitude=None, longitude=None, *, ranges="auto", calibration=N_BLOCKS, **params
):
    """Make a forecaster with the settings that weather asks for; an ordinary estimator, unfitted.

    The state of the weather at one station is not observed whole: the forecaster reads the last two
    days, whatever is missing in them, and is trained for all leads up to ``lead``.

    Parameters
    ----------
    lead : duration or int, default="24h"
        How far ahead it is trained and scored (an int counts median steps); it forecasts beyond.
    latitude, longitude : float or mapping, default=None
        Degrees north and east of the station (of each series of a panel: a mapping): adds the
        elevation of the sun, known ahead. Both or neither.
    ranges : "auto", None or dict, default="auto"
        Physical ranges of the channels and which are directions, see ``PhysicalRanges``; None for
        none.
    calibration : "auto", int or None, default=5
        Errors behind the intervals; 5 blocks of time, so that every season is among them.
    **params
        Further parameters of ``NeuralODERegressor``; they win.

    Returns
    -------
    NeuralODERegressor

    Raises
    ------
    ValueError
        One of latitude and longitude without the other.

    Examples
    --------
    >>> from tsnode import make_weather_forecaster
    >>> model = make_weather_forecaster("72h", 49.4, 8.7, random_state=0)
    >>> model.training_horizon, model.lookback, model.features
    ('72h', '48h', SolarFeatures(latitude=49.4, longitude=8.7))
    """
    if (latitude is None) != (longitude is None):
        name = "longitude" if longitude is None else "latitude"
        msg = "Expected latitude and longitude together, or neither; got no "
        msg += f"{name}. Pass it too."
        raise ValueError(msg)
    settings = {
        "lookback": LOOKBACK,
        "training_horizon": lead,
        "score_horizon": lead,
        "features": None if latitude is None else SolarFeatures(latitude, longitude),
        "target_transformer": None if ranges is None else PhysicalRanges(ranges),
        "calibration": calibration,
    }
    return NeuralODERegressor(**(settings | params))
