"""What a forecast gains over a baseline."""

from ._n_step import n_step_error


def skill_score(
    truth,
    forecast=None,
    baseline=None,
    n=None,
    *,
    metric="mse",
    per_channel=False,
    return_counts=False,
):
    """Return what share of a baseline's error a forecast saves: 1 - error / baseline's error.

    The ratio is taken lead by lead and channel by channel, then averaged over channels, so that
    units do not matter.

    Parameters
    ----------
    truth, forecast, n, metric, per_channel, return_counts
        See `n_step_error`.
    baseline : array of shape (n_origins, n_channels) or that of ``forecast``
        Another forecast, or the values seen at the origins, which are persistence's. With a
        backtest frame the name of a column, "persistence" if None.

    Returns
    -------
    float, array, Series or DataFrame
        At most 1, a forecast without error; 0 is as good as the baseline; below 0 worse. NaN as in
        `n_step_error`.

    Raises
    ------
    ValueError
        As `n_step_error`; also where the baseline has no error.

    References
    ----------
    Murphy (1988), Mon. Weather Rev. 116, 2417, Eq. (4).

    Examples
    --------
    >>> truth = [[[1.0]], [[3.0]]]
    >>> skill_score(truth, [[[1.0]], [[2.0]]], [[0.0], [1.0]], 1)
    0.8
    >>> skill_score(truth, [[[1.0]], [[2.0]]], truth, 1)
    Traceback (most recent call last):
        ...
    ValueError: baseline must err at every lead and in every channel; its error is 0 at lead 1 of \
channel 0. Leave out constant channels.
    """
    ratio, counts = n_step_error(
        truth,
        forecast,
        n,
        metric=metric,
        per_channel=per_channel,
        baseline="persistence" if baseline is None else baseline,
        return_counts=True,
    )
    return (1.0 - ratio, counts) if return_counts else 1.0 - ratio
