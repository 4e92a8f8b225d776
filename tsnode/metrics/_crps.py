"""How good forecasts of a whole distribution are: continuous ranked probability score."""

import numpy as np
from scipy.special import ndtr, ndtri

from ._averages import score
from ._backtest_frame import is_backtest_frame
from ._numbers import to_floats
from ._pairs import read_pairs
from ._pinball import check_level, pinball


def crps(
    truth,
    forecast=None,
    *,
    spread=None,
    levels=None,
    coverage=None,
    fair=False,
    by_lead=False,
    per_channel=False,
    return_counts=False,
):
    """Return the continuous ranked probability score, integral (F(x) - [x >= truth])**2 dx.

    F is the forecast distribution in one of these forms: an ensemble (the default), a Gaussian
    (``spread``), quantiles (``levels``), or the Gaussian through the interval of a backtest frame
    (``coverage``). Of a forecast without spread it is the absolute error.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels), or frame
        NaN = not observed, left out. A backtest frame needs ``spread`` or ``coverage``.
    forecast : array, default=None
        Ensemble or quantiles: the axes of ``truth`` and one more of members or levels. Gaussian:
        the mean, shaped as ``truth``. With a backtest frame None or the name of a column.
    spread : array or frame shaped as ``truth``, or name of a column, default=None
        Standard deviation of the Gaussian, at least 0.
    levels : increasing array of shape (n_levels,) in ]0, 1[, default=None
        Of the quantiles. Each stands for the probability around it, so that the score of few
        levels is a coarse one.
    coverage : float in ]0, 1[, default=None
        Nominal coverage of the columns ``lower`` and ``upper`` of a backtest frame.
    fair : bool, default=False
        Score the distribution that the members are drawn from, not the members: an ensemble of any
        size then has the same expected score. Takes at least 2 members.
    by_lead : bool, default=False
        Return the curve over leads.
    per_channel : bool, default=False
        Keep the channels apart.
    return_counts : bool, default=False
        Return ``(value, Counts)``: entries used, and dropped for want of a truth.

    Returns
    -------
    float, array, Series or DataFrame
        At least 0 (``fair``: on average), in the unit of the channels; the mean over origins (and
        leads), then channels. NaN where nothing was observed and where a forecast of an observed
        entry is not finite.

    Raises
    ------
    ValueError
        For other shapes, stamps or channels, two forms at once, a negative spread, levels that do
        not increase, or nothing observed.

    References
    ----------
    Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359, Eqs. (20)-(21); Gaussian: Gneiting
    et al. (2005), Mon. Weather Rev. 133, 1098, Eq. (5); fair: Ferro (2014), QJRMS 140, 1917.

    Examples
    --------
    >>> crps([[0.0]], [[[-1.0, 1.0]]])  # one stamp, one channel, two members
    0.5
    >>> round(crps([[0.0]], [[0.0]], spread=[[1.0]]), 4)
    0.2337
    >>> crps([[0.0]], [[0.0]], spread=[[1.0]], levels=[0.5])
    Traceback (most recent call last):
        ...
    ValueError: Pass one of spread, levels and coverage; got spread, levels. Leave the others out.
    """
    forms = {"spread": spread, "levels": levels, "coverage": coverage}
    given = [name for name, value in forms.items() if value is not None]
    if len(given) > 1:
        msg = f"Pass one of spread, levels and coverage; got {', '.join(given)}. "
        raise ValueError(msg + "Leave the others out.")
    if is_backtest_frame(truth) and given not in (["spread"], ["coverage"]):
        msg = "A backtest frame needs spread= (a column) or coverage= (of lower and upper); got "
        raise ValueError(msg + "neither. Pass one, or arrays.")
    if coverage is not None:
        pairs, losses = _interval_losses(truth, forecast, coverage)
    elif spread is not None:
        pairs = read_pairs(truth, forecast, spread, names=("forecast", "spread"))
        losses = gaussian_losses(pairs.truth, *pairs.others)
    elif levels is not None:
        pairs, quantiles = _read_members(truth, forecast, "levels")
        losses = quantile_losses(pairs.truth, quantiles, levels)
    else:
        pairs, members = _read_members(truth, forecast, "members")
        losses = ensemble_losses(pairs.truth, members, fair)
    value = score(pairs, losses, by_lead=by_lead, per_channel=per_channel)
    return (value, pairs.counts()) if return_counts else value


def gaussian_losses(truth, mean, spread):
    """Return the score of Gaussians, entry by entry."""
    if (spread < 0).any():
        msg = f"spread must be at least 0; got {np.nanmin(spread):g}. Pass standard deviations."
        raise ValueError(msg)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        z = (truth - mean) / spread
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        losses = spread * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    # Without spread the forecast is a point.
    return np.where(spread == 0, np.abs(truth - mean), losses)


def quantile_losses(truth, quantiles, levels):
    """Return twice the pinball losses, summed over the probability each level stands for."""
    levels = np.asarray(levels, dtype=float)
    is_row = levels.shape == quantiles.shape[-1:]
    if not is_row or not np.all(np.diff([0.0, *levels, 1.0]) > 0):
        msg = f"levels must be {quantiles.shape[-1]} increasing numbers between 0 and 1, one per "
        raise ValueError(msg + f"quantile; got {levels.tolist()}. Pass one level per quantile.")
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return 2.0 * pinball(truth[..., None], quantiles, levels) @ np.diff(edges)


def ensemble_losses(truth, members, fair):
    """Return E|X - truth| - E|X - X'| / 2, entry by entry."""
    n_members = members.shape[-1]
    if fair and n_members < 2:
        msg = f"fair=True needs at least 2 members; got {n_members}. Set fair=False."
        raise ValueError(msg)
    with np.errstate(invalid="ignore"):
        error = np.abs(members - truth[..., None]).mean(axis=-1)
        # In order of size, the k-th member is the larger one in k - 1 pairs.
        ranks = 2.0 * np.arange(1, n_members + 1) - n_members - 1.0
        inner = np.sort(members, axis=-1) @ ranks
    return error - inner / (n_members * (n_members - 1.0 if fair else n_members))


def _interval_losses(truth, forecast, coverage):
    check_level(coverage, "coverage")
    if not is_backtest_frame(truth):
        msg = "coverage= reads the columns lower and upper of a backtest frame; got arrays. "
        raise ValueError(msg + "Pass spread= instead.")
    pairs = read_pairs(truth, forecast, None, None, names=("forecast", "lower", "upper"))
    mean, low, high = pairs.others
    return pairs, gaussian_losses(pairs.truth, mean, (high - low) / (2 * ndtri((1 + coverage) / 2)))


def _read_members(truth, forecast, axis):
    shape, own = np.shape(truth), np.shape(forecast)
    if own[:-1] != shape:
        msg = f"forecast must have the axes of truth and one more of {axis}, ({shape}, "
        raise ValueError(msg + f"n_{axis}); got {own}. Reshape it, or pass spread=.")
    forecast = to_floats(forecast, "forecast")
    pairs = read_pairs(truth, forecast[..., 0])
    return pairs, forecast.reshape(*pairs.truth.shape, own[-1])
