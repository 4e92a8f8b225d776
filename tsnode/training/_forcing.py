"""How strongly training pulls the state towards the data, over the epochs."""

import numbers

from ._curriculum import SHARE_OF_GROWTH

# 1 to 1 % in equal factors; then nothing, as the curriculum's horizon is full then.
ANNEALINGS = {
    "linear": lambda progress: 1.0 - progress,
    "exponential": lambda progress: 0.01**progress,
}


def check_forcing(forcing):
    """Return ``forcing`` if it is None, a share, the name of an annealing or a callable."""
    if forcing is None or callable(forcing):
        return forcing
    if isinstance(forcing, str) and forcing in ANNEALINGS:
        return forcing
    if _is_share(forcing):
        return forcing
    listed = ", ".join(repr(name) for name in ANNEALINGS)
    msg = f"forcing must be None, a number from 0 to 1, {listed} or a callable epoch -> number; "
    msg += f"got {forcing!r}. Set forcing to one of these."
    raise ValueError(msg)


def forcing_of_epoch(forcing, epoch, n_epochs):
    """Share a of the way to the data that the state is pulled at every stamp of an epoch.

    Parameters
    ----------
    forcing : None, float in [0, 1], "linear", "exponential" or callable (epoch) -> float
        A name anneals from 1 to 0 over the first half of the epochs. A callable gets the number
        of the epoch, 1 first.
    epoch, n_epochs : int

    Returns
    -------
    float

    Examples
    --------
    >>> [forcing_of_epoch("linear", epoch, 8) for epoch in range(1, 7)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    if check_forcing(forcing) is None:
        return 0.0
    if callable(forcing):
        share = forcing(epoch)
        if not _is_share(share):
            msg = f"forcing must return a number from 0 to 1; got {share!r} for epoch {epoch}. "
            msg += "Return a float, such as 0.9 ** epoch."
            raise ValueError(msg)
        return float(share)
    if isinstance(forcing, str):
        progress = (epoch - 1) / max(SHARE_OF_GROWTH * n_epochs, 1)
        return 0.0 if progress >= 1 else ANNEALINGS[forcing](progress)
    return float(forcing)


def _is_share(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 <= value <= 1
