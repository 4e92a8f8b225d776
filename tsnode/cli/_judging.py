"""The held-out part: who forecasts it how well, by lead time, beside baselines."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..exceptions import HorizonError
from ..metrics import RollingOrigins, n_step_error
from ._reading import spread
from ._times import in_words, median_step, parse_holdout, parse_horizon

ORIGINS_EVERY = pd.Timedelta("3h")
MOST_QUESTIONS = 200_000  # origins x leads: seconds of work, and errors stable to the third digit
SHOWN_LEADS = (1, 3, 6, 12, 24, 48, 72, 120, 168, 240)
DAY = pd.Timedelta("1D")


@dataclass
class Trial:
    """One series cut in two: the older rows train, the newest judge.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_channels)
    start : first time of the held-out part
    step : Timedelta or float, the median step
    n_leads : int, the horizon in steps
    origins : RollingOrigins of the held-out part
    forecasts : dict of str to array (origin, lead, channel), filled by ``judge``
    refusals : dict of str to str, baselines that could not be fitted, and why
    """

    frame: pd.DataFrame
    start: object
    step: object
    n_leads: int
    origins: RollingOrigins
    forecasts: dict = field(default_factory=dict)
    refusals: dict = field(default_factory=dict)

    @classmethod
    def plan(cls, frame, horizon, holdout):
        """Read the horizon and the hold-out as the user wrote them."""
        n_leads = parse_horizon(horizon, frame.index)
        start = parse_holdout(holdout, frame.index)
        step = median_step(frame.index)
        stride = 1
        if isinstance(step, pd.Timedelta):
            stride = max(1, round(ORIGINS_EVERY / step))
        n_judging = int((frame.index >= start).sum())
        stride = max(stride, int(np.ceil(n_judging * n_leads / MOST_QUESTIONS)))
        leads = _multiples(step, n_leads)
        origins = RollingOrigins.from_frame(frame, start=start, leads=leads, stride=stride)
        return cls(frame, start, step, n_leads, origins)

    @property
    def train(self):
        """Rows before the held-out part."""
        return self.frame[self.frame.index < self.start]

    @property
    def scale(self):
        """Spread of each channel over the training rows; NaN where it is constant there."""
        return spread(self.train)

    def calendar(self):
        """Waves of the day, and of the year where two of them are on record; None if neither.

        A wave seen less than twice cannot be told from a trend, and is extrapolated as one.
        """
        if not isinstance(self.step, pd.Timedelta):
            return None
        from ..preprocessing import CalendarFeatures

        span = self.frame.index[-1] - self.frame.index[0]
        lengths = {"day": DAY, "year": 365 * DAY}
        periods = [
            name
            for name, length in lengths.items()
            if self.step <= length / 4 and span >= 2 * length
        ]
        return CalendarFeatures(tuple(periods)) if periods else None

    def future(self):
        """Return the times to forecast: after the last row at the median step."""
        last = self.frame.index[-1:]
        stamps = [last + lead for lead in _multiples(self.step, self.n_leads)]
        return stamps[0].append(stamps[1:]).rename(self.frame.index.name)

    def judge(self, name, trained):
        """Forecast all origins by the trained model and by baselines fitted on the same rows.

        Parameters
        ----------
        name : str
            How the model is called in the table.
        trained : fitted forecaster
        """
        self.forecasts[name] = self.origins.forecast(trained, self.frame)
        for label, baseline in self._baselines().items():
            if type(baseline) is type(trained):
                continue
            try:
                baseline.fit(self.train.index, self.train)
                self.forecasts[label] = self.origins.forecast(baseline, self.frame)
            except (HorizonError, ValueError) as error:
                # Too few rows for a season or for the lags: the other columns still tell.
                self.refusals[label] = " ".join(str(error).split())

    def _baselines(self):
        from .. import PersistenceRegressor, RidgeLagRegressor, SeasonalNaiveRegressor

        return {
            "persistence": PersistenceRegressor(),
            self._season(): SeasonalNaiveRegressor(),
            "ridge": RidgeLagRegressor(max_lead=max(72, self.n_leads)),
        }

    def _season(self):
        if not isinstance(self.step, pd.Timedelta):
            return "one period before"
        return "same hour yesterday" if self.step < DAY / 2 else "same day last year"

    def judged(self):
        """Truth, forecasts and scale of the channels that vary in the training rows."""
        varies = np.isfinite(self.scale)
        forecasts = {name: array[:, :, varies] for name, array in self.forecasts.items()}
        return self.origins.truth[:, :, varies], forecasts, self.scale[varies]

    def errors(self):
        """Return the standardised mean squared error by lead, a frame (lead, forecaster)."""
        truth, forecasts, scale = self.judged()
        curves = {
            name: n_step_error(truth, forecast, scale=scale) for name, forecast in forecasts.items()
        }
        return pd.DataFrame(curves, index=pd.Index(range(1, self.n_leads + 1), name="lead"))

    def describe(self):
        """Say where the cut is."""
        held = self.frame[self.frame.index >= self.start]
        text = f"training on {len(self.train):,} rows before {in_words(self.start)}, judging by "
        text += f"{len(held):,} rows from there on: {len(self.origins.origins):,} origins, "
        return text + f"each {in_words(self.n_leads * self.step)} ahead"

    def table(self):
        """Write the error by lead time as a table."""
        errors = self.errors()
        shown = sorted({lead for lead in SHOWN_LEADS if lead < self.n_leads} | {self.n_leads})
        rows = {in_words(lead * self.step): errors.loc[lead] for lead in shown}
        # A lead without truth (a record shorter than it) is left out for all alike.
        rows[self._mean_label()] = errors.mean(skipna=False, axis=0)
        width = max(len(label) for label in rows)
        heads = [f"{name:>{max(len(name), 8)}}" for name in errors.columns]
        lines = ["", *self._caption(), "", "  ".join([f"{'lead':{width}}", *heads])]
        for label, row in rows.items():
            cells = [
                f"{_short(value):>{len(head)}}" for value, head in zip(row, heads, strict=True)
            ]
            lines.append("  ".join([f"{label:{width}}", *cells]))
        refused = [f"no {label}: {reason}" for label, reason in self.refusals.items()]
        return "\n".join([*lines, *refused, ""])

    def _mean_label(self):
        first, last = in_words(self.step), in_words(self.n_leads * self.step)
        return f"mean {first} to {last}"

    def _caption(self):
        constant = list(self.frame.columns[np.isnan(self.scale)])
        n_channels = self.frame.shape[1] - len(constant)
        caption = "Mean squared error by lead time in the held-out part (observed entries only, "
        caption += f"mean over {n_channels} columns;"
        left_out = [f"{', '.join(constant)}: constant in training, not judged."] if constant else []
        return [caption, "1 = the column's variance in training):", *left_out]


def _short(error):
    return f"{error:.1e}" if 0 < error < 0.001 else f"{error:.3f}"


def _multiples(step, n_leads):
    if isinstance(step, pd.Timedelta):
        return pd.TimedeltaIndex([step * k for k in range(1, n_leads + 1)])
    return step * np.arange(1, n_leads + 1)
