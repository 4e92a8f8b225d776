"""From a file to a forecast of it: what ``tsnode forecast`` does, step by step."""

import os
from types import SimpleNamespace

from ..frames._calendar_step import Step
from ..frames._words import in_words
from . import _outputs
from ._bounds import bounds_of, with_bounds
from ._coverage import judge_coverage
from ._fitting import ModelFactory, calibrate
from ._judging import Trial
from ._model_file import SavedModel, save_model
from ._progress import progress_bar
from ._reading import describe, read_one_series
from ._source import words_of
from ._times import parse_horizon, stamps_ahead


def make_forecast(file, reading, asked, report):
    """Read a file, judge a model on its newest part, and forecast by a model of all rows.

    Parameters
    ----------
    file : str
    reading : dict, keywords of ``read_one_series``
    asked : namespace of the command's options
    report : Report
    """
    if asked.model_file is not None and os.path.exists(asked.model_file):
        found = _by_saved_model(file, reading, asked, report)
    else:
        found = _by_new_model(file, reading, asked, report)
    found.file, found.settings = file, asked.settings | {"model": asked.model}
    found.table = with_bounds(found.ahead, found.bounds)
    about = {"file": words_of(file), "model": asked.model, "intervals": asked.intervals}
    _outputs.write_forecast(found.table, asked, about, report)
    if asked.plot:
        _outputs.draw(found, asked.plot, report)
    if asked.report:
        _outputs.write_report(found, asked.report, report)


def read(file, reading, report):
    """Read the series of a file, say what it holds, and return it with what was left out."""
    with progress_bar("reading", quiet=report.quiet):
        frame, notes = read_one_series(file, **reading)
    report(describe(frame, file, notes))
    return frame, notes


def judge(trial, models, coverages, report):
    """Judge forecasters on the held-out part, and print how they did.

    Parameters
    ----------
    trial : Trial
    models : dict of str to fitted forecaster
    coverages : list of float
    report : Report
    """
    for model in models.values() if coverages else ():
        calibrate(model, report)
    with progress_bar("judging", quiet=report.quiet):
        trial.judge(models)
        for name, model in models.items():
            label = name if len(models) > 1 else None
            trial.coverage |= judge_coverage(trial, model, coverages, label)
    report(trial.table())


def _by_new_model(file, reading, asked, report):
    """Fit twice: on the older rows, to judge, and on all of them, to forecast."""
    frame, notes = read(file, reading, report)
    trial = Trial.plan(frame, asked.horizon, asked.holdout, asked.every)
    report(trial.describe())
    model_of = ModelFactory(asked.model, asked, trial)
    trained = model_of.fit(trial.train, "training", report)
    judge(trial, {asked.model: trained}, asked.intervals, report)
    final = model_of.fit(frame, "refitting on all rows", report)
    if asked.model_file is not None:
        save_model(final, asked.model_file, frame, report)
    ahead, bounds = _forecast_by(final, trial.ahead, asked, frame, report)
    return SimpleNamespace(
        frame=frame, notes=notes, trial=trial, model=trained, ahead=ahead, bounds=bounds
    )


def _by_saved_model(file, reading, asked, report):
    """Start the forecast of a saved model from the newest rows; no training."""
    saved = SavedModel.load(asked.model_file, asked.model if "model" in asked.given else None)
    asked.model = saved.name
    frame, notes = read(file, saved.reading(reading), report)
    newer = saved.newer_rows(frame, file)
    step = Step.of(frame.index)
    n_leads = parse_horizon(asked.horizon, step, frame.index[-1])
    stamps = stamps_ahead(frame.index, step, n_leads, asked.horizon, asked.every)
    report(
        f"{saved.path}: {saved.name} of rows up to {in_words(saved.end)}, not trained again; "
        f"{len(newer):,} newer rows of {words_of(file)}"
    )
    unused = sorted(asked.given & {"holdout", "seed", "device"})
    if unused:
        report(f"of no effect without training: {', '.join(f'--{name}' for name in unused)}")
    trial = _trial_of_newer(frame, newer, asked, report)
    if trial is not None:
        judge(trial, {saved.name: saved.model}, asked.intervals, report)
    else:
        trial = Trial(frame, None, step, n_leads, None, stamps)
    if len(newer):
        saved.model.update(newer.index, newer)
    ahead, bounds = _forecast_by(saved.model, stamps, asked, frame, report)
    return SimpleNamespace(
        frame=frame, notes=notes, trial=trial, model=saved.model, ahead=ahead, bounds=bounds
    )


def _trial_of_newer(frame, newer, asked, report):
    """Trial on the rows that a saved model has not seen; None if they are too few."""
    if len(newer) < 2:
        reason = "--model-file was fitted on all others"
    else:
        try:
            return Trial.plan(frame, asked.horizon, newer.index[0], asked.every)
        except ValueError as error:
            reason = str(error).split(". ")[0]
    report(f"not judged on {len(newer)} newer row(s): {reason}")
    return None


def _forecast_by(model, stamps, asked, frame, report):
    """Forecast some stamps, with the bounds of each coverage."""
    if asked.intervals:
        calibrate(model, report)
    with progress_bar("forecasting", quiet=report.quiet):
        ahead = model.predict(stamps)
        bounds = bounds_of(model, stamps, asked.intervals)
    if model.container_.kind == "series":
        ahead = ahead.to_frame()
        bounds = {c: [one.to_frame() for one in interval] for c, interval in bounds.items()}
    ahead.attrs = dict(frame.attrs)
    return ahead, bounds
