"""Labels and their weights: classes as numbers, and equal rows merged."""

import numbers

import numpy as np


def check_one_kind(y):
    """Refuse labels of text and numbers mixed, and None among them.

    Parameters
    ----------
    y : array of shape (n_rows,)
    """
    if y.dtype.kind != "O":
        return
    if any(all(isinstance(label, kind) for label in y) for kind in (str, numbers.Number)):
        return
    kinds = ", ".join(sorted({type(label).__name__ for label in y}))
    msg = f"Expected labels that are all text or all numbers; got labels of the kinds {kinds}. "
    msg += "Convert them, as by y.astype(str), and leave out rows without a label."
    raise ValueError(msg)


def read_labels(y, weights, class_weight):
    """Classes, the number of every row's class, and the rows' weights, by class too.

    Parameters
    ----------
    y : array of shape (n_rows,)
    weights : float array of shape (n_rows,)
    class_weight : None, "balanced" or dict of label -> weight

    Raises
    ------
    ValueError
        Labels of one class; a class_weight that is none, or of labels that are not there.
    """
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        only = classes.tolist()[0]
        msg = f"Expected labels of at least two classes; got one class ({only!r}) in the "
        msg += f"{len(y)} row(s) of y with a weight. Pass rows of another class as well."
        raise ValueError(msg)
    totals = np.bincount(codes, weights, len(classes))
    weights = weights * _class_weights(class_weight, classes, totals)[codes]
    return classes, codes, weights


def _class_weights(class_weight, classes, totals):
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str) and class_weight == "balanced":
        return totals.sum() / (len(classes) * totals)
    values = class_weight.values() if isinstance(class_weight, dict) else [None]
    if not all(isinstance(value, numbers.Real) and value >= 0 for value in values):
        msg = "class_weight must be None, 'balanced' or a dict of label to weight at least 0; got "
        msg += f"{class_weight!r}. Set class_weight to one of these."
        raise ValueError(msg)
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    if unknown:
        msg = f"Expected class_weight of the labels {known}; got {unknown}. Check the spelling."
        raise ValueError(msg)
    return np.array([float(class_weight.get(label, 1.0)) for label in known])


def merge_rows(X, codes, weights):
    """Equal rows of one class become one, whose weight is their sum.

    The rows come out in an order of their values: neither the order of rows nor whether a row
    comes twice or weighs double decides anything of a fit.

    Parameters
    ----------
    X : float array of shape (n_rows, ...)
    codes : int array of shape (n_rows,)
    weights : float array of shape (n_rows,), positive

    Returns
    -------
    X, codes, weights
        The last with mean 1.
    """
    # Zero has two signs, and no number many bit patterns.
    flat = np.where(np.isnan(X), np.nan, X + 0.0).reshape(len(X), -1)
    keys = np.ascontiguousarray(np.column_stack([codes, flat]))
    keys = keys.view(np.dtype((np.void, keys.itemsize * keys.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    weights = np.bincount(group, weights, len(first))
    return X[first], codes[first], weights / weights.mean()
