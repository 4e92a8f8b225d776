"""From a file to a forecast of it: what ``tsnode forecast`` does, step by step."""

from . import _outputs
from ._bounds import bounds_of, with_bounds
from ._coverage import judge_coverage
from ._fitting import ModelFactory, calibrate
from ._judging import Trial
from ._progress import progress_bar
from ._reading import describe, read_one_series


def make_forecast(file, reading, asked, report):
    """Read a file, judge a model on its newest part, and forecast by a model of all rows.

    Parameters
    ----------
    file : str
    reading : dict, keywords of ``read_one_series``
    asked : namespace of the command's options
    report : Report
    """
    with progress_bar("reading", quiet=report.quiet):
        frame, notes = read_one_series(file, **reading)
    report(describe(frame, file, notes))
    trial = Trial.plan(frame, asked.horizon, asked.holdout, asked.every)
    report(trial.describe())
    model_of = ModelFactory(asked.model, asked.seed, asked.device, trial)
    trained = model_of.fit(trial.train, "training", report)
    judge(trial, asked.model, trained, asked.intervals, report)
    final = model_of.fit(frame, "refitting on all rows", report)
    ahead, bounds = forecast_by(final, trial.future(), asked.intervals, report)
    ahead.attrs = dict(frame.attrs)
    about = {"file": file, "model": asked.model, "intervals": asked.intervals}
    _outputs.write_forecast(with_bounds(ahead, bounds), asked, about, report)
    if asked.plot:
        _outputs.draw(trial, trained, ahead, bounds, asked.plot, report)


def judge(trial, name, trained, coverages, report):
    """Judge a forecaster on the held-out part, and print how it did."""
    if coverages:
        calibrate(trained, report)
    with progress_bar("judging", quiet=report.quiet):
        trial.judge(name, trained)
        trial.coverage = judge_coverage(trial, trained, coverages)
    report(trial.table())


def forecast_by(model, stamps, coverages, report):
    """Forecast some stamps, with the bounds of each coverage."""
    if coverages:
        calibrate(model, report)
    with progress_bar("forecasting", quiet=report.quiet):
        return model.predict(stamps), bounds_of(model, stamps, coverages)
