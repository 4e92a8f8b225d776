"""``tsnode models``: the forecasters that the command knows, and when to use which."""

from typing import NamedTuple

import click

from ._report import print_out


class Model(NamedTuple):
    """One forecaster.

    Attributes
    ----------
    estimator : str, name in ``tsnode`` of the class, or of the function that makes one
    what : str, what it is
    when : str, the data it is for
    """

    estimator: str
    what: str
    when: str


MODELS = {
    "neural-ode": Model(
        "NeuralODERegressor",
        "dx/dt = f(x, u, t), solved between any two stamps",
        "irregular stamps, missing values, hidden state",
    ),
    "weather": Model(
        "make_weather_forecaster",
        "the ODE with the settings of weather: two days of history, channels kept in their range",
        "weather stations",
    ),
    "resnet-step": Model(
        "ResNetStepRegressor",
        "x' = x + f(x), one step of a regular grid",
        "regular stamps, small steps",
    ),
    "nn-step": Model("NNStepRegressor", "x' = f(x)", "regular stamps, maps that are no flows"),
    "ridge": Model(
        "RidgeLagRegressor",
        "all leads linear in the last 48 steps",
        "the baseline that is hard to beat",
    ),
    "seasonal": Model(
        "SeasonalNaiveRegressor", "the value one period before", "strongly seasonal data"
    ),
    "persistence": Model("PersistenceRegressor", "the last value", "very short leads"),
}

# Estimators of other kinds, which no command asks: name -> what it is, when to use it.
OTHERS = {
    "ContinuousNormalizingFlow": (
        "a density: a Gaussian or a mixture carried to the data along dz/dt = f(z, t)",
        "log-densities and new rows of a few columns; y given X (conditional=True)",
    ),
    "UniversalODERegressor": (
        "dz/dt = a known law + what it leaves out; the law's parameters with standard errors",
        "physics of which a part is known, an energy, states that are never negative",
    ),
    "LatentODERegressor": (
        "a variational state behind a history: gaps filled, futures drawn",
        "many short series of one kind, sparsely and irregularly observed",
    ),
    "NeuralCDERegressor": (
        "a state that the path of a history drives, dz = F(z, u) dX, and that goes on with time",
        "irregular, partly missing series whose hidden state must be inferred from their past",
    ),
    "NeuralSDERegressor": (
        "dz = f(z, u) dt + g(z) dW: noise is part of the law",
        "noisy dynamics; sample paths, and intervals of the model's own",
    ),
    "NeuralPDERegressor": (
        "du/dt = f(u, u_x, u_xx, ...), one law for all points of a grid; known terms' coefficients "
        "with standard errors",
        "fields on regular grids, asked on finer ones",
    ),
    "NeuralCDEClassifier": (
        "a state that a path through the observations drives, dz = F(z) dX",
        "classes of whole series: irregular stamps, missing values",
    ),
    "NeuralODEClassifier": (
        "images, signals and rows through dz/dt = f(t, z), or through a stack of blocks",
        "classes; few weights, or depth whose cost is chosen after training",
    ),
}


def name_of(estimator):
    """Return what the command calls a class, by the name of the class."""
    names = {model.estimator: name for name, model in MODELS.items()}
    return names.get(estimator, estimator)


def name_of_fitted(model):
    """Return what the command calls a forecaster; that of weather keeps channels in ranges."""
    if type(model.target_transformer).__name__ == "PhysicalRanges":
        return "weather"
    return name_of(type(model).__name__)


@click.command(short_help="List the forecasters, and when to use which.")
def models():
    """List the forecasters by their names, and when to use which."""
    _print_table("--model", [(name, model.what, model.when) for name, model in MODELS.items()])
    print_out("\nWhich of them fits a file, and why, is told by: tsnode describe FILE")
    print_out("\nBeyond forecasts, in Python only:\n")
    _print_table("tsnode.", [(name, *words) for name, words in OTHERS.items()])


def _print_table(head, rows):
    rows = [(head, "what it is", "when to use it"), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)]
        print_out("  ".join(cells).rstrip())
