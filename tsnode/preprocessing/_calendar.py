"""Sines and cosines of the calendar, read from the time index alone."""

import numbers

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_count
from ..exceptions import TimeIndexError
from ..frames._clock import index_kind
from ._stamps import read_stamps

DAY = 86400.0
# 1970-01-01 was a Thursday: three days into a week that begins on Monday.
EPOCH_IN_WEEK = 3 * DAY


def _phase_of_year(seconds, stamps):
    """Share of the calendar year that is over; a mean Gregorian year if there is no calendar."""
    if stamps is None:
        return seconds / (365.2425 * DAY)
    years = stamps.astype("datetime64[Y]")
    start, end = (edge.astype("datetime64[us]") for edge in (years, years + 1))
    return (stamps.astype("datetime64[us]") - start) / (end - start)


def _phase_of_week(seconds, stamps):
    return (seconds + (0.0 if stamps is None else EPOCH_IN_WEEK)) / (7 * DAY)


CALENDAR = {
    "day": lambda seconds, _stamps: seconds / DAY,
    "week": _phase_of_week,
    "year": _phase_of_year,
}


class CalendarFeatures(TransformerMixin, BaseEstimator):
    """Sine and cosine of the hour of day, the day of week, the day of year or any other period.

    Needs nothing but the times, so it can stand as ``features=`` of a forecaster that is fitted
    on a bare index. The answer is a DataFrame with the index of the input.

    Parameters
    ----------
    periods : sequence of str or number, default=("day", "year")
        "day" (from midnight), "week" (from Monday), "year" (from 1 January, leap years have 366
        days), a duration such as "12h" or "29.53D" (from 1970, or from zero for timedeltas), or,
        for numeric times, a number in their unit. The default is what weather follows.
    n_harmonics : int, default=1
        Waves per period: 1 is one smooth hill, 2 adds the half period, and so on.
    tz : str or tzinfo, default=None
        Clock that midnight is read from. None reads aware stamps in UTC, so that converting the
        zone changes nothing, and naive ones as they stand. Days of a local clock can have 23 or
        25 hours; the phase then jumps as the clock does.

    Attributes
    ----------
    periods_ : tuple
        The checked periods.
    feature_names_out_ : array of str
        ``day_sin1``, ``day_cos1``, ...: period, wave, harmonic.

    See Also
    --------
    SolarFeatures : Elevation of the sun, where the place is known.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2024-01-01", periods=3, freq="6h")
    >>> CalendarFeatures(("day",)).fit_transform(hours).round(3).abs().to_numpy().tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    >>> CalendarFeatures(("day",)).fit_transform(pd.Index([0.5, 1.0]))
    Traceback (most recent call last):
        ...
    tsnode.exceptions.TimeIndexError: period 'day' needs timestamps, timedeltas or periods; ...
    """

    def __init__(self, periods=("day", "year"), n_harmonics=1, tz=None):
        self.periods = periods
        self.n_harmonics = n_harmonics
        self.tz = tz

    def fit(self, X, y=None):  # noqa: ARG002
        """Check the parameters against the kind of time in ``X``.

        Parameters
        ----------
        X : index, DataFrame (its time index is read), or array whose column 0 is the time
        y : ignored
        """
        check_count("n_harmonics", self.n_harmonics)
        times, _, _ = read_stamps(X)
        periods = self._check_periods()
        phases(times[:1], periods, self.tz)
        if isinstance(X, pd.DataFrame):
            self.n_features_in_ = X.shape[1]
        self.periods_ = periods
        self.feature_names_out_ = np.array(
            [
                f"{period}_{wave}{harmonic}"
                for period in periods
                for harmonic in range(1, self.n_harmonics + 1)
                for wave in ("sin", "cos")
            ],
            dtype=object,
        )
        return self

    def transform(self, X):
        """Return the waves at the times of ``X``.

        Returns
        -------
        DataFrame of shape (n_rows, 2 * n_periods * n_harmonics), with the index of ``X``
        """
        check_is_fitted(self)
        times, _, index = read_stamps(X)
        harmonics = np.arange(1, self.n_harmonics + 1)
        # The fractional part first: sin of 1e9 turns would lose seven digits.
        turns = 2 * np.pi * (phases(times, self.periods_, self.tz) % 1.0)
        angles = turns[:, :, None] * harmonics
        waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
        waves = waves.reshape(len(times), len(self.feature_names_out_))
        return pd.DataFrame(waves, index=index, columns=self.feature_names_out_)

    def get_feature_names_out(self, input_features=None):  # noqa: ARG002
        """Return the names of the columns of ``transform``."""
        check_is_fitted(self)
        return self.feature_names_out_

    def _check_periods(self):
        listed = (self.periods,) if isinstance(self.periods, str | numbers.Real) else self.periods
        periods = tuple(listed)
        if not periods or len(set(periods)) < len(periods):
            msg = f"periods must name at least one period, each once; got {self.periods!r}. "
            msg += "Pass for example ('day', 'year')."
            raise ValueError(msg)
        return periods

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.no_validation = True
        return tags


