"""Step-map forecasters: x' = f(x) and x' = x + f(x) on a regular grid."""

from dataclasses import replace
from functools import partial

import numpy as np

from ..exceptions import warn_user
from ..frames._rows import build_series
from ..frames._step_grid import StepGrid, check_steps_between
from ._free_runs import FreeRuns
from ._neural import BaseNeuralForecaster
from .paths._delay_path import DelayPath
from .paths._state_path import StatePath


class BaseStepRegressor(FreeRuns, BaseNeuralForecaster):
    """Rows on a regular grid, a map from one grid stamp to the next."""

    _kind = None

    def __init__(
        self, hidden_layer_sizes=(64, 64), activation="tanh", *, module=None,
        module_units="standardised", alpha=None, freq=None, lookback=None,
        training="auto", training_horizon=None, curriculum=None, max_epochs=None, lr=None,
        batch_size=None, optimizer=None, callbacks=None, gradient_clip=None, ema_decay=None,
        lead_weights=None, forcing=None, early_stopping=True, validation_fraction=0.2,
        n_iter_no_change=None, features=None, target_transformer=None,
        series_scaling=False, time=None, time_unit=None, score_horizon=None, calibration="auto",
        warm_start=False, device="auto", random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.module = module
        self.module_units = module_units
        self.alpha = alpha
        self.freq = freq
        self.lookback = lookback
        self.training = training
        self.training_horizon = training_horizon
        self.curriculum = curriculum
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.gradient_clip = gradient_clip
        self.ema_decay = ema_decay
        self.lead_weights = lead_weights
        self.forcing = forcing
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.features = features
        self.target_transformer = target_transformer
        self.series_scaling = series_scaling
        self.time = time
        self.time_unit = time_unit
        self.score_horizon = score_horizon
        self.calibration = calibration
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self._net_params = net_params

    _trainings = ("auto", "match", "shooting")

    # ---------------------------------------------------------------- time in grid steps

    def _learn_steps(self, series):
        self.grid_ = StepGrid.fit(series, self.clock_, self.freq)
        self._step = self.grid_.step
        steps = self.grid_.to_steps(series.times)
        check_steps_between(np.round(steps), series.starts)
        share, largest = self.grid_.largest_shift(steps)
        if self.time_source_.where == "index" and share > 0.01:
            msg = f"{share:.0%} of the rows move by over 10 % of a step to reach the grid (at "
            msg += f"most by {largest:.0%} of a step). Pass freq= to name the grid, or use "
            msg += "NeuralODERegressor, which needs none."
            warn_user(msg, UserWarning)

    def _to_steps(self, times):
        return self.grid_.to_steps(times)

    def _to_times(self, steps):
        return self.grid_.to_times(steps)

    def _physical_units(self):
        # The next state of a plain map has a mean, a change has none.
        shift = -self._center / self._scale if self._kind == "plain" else 0.0
        return {
            "center": self._center, "scale": self._scale, "origin": 0.0, "step": 1.0,
            "factor": 1 / self._scale, "shift": shift,
        }  # fmt: skip

    def _on_grid(self, series):
        """Rows on their nearest grid stamps."""
        return replace(series, times=np.round(series.times))

    def _fit_path(self, series, controls, start=None):
        return self._state_path().fit(_merge_cells(self._on_grid(series)), controls, start)

    def _continue_path(self, series, controls, since):
        self._path.continue_fit(_merge_cells(self._on_grid(series)), controls, since)

    def _check_parameters(self):
        super()._check_parameters()
        if self.lookback is not None and self.module is not None:
            msg = "Expected no lookback beside a module of your own, which reads the present "
            msg += f"state; got lookback={self.lookback!r}. Leave out one of the two."
            raise ValueError(msg)

    def _state_path(self):
        n_delays = 1
        if self.lookback is not None:
            n_delays = round(self._length_in_steps(self.lookback, "lookback"))
        make = StatePath if n_delays == 1 else partial(DelayPath, n_delays=n_delays)
        return make(
            kind=self._kind, hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            activation=self.activation, alpha=self.alpha, training=self.training,
            training_horizon=self._horizon_in_steps(), early_stopping=self.early_stopping,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change, loop=self._loop_parameters(),
            module=self._user_module(), device=self._device(), seed=self._seed,
        )  # fmt: skip

    def _forecast_path(self, known, asked, controls):
        # Rows of one cell are not merged here: a cutoff may lie between them. A row that moved
        # up to its grid stamp must not start after the stamp that is asked.
        known = self._on_grid(known)
        start = known.times[asked.cutoff] if known.n_rows else asked.times
        times = np.where(asked.cutoff >= 0, np.maximum(asked.times, start), asked.times)
        return self._path.forecast(known, replace(asked, times=times), controls)

    # ---------------------------------------------------------------- free runs

    def simulate(self, start, n_steps):
        """Free runs of the map from one start or many, without covariates.

        Parameters
        ----------
        start : array-like of shape (n_channels,) or (n_starts, n_channels)
        n_steps : int
            Steps of the grid.

        Returns
        -------
        ndarray of shape (n_steps + 1, n_channels), or (n_starts, n_steps + 1, n_channels)
            The start first; NaN from where a run diverges (with a ForecastWarning).
        """
        paths = self._run_freely(self._checked_starts(start, n_steps), n_steps, 1.0)
        return paths if np.ndim(start) == 2 else paths[0]


def _merge_cells(series):
    """One row per grid stamp: the mean of the rows that moved there."""
    return build_series(
        series.keys, series.series_of_row, series.times, series.values, series.weights
    )


class ResNetStepRegressor(BaseStepRegressor):
    """Forecast regular time series by a residual step map x' = x + f(x, u).

    The map goes from one stamp of a regular grid to the next: a fixed duration or a calendar
    offset. Rows move to the nearest grid stamp; empty cells are bridged by iterating the map;
    stamps asked between grid stamps are linear between their neighbours.

    Parameters
    ----------
    hidden_layer_sizes, activation, module, module_units, alpha, features, target_transformer, \
series_scaling, time, time_unit, score_horizon, calibration, warm_start, device, random_state, \
verbose, **net_params
        See ``NeuralODERegressor``. In physical units a module gets time as the number of the
        step, and returns the change (this class) or the next state (``NNStepRegressor``).
    freq : None, duration or offset alias, default=None
        The grid: "1h", "MS", a number where time is a plain number. None infers a calendar
        offset, else the median step.
    lookback : None, int or duration, default=None
        How much of the past the map reads: the present state and those of so many steps in all,
        as further inputs (delay coordinates), for systems of which not every state is observed.
        None or 1: the present state alone. Longer ones need more rows; let a search choose.
    training : {"auto", "match", "shooting"}, default="auto"
        One-step fit in closed form (Levenberg-Marquardt), or windows of ``training_horizon``
        steps by gradient descent. "auto": the first, and the second where a parameter of the
        loop is set.
    training_horizon, curriculum, max_epochs, lr, batch_size, optimizer, callbacks, \
gradient_clip, ema_decay, lead_weights, forcing, early_stopping, validation_fraction, \
n_iter_no_change
        See ``NeuralODERegressor``.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import ResNetStepRegressor
    >>> t = np.arange(200.0)
    >>> y = np.column_stack([np.cos(t / 5), np.sin(t / 5)])
    >>> model = ResNetStepRegressor(random_state=0).fit(t[:, None], y)
    >>> bool(np.abs(model.predict([[205.0]]) - [np.cos(41.0), np.sin(41.0)]).max() < 0.05)
    True
    """

    _kind = "residual"


class NNStepRegressor(BaseStepRegressor):
    """Forecast regular time series by a plain step map x' = f(x, u).

    For maps whose step is no small change; else ``ResNetStepRegressor`` starts closer.

    Parameters
    ----------
    hidden_layer_sizes, activation, freq, training, ... : see ``ResNetStepRegressor``.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NNStepRegressor
    >>> x = [0.3]
    >>> for _ in range(300): x.append(3.7 * x[-1] * (1 - x[-1]))
    >>> t = np.arange(301.0)
    >>> model = NNStepRegressor(random_state=0).fit(t[:, None], x)
    >>> bool(abs(model.predict([[301.0]])[0] - 3.7 * x[-1] * (1 - x[-1])) < 0.02)
    True
    """

    _kind = "plain"
