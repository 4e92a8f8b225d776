"""Periods that channels share, with the names that the calendar has for them."""

from dataclasses import dataclass

from ..frames._words import roughly

CALENDAR = {"day": 86400.0, "week": 7 * 86400.0, "year": 365.2425 * 86400.0}
NEAR = 0.02  # of a period: what is nearer is the same


@dataclass(frozen=True)
class Period:
    """A period of one or more channels.

    Attributes
    ----------
    period : float, in the clock's unit
    share : float, of the variance: the mean over the channels that have it
    largest : float, the share in the channel that has most
    name : str or None, "day", "week" or "year"
    """

    period: float
    share: float
    largest: float
    name: str | None = None

    def words(self, found):
        """Write the period, with the name that the calendar has for it."""
        text = roughly(self.period, found.rows.clock)
        return f"{text} (a {self.name})" if self.name else text

    def is_default(self, found):
        """Whether SeasonalNaiveRegressor takes it of itself."""
        clock = found.rows.clock
        if clock.kind == "float":
            return False
        is_short = found.stamps.step * clock.seconds < CALENDAR["day"] / 2
        return self.name == ("day" if is_short else "year")

    def as_parameter(self, found):
        """Write the period as an estimator takes it."""
        clock = found.rows.clock
        digits = float(f"{self.period:.4g}")
        if clock.kind == "float":
            return digits
        return f"{digits:g}{clock.unit}"


def group_periods(periods, clock):
    """Return the Periods of all channels, equal ones as one, the strongest first."""
    left = periods[periods.harmonic_of.isna()].sort_values("share", ascending=False)
    groups = []
    while len(left):
        top = left.iloc[0]
        same = (left.period / top.period - 1).abs() < 2 * NEAR
        mine = left[same]
        name = _calendar_name(top.period, clock)
        share = mine.groupby("channel").share.max()
        groups.append(Period(float(top.period), float(share.mean()), float(top.share), name))
        left = left[~same]
    return groups


def _calendar_name(period, clock):
    if clock.kind == "float":
        return None
    seconds = period * clock.seconds
    return next((n for n, size in CALENDAR.items() if abs(seconds / size - 1) < NEAR), None)
