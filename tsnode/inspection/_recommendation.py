"""What to start with, by rules on what was measured, and why."""

from dataclasses import dataclass, field

import numpy as np

from ..frames._words import roughly
from ._fit_code import write_code
from ._period_groups import group_periods

SHORT = 200  # rows: fewer teach a network less than a straight line or the last season
VERY_SHORT = 8
ROWS_PER_COEFFICIENT = 10
MOST_MISSING = 0.5  # of a channel: what is seen less teaches little
STRONG = 0.05  # share of a channel's variance: a period worth a feature
SEASONAL = 0.5  # below it the last season is a worse forecast than the mean


@dataclass(frozen=True)
class Recommendation:
    """An estimator to start with.

    Attributes
    ----------
    estimator : str
        Name in ``tsnode``.
    settings : dict
        Its parameters; ``features`` as it is written in Python.
    channels : tuple of str
        What to forecast.
    reasons : tuple of str
        Why, one sentence each.
    code : str
        Python that fits it to the data, which it calls ``frame``.
    """

    estimator: str
    settings: dict
    channels: tuple
    reasons: tuple
    code: str


@dataclass
class _Draft:
    estimator: str = "NeuralODERegressor"
    settings: dict = field(default_factory=dict)
    reasons: list = field(default_factory=list)

    def choose(self, estimator, reason, **settings):
        self.estimator = estimator
        self.settings |= settings
        self.reasons.append(reason)
        return self


@dataclass(frozen=True)
class Findings:
    """All that was measured."""

    rows: object
    stamps: object
    channels: object
    periods: object
    phase_space: object


def recommend(found):
    """Return the Recommendation for ``Findings``."""
    kept = _kept_channels(found.channels)
    draft = _choose(found)
    draft.settings |= found.rows.settings
    if draft.estimator not in (
        "PersistenceRegressor",
        "SeasonalNaiveRegressor",
        "RidgeLagRegressor",
    ):
        draft.settings["random_state"] = 0
    return Recommendation(
        estimator=draft.estimator,
        settings=draft.settings,
        channels=tuple(np.array(found.rows.channels)[kept]),
        reasons=tuple(draft.reasons),
        code=write_code(draft.estimator, draft.settings, found.rows, kept),
    )


def _choose(found):
    """Walk through the rules; the first that fits decides."""
    draft, space = _Draft(), found.phase_space
    n_rows = found.rows.series.n_rows
    longest = int(np.diff(found.rows.series.starts).max())
    if space is None:
        return draft.choose("PersistenceRegressor", "No channel varies: there is nothing to learn.")
    if longest < VERY_SHORT:
        return draft.choose("PersistenceRegressor", f"{longest} rows in a row teach no law.")
    if n_rows < SHORT or longest < SHORT // 4:
        return _short(draft, found, longest)
    if _strong_period(found) is not None:
        return _whole(draft, found) if space.states == "whole" else _hidden(draft, found, longest)
    if space.states == "unpredictable":
        reason = "At no lead that was tried is a forecast better than the mean by a tenth. Ridge "
        reason += "regression on the last rows finds what there is."
        return draft.choose("RidgeLagRegressor", reason, **_ridge(found, longest))
    if space.states == "wandering":
        reason = "At no lead that was tried is a simple forecast better than the last value by a "
        return draft.choose("PersistenceRegressor", reason + "tenth: the channels wander.")
    if space.states == "whole":
        return _whole(draft, found)
    return _hidden(draft, found, longest)


def _short(draft, found, longest):
    n_rows = found.rows.series.n_rows
    few = f"{n_rows:,} rows" if n_rows < SHORT else f"Series of at most {longest:,} rows"
    few += " are too few for a network. "
    line = next(iter(group_periods(found.periods, found.rows.clock)), None)
    share = 0.0 if line is None else line.share
    if share >= SEASONAL:
        few += f"{line.words(found)} takes {share:.0%} of the variance: what was seen one period "
        settings = {} if line.is_default(found) else {"period": line.as_parameter(found)}
        return draft.choose("SeasonalNaiveRegressor", few + "ago is hard to beat.", **settings)
    few += "Ridge regression on the last rows needs the fewest; measure it against "
    return draft.choose(
        "RidgeLagRegressor", few + "PersistenceRegressor().", **_ridge(found, longest)
    )


