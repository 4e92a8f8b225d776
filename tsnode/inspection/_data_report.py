"""Know your data: everything that is worth knowing before the first fit."""

import dataclasses
import json
import math
from dataclasses import dataclass

import pandas as pd

from ._channels import describe_channels
from ._notes import write_notes
from ._periods import describe_periods
from ._phase_space import PhaseSpaceReport, describe_phase_space
from ._recommendation import Findings, Recommendation, recommend
from ._report_rows import read_report_rows
from ._report_text import indent, write_report
from ._stamps import StampReport, describe_stamps
from ._states import read_states


@dataclass(frozen=True, repr=False)
class DataReport:
    """What ``data_report`` found; printing it shows all of it.

    Attributes
    ----------
    stamps : StampReport
        Regular or not, gaps, duplicates, zone.
    channels : DataFrame
        One row per channel: ``n_observed``, ``missing``, ``longest_unobserved``, ``mean``,
        ``std``, ``min``, ``max``, ``is_constant``, ``noise``, ``noise_share``.
    periods : DataFrame
        One row per channel and period: ``channel``, ``period``, ``share``, ``n_cycles``,
        ``harmonic_of``. Empty where none stands out of noise.
    phase_space : PhaseSpaceReport or None
        How much of it the data cover, and whether rows foretell what follows; None where no
        channel varies.
    recommendation : Recommendation
        ``estimator``, ``settings``, ``channels``, ``reasons`` and ``code``.
    notes : tuple of str
        What is likely unwanted about the data, and what to do.
    units : dict
        Units of the channels, from ``attrs["units"]`` of the data.
    time_unit : str or None
        Unit of all lengths of time: "s", "min", "h" or "D"; None: that of float times.
    """

    stamps: StampReport
    channels: pd.DataFrame
    periods: pd.DataFrame
    phase_space: PhaseSpaceReport | None
    recommendation: Recommendation
    notes: tuple
    units: dict
    time_unit: str | None
    _text: str

    def __str__(self):
        return self.to_text()

    __repr__ = __str__

    def to_text(self, code=None):
        """Return the report as text; ``code`` stands in the place of the recommendation's."""
        return f"{self._text}\n{indent(code or self.recommendation.code)}"

    def to_dict(self):
        """Return all figures as plain Python, as JSON holds them; unknown ones are None."""
        return {
            "time_unit": self.time_unit,
            "stamps": _plain(dataclasses.asdict(self.stamps)),
            "channels": _plain(self.channels.reset_index().to_dict("records")),
            "units": _plain(self.units),
            "periods": _plain(self.periods.to_dict("records")),
            "phase_space": _plain(self.phase_space and dataclasses.asdict(self.phase_space)),
            "recommendation": _plain(dataclasses.asdict(self.recommendation)),
            "notes": list(self.notes),
        }

    def to_json(self, indent=2):
        """Return ``to_dict`` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)


def data_report(data, *, time=None):
    """Say what the data are like, and what to start with.

    Parameters
    ----------
    data : Series or DataFrame
        With a time index, as a panel (a MultiIndex of series and time), or with a column of
        times; an array of shape (n_rows, n_columns) has its times in column 0. Missing entries
        are NaN; columns without numbers are left out.
    time : None, "index", column name, level name or column number, default=None
        Where the time stands, as for the estimators; None finds it.

    Returns
    -------
    DataReport
        ``print(report)`` shows it; its attributes hold the figures.

    Raises
    ------
    TimeIndexError
        If no time is found.
    TypeError
        If ``data`` is none of these.
    ValueError
        For no numeric column, no observed value, inf, or no two rows at different times.

    Notes
    -----
    *Noise* is what the likelihood smoother finds that does not go on smoothly from row to row: of
    the instrument, of rounding, or motion that is faster than the rows. It is read off some 2,000
    rows, in stretches of 500 spread over all, so that a million rows still take seconds.

    *Periods* stand out of white and red noise, of the longest series. *Phase space*: see
    ``PhaseSpaceReport``; at most 100,000 older and 1,000 newer rows are compared.

    1,000,000 rows of 5 channels take 5 to 7 s, a year of hourly weather of 11 channels 2 s.

    See Also
    --------
    tsnode.metrics.power_spectrum, tsnode.metrics.lyapunov_exponent

    Examples
    --------
    >>> from tsnode.datasets import make_van_der_pol
    >>> report = data_report(make_van_der_pol(400, irregular=True, random_state=0))
    >>> report.stamps.is_regular, report.recommendation.estimator
    (False, 'NeuralODERegressor')
    >>> report.periods.period.round(1).tolist()[0], report.phase_space.states
    (6.7, 'whole')
    >>> data_report(make_van_der_pol(400)[:1])
    Traceback (most recent call last):
        ...
    ValueError: Expected two rows of a series at different times; got 1 row(s) without. Pass a \
longer series.
    """
    rows = read_report_rows(data, time)
    stamps = describe_stamps(rows)
    channels = describe_channels(rows)
    periods = describe_periods(rows)
    states = read_states(rows, stamps.step)
    space = None if states is None else describe_phase_space(states)
    found = Findings(rows, stamps, channels, periods, space)
    advice, notes = recommend(found), write_notes(found)
    return DataReport(
        stamps=stamps,
        channels=channels,
        periods=periods,
        phase_space=space,
        recommendation=advice,
        notes=notes,
        units=rows.units,
        time_unit=rows.clock.unit,
        _text=write_report(found, advice, notes),
    )


def _plain(value):
    """Turn NumPy and pandas objects into those of JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
