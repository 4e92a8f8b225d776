"""What the learned forecasters share: standardised states, time in steps, one trained path."""

import numbers
import time as clock_time
from dataclasses import replace

import numpy as np

from .._constraints import check_choice, check_count, check_flag, check_layers, check_number
from .._progress import printing, say
from .._random import draw_seed
from ..batches import pick_device
from ..dynamics._mlp import ACTIVATIONS
from ..exceptions import FitWarning, warn_user
from ..frames._clock import SECONDS
from ..frames._series import Requests
from ..training._forcing import check_forcing
from ..training._lead_weights import check_lead_weights
from ..training._optimizers import find_optimizer, is_lbfgs
from ._base import BaseForecaster
from ._copies import copy_path, copy_with
from ._fit_report import FitReport
from ._net_params import NetParamsMixin, check_callbacks
from ._user_module import UserModule, check_module, constructor_parameters
from ._warm_checks import check_same_columns, named_columns

TRAININGS = ("auto", "match", "collocation", "linear", "shooting")
LOOP_PARAMETERS = (
    "max_epochs", "lr", "batch_size", "optimizer", "callbacks", "curriculum", "gradient_clip",
    "ema_decay", "lead_weights", "forcing",
)  # fmt: skip
# Steps that can be counted.
LONGEST = 1e9
# Channels that never leave this are zero: quotients of smaller numbers lose their digits.
SMALLEST = 1e-290
MORE_LOOP_PARAMETERS = ("training_horizon", "n_iter_no_change")


