"""Turn pandas stamps into model time (float, in one unit) and back."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import HorizonError, TimeIndexError

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "D": 86400.0}
KINDS = {
    pd.DatetimeIndex: "datetime",
    pd.TimedeltaIndex: "timedelta",
    pd.PeriodIndex: "period",
}


def index_kind(index):
    """Kind of time an index holds: datetime, timedelta, period, float, or None."""
    for cls, kind in KINDS.items():
        if isinstance(index, cls):
            return kind
    return "float" if pd.api.types.is_float_dtype(index.dtype) else None


@dataclass(frozen=True)
class Clock:
    """The zero and the unit of model time.

    Attributes
    ----------
    kind : str
        "datetime", "timedelta", "period" or "float".
    unit : str or None
        "s", "min", "h" or "D"; None for floats, which are model time as they are.
    origin : Timestamp, Timedelta or None
        Model time zero: the first stamp seen in fit; None for floats.
    tz : tzinfo or None
        Zone of the fitted stamps, used only to write new ones.
    freq : str or None
        Frequency of fitted periods.
    """

    kind: str
    unit: str | None = None
    origin: object = None
    tz: object = None
    freq: str | None = None

    @classmethod
    def fit(cls, index, unit=None, keys=None):
        """Choose zero and unit: the nearest of s, min, h, D below the median step.

        Parameters
        ----------
        index : Index of times, any order
        unit : str or None
            Overrides the choice.
        keys : list or None
            Series of every row; steps are counted within a series.
        """
        kind = index_kind(index)
        if kind == "float":
            return cls(kind)
        freq = index.freqstr if kind == "period" else None
        stamps = index.to_timestamp() if kind == "period" else index
        unit = unit or _unit_below(stamps, keys)
        tz = stamps.tz if kind == "datetime" else None
        return cls(kind, unit, _as_instants(stamps).min(), tz, freq)

    @property
    def seconds(self):
        """Length of the unit in seconds."""
        return SECONDS[self.unit]

    @property
    def resolution(self):
        """Length in model time of the microsecond to which stamps are told; 0 for floats."""
        return 0.0 if self.kind == "float" else 1e-6 / self.seconds

    def check(self, index):
        """Refuse an index of another kind, or a naive/aware mix."""
        kind = index_kind(index)
        if kind != self.kind:
            msg = f"Expected times of kind {self.kind}, as in fit; got {kind or index.dtype}. "
            msg += "Pass the same kind of time index as in fit."
            raise TimeIndexError(msg)
        if kind == "datetime" and (index.tz is None) != (self.tz is None):
            words = {True: "no time zone", False: "a time zone"}
            msg = f"Expected stamps with {words[self.tz is None]}, as in fit; got stamps with "
            msg += f"{words[index.tz is None]}. Use index.tz_localize(...) to make them alike."
            raise TimeIndexError(msg)

    def to_model(self, index):
        """Model time of every stamp, float array of shape (n,)."""
        self.check(index)
        if self.kind == "float":
            return index.to_numpy(dtype=float, copy=True)
        return self.stamps_to_model(index.to_timestamp() if self.kind == "period" else index)

    def stamps_to_model(self, stamps):
        """Model time of stamps (of the beginnings of periods) or timedeltas."""
        elapsed = _as_instants(stamps) - self.origin
        return np.array(elapsed.total_seconds(), dtype=float) / self.seconds

    def to_index(self, times, name=None):
        """Stamps of the given model times, to the microsecond."""
        times = np.asarray(times, dtype=float)
        if self.kind == "float":
            return pd.Index(times, dtype=float, name=name)
        micro = np.round(times * self.seconds * 1e6).astype("int64")
        elapsed = pd.TimedeltaIndex(micro.astype("timedelta64[us]"), name=name)
        if self.kind == "timedelta":
            return elapsed + self.origin
        stamps = elapsed + self.origin
        if self.kind == "period":
            return stamps.to_period(self.freq).rename(name)
        return stamps.tz_convert(self.tz) if self.tz is not None else stamps

    def duration(self, value, name="horizon"):
        """Length in model time of a duration: string, timedelta, or (float clocks) a number.

        Arrays give arrays.
        """
        if self.kind == "float":
            return self._float_duration(value, name)
        try:
            length = _to_timedelta(value)
        except (ValueError, TypeError) as error:
            msg = f"{name} must be a duration such as '6h' or '2D'; got {value!r}. "
            msg += "Write a number and a unit (min, h, D), or pass a pandas.Timedelta."
            raise HorizonError(msg) from error
        seconds = length.total_seconds()
        return (np.asarray(seconds, dtype=float) if np.ndim(value) else seconds) / self.seconds

    def _float_duration(self, value, name):
        try:
            if isinstance(value, bool):
                raise TypeError  # noqa: TRY301
            return np.asarray(value, dtype=float) if np.ndim(value) else float(value)
        except (ValueError, TypeError) as error:
            msg = f"{name} must be a number here, since the time of fit is a plain number; "
            msg += f"got {value!r}. Give the duration in the unit of that time."
            raise HorizonError(msg) from error


def infer_freq(stamps):
    """Offset alias that the stamps follow without a gap, or None."""
    if len(stamps) < 3:
        return None
    with warnings.catch_warnings():
        # pandas 3 announces that an offset object will come back; both are read here.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        freq = pd.infer_freq(stamps)
    return getattr(freq, "freqstr", freq)


def _as_instants(stamps):
    """Stamps without a zone name: aware ones in UTC."""
    if isinstance(stamps, pd.DatetimeIndex) and stamps.tz is not None:
        return stamps.tz_convert("UTC")
    return stamps


def _to_timedelta(value):
    """Read a duration; a unit alone ("h") is one of it, a number alone has no unit."""
    value = getattr(value, "freqstr", value) if np.ndim(value) == 0 else value
    if np.asarray(value).dtype.kind in "iufb" or (isinstance(value, str) and _is_number(value)):
        msg = "a plain number has no unit"
        raise ValueError(msg)
    if isinstance(value, str) and value.endswith("MS"):
        msg = "a month has no fixed length"  # pandas would read milliseconds
        raise ValueError(msg)
    if isinstance(value, str) and value[:1].isalpha():
        value = "1" + value
    return pd.to_timedelta(value)


def _is_number(words):
    try:
        float(words)
    except ValueError:
        return False
    return True


def _unit_below(stamps, keys):
    instants = _as_instants(stamps)
    elapsed = np.asarray((instants - instants.min()).total_seconds(), dtype=float)
    number = np.zeros(len(elapsed)) if keys is None else pd.factorize(pd.Series(keys))[0]
    order = np.lexsort((elapsed, number))
    gaps = np.diff(elapsed[order])[np.diff(number[order]) == 0]
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return "s"
    step = np.median(gaps)
    fitting = [unit for unit, seconds in SECONDS.items() if seconds <= step]
    return fitting[-1] if fitting else "s"
