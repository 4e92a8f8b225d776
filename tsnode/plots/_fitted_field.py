"""The field of a fitted forecaster, as a function of states alone."""

import numpy as np
import pandas as pd

from ._arguments import select_channels


def check_has_field(estimator):
    """Refuse forecasters that are no field: step maps, baselines, hidden states."""
    if hasattr(estimator, "vector_field") and hasattr(estimator, "simulate"):
        return
    msg = "Expected a forecaster with a field (vector_field and simulate); got a "
    msg += f"{type(estimator).__name__}. Draw its runs with from_predictions, or use a "
    raise TypeError(msg + "NeuralODERegressor on observed states.")


def fitted_channels(y, estimator):
    """Return the fitted channels of a frame in the order of fit, in which the field takes them."""
    columns = getattr(getattr(estimator, "container_", None), "columns", ())
    # Fitted on an array: the channels have numbers, and only the order of the frame tells.
    is_named = tuple(columns) != tuple(range(len(columns)))
    return select_channels("y", y, list(columns)) if is_named and isinstance(y, pd.DataFrame) else y


def frozen_field(estimator, X):
    """Return states to slopes; one row X of stamp and covariates is repeated for each state."""
    if X is None:
        return estimator.vector_field
    if len(X) != 1:
        msg = f"X must hold the one row at which the field is drawn; got {len(X)} rows. "
        raise ValueError(msg + "Pass X[[0]], or frame.iloc[[0]].")

    def field(states):
        places = [0] * len(states)
        rows = X.iloc[places] if hasattr(X, "iloc") else X[np.array(places)]
        return estimator.vector_field(states, rows)

    return field
