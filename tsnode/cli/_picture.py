"""Pictures to judge a forecast by: the forecast, earlier ones, and the error by lead."""

import numpy as np

from ..metrics import n_step_error
from ..plots import ForecastDisplay, NStepErrorDisplay, TrainingCurveDisplay
from ..plots._style import MODEL, OTHERS, tidy

N_EARLIER = 3  # horizons of history shown, each with the forecast made at its beginning
MARKERS = "osD^"
MOST_LETTERS, LEAST_SIZE = 14, 5.0  # of a label beside a panel, in points


def draw_trial(trial, trained, ahead, bounds=None):
    """Draw one panel a channel on the left, the errors on the right if there are any.

    Parameters
    ----------
    trial : Trial
    trained : forecaster fitted on the training part; it made the earlier forecasts
    ahead : DataFrame, the forecast beyond the last row
    bounds : dict of coverage to (lower, upper), default=None
        The widest interval is drawn.

    Returns
    -------
    Figure
    """
    if not trial.has_errors:
        return draw_forecast(trial, trained, ahead, bounds)
    height = max(6.0, 1.4 + 1.15 * ahead.shape[1])
    figure = new_figure(13.0, height)
    left, right = figure.subfigures(1, 2, width_ratios=(2.1, 1.0), wspace=0.03)
    _draw_forecast(left, trial, trained, ahead, bounds)
    upper, lower = right.subplots(2, 1)
    _draw_errors(trial, upper, lower)
    return figure


def draw_forecast(trial, trained, ahead, bounds=None):
    """Draw the forecast alone, one panel a channel; parameters as of ``draw_trial``."""
    figure = new_figure(10.0, 1.6 + 1.25 * ahead.shape[1])
    _draw_forecast(figure, trial, trained, ahead, bounds)
    return figure


def draw_errors(trial):
    """Draw the errors of a judged trial alone, by lead and by column."""
    figure = new_figure(10.0, 3.8)
    _draw_errors(trial, *figure.subplots(1, 2))
    return figure


def draw_training(model):
    """Draw the losses of a training, or return None where no epochs ran."""
    report = getattr(model, "fit_report_", None)
    if report is None or report.history.empty:
        return None
    figure = new_figure(8.0, 3.4)
    TrainingCurveDisplay.from_estimator(model, ax=figure.subplots())
    return figure


def new_figure(width, height):
    """Make a figure without pyplot: no screen is asked for, and nothing stays open."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def widest(bounds):
    """Return the interval of the largest coverage as ForecastDisplay takes it."""
    if not bounds:
        return {}
    coverage = max(bounds)
    lower, upper = bounds[coverage]
    return {"lower": lower, "upper": upper, "coverage": coverage}


def fit_labels(panels):
    """Write long names smaller: the labels of panels above each other must not meet."""
    for ax in panels:
        longest = max(map(len, ax.get_ylabel().splitlines()), default=0)
        if longest > MOST_LETTERS:
            size = ax.yaxis.label.get_fontsize() * MOST_LETTERS / longest
            ax.yaxis.label.set_fontsize(max(size, LEAST_SIZE))


def _draw_forecast(figure, trial, trained, ahead, bounds):
    history = _recent(trial)
    display = ForecastDisplay.from_predictions(
        ahead,
        history=history,
        earlier=_earlier_forecasts(trial, trained, history),
        title=trial.frame.attrs.get("series"),
        **widest(bounds),
        ax=figure.subplots(ahead.shape[1], 1, sharex=True, squeeze=False),
    )
    fit_labels(display.ax_)


def _draw_errors(trial, by_lead, by_column):
    truth, forecasts, scale = trial.judged()
    NStepErrorDisplay.from_predictions(
        truth, forecasts, leads=trial.origins.leads, scale=scale, ax=by_lead
    )
    by_lead.set_title("Error in the held-out part", loc="left")
    names = [str(name) for name in trial.frame.columns[trial.is_judged]]
    _draw_channel_errors(by_column, names, truth, forecasts, scale)


def _recent(trial):
    last = trial.frame.index[-1]
    begin = last - (N_EARLIER + 0.5) * trial.horizon
    return trial.frame[trial.frame.index >= begin]


def _earlier_forecasts(trial, trained, history):
    """Forecasts made one, two, three horizons before the end, each over one horizon."""
    if trial.start is None:
        return []
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
