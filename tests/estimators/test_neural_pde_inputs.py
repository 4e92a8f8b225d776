"""What a neural PDE refuses, each with one sentence that says what to do."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralPDERegressor
from tsnode.exceptions import GridError

LINE = np.arange(8) / 8


def rods(line=LINE, channels=("u",), n=12):
    columns = pd.MultiIndex.from_product([channels, line], names=["channel", "x"])
    times = pd.Index(np.arange(float(n)), name="time")
    waves = np.sin(np.add.outer(0.3 * np.arange(n), np.arange(len(columns))))
    return pd.DataFrame(waves, index=times, columns=columns)


def flat_rods(line):
    """Tuples in an index of one level, as an assignment of a list makes them."""
    frame = rods(np.arange(len(line)))
    frame.columns = [("u", x) for x in line]
    return frame


def fit(frame, **params):
    return NeuralPDERegressor(**{"hidden_layer_sizes": (), "calibration": None} | params).fit(frame)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (rods(np.array([0.0, 1.0, 3.0])), "regular grid along x.*from 1 to 2.*Interpolate"),
        (rods(list("abc")), "numbers in all levels.*'a'"),
        (rods(np.array([0, 1j])), "numbers in all levels"),
        (rods(np.array([0.0, 1.0, 1.0])), r"once; got \('u', 1.0\) repeatedly"),
        (flat_rods([0.0, 1.0, 1.0]), r"once; got \('u', 1.0\) repeatedly"),
        (rods(channels=("u", "v")).iloc[:, :-1], r"no column for 1 of 16.*\('v', 0.875\)"),
        (rods(np.array([0.0, np.inf])), "finite numbers"),
    ],
)
def test_columns_that_are_no_grid_are_refused(frame, words):
    with pytest.raises(GridError, match=words):
        fit(frame)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"boundary": "open"}, "boundary must be one of 'periodic'"),
        ({"boundary_values": 1.0}, "boundary='dirichlet' only"),
        ({"boundary": "dirichlet", "boundary_values": "hot"}, "a number or .left, right."),
        ({"known_terms": {"difusion": None}}, "dict of 'diffusion', 'advection'"),
        ({"known_terms": {"diffusion": "fast"}}, "None or finite numbers"),
        ({"known_terms": {"diffusion": np.inf}}, "None or finite numbers"),
        ({"remainder": None}, "known_terms beside remainder=None"),
        ({"remainder": "network"}, "remainder must be one of"),
        ({"order": 0}, "order must be"),
        ({"grid": LINE}, "Leave grid out"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(params, words):
    with pytest.raises(ValueError, match=words):
        fit(rods(), **params)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"known_terms": {"diffusion": None}}, "at least 3 points.*known_terms.'diffusion'."),
        ({"order": 3}, "at least 5 points.*lower order"),
    ],
)
def test_too_few_points_for_a_stencil_are_refused(params, words):
    with pytest.raises(GridError, match=words):
        fit(rods(LINE[:2]), **params)


@pytest.mark.parametrize("kind", [complex, object])
def test_fields_that_are_no_real_numbers_are_refused(kind):
    frame = rods().astype(kind).replace(0.0, "warm" if kind is object else 0.0)
    with pytest.raises(ValueError, match="[Cc]omplex|could not convert"):
        NeuralPDERegressor().fit(frame.index, frame)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ([0.0, 0.5, 0.6], "regular grid"),
        (np.arange(8) / 4, "divide the period 1 along x"),
        ("fine", "array of numbers"),
        ((LINE, LINE), "array of numbers"),
        ((LINE, LINE[:2]), "array of numbers"),
        ([0.0, 0.5, 0.25], "rising"),
    ],
)
def test_grids_of_no_use_are_refused_and_the_model_stays(grid, words):
    model = fit(rods(), remainder="polynomial")
    ahead = pd.Index([12.0])
    before = model.predict(ahead)
    with pytest.raises(GridError, match=words):
        model.predict(ahead, grid=grid)
    pd.testing.assert_frame_equal(model.predict(ahead), before)


def test_a_grid_beyond_fixed_edges_is_refused():
    model = fit(rods(), boundary="neumann", remainder="polynomial")
    with pytest.raises(GridError, match="from 0 to 0.875 along x"):
        model.predict(pd.Index([12.0]), grid=np.linspace(0, 1, 9))


def test_arrays_of_another_shape_are_refused():
    times = np.arange(12.0)[:, None]
    array = np.random.default_rng(0).normal(size=(12, 8, 2))
    with pytest.raises(GridError, match=r"coordinates of \(8,\) points"):
        NeuralPDERegressor(grid=LINE[:5], time=0).fit(times, array)
    model = NeuralPDERegressor({"diffusion": 1.0}, remainder=None, time=0, calibration=None).fit(
        times, array
    )
    with pytest.raises(ValueError, match=r"\(8, 2\) as in fit.*got \(4, 2\)"):
        model.predict(times, history=array[:, :4])


def test_a_refused_refit_leaves_the_model_as_it_was():
    model = fit(rods(), remainder="polynomial")
    before = model.forecast(2)
    other = rods(np.array([0.0, 1.0, 3.0]))
    with pytest.raises(GridError):
        model.fit(other.index, other)
    pd.testing.assert_frame_equal(model.forecast(2), before)


def test_a_field_that_never_moves_tells_nothing_of_a_known_term():
    still = rods() * 0 + 3.0
    model = fit(still, known_terms={"diffusion": None}, remainder=None)
    assert model.standard_errors_["diffusion"] == np.inf
    assert (model.forecast(3) == 3.0).all(axis=None)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_the_unit_of_a_field_changes_nothing(size):
    expected = fit(rods(), remainder="polynomial").forecast(2)
    found = fit(size * rods(), remainder="polynomial").forecast(2)
    np.testing.assert_allclose(found / size, expected, rtol=1e-6)