def _ridge(found, longest):
    """Give every coefficient ten rows: more coefficients would fit the noise."""
    n_channels = max(len(_names(found)), 1)
    return {
        "lookback": int(np.clip(longest // (ROWS_PER_COEFFICIENT * n_channels), 1, 48)),
        "max_lead": int(np.clip(longest // 4, 1, 72)),
    }


def _whole(draft, found):
    space = found.phase_space
    reason = f"The states seem to be observed whole: a row alone foretells {space.from_row:.0%} of "
    reason += f"what the {space.reference} misses {_words(found, space.horizon)} ahead. No history "
    reason += "is "
    if found.stamps.is_regular and not space.is_smooth:
        reason += "needed. Rows jump on a regular grid: a map x' = f(x), no flow."
        return draft.choose("NNStepRegressor", reason)
    draft.choose("NeuralODERegressor", reason + "needed: lookback=None.", lookback=None)
    return _say_stamps(draft, found)


def _hidden(draft, found, longest):
    space = found.phase_space
    span = longest * found.stamps.step
    line = _strong_period(found, of_calendar=True)
    if line is not None:
        reason = f"{line.words(found)} is the strongest period of the calendar: give it as a "
        draft.choose("NeuralODERegressor", reason + "known-ahead feature.")
        zone = found.stamps.zone
        # Midnight is that of the clock the data were written by.
        tz = f', tz="{zone}"' if zone not in (None, "UTC") and "/" in zone else ""
        draft.settings["features"] = f'CalendarFeatures(("{line.name}",){tz})'
    if line is not None and line.name == "day" and span >= 6 * line.period:
        draft.settings |= {"lookback": "48h", "training_horizon": "24h"}
        reason = "Two days of history (lookback) hold what one row does not, and the same hour "
        draft.reasons.append(reason + "yesterday.")
    else:
        draft.settings["lookback"] = "auto"
    ahead = _words(found, space.horizon)
    if space.states == "hidden":
        reason = f"A row alone foretells {max(space.from_row, 0):.0%} of what the "
        reason += f"{space.reference} misses {ahead} ahead, with two earlier rows "
        reason += f"{space.from_past:.0%}: "
        draft.reasons.append(reason + "the state is not observed whole, and needs a history.")
    elif np.isfinite(space.from_row):
        reason = (
            f"Simple forecasts save {max(space.from_row, space.from_past, 0):.0%} of the error "
        )
        reason += f"{ahead} ahead, which does not tell whether the states are observed whole"
        ending = "; lookback='auto' tries both." if draft.settings["lookback"] == "auto" else "."
        draft.reasons.append(reason + ending)
    return _say_stamps(draft, found)


def _say_stamps(draft, found):
    if found.stamps.is_regular:
        draft.reasons.append("The stamps are regular, so ResNetStepRegressor is possible, too.")
    else:
        share = f"{found.stamps.off_grid_share:.0%} of the rows lie off any grid"
        draft.reasons.append(f"The stamps are irregular ({share}): step maps would move them.")
    return draft


def _strong_period(found, *, of_calendar=False):
    groups = group_periods(found.periods, found.rows.clock)
    fits = (one for one in groups if one.largest >= STRONG and (one.name or not of_calendar))
    return next(fits, None)


def _kept_channels(channels):
    """Which channels to forecast: those that vary, and of these those that are mostly there."""
    varies = (channels.n_observed > 0) & ~channels.is_constant
    there = varies & (channels.missing <= MOST_MISSING)
    kept = (there if there.any() else varies).to_numpy()
    return kept if kept.any() else (channels.n_observed > 0).to_numpy()


def _names(found):
    return np.array(found.rows.channels)[_kept_channels(found.channels)]


def _words(found, length):
    return roughly(length, found.rows.clock)
