"""``tsnode forecast``: read, judge on the newest part, refit on everything, forecast."""

import time

import click

from ._options import option, reading_options
from ._report import Report, warnings_as_notes

MODELS = {
    "neural-ode": "NeuralODERegressor",
    "resnet-step": "ResNetStepRegressor",
    "nn-step": "NNStepRegressor",
    "ridge": "RidgeLagRegressor",
    "seasonal": "SeasonalNaiveRegressor",
    "persistence": "PersistenceRegressor",
}

MAX_SEED = 2**32 - 1  # of NumPy's generators

HELP = {
    "horizon": "How far ahead: a duration such as 24h or 2D, or a whole number of steps.",
    "model": "Forecaster.",
    "holdout": "Newest part, which only judges: its first date, or its share of the time.",
    "output": "Write the forecast to this CSV; - is standard output.",
    "plot": "Draw forecast and error into this file (png, pdf or svg).",
    "seed": "Seed of the training.",
    "device": "auto, cpu or cuda.",
    "quiet": "Print errors only.",
}


def _option(flag, **settings):
    return option(flag, text=HELP[flag.removeprefix("--")], **settings)


@click.command(short_help="Forecast a CSV and say how far to trust it.")
@reading_options
@_option("--horizon", default="24h", show_default=True, metavar="DURATION|STEPS")
@_option("--model", type=click.Choice(list(MODELS)), default="neural-ode", show_default=True)
@_option("--holdout", default="0.25", show_default=True, metavar="DATE|SHARE")
@_option("--output", metavar="CSV")
@_option("--plot", metavar="PNG")
@_option("--seed", type=int, default=0, show_default=True)
@_option("--device", default="auto", show_default=True)
@_option("--quiet", is_flag=True)
def forecast(
    file, horizon, columns, model, series, time, holdout, output, plot, seed, device, quiet
):
    """Forecast the series in FILE and say how far to trust the forecast.

    FILE is a CSV with a time column, or nyc-weather for the data that come with tsnode. The newest
    part is held out; the error there is printed by lead time beside persistence, the same hour
    yesterday and ridge regression. The forecast itself is then made by a model of all rows.
    """
    # pandas, torch and matplotlib load here, so that --help answers at once.
    from . import _outputs
    from ._judging import Trial
    from ._reading import describe, read_one_series

    _outputs.check_outputs(output, plot, file, quiet=quiet)
    check_training(seed, device)
    report = Report(quiet=quiet, to_stderr=output == "-")
    with warnings_as_notes(quiet):
        frame, notes = read_one_series(file, series, columns, time)
        report(describe(frame, file, notes))
        trial = Trial.plan(frame, horizon, holdout)
        report(trial.describe())
        model_of = ModelFactory(model, seed, device, trial)
        trained = model_of.fit(trial.train, "training", report)
        trial.judge(model, trained)
        report(trial.table())
        final = model_of.fit(frame, "refitting on all rows", report)
        ahead = final.predict(trial.future())
        ahead.attrs = dict(frame.attrs)
        _outputs.write_forecast(ahead, output, report)
        if plot:
            _outputs.draw(trial, trained, ahead, plot, report)


def check_training(seed, device):
    """Refuse a seed or a device that no model could train with, whatever the model."""
    if not 0 <= seed <= MAX_SEED:
        msg = f"--seed must be a whole number from 0 to {MAX_SEED}; got {seed}. Pass one of these."
        raise ValueError(msg)
    if device not in ("auto", "cpu"):
        from ..batches import pick_device

        pick_device(device)


class ModelFactory:
    """Fit the chosen forecaster, with a progress bar and the seconds it took."""

    def __init__(self, name, seed, device, trial):
        self.name = name
        self.settings = {
            "random_state": seed,
            "device": device,
            "features": trial.calendar(),
        }
        if name == "neural-ode":
            # It trains for the horizon that is asked, and reads the cycles off its own history.
            self.settings |= {"features": None, "training_horizon": trial.n_leads}

    def fit(self, frame, stage, report):
        """Return the forecaster fitted on ``frame``."""
        from ._progress import progress_bar

        estimator = self._make()  # loads torch, which is no part of the training
        began = time.perf_counter()
        with progress_bar(stage, quiet=report.quiet):
            fitted = estimator.fit(frame.index, frame)
        report(f"{self.name}: {stage} took {time.perf_counter() - began:.1f} s")
        return fitted

    def _make(self):
        import tsnode

        estimator = getattr(tsnode, MODELS[self.name])()
        known = estimator.get_params()
        return estimator.set_params(**{k: v for k, v in self.settings.items() if k in known})