class BaseNeuralForecaster(NetParamsMixin, BaseForecaster):
    """Scales inside, fits a path (states or history), forecasts by it."""

    # ---------------------------------------------------------------- for subclasses

    def _learn_steps(self, series):
        """Learn how model time is counted in steps; as it stands, in median ones."""
        self._origin = float(series.times.min())
        self._step = self._median_step()

    def _to_steps(self, times):
        """Model time to the path's unit of time."""
        return (times - self._origin) / self._step

    def _to_times(self, steps):
        """Inverse of ``_to_steps``."""
        return self._origin + steps * self._step

    @property
    def step_(self):
        """Median step of fit, in ``time_unit_``."""
        return self._step

    def _physical_units(self):
        """States, time and outputs of a module in physical units, see ``ModuleField``."""
        raise NotImplementedError

    def _fit_path(self, series, controls, start=None):
        """Fit and return the path on standardised rows, from the weights of ``start`` if given."""
        raise NotImplementedError

    def _continue_path(self, series, controls, since):
        """Train the path on; rows from ``since`` on are new."""
        self._path.continue_fit(series, controls, since)

    def _forecast_path(self, known, asked, controls):
        """Forecast in standardised units."""
        return self._path.forecast(known, asked, controls)

    _trainings = TRAININGS
    _loop_names = LOOP_PARAMETERS

    # ---------------------------------------------------------------- fit

    def _check_parameters(self):
        self._check_net_params()
        check_callbacks(self.callbacks)
        check_layers("hidden_layer_sizes", self.hidden_layer_sizes)
        check_module(self)
        check_choice("activation", self.activation, tuple(ACTIVATIONS))
        check_choice("training", self.training, self._trainings)
        check_choice("time_unit", self.time_unit, (None, *SECONDS))
        check_number("alpha", self.alpha, low=0, none_ok=True)
        check_count("max_epochs", self.max_epochs, none_ok=True)
        check_count("batch_size", self.batch_size, none_ok=True)
        check_count("n_iter_no_change", self.n_iter_no_change, none_ok=True)
        check_number("lr", self.lr, low=0, low_open=True, none_ok=True)
        check_number("validation_fraction", self.validation_fraction, low=0, high=0.9)
        check_number("gradient_clip", self.gradient_clip, low=0, low_open=True, none_ok=True)
        check_number("ema_decay", self.ema_decay, low=0, high=0.9999, none_ok=True)
        check_lead_weights(self.lead_weights)
        check_flag("early_stopping", self.early_stopping)
        check_flag("series_scaling", self.series_scaling)
        check_flag("warm_start", self.warm_start)
        check_forcing(self.forcing)
        self._check_optimizer()
        self._check_tool_can_listen()

    def _check_optimizer(self):
        if self.optimizer is None:
            return
        find_optimizer(self.optimizer)
        if is_lbfgs(self.optimizer) and self.gradient_clip is not None:
            msg = (
                "Expected no gradient_clip beside L-BFGS, whose line search needs the gradient as "
            )
            msg += f"it is; got {self.gradient_clip!r}. Leave out gradient_clip."
            raise ValueError(msg)

    def _check_tool_can_listen(self):
        """Refuse loop parameters beside a tool that has no loop."""
        given = list(self._loop_parameters())
        # The closed form of the history is trained for a horizon, though not in a loop.
        more = ("n_iter_no_change",) if self.training == "linear" else MORE_LOOP_PARAMETERS
        given += [name for name in more if getattr(self, name) is not None]
        if given and self.training in ("match", "collocation", "linear"):
            msg = f"Expected no loop parameters beside training={self.training!r}, which has no "
            msg += f"loop; got {sorted(given)}. Leave them out, or set training='auto'."
            raise ValueError(msg)

    def _loop_parameters(self):
        """Parameters of the training loop that are set."""
        given = {name: getattr(self, name) for name in self._loop_names}
        own = constructor_parameters(self.module, self._net_params)
        given |= {
            name: value
            for name, value in self._net_params.items()
            if name.removeprefix("module__") not in own
        }
        return {name: value for name, value in given.items() if value is not None}

    def _user_module(self):
        """Maker of the field from ``module``; None for the built-in network."""
        if self.module is None:
            return None
        units = None
        if self.module_units == "physical":
            covariates = self._covariates
            units = {"control_center": covariates.center, "control_scale": covariates.scale}
            units |= self._physical_units()
        parameters = constructor_parameters(self.module, self._net_params)
        gradient = getattr(self, "gradient", "backprop")
        return UserModule(self.module, parameters, units, gradient)

    def _read_training(self, X, y, sample_weight, *, reset):
        before = named_columns(self) if reset and self._goes_on() else {}
        read = super()._read_training(X, y, sample_weight, reset=reset)
        check_same_columns(before, named_columns(self))
        return read

    def _goes_on(self):
        return self.warm_start and hasattr(self, "_path")

    def _fit_series(self, series, controls):
        begin = clock_time.perf_counter()
        self._seed = draw_seed(self.random_state)
        start = self._path if self._goes_on() else None
        self._learn_scale(series)
        self._learn_steps(series)
        with self._spoken():
            self._path = self._fit_path(self._standardised(series), self._scaled(controls), start)
        self._finish_fit(begin)

    def _continue_series(self, series, controls, since):
        begin = clock_time.perf_counter()
        # The old one forecasts on meanwhile, and stays if the training fails.
        self._path = copy_path(self._path)
        if self.series_scaling:
            self._own_scale = self._series_scale(series)
        with self._spoken():
            new = np.isfinite(since)
            since[new] = self._to_steps(since[new])
            self._continue_path(self._standardised(series), self._scaled(controls), since)
        self._finish_fit(begin)

    def _finish_fit(self, begin):
        self.net_ = self._path.net
        seconds = round(clock_time.perf_counter() - begin, 3)
        self.fit_report_ = FitReport.of(
            self._path.report, self.net_, columns=self.container_.columns, seconds=seconds,
            place=self._place,
        )  # fmt: skip
        self._warn_recovered()
        if self.verbose:
            say(f"fitted by {self.fit_report_['tool']} in {seconds:.1f} s")

    def _place(self, series, steps):
        """Words for a time of the path in a series."""
        time = float(self._to_times(np.array([steps]))[0])
        return self._label_of(self._observed.keys)(series, time)

    def _warn_recovered(self):
        if msg := self.fit_report_.words_of_mending("y"):
            warn_user(msg, FitWarning)

    def _spoken(self):
        """Print progress inside the block if ``verbose`` asks for it."""
        return printing(self.verbose)

    def _horizon_in_steps(self):
        """``training_horizon`` in steps, None where it is not set."""
        if self.training_horizon is None:
            return None
        return self._length_in_steps(self.training_horizon, "training_horizon")

    def _length_in_steps(self, length, name):
        """Convert a number of steps, or a duration, to steps."""
        if isinstance(length, numbers.Real) and not isinstance(length, bool):
            steps = length
        else:
            steps = self.clock_.duration(length, name) / self._step
        check_number(name, steps, low=1, high=LONGEST)
        return steps

    def _trained_horizon(self):
        steps = self._horizon_in_steps()
        return 1 if steps is None else max(int(round(steps)), 1)

    def _device(self):
        return str(pick_device(self.device))

    def _older_model(self):
        """Forecast by the rehearsal on the older rows, and let it go."""
        rehearsal, self._path.rehearsal = self._path.rehearsal, None
        if rehearsal is None:
            return None
        return copy_with(self, _path=copy_with(self._path, net=rehearsal))

    def _error_units(self, known, series):
        if not self.series_scaling or self.target_transformer_ is not None:
            return super()._error_units(known, series)
        center, scale = self._series_scale(known)
        return center[series], scale[series]

    def _settings_of_twin(self):
        # A callback of the user's is told of fits of theirs, not of ours; none still asks for
        # the loop.
        callbacks = None if self.callbacks is None else []
        own = {"random_state": self._seed, "verbose": 0, "callbacks": callbacks}
        # What has seen the rows to judge on is no start for their judge.
        own["warm_start"] = False
        return super()._settings_of_twin() | own

    # ---------------------------------------------------------------- units

    def _learn_scale(self, series):
        self._center, self._scale = _spread(series.values, series.weights)
        if self.series_scaling:
            self._own_scale = self._scale_each(series)

    def _series_scale(self, series):
        """Centre and scale of every row's channels."""
        if not self.series_scaling:
            return self._center, self._scale
        # Fitted series keep their units, whatever else is known or asked by now. A fit to pieces of
        # the series has more of them.
        n_fitted = min(len(self._own_scale[0]), series.n_series)
        found = self._scale_each(series, since=n_fitted)
        pairs = zip(self._own_scale, found, strict=True)
        return tuple(np.r_[old[:n_fitted], new] for old, new in pairs)

    def _scale_each(self, series, since=0):
        """Centre and scale of every series from its own rows: (n_series, n_channels) each.

        ``since`` is the number of the first series that is looked at.
        """
        centers = np.tile(self._center, (series.n_series - since, 1))
        scales = np.tile(self._scale, (series.n_series - since, 1))
        for k in range(series.n_series - since):
            rows = series.rows(since + k)
            if rows.stop - rows.start > 1:
                values = series.values[rows]
                own_center, own_scale = _spread(values, series.weights[rows])
                seen = np.isfinite(values).sum(axis=0) > 1
                centers[k] = np.where(seen, own_center, self._center)
                scales[k] = np.where(seen, own_scale, self._scale)
        return centers, scales

    def _standardised(self, series):
        """Rows with standardised values and times in steps."""
        center, scale = self._series_scale(series)
        if self.series_scaling:
            center, scale = center[series.series_of_row], scale[series.series_of_row]
        values = (series.values - center) / scale
        return replace(series, values=values, times=self._to_steps(series.times))

    def _scaled(self, controls):
        """Convert controls to time in steps."""
        if controls is None:
            return None
        return controls.on_clock(self._to_steps, self._to_times, self._step)

    # ---------------------------------------------------------------- predict

    def _reads_back(self):
        n_rows, steps = self._path.reads_back
        return n_rows, steps * self._step

    def _forecast_requests(self, known, requests, controls, **how):
        def ask(rows, asked, u):
            return self._forecast_path(rows, asked, u, **how)

        return self._in_units(ask, known, requests, controls)

    def _in_units(self, ask, known, requests, controls):
        """Ask the path in standardised units; its answer (n_asked, n_channels, ...) in those of y.

        ``ask`` is a callable (rows, requests, controls) on the path's time.
        """
        asked = Requests(requests.series, self._to_steps(requests.times), requests.cutoff)
        center, scale = self._series_scale(known)
        if self.series_scaling:
            values = (known.values - center[known.series_of_row]) / scale[known.series_of_row]
            center, scale = center[requests.series], scale[requests.series]
        else:
            values = (known.values - center) / scale
        rows = replace(known, values=values, times=self._to_steps(known.times))
        found = ask(rows, asked, self._scaled(controls))
        more = (..., *[None] * (found.ndim - 2))
        return found * scale[more] + center[more]


def _spread(values, weights):
    """Weighted mean and standard deviation of the observed entries; 0 and 1 where undefined."""
    seen = np.isfinite(values)
    entry = seen * weights[:, None]
    total = np.maximum(entry.sum(axis=0), np.finfo(float).tiny)
    # In parts of the largest value: squares of 1e200 overflow, those of 1e-200 vanish.
    largest = np.abs(np.where(seen, values, 0.0)).max(axis=0, initial=0.0)
    unit = np.where(largest > SMALLEST, largest, 1.0)
    parts = np.where(seen, values, 0.0) / unit
    center = (parts * entry).sum(axis=0) / total
    miss = np.where(seen, parts - center, 0.0)
    scale = np.sqrt((np.square(miss) * entry).sum(axis=0) / total)
    # Rounding leaves a constant channel a spread of about 1e-16 of its size.
    is_flat = (scale <= 1e-12 * np.abs(center)) | (scale == 0)
    return center * unit, np.where(is_flat, 1.0, scale * unit)
