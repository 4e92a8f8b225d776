"""Neural PDE forecaster: fields on a regular grid, du/dt a function of u and its derivatives."""

import time as clock_time
from dataclasses import replace

import numpy as np

from .._constraints import check_choice, check_count, check_layers, check_number
from .._random import draw_seed
from ..dynamics._field_grid import BOUNDARIES, FieldGrid, derivatives_up_to
from ..dynamics._field_law import FieldLaw, library
from ..frames._clock import SECONDS
from ..frames._field_columns import as_lines, check_same_region, read_field_columns
from ..training._field_match import Parameter
from ._base import BaseForecaster
from ._field_arrays import FieldArrays
from ._field_terms import (
    check_known_terms,
    check_order,
    known_parameters,
    known_values,
    read_edges,
    write_equations,
)
from ._fit_report import FitReport
from ._neural import _spread
from .paths._field_path import FieldPath
from .paths._field_starts import N_BACK

REMAINDERS = ("auto", "polynomial", "neural", None)


class NeuralPDERegressor(FieldArrays, BaseForecaster):
    """Forecast fields on a regular grid by a partial differential equation that is learned.

    Every point obeys the same law, du/dt = known terms + remainder(u, u_x, u_xx, ...): the
    derivatives are stencils of the grid (convolutions in physical units), the remainder is a
    polynomial of few of them, and a network where that is not enough. So what is learned on one
    grid can be asked on a finer one. Solved by the method of lines.

    Parameters
    ----------
    known_terms : dict of str -> None, number or array, default=None
        "diffusion": D (u_xx + u_yy), "advection": -(c_x u_x + c_y u_y). None: the coefficient is
        to be found, one a channel (and axis, for c); a number or array of that shape: it is given.
    remainder : {"auto", "polynomial", "neural"} or None, default="auto"
        What stands beside the known terms. "polynomial": those products of up to ``degree``
        derivatives that the data ask for. "neural": all linear terms of the data, and a network.
        "auto": the polynomial, and the network if it explains a tenth more. None: nothing.
    boundary : {"periodic", "dirichlet", "neumann"}, default="periodic"
        Behind the edge the field comes round again; its values there stay as they are; or its slope
        across the edge is zero. The last two have their first and last points on the edge.
    boundary_values : number or (left, right), default=None
        Of a "dirichlet" boundary; None: those of the edges' points at the start of a forecast. Two
        axes have one number for all edges (None: their mean).
    grid : array, or tuple of two arrays, default=None
        Coordinates of the points of an array ``y``; None: 0, 1, 2, ...
    order : int, default=None
        Of the highest derivative; None: 4 (2 on two axes), or what the grid has points for.
    degree : int, default=3
        Of the polynomial: products of two of u and its first and second derivatives, and of more
        of the values alone.
    hidden_layer_sizes : tuple of int, default=(32,)
        Of the network, which reads u and its first and second derivatives at a point.
    alpha : float, default=1e-4
        L2 penalty of the network's weights.
    max_epochs : int, default=300
        Steps of the network's optimiser (L-BFGS, full batch).
    time, time_unit, score_horizon, random_state
        See ``NeuralODERegressor``.
    calibration : "auto", None or int, default="auto"
        See ``NeuralODERegressor``.

    Attributes
    ----------
    coefficients_ : dict of str -> float or array
        Of the known terms, in units of the coordinates and ``time_unit_``: D of shape
        (n_channels,), c of shape (n_channels, n_axes); plain numbers where that is one.
    standard_errors_ : dict of the same shape
        From the scatter between windows of rows; 0 where given.
    channels_, coordinates_ : tuple, tuple of arrays
    fit_report_ : FitReport
        Which terms and tools were chosen, and the errors behind it.
    equation_ : dict of str -> str
        The polynomial part for every channel, in the units of the data.
    clock_, time_unit_, step_ : Clock, str, float

    Notes
    -----
    y may be a frame with columns (channel, x) or (channel, x, y); a frame of plain columns, which
    are the points of one channel (numbers: their coordinates); or an array (time, x[, y],
    channel). Covariates do not matter to it. Stamps may be irregular, entries missing.

    The law is matched to smoothed slopes (terms go one by one while held-out slopes allow), then
    sharpened by Gauss-Newton on solves over 4 to 36 rows. Solves take ETDRK4 steps, stiff linear
    terms exactly, in steps that follow from the rest's spectral radius on the grid asked. Free runs
    that do worse on the newest rows than a field that stands still are replaced by that.

    Measured by ``examples/08_pde_fields.py`` (3 seeds, new starts): Kuramoto-Sivashinsky is
    foretold over all of 30 units of time (dynamic mode decomposition: 1.9 to 6.7), Burgers over
    all of 6 (0.1); on a grid twice as fine the error is 0.8 to 1.4 times that on the own one; the
    diffusivity of heat from rows with 2 % noise and gaps is within 0.3 %.

    References
    ----------
    Long et al. (2018), PDE-Net. Rudy et al. (2017), Data-driven discovery of partial differential
    equations. Cox and Matthews (2002), Exponential time differencing for stiff systems.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralPDERegressor
    >>> from tsnode.datasets import make_heat
    >>> rods = make_heat(60, n_points=16, noise=0.01, random_state=0)
    >>> model = NeuralPDERegressor({"diffusion": None}, remainder=None).fit(rods)
    >>> bool(abs(model.coefficients_["diffusion"] - 0.1) < 0.002)
    True
    >>> ahead = rods.index[-1:] + 0.5
    >>> model.predict(ahead, grid=np.arange(32) * np.pi / 16).shape
    (1, 32)
    >>> model.predict(ahead, grid=[0.0, 1.0, 3.0])
    Traceback (most recent call last):
        ...
    tsnode.exceptions.GridError: Expected a regular grid along x, all points equally far apart; \
got distances from 1 to 2. Interpolate the fields to equally spaced points first.
    """

    def __init__(
        self, known_terms=None, *, remainder="auto", boundary="periodic", boundary_values=None,
        grid=None, order=None, degree=3, hidden_layer_sizes=(32,), alpha=1e-4, max_epochs=300,
        time=None, time_unit=None, score_horizon=None, calibration="auto", random_state=None,
    ):  # fmt: skip
        self.known_terms = known_terms
        self.remainder = remainder
        self.boundary = boundary
        self.boundary_values = boundary_values
        self.grid = grid
        self.order = order
        self.degree = degree
        self.hidden_layer_sizes = hidden_layer_sizes
        self.alpha = alpha
        self.max_epochs = max_epochs
        self.time = time
        self.time_unit = time_unit
        self.score_horizon = score_horizon
        self.calibration = calibration
        self.random_state = random_state

    def _check_parameters(self):
        check_choice("remainder", self.remainder, REMAINDERS)
        check_choice("boundary", self.boundary, BOUNDARIES)
        check_choice("time_unit", self.time_unit, (None, *SECONDS))
        check_count("order", self.order, none_ok=True, high=8)
        check_count("degree", self.degree, high=4)
        check_layers("hidden_layer_sizes", self.hidden_layer_sizes)
        check_number("alpha", self.alpha, low=0)
        check_count("max_epochs", self.max_epochs)
        check_known_terms(self.known_terms)
        if self.remainder is None and not self.known_terms:
            msg = "Expected known_terms beside remainder=None; got neither. Name a known term, or "
            raise ValueError(msg + "leave remainder at 'auto'.")
        if self.boundary_values is not None and self.boundary != "dirichlet":
            msg = "Expected boundary_values beside boundary='dirichlet' only; got "
            msg += f"{self.boundary_values!r} beside {self.boundary!r}. Leave them out."
            raise ValueError(msg)

    # ---------------------------------------------------------------- fit

    def _fit_series(self, series, controls):  # noqa: ARG002 - covariates do not matter here
        begin = clock_time.perf_counter()
        self._seed = draw_seed(self.random_state)
        container = self.container_
        self._columns = columns = read_field_columns(
            container.columns, container.names, container.shape, self.grid
        )
        self._step, self._origin = self._median_step(), float(series.times.min())
        fields = columns.take(series.values)
        self._center, self._scale = _units(fields, series.weights)
        path = self._make_path()
        self._field_path = path.fit(
            self._on_clock(series), self._standardised(fields), series.weights
        )
        self._read_coefficients()
        report = path.report | {"equation": list(self.equation_.values())}
        report["channels"] = ["u" if name is None else str(name) for name in columns.channels]
        report["recoveries"], report["seconds"] = [], round(clock_time.perf_counter() - begin, 3)
        self.fit_report_ = FitReport(report)

    def _make_path(self):
        columns, n_channels = self._columns, len(self._columns.channels)
        grid = FieldGrid(columns.shape, (1.0,) * len(columns.shape), self.boundary)
        check_order(self.known_terms, self.order, grid)
        usual = min(4 if grid.n_axes == 1 else 2, grid.most_order)
        derivatives = derivatives_up_to(usual if self.order is None else self.order, grid.n_axes)
        degree = self.degree if self.remainder in ("auto", "polynomial") else 1
        terms = library(n_channels, derivatives, degree, inner_order=2)
        known = {
            name: known_values(name, value, n_channels, grid.n_axes)
            for name, value in (self.known_terms or {}).items()
        }
        spacing = np.array(columns.spacing)
        factors = {"diffusion": self._step / spacing**2, "advection": -self._step / spacing}
        parameters, given, taken = known_parameters(known, terms, derivatives, n_channels, factors)
        self._known = known
        if self.remainder is not None:
            parameters += [
                Parameter(channel, ((term, 1.0),))
                for channel in range(n_channels)
                for term in range(len(terms))
                if (channel, term) not in taken
            ]
        parameters.sort(key=lambda one: one.channel)
        n = len(derivatives)
        low = [k for k, orders in enumerate(derivatives) if sum(orders) <= 2]
        return FieldPath(
            grid, FieldLaw(n_channels, derivatives, terms, given), parameters,
            remainder=self.remainder, edges=self._standard_edges(n_channels),
            inputs=[channel * n + k for channel in range(n_channels) for k in low],
            hidden_layer_sizes=self.hidden_layer_sizes, alpha=self.alpha,
            max_epochs=self.max_epochs, seed=self._seed,
        )  # fmt: skip

    def _standard_edges(self, n_channels):
        edges = read_edges(self.boundary_values, n_channels, len(self._columns.shape))
        return None if edges is None else (edges - self._center[:, None]) / self._scale[:, None]

    def _on_clock(self, series):
        return replace(series, times=(series.times - self._origin) / self._step)

    def _standardised(self, fields):
        shape = (-1, *(1,) * (fields.ndim - 2))
        return (fields - self._center.reshape(shape)) / self._scale.reshape(shape)

    def _in_units(self, fields):
        shape = (-1, *(1,) * (fields.ndim - 2))
        return fields * self._scale.reshape(shape) + self._center.reshape(shape)

    def _read_coefficients(self):
        """Known terms' coefficients and standard errors, in the order they were made."""
        path, columns = self._field_path, self._columns
        found = [k for k, one in enumerate(path.parameters) if one.is_known]
        spread = np.sqrt(np.diag(path.covariance))
        self.coefficients_, self.standard_errors_ = {}, {}
        n_channels = len(columns.channels)
        value, error = iter(path.theta[found]), iter(spread[found])
        tables = {name: (given.copy(), np.zeros_like(given)) for name, given in self._known.items()}
        for channel in range(n_channels):
            for given, errors in tables.values():
                for k in np.flatnonzero(np.isnan(given[channel])):
                    given[channel, k], errors[channel, k] = next(value), next(error)
        for name, (given, errors) in tables.items():
            self.coefficients_[name] = _plain(given, name)
            self.standard_errors_[name] = _plain(errors, name)

    @property
    def equation_(self):
        """The polynomial part of every channel's law, in units of the data and ``time_unit_``."""
        columns, law = self._columns, self._field_path.law
        units = self._center, self._scale, columns.spacing, self._step
        return write_equations(law, columns.channels, *units)

    @property
    def channels_(self):
        """Names of the channels."""
        return self._columns.channels

    @property
    def coordinates_(self):
        """Coordinates of the points, one array an axis."""
        return self._columns.coordinates

    @property
    def step_(self):
        """Median step of fit, in ``time_unit_``."""
        return self._step

    def _settings_of_twin(self):
        return super()._settings_of_twin() | {"random_state": self._seed}

    # ---------------------------------------------------------------- predict

    def predict(self, X, history=None, horizon=1, *, grid=None):
        """Forecast the fields at the stamps of X, on the grid of fit or another of its region.

        Parameters
        ----------
        X, history, horizon
            As in the other forecasters.
        grid : array, or tuple of two arrays, default=None
            Coordinates of another regular grid, finer or coarser: the state is interpolated to it
            (by waves) and solved there. The columns of the answer are its points.

        Returns
        -------
        DataFrame, Series or ndarray
            In the order of X's rows, in the form of y.

        Raises
        ------
        GridError
            A grid that is not regular or covers another region.
        """
        asked = self._read_asked(X, history, horizon)
        if grid is None:
            return self.container_.wrap(self._answer(asked), asked.index)
        lines = as_lines(grid, len(self._columns.coordinates))
        check_same_region(lines, self._columns, self.boundary)
        container = self.container_.on_grid(self._columns.channels, lines)
        return container.wrap(self._answer(asked, grid=lines), asked.index)

    def _reads_back(self):
        return N_BACK, 0.0

    def _forecast_requests(self, known, requests, controls, grid=None):  # noqa: ARG002
        fields = self._standardised(self._columns.take(known.values))
        asked = replace(requests, times=(requests.times - self._origin) / self._step)
        other, columns, start = None, self._columns, None
        if grid is not None:
            spacing, own = columns.spacing, columns.coordinates
            columns = replace(columns, coordinates=grid)
            apart = tuple(a / b for a, b in zip(columns.spacing, spacing, strict=True))
            other = FieldGrid(columns.shape, apart, self.boundary)
            start = tuple(
                float((line[0] - old[0]) / d)
                for line, old, d in zip(grid, own, spacing, strict=True)
            )
        found = self._field_path.forecast(self._on_clock(known), fields, asked, other, start)
        found = self._in_units(found)
        if columns.kind == "array" and other is not None:
            return np.moveaxis(found, 1, -1).reshape(len(found), -1)
        return found.reshape(len(found), -1) if other is not None else columns.put(found)


def _units(fields, weights):
    """Centre and scale of every channel over all of its points."""
    n_points = int(np.prod(fields.shape[2:]))
    values = np.moveaxis(fields.reshape(*fields.shape[:2], n_points), 1, -1)
    center, scale = _spread(values.reshape(-1, fields.shape[1]), np.repeat(weights, n_points))
    # Laws have their few terms in u, not in u less some number.
    return np.where(np.abs(center) < 0.5 * scale, 0.0, center), scale


def _plain(table, name):
    """Drop axes of length 1: a number, (n_channels,) or (n_channels, n_axes)."""
    table = table[:, 0] if name == "diffusion" or table.shape[1] == 1 else table
    return float(table[0]) if table.shape == (1,) else table
