"""How far ahead training looks in each epoch."""

import math
import numbers

# The horizon is full after this share of the epochs: the rest trains what is asked for.
SHARE_OF_GROWTH = 0.5


def linear(progress, horizon):
    """From 1 to the full horizon in equal increments."""
    return 1 + int(progress * horizon)


def doubling(progress, horizon):
    """1, 2, 4, ... up to the full horizon, equal parts of the time for each."""
    n_stages = math.ceil(math.log2(horizon)) + 1
    return 2 ** int(progress * n_stages)


CURRICULA = {"linear": linear, "doubling": doubling}


def horizon_of_epoch(curriculum, epoch, n_epochs, horizon):
    """Rows ahead that training looks in an epoch, from 1 to ``horizon``.

    Parameters
    ----------
    curriculum : None, "linear", "doubling" or callable (epoch) -> int
        None looks the full horizon ahead from the first epoch on. A callable gets the number
        of the epoch, 1 first; what it returns is cut to 1..horizon.
    epoch, n_epochs, horizon : int

    Returns
    -------
    int
    """
    if curriculum is None:
        return horizon
    if callable(curriculum):
        asked = curriculum(epoch)
        if not isinstance(asked, numbers.Real) or not math.isfinite(asked):
            msg = f"curriculum must return a whole number of rows; got {asked!r} for epoch {epoch}."
            msg += " Return an int, such as min(epoch, 10)."
            raise ValueError(msg)
    elif curriculum in CURRICULA:
        progress = (epoch - 1) / max(SHARE_OF_GROWTH * n_epochs, 1)
        asked = horizon if progress >= 1 else CURRICULA[curriculum](progress, horizon)
    else:
        msg = f"curriculum must be None, 'linear', 'doubling' or a callable; got {curriculum!r}. "
        msg += "Set curriculum to one of these."
        raise ValueError(msg)
    return min(max(int(asked), 1), horizon)
