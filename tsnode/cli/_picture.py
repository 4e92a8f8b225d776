"""One picture to judge a forecast by: the forecast, earlier ones, and the error by lead."""

import numpy as np

from ..metrics import n_step_error
from ..plots import ForecastDisplay, NStepErrorDisplay
from ..plots._style import MODEL, OTHERS, tidy

N_EARLIER = 3  # horizons of history shown, each with the forecast made at its beginning
MARKERS = "osD^"


def draw_trial(trial, trained, ahead, bounds=None):
    """Draw one panel a channel on the left, the errors on the right.

    Parameters
    ----------
    trial : Trial, judged
    trained : forecaster fitted on the training part; it made the earlier forecasts
    ahead : DataFrame, the forecast beyond the last row
    bounds : dict of coverage to (lower, upper), default=None
        The widest interval is drawn.

    Returns
    -------
    Figure
    """
    # A figure of its own, without pyplot: no screen is asked for, and nothing stays open.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_channels = ahead.shape[1]
    figure = Figure(figsize=(13.0, max(6.0, 1.4 + 1.15 * n_channels)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subfigures(1, 2, width_ratios=(2.1, 1.0), wspace=0.03)
    panels = left.subplots(n_channels, 1, sharex=True, squeeze=False)
    history = _recent(trial)
    band = widest(bounds)
    ForecastDisplay.from_predictions(
        ahead,
        history=history,
        earlier=_earlier_forecasts(trial, trained, history),
        title=trial.frame.attrs.get("series"),
        **band,
        ax=panels,
    )
    upper, lower = right.subplots(2, 1)
    truth, forecasts, scale = trial.judged()
    NStepErrorDisplay.from_predictions(
        truth, forecasts, leads=trial.origins.leads, scale=scale, ax=upper
    )
    upper.set_title("Error in the held-out part", loc="left")
    names = [str(name) for name in trial.frame.columns[trial.is_judged]]
    _draw_channel_errors(lower, names, truth, forecasts, scale)
    return figure


def widest(bounds):
    """Return the interval of the largest coverage as ForecastDisplay takes it."""
    if not bounds:
        return {}
    coverage = max(bounds)
    lower, upper = bounds[coverage]
    return {"lower": lower, "upper": upper, "coverage": coverage}


def _recent(trial):
    last = trial.frame.index[-1]
    begin = last - (N_EARLIER + 0.5) * trial.horizon
    return trial.frame[trial.frame.index >= begin]


def _earlier_forecasts(trial, trained, history):
    """Forecasts made one, two, three horizons before the end, each over one horizon."""
    horizon = trial.horizon
    last = trial.frame.index[-1]
    forecasts = []
    for k in range(N_EARLIER, 0, -1):
        known = history.index[history.index <= last - k * horizon]
        if len(known) == 0 or known[-1] < trial.start:
            continue
        origin = known[-1]
        asked = history.index[(history.index > origin) & (history.index <= origin + horizon)]
        if len(asked):
            forecasts.append(trained.predict(asked, history=trial.frame, horizon=asked - origin))
    return forecasts


def _draw_channel_errors(ax, names, truth, forecasts, scale):
    """Draw the error of each channel, mean over leads: which of them can be forecast at all."""
    rows = np.arange(len(names))[::-1]
    for rank, (label, forecast) in enumerate(forecasts.items()):
        errors = n_step_error(truth, forecast, per_channel=True, scale=scale)
        color = MODEL if rank == 0 else OTHERS[(rank - 1) % len(OTHERS)]
        style = {"color": color, "marker": MARKERS[rank % len(MARKERS)], "linestyle": "none"}
        ax.plot(np.nanmean(errors, axis=0), rows, label=label, **style)
    ax.set_yticks(rows, names)
    ax.set_xlim(left=0.0)
    ax.set_xlabel("mean squared error [variance]")
    ax.set_title("Mean over leads, by column", loc="left")
    tidy(ax)
    ax.legend(frameon=False, fontsize="small")
