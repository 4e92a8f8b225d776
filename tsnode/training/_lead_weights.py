"""How much the forecast of every lead weighs in the loss."""

import numpy as np


def check_lead_weights(lead_weights):
    """Return ``lead_weights`` if it is None, "inverse" or a vector of weights."""
    if lead_weights is None or (isinstance(lead_weights, str) and lead_weights == "inverse"):
        return lead_weights
    weights = np.asarray(lead_weights)
    is_vector = weights.ndim == 1 and weights.dtype.kind in "iuf" and len(weights) > 0
    if is_vector and np.isfinite(weights).all() and weights.min() >= 0 and weights[0] > 0:
        return lead_weights
    # The first weight: a curriculum begins with this lead alone.
    msg = "lead_weights must be None, 'inverse' or one finite weight per lead, none below 0 and "
    msg += f"the first one above 0; got {lead_weights!r}. Set lead_weights to one of these."
    raise ValueError(msg)


def lead_weights_of(lead_weights, n_leads):
    """Weights of the leads 1, ..., n_leads, or None where all are equal.

    Parameters
    ----------
    lead_weights : None, "inverse" or array-like of shape (at least n_leads,)
        "inverse" is 1 / lead. Of a longer array the first ones are used.
    n_leads : int

    Returns
    -------
    list of float, or None

    Examples
    --------
    >>> lead_weights_of("inverse", 4)
    [1.0, 0.5, 0.3333333333333333, 0.25]
    >>> lead_weights_of([2, 1], 3)
    Traceback (most recent call last):
        ...
    ValueError: lead_weights must hold a weight for each of the 3 rows of training_horizon; got 2. \
Pass more weights, or set training_horizon=2.
    """
    if check_lead_weights(lead_weights) is None:
        return None
    if isinstance(lead_weights, str):
        return [1 / lead for lead in range(1, n_leads + 1)]
    if len(lead_weights) < n_leads:
        msg = f"lead_weights must hold a weight for each of the {n_leads} rows of "
        msg += f"training_horizon; got {len(lead_weights)}. Pass more weights, or set "
        msg += f"training_horizon={len(lead_weights)}."
        raise ValueError(msg)
    return [float(weight) for weight in lead_weights[:n_leads]]