def phases(times, periods, tz=None):
    """Return turns since each period's beginning, float array of shape (n_rows, n_periods)."""
    kind = index_kind(times)
    if kind == "float":
        lengths = [_numeric_length(period) for period in periods]
        return times.to_numpy(dtype=float)[:, None] / np.array(lengths)
    seconds, stamps = _elapsed(times, kind, tz)
    columns = [_calendar_phase(period, seconds, stamps) for period in periods]
    return np.stack(columns, axis=1)


def _elapsed(times, kind, tz):
    """Seconds since 1970 (or zero), and the stamps themselves where there is a calendar."""
    if kind == "period":
        times = times.to_timestamp()
    if kind == "timedelta":
        return np.array(times.total_seconds(), dtype=float), None
    clock = _on_clock(times, tz)
    seconds = np.array((clock - pd.Timestamp(0)).total_seconds(), dtype=float)
    return seconds, clock.to_numpy()


def _on_clock(stamps, tz):
    if stamps.tz is not None:
        return stamps.tz_convert(tz or "UTC").tz_localize(None)
    if tz is None:
        return stamps
    msg = f"tz={tz!r} needs stamps with a time zone; got naive ones. Localise them "
    msg += "(frame.tz_localize('UTC')), or leave tz=None to read them as they stand."
    raise TimeIndexError(msg)


def _calendar_phase(period, seconds, stamps):
    if isinstance(period, str) and period in CALENDAR:
        return CALENDAR[period](seconds, stamps)
    return seconds / _length_in_seconds(period)


def _length_in_seconds(period):
    hint = f"Write one of {', '.join(map(repr, CALENDAR))} or a duration such as '12h'."
    if isinstance(period, numbers.Real):
        msg = f"period {period!r} needs a unit, since the times are stamps; got a bare number. "
        raise TimeIndexError(msg + hint)
    try:
        length = pd.Timedelta(period).total_seconds()
    except (ValueError, TypeError) as error:
        msg = f"periods must hold calendar names or durations; got {period!r}. {hint}"
        raise ValueError(msg) from error
    if not length > 0:
        msg = f"periods must be longer than zero; got {period!r}. {hint}"
        raise ValueError(msg)
    return length


def _numeric_length(period):
    if not isinstance(period, numbers.Real) or isinstance(period, bool):
        msg = f"period {period!r} needs timestamps, timedeltas or periods; got numeric times. "
        msg += "Pass the period as a number in the unit of the times, or convert them to stamps."
        raise TimeIndexError(msg)
    if not (np.isfinite(period) and period > 0):
        msg = f"periods must be longer than zero; got {period!r}. Pass a positive number."
        raise ValueError(msg)
    return float(period)
