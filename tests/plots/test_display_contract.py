"""Every display keeps scikit-learn's contract; they are found by their names."""

import inspect
import itertools
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from tsnode import NeuralODERegressor, plots

DISPLAYS = {name: getattr(plots, name) for name in plots.__all__}
every_display = pytest.mark.parametrize("name", DISPLAYS)


@pytest.fixture
def draw(pyplot, predictions):  # noqa: ARG001 - figures are closed again
    return lambda name, **options: DISPLAYS[name].from_predictions(**predictions[name], **options)


def test_every_public_name_is_a_display_with_a_case(predictions, asked):
    assert len(DISPLAYS) >= 6
    assert all(name.endswith("Display") for name in DISPLAYS)
    assert set(predictions) == set(asked) == set(DISPLAYS)


@every_display
def test_the_constructor_only_stores(name):
    names = list(inspect.signature(DISPLAYS[name]).parameters)
    values = {each: object() for each in names}
    assert vars(DISPLAYS[name](**values)) == values


@every_display
@pytest.mark.parametrize("method", ["from_estimator", "from_predictions", "plot"])
def test_axes_are_an_option_and_none_by_default(name, method):
    assert inspect.signature(getattr(DISPLAYS[name], method)).parameters["ax"].default is None


@every_display
def test_plot_returns_the_display_with_its_axes_and_figure(name, draw):
    display = draw(name)
    assert type(display) is DISPLAYS[name]
    axes = np.ravel(display.ax_)
    assert len(axes) >= 1
    assert all(each.figure is display.figure_ for each in axes)
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first


@every_display
def test_given_axes_are_drawn_on(name, draw, pyplot):
    n_axes = np.size(draw(name).ax_)
    figure, axes = pyplot.subplots(1, n_axes, squeeze=False)
    n_figures = len(pyplot.get_fignums())
    display = draw(name, ax=axes.ravel() if n_axes > 1 else axes[0, 0])
    assert list(np.ravel(display.ax_)) == list(axes.ravel())
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == n_figures


@every_display
def test_axes_are_labelled_and_can_be_drawn(name, draw):
    display = draw(name)
    display.figure_.canvas.draw()
    axes = np.ravel(display.ax_)
    assert any(each.get_xlabel() for each in axes)
    assert any(each.get_ylabel() for each in axes)


@every_display
def test_lines_are_told_apart_without_colour(name, draw):
    for ax in np.ravel(draw(name).ax_):
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        looks = [(line.get_linestyle(), line.get_linewidth(), line.get_marker()) for line in lines]
        assert all(one != other for one, other in itertools.combinations(looks, 2))


@every_display
def test_an_estimator_that_is_not_fitted_is_refused(name, asked):
    with pytest.raises(NotFittedError, match=r"fitted estimator; got a NeuralODE.*Fit it"):
        DISPLAYS[name].from_estimator(NeuralODERegressor(), **asked[name])


@every_display
def test_without_matplotlib_the_extra_is_named(name, predictions, asked, monkeypatch):
    for module in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install 'tsnode\[plots\]'"):
        DISPLAYS[name].from_predictions(**predictions[name])
    with pytest.raises(ImportError, match=r"pip install 'tsnode\[plots\]'"):
        DISPLAYS[name].from_estimator(NeuralODERegressor(), **asked[name])
