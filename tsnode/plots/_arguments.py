"""What displays are given, checked before anything is computed."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._optional import import_optional


def check_drawable():
    """Refuse to begin where matplotlib is missing: a forecast may take minutes."""
    import_optional("matplotlib", extra="plots")


def check_fitted(estimator):
    """Refuse an estimator that has not been fitted, with the remedy."""
    check_drawable()
    # Whatever predicts without having been fitted has nothing to check.
    if not hasattr(estimator, "fit"):
        return
    name = type(estimator).__name__
    msg = f"Expected a fitted estimator; got a {name} that is not. Fit it, then draw it."
    check_is_fitted(estimator, msg=msg)


def named_forecasters(estimator, name, baselines):
    """Return the fitted estimators by their labels, the model first.

    Parameters
    ----------
    estimator : fitted forecaster
    name : str or None
        Its label; None takes the name of the class.
    baselines : dict of str to fitted forecaster, or None
    """
    name = name or type(estimator).__name__
    baselines = check_named("baselines", baselines or {}, "fitted forecasters")
    if name in baselines:
        msg = f"baselines must have other labels than the model; got {name!r} twice. "
        raise ValueError(msg + "Pass name= or rename the baseline.")
    named = {name: estimator, **baselines}
    for each in named.values():
        check_fitted(each)
    return named


def check_named(name, value, what):
    """Return ``value`` if it is a dict by labels."""
    if isinstance(value, dict) and all(isinstance(label, str) for label in value):
        return value
    msg = f"{name} must be a dict of labels to {what}; got {type(value).__name__}. "
    msg += f"Write {{'label': ...}} around the {what}."
    raise TypeError(msg)


def check_finite(name, values, remedy):
    """Refuse values without a single finite number."""
    if np.isfinite(values).any():
        return
    msg = f"{name} must hold a finite number; got {np.size(values)} entries without one. {remedy}"
    raise ValueError(msg)
