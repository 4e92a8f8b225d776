"""What a warm fit must share with the fit that it goes on from."""


def check_same_design(before, now):
    """Refuse parameters, by name, that the weights of the fit before were not made with."""
    changed = [name for name, value in now.items() if value != before[name]]
    if not changed:
        return
    pair = [", ".join(f"{name}={part[name]!r}" for name in changed) for part in (before, now)]
    msg = f"Expected {pair[0]}, as in the fit before, beside warm_start=True; got {pair[1]}. "
    msg += "Set them back, or set warm_start=False to start anew."
    raise ValueError(msg)


def check_same_columns(before, now):
    """Refuse other columns than those of the fit before.

    Parameters
    ----------
    before, now : dict of "X" or "y" -> (number, names or None)
        Names are compared where both have them.
    """
    for what, (n_before, names_before) in before.items():
        n_now, names = now[what]
        is_named = names is not None and names_before is not None
        if n_before == n_now and not (is_named and list(names) != list(names_before)):
            continue
        pair = (list(names_before), list(names)) if is_named else (n_before, n_now)
        msg = f"Expected the columns of {what} of the fit before beside warm_start=True, {pair[0]};"
        msg += f" got {pair[1]}. Pass the same columns, or set warm_start=False to start anew."
        raise ValueError(msg)


def named_columns(forecaster):
    """Covariates and channels for ``check_same_columns``, by their names alone."""
    channels = forecaster.container_.columns
    is_named = all(isinstance(name, str) for name in channels)
    covariates = getattr(forecaster, "feature_names_in_", None)
    return {"X": (None, covariates), "y": (None, channels if is_named else None)}


def check_same_classes(before, now):
    """Refuse other classes, arrays of labels, than those of the fit before."""
    if list(before) != list(now):
        msg = f"Expected the classes of the first fit, {before.tolist()}, beside warm_start=True; "
        msg += f"got {now.tolist()}. Set warm_start=False."
        raise ValueError(msg)
