"""The field of a fitted forecaster, as a function of states alone."""

from ..inspection._frozen_field import freeze


def check_has_field(estimator):
    """Refuse forecasters that are no field: step maps, baselines, hidden states."""
    if hasattr(estimator, "vector_field") and hasattr(estimator, "simulate"):
        return
    msg = "Expected a forecaster with a field (vector_field and simulate); got a "
    msg += f"{type(estimator).__name__}. Draw its runs with from_predictions, or use a "
    raise TypeError(msg + "NeuralODERegressor on observed states.")


def fitted_channels(y, estimator):
    """Return the fitted channels of a frame in the order of fit, in which the field takes them."""
    container = getattr(estimator, "container_", None)
    return y if container is None else container.reorder(y, "y")


def frozen_field(estimator, X, places):
    """Return a function from states to slopes of two channels, in the order asked.

    Parameters
    ----------
    estimator : fitted forecaster of two channels
    X : one row of stamp and covariates, repeated for each state, or None
    places : [0, 1] or [1, 0]
    """
    if X is not None and len(X) != 1:
        msg = f"X must hold the one row at which the field is drawn; got {len(X)} rows. "
        raise ValueError(msg + "Pass X[[0]], or frame.iloc[[0]].")
    slopes = freeze(estimator.vector_field, X)
    return lambda states: slopes(states[:, places])[:, places]
