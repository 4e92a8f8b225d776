"""The report of a forecast, or of an evaluation, as one HTML page."""

import datetime
import platform
from pathlib import Path

from .. import __version__
from ..frames._words import in_words
from ._error_tables import by_column, by_lead, coverage_by_lead
from ._html import bullets, folded, key_figures, page, picture, table, tag
from ._picture import draw_errors, draw_forecast, draw_training
from ._reading import in_percent, span_of
from ._source import words_of

MOST_ROWS = 400  # of a forecast; more are in its file


def forecast_report(found):
    """Return the page of a forecast.

    Parameters
    ----------
    found : namespace
        ``file``, ``frame`` and ``notes`` of the reading, ``trial``, the ``model`` judged, the
        ``ahead`` and ``bounds`` of the forecast (``ahead`` None: only judged), and ``settings``,
        a dict of what was asked.

    Returns
    -------
    str
    """
    series = found.frame.attrs.get("series")
    what = "Evaluation" if found.ahead is None else "Forecast"
    title = f"{what} of {series or Path(words_of(found.file)).name}"
    parts = [tag("h1", title), tag("p", _subtitle(found), **{"class": "faint"})]
    parts.append(key_figures(_key_figures(found)))
    if found.ahead is not None:
        parts += _forecast_section(found)
    parts += _trust_section(found)
    parts += _reading_section(found)
    parts += _settings_section(found)
    return page(f"{title} - tsnode", parts)


def _subtitle(found):
    index = found.frame.index
    text = f"{words_of(found.file)}: {len(index):,} rows from {in_words(index[0])} to "
    return text + in_words(index[-1])


def _key_figures(found):
    trial = found.trial
    pairs = [("Model", ", ".join(trial.models) or found.settings["model"])]
    if found.ahead is not None:
        pairs.append(("Forecast up to", in_words(found.ahead.index[-1])))
    if trial.has_errors:
        errors = by_lead(trial)
        first = next(iter(trial.models))
        mean = trial.mean_errors()
        pairs.append((f"Error, {errors.label_of_mean}", f"{mean[first]:.3f}"))
        others = mean.drop(list(trial.models))
        if len(others):
            best = others.idxmin()
            pairs.append((f"Against {best}", f"{mean[first] / others[best] - 1:+.1%}"))
    for label, shares in list(trial.coverage.items())[:2]:
        pairs.append((f"Inside the {label} interval", f"{shares.mean().mean():.1%}"))
    return pairs


def _forecast_section(found):
    units = found.frame.attrs.get("units") or {}
    figure = draw_forecast(found.trial, found.model, found.ahead, found.bounds)
    shown = found.table.iloc[:MOST_ROWS]
    heads = ["time", *(_with_unit(name, units) for name in shown)]
    rows = [
        [in_words(stamp), *(f"{value:.4g}" if value == value else "none" for value in row)]
        for stamp, row in zip(shown.index, shown.to_numpy(), strict=True)
    ]
    caption = "What was observed, the forecast, and forecasts made before the same way."
    summary = f"The numbers, {len(shown)} of {len(found.table)} rows"
    return [
        tag("h2", "Forecast"),
        picture(figure, caption),
        folded(summary, table(heads, rows)),
    ]


def _trust_section(found):
    trial = found.trial
    parts = [tag("h2", "How far to trust it")]
    if not trial.has_errors:
        return [*parts, tag("p", "Nothing judged it: there are no rows that it has not seen.")]
    errors = by_lead(trial)
    parts.append(tag("p", f"{trial.describe()[0].upper()}{trial.describe()[1:]}."))
    parts.append(picture(draw_errors(trial), "Error by lead time, and by column over all leads."))
    parts.append(table(errors.heads, errors.rows, errors.caption, best=errors.best))
    columns = by_column(trial)
    parts.append(table(columns.heads, columns.rows, columns.caption, best=columns.best))
    for covered in coverage_by_lead(trial):
        parts.append(table(covered.heads, covered.rows, covered.caption))
    reasons = [f"No {label}: {reason}" for label, reason in trial.refusals.items()]
    parts.append(bullets([*trial.unjudged(), *errors.notes, *reasons]))
    return parts


def _reading_section(found):
    frame = found.frame
    units = frame.attrs.get("units") or {}
    heads = ["column", "unit", "missing", "mean", "std", "min", "max"]
    rows = []
    for name in frame:
        values = frame[name]
        figures = (values.mean(), values.std(), values.min(), values.max())
        missing = in_percent(values.isna().mean())
        rows.append(
            [str(name), units.get(name, ""), missing, *(f"{figure:.4g}" for figure in figures)]
        )
    parts = [tag("h2", "What was read"), tag("p", span_of(frame)), table(heads, rows, text=(1,))]
    if found.notes:
        parts += [tag("p", "How it was read, and what was left out:")]
    return [*parts, bullets(found.notes)]


def _settings_section(found):
    rows = [[name, str(value)] for name, value in found.settings.items()]
    parts = [tag("h2", "Settings"), table(["option", "value"], rows, text=(1,))]
    own = {name: repr(value) for name, value in found.model.get_params(deep=False).items()}
    own = [[name, value] for name, value in own.items()]
    kind = type(found.model).__name__
    parts.append(folded(f"Parameters of {kind}", table(["parameter", "value"], own, text=(1,))))
    figure = draw_training(found.model)
    if figure is not None:
        parts.append(picture(figure, "Losses over the epochs of the training."))
    now = datetime.datetime.now(datetime.UTC)
    made = f"Made by tsnode {__version__} on Python {platform.python_version()}, "
    parts.append(f"<footer>{tag('p', f'{made}{now:%Y-%m-%d %H:%M} UTC.')}</footer>")
    return parts


def _with_unit(name, units):
    unit = units.get(name)
    return f"{name} [{unit}]" if unit else str(name)
