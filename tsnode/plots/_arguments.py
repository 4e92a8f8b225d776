"""What displays are given, checked before anything is computed."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .._optional import import_optional
from ..metrics._asking import check_forecaster

TRUTH = "observed"  # its label in every display


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
        check_forecaster(each)
    return named


def check_named(name, value, what):
    """Return ``value`` if it is a dict by labels."""
    if isinstance(value, dict) and all(isinstance(label, str) for label in value):
        return value
    msg = f"{name} must be a dict of labels to {what}; got {type(value).__name__}. "
    msg += f"Write {{'label': ...}} around the {what}."
    raise TypeError(msg)


def named_runs(generated):
    """Return generated runs by their labels; one alone is called "generated"."""
    if generated is None:
        return {}
    generated = generated if isinstance(generated, dict) else {"generated": generated}
    if TRUTH in generated:
        msg = f"generated must have other labels than the truth; got {TRUTH!r}. Rename that run."
        raise ValueError(msg)
    return generated


def select_channels(name, data, channels):
    """Return the chosen channels of a frame by name, of an array by number; None takes all.

    Parameters
    ----------
    name : str, for the error
    data : DataFrame, Series or array whose last axis is the channels
    channels : str, int or list of them, or None
    """
    if channels is None:
        return data
    data = data.to_frame() if isinstance(data, pd.Series) else data
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, channel_numbers(name, list(data.columns), channels)]
    data = np.asarray(data)
    data = data[:, None] if data.ndim == 1 else data
    return data[..., channel_numbers(name, list(range(data.shape[-1])), channels)]


def channel_numbers(name, known, channels):
    """Return the places of the chosen channels among those known; None takes all.

    Parameters
    ----------
    name : str, for the error
    known : list of the names there are
    channels : name or list of names, or None
    """
    if channels is None:
        return list(range(len(known)))
    channels = list(channels) if isinstance(channels, list | tuple) else [channels]
    unknown = [str(channel) for channel in channels if channel not in known]
    if not unknown:
        return [known.index(channel) for channel in channels]
    msg = f"channels must be some of {', '.join(map(str, known))} in {name}; got "
    raise ValueError(msg + f"{', '.join(unknown)}. Name those that are there.")


def check_finite(name, values, remedy):
    """Refuse values without a single finite number."""
    if np.isfinite(values).any():
        return
    msg = f"{name} must hold a finite number; got {np.size(values)} entries without one. {remedy}"
    raise ValueError(msg)
