"""The held-out part: who forecasts it how well, by lead time, beside baselines."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..exceptions import HorizonError
from ..frames._calendar_step import Step
from ..frames._words import in_words
from ..metrics import RollingOrigins, n_step_error
from ._coverage import coverage_lines
from ._reading import spread
from ._table import write_table
from ._times import parse_holdout, parse_horizon, stamps_ahead

ORIGINS_EVERY = pd.Timedelta("3h")
MOST_QUESTIONS = 200_000  # origins x leads: seconds of work, and errors stable to the third digit
DAY = pd.Timedelta("1D")


@dataclass
class Trial:
    """One series cut in two: the older rows train, the newest judge.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_channels)
    start : first time of the held-out part; None, and no origins, where nothing is held out
    step : Step
    n_leads : int, the horizon in steps
    origins : RollingOrigins of the held-out part
    ahead : Index, the times to forecast behind the last row
    forecasts : dict of str to array (origin, lead, channel), filled by ``judge``
    models : tuple of str, those of the forecasts that are no baselines
    refusals : dict of str to str, baselines that could not be fitted, and why
    coverage : dict of str to DataFrame (lead, channel), share of the truth inside an interval
    """

    frame: pd.DataFrame
    start: object
    step: Step
    n_leads: int
    origins: RollingOrigins
    ahead: pd.Index
    forecasts: dict = field(default_factory=dict)
    models: tuple = ()
    refusals: dict = field(default_factory=dict)
    coverage: dict = field(default_factory=dict)

    @classmethod
    def plan(cls, frame, horizon, holdout, every=None):
        """Read horizon, hold-out and the distance of the forecast's rows as the user wrote them.

        ``holdout`` may also be the first time of the held-out part.
        """
        step = Step.of(frame.index)
        n_leads = parse_horizon(horizon, step, frame.index[-1])
        is_text = isinstance(holdout, str)
        start = parse_holdout(holdout, frame.index) if is_text else holdout
        _check_training(frame, start)
        _check_reach(frame, start, step, n_leads, horizon)
        ahead = stamps_ahead(frame.index, step, n_leads, horizon, every)
        stride = max(1, round(ORIGINS_EVERY / step.length)) if step.is_stamped else 1
        n_judging = int((frame.index >= start).sum())
        stride = max(stride, int(np.ceil(n_judging * n_leads / MOST_QUESTIONS)))
        leads = step.leads(n_leads)
        origins = RollingOrigins.from_frame(frame, start=start, leads=leads, stride=stride)
        return cls(frame, start, step, n_leads, origins, ahead)

    @property
    def horizon(self):
        """How far ahead, a Timedelta or a float."""
        return self.n_leads * self.step.length

    @property
    def train(self):
        """Rows before the held-out part."""
        return self.frame[self.frame.index < self.start]

    @property
    def scale(self):
        """Spread of each channel over the training rows; NaN where it is constant there."""
        return spread(self.train)

    @property
    def is_judged(self):
        """Whether a channel varies in the training rows and is observed in the held-out part."""
        return np.isfinite(self.scale) & np.isfinite(self.origins.truth).any(axis=(0, 1))

    @property
    def has_errors(self):
        """Whether there is a held-out part, and a channel in it to be judged by."""
        return self.origins is not None and bool(self.is_judged.any())

    def calendar(self):
        """Waves of the day, and of the year where two of them are on record; None if neither.

        A wave seen less than twice cannot be told from a trend, and is extrapolated as one.
        """
        if not self.step.is_stamped:
            return None
        from ..preprocessing import CalendarFeatures

        span = self.frame.index[-1] - self.frame.index[0]
        lengths = {"day": DAY, "year": 365 * DAY}
        periods = [
            name
            for name, length in lengths.items()
            if self.step.length <= length / 4 and span >= 2 * length
        ]
        return CalendarFeatures(tuple(periods)) if periods else None

    def judge(self, models):
        """Forecast all origins by trained models and by baselines fitted on the same rows.

        Parameters
        ----------
        models : dict of str to fitted forecaster
            By what they are called in the table.
        """
        self.models = tuple(models)
        for name, trained in models.items():
            self.forecasts[name] = self.origins.forecast(trained, self.frame)
        judged = {type(trained) for trained in models.values()}
        for label, baseline in self._baselines().items():
            if type(baseline) in judged:
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
        if not self.step.is_stamped:
            return "one period before"
        return "same hour yesterday" if self.step.length < DAY / 2 else "same day last year"

    def judged(self):
        """Truth, forecasts and scale of the channels that can be judged."""
        kept = self.is_judged
        forecasts = {name: array[:, :, kept] for name, array in self.forecasts.items()}
        return self.origins.truth[:, :, kept], forecasts, self.scale[kept]

    def errors(self):
        """Return the standardised mean squared error by lead, a frame (lead, forecaster)."""
        truth, forecasts, scale = self.judged()
        curves = {
            name: n_step_error(truth, forecast, scale=scale) for name, forecast in forecasts.items()
        }
        return pd.DataFrame(curves, index=pd.Index(range(1, self.n_leads + 1), name="lead"))

    def mean_errors(self):
        """Return the mean over leads of each forecaster's error, a Series."""
        return self.errors()[self.is_observed()].mean(skipna=False)

    def describe(self):
        """Say where the cut is."""
        held = self.frame[self.frame.index >= self.start]
        text = f"training on {len(self.train):,} rows before {in_words(self.start)}, judging by "
        text += f"{len(held):,} rows from there on: {len(self.origins.origins):,} origins, "
        return text + f"each {self.step.in_words(self.n_leads)} ahead"

    def table(self):
        """Write the error by lead time as a table."""
        if not self.is_judged.any():
            return "\n".join(["", "No error can be told:", *self.unjudged(), ""])
        refused = [f"no {label}: {reason}" for label, reason in self.refusals.items()]
        body = write_table(self.errors(), self.step, self.is_observed())
        covered = coverage_lines(self.coverage, self.step, self.is_observed())
        return "\n".join(["", *self._caption(), "", *body, *refused, *covered, ""])

    def is_observed(self):
        """Whether a lead has any truth to be judged by, array (n_leads,)."""
        return np.isfinite(self.judged()[0]).any(axis=(0, 2))

    def _caption(self):
        n_channels = int(self.is_judged.sum())
        caption = "Mean squared error by lead time in the held-out part (observed entries only, "
        caption += f"mean over {n_channels} column{'s' if n_channels > 1 else ''};"
        return [caption, "1 = the column's variance in training):", *self.unjudged()]

    def unjudged(self):
        """Say of each channel without an error why it has none."""
        is_constant = np.isnan(self.scale)
        reasons = {
            "constant in training": is_constant,
            "not observed in the held-out part": ~is_constant & ~self.is_judged,
        }
        return [
            f"{', '.join(map(str, self.frame.columns[mask]))}: {reason}, not judged."
            for reason, mask in reasons.items()
            if mask.any()
        ]


def _check_training(frame, start):
    """Refuse columns of which training would see nothing."""
    train = frame[frame.index < start]
    empty = [str(name) for name in train if train[name].isna().all()]
    if empty:
        msg = f"Columns must hold a value before the held-out part; {', '.join(empty)} hold none "
        msg += f"before {in_words(start)}. Leave them out by --columns, or pass a later --holdout."
        raise ValueError(msg)


def _check_reach(frame, start, step, n_leads, horizon):
    """Refuse a horizon that no row of the held-out part could judge."""
    observed = frame.index[frame.notna().any(axis=1) & (frame.index >= start)]
    # Half a step of grace: a lead stands for the row nearest to it.
    reach = int((observed[-1] - observed[0]) / step.length + 0.5) if len(observed) else 0
    if n_leads <= reach:
        return
    if reach == 0:
        msg = f"--holdout must leave rows that judge; nothing is observed from {in_words(start)} "
        msg += "on, or at one time only. Pass an earlier --holdout."
        raise ValueError(msg)
    msg = f"--horizon must fit into the held-out part, {step.in_words(reach)} of observed rows; "
    msg += f"got {horizon}. Pass --horizon {reach} or less (in steps), or an earlier --holdout."
    raise ValueError(msg)
