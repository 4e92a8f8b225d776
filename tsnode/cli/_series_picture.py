"""A picture of what a file holds: its series, one panel a column, and a forecast beside it."""

import pandas as pd

from ..plots import ForecastDisplay
from ..plots._panels import stacked_axes
from ..plots._style import OBSERVED, date_axis, tidy
from ..plots._time_frames import kind_of_times, line_of, time_label
from ._forecast_file import read_forecast
from ._options import parse_names
from ._outputs import check_distinct
from ._picture import N_EARLIER, fit_labels, new_figure, widest
from ._reading import read_one_series
from ._source import words_of


def read_to_draw(file, forecast, output, reading):
    """Read a file, and a forecast of it.

    Returns
    -------
    frame : DataFrame
    ahead : None, or pair of the forecast and its bounds
    """
    if forecast is None:
        return read_one_series(file, **reading)[0], None
    if forecast == file == "-":
        msg = "Only one file can come from standard input; got - for FILE and --forecast. "
        raise ValueError(msg + "Name one of them.")
    check_distinct({"--forecast": forecast, "--output": output})
    ahead, bounds = read_forecast(forecast)
    asked = parse_names(reading["columns"])
    if asked is not None:
        unknown = [name for name in asked if name not in ahead]
        if unknown or not asked:
            msg = "--columns must name columns of --forecast, which holds "
            msg += f"{', '.join(map(str, ahead))}; got {', '.join(unknown) or 'none'}. Choose of "
            raise ValueError(msg + "them, or leave --columns out.")
        ahead = ahead[list(dict.fromkeys(asked))]
        bounds = {c: [one[ahead.columns] for one in pair] for c, pair in bounds.items()}
    names = [str(name) for name in ahead]
    reading = reading | {"columns": names, "wanted_by": "--forecast holds"}
    frame, _ = read_one_series(file, **reading)
    kinds = [kind_of_times(one.index) for one in (frame, ahead)]
    if kinds[0] != kinds[1]:
        msg = f"--forecast must have times like those of {words_of(file)} ({kinds[0]}); got "
        raise ValueError(msg + f"{kinds[1]}. Pass a forecast of this file.")
    return frame, (ahead, bounds)


def draw_series(frame, ahead=None, *, has_start=False):
    """Draw one panel a column.

    Parameters
    ----------
    frame : DataFrame of the observed rows
    ahead : pair of the forecast and its bounds, default=None
    has_start : bool, default=False
        Draw all rows before a forecast, not only the newest.

    Returns
    -------
    Figure
    """
    figure = new_figure(10.0, 1.6 + 1.25 * frame.shape[1])
    panels = figure.subplots(frame.shape[1], 1, sharex=True, squeeze=False)
    if ahead is None:
        _draw_observed(frame, panels)
    else:
        _draw_beside(frame, *ahead, panels, has_start)
    fit_labels(panels.ravel())
    return figure


def _draw_observed(frame, panels):
    units = frame.attrs.get("units") or {}
    panels = stacked_axes(list(frame.columns), panels)
    for ax, column in zip(panels, frame.columns, strict=True):
        # A dot shows a point between two missing ones; in a crowd the dots would be all one sees.
        marker = "." if len(frame) < 500 else None
        ax.plot(*line_of(frame, column), color=OBSERVED, linewidth=0.8, marker=marker, markersize=3)
        unit = units.get(column)
        ax.set_ylabel(f"{column}\n[{unit}]" if unit else str(column))
        tidy(ax)
    panels[0].set_title(frame.attrs.get("series") or "", loc="left")
    panels[0].figure.align_ylabels(list(panels))
    if isinstance(frame.index, pd.DatetimeIndex):
        date_axis(panels[-1])
    panels[-1].set_xlabel(time_label(frame.index))


def _draw_beside(frame, forecast, bounds, panels, has_start):
    first, last = forecast.index[0], forecast.index[-1]
    is_before = frame.index < first
    if not has_start:
        is_before &= frame.index >= first - (N_EARLIER + 0.5) * (last - first)
    history = frame[is_before]
    later = frame[(frame.index >= first) & (frame.index <= last)]
    ForecastDisplay.from_predictions(
        forecast,
        history=history if len(history) else None,
        truth=later if len(later) else None,
        title=frame.attrs.get("series"),
        units=frame.attrs.get("units") or None,
        **widest(bounds),
        ax=panels,
    )
