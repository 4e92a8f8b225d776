"""Forecasts of a state that is not observed whole: history, latent state, path."""

import time
from dataclasses import replace

import numpy as np

from ...exceptions import FitWarning, warn_user
from ...frames._controls import at_rows
from ...frames._history_features import HistoryFeatures
from ...frames._windows import request_origins, request_rows
from ...models._latent_forecaster import LatentForecaster
from ...training._field_count import FieldCount
from ...training._latent_stage import (
    FEWEST_WINDOWS,
    StageSettings,
    fit_neural_stage,
    go_on_training,
    make_net,
    window_inputs,
)
from ...training._linear_stage import fit_linear_stage, update_linear_stage
from ...training._seeds import seeded
from ._driver_trial import try_drivers
from ._latent_data import DRIVER_LAGS, cut_latent_data, driver_values, fit_driver_readout
from ._warm_start import begin_at_latent

_N_LATENT = 16
_ROWS_AT_ONCE = 2048


class LatentPath:
    """Encoder of the history, linear latent ODE in closed form, neural latent ODE on top.

    Works on standardised values and on times in median steps. Covariates enter in three places:
    a direct ridge read-out of u(t) and its recent past, which is taken out of the history and added
    to the forecast; the features at the origin; the field of the neural ODE.

    Parameters
    ----------
    lookback, max_lead : float
        How far the encoder sees, and how far ahead it is trained, in median steps.
    periods : sequence of float
        Known cycles in median steps, the strongest first; may be empty.
    n_latent : int, default=None
        Hidden states of the neural ODE, None = 16.
    n_members : int, default=1
        Neural ODEs of the ensemble.
    hidden_layer_sizes, activation
        Perceptrons of the neural ODE.
    alpha : float, default=None
        Penalty of the closed form, on the scale of the number of rows; None chooses one for each
        channel on the newest rows.
    validation_fraction : float, default=0.2
        Newest share of the rows on which penalties and epochs are chosen.
    max_epochs : int, default=None
        Most epochs of the neural stage, None = 10 if there are enough rows; 0 = closed form alone.
    lr, batch_size : default=None
        None = 3e-3 and 256.
    net_params : dict, default=None
        skorch's prefixed parameters; ``module__`` reaches the LatentForecaster.
    insists : bool, default=False
        The user asked for the training loop: run it however few rows there are, and warn if
        there are too few to choose its epochs.
    uses_controls : bool or None, default=None
        Whether covariates are read; None = unless they make forecasts of the newest rows worse.
    n_evaluations_max : int or None, default=None
        Evaluations of the hidden states' field after which training ends.
    device : str, default="cpu"
    seed : int, default=0

    Attributes
    ----------
    net : ForecastNet
        Holds every fitted weight.
    rehearsal : ForecastNet or None
        What the older rows alone gave, for the errors on the newest; not kept in a file.
    report : dict
        What was chosen, validation errors, seconds.
    """

    # Files of before it was asked hold none.
    uses_controls = None

    def __init__(
        self, *, lookback, max_lead, periods=(), n_latent=None, n_members=1,
        hidden_layer_sizes=(64, 64), activation="tanh", alpha=None, validation_fraction=0.2,
        max_epochs=None, lr=None, batch_size=None, net_params=None, insists=False,
        uses_controls=None, n_evaluations_max=None, device="cpu", seed=0,
    ):  # fmt: skip
        self.uses_controls = uses_controls
        self.n_evaluations_max = n_evaluations_max
        self.lookback, self.max_lead = max(float(lookback), 1.0), float(max_lead)
        self.periods = tuple(float(period) for period in periods)
        self.alpha, self.validation_fraction = alpha, validation_fraction
        self.max_epochs, self.insists = max_epochs, insists
        loop = dict(net_params or {})
        self.module_params = {
            "n_latent": _N_LATENT if n_latent is None else n_latent,
            "n_members": n_members,
            "node_gap": self.lookback / 12,
            "hidden_layer_sizes": tuple(hidden_layer_sizes),
            "activation": activation,
        }
        for name in [name for name in loop if name.startswith("module__")]:
            self.module_params[name.removeprefix("module__")] = loop.pop(name)
        self.n_latent = self.module_params["n_latent"]
        chosen = {"lr": lr, "batch_size": batch_size, "max_epochs": max_epochs}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        self.settings = StageSettings(**chosen, device=device, seed=seed, net_params=loop)
        self.features = HistoryFeatures(self.lookback, self.periods, with_products=True)

    def fit(self, series, controls=None, start=None):
        """Fit both stages to the rows of all series.

        Parameters
        ----------
        series : SeriesSet
        controls : KnotControls or FunctionControls, optional
        start : LatentPath, optional
            From whose weights the neural stage goes on; the closed form is found anew.
        """
        began, trial = time.perf_counter(), {}
        if start is not None:
            self.uses_controls = start.uses_controls
        elif controls is not None and self.uses_controls is None:
            self.uses_controls, trial = try_drivers(self, series, controls)
        controls = self._controls(controls)
        drivers = None if controls is None else fit_driver_readout(series, controls)
        series = _without_drivers(series, controls, drivers)
        self.rehearsal = None
        data = self._cut(series, controls)
        module = self._module(series, controls, data.features.shape[1])
        module.standardise(data.features)
        if start is not None:
            begin_at_latent(module, start.net.module_)
        linear = fit_linear_stage(
            data.features, data.windows, data.is_new, data.older_weights, module.functions,
            self.max_lead, emphasis=self._emphasis(series, controls), alpha=self.alpha,
        )  # fmt: skip
        self._penalties, self._gram = linear.penalties, data.features.T @ data.features
        self.report = {
            "alpha": [float(alpha) for alpha in linear.penalties],
            "valid_error_linear": [float(error) for error in linear.errors],
            "n_windows": len(data.features), "n_features": data.features.shape[1],
            "seconds_linear": time.perf_counter() - began, **trial,
        }  # fmt: skip
        whole = module.with_closed_form(linear.weights, drivers)
        self.report["neural"] = {"best_epoch": 0, "refused": "too few windows"}
        wants_neural = self._wants_neural(len(data.features))
        if linear.older is None or not wants_neural:
            if wants_neural and self.insists:
                _warn_too_few(data)
            self.net = make_net(whole, self.settings, n_epochs=0)
            if linear.older is not None:
                older = module.with_closed_form(linear.older, drivers)
                self.rehearsal = make_net(older, self.settings, n_epochs=0)
        else:
            count = FieldCount(self.n_evaluations_max)
            self.net, self.rehearsal, self.report["neural"] = fit_neural_stage(
                module.with_closed_form(linear.older, drivers), whole,
                self._inputs(data, controls), data, replace(self.settings, count=count),
            )  # fmt: skip
            self.report["field_evaluations"] = count.by_stage
        if start is not None:  # whose weights have seen the newest rows
            self.rehearsal = None
        neural = self.report["neural"]
        self.report["recoveries"] = neural.pop("recoveries", [])
        if "stopped" in neural:
            self.report["stopped"] = neural["stopped"]
        is_trained = neural["best_epoch"] > 0
        self.report["tool"] = "linear latent ODE" + ", then shooting" * is_trained
        self.report["seconds"] = time.perf_counter() - began
        return self

    def continue_fit(self, series, controls=None, since=None):
        """Train on from the present weights with the forecasts that start at new rows.

        The closed form is updated as recursive least squares (earlier windows keep their weight);
        a neural stage that is in use trains as many epochs again at a tenth of the rate.

        Parameters
        ----------
        series : SeriesSet
            Old rows, for the histories, and new ones.
        controls : KnotControls or FunctionControls, optional
        since : float array of shape (n_series,), optional
            Time of the first new row; forecasts from earlier rows would count twice. None = all
            rows are new.
        """
        module, controls = self.net.module_, self._controls(controls)
        series = _without_drivers(series, controls, module.driver_weights)
        data = self._cut(series, controls, since)
        if not len(data.features):
            return self
        weights, self._gram = update_linear_stage(
            data.features, data.windows, module.functions, self.max_lead,
            emphasis=self._emphasis(series, controls), weights=module.closed_form,
            penalties=self._penalties, memory=self._gram,
        )  # fmt: skip
        module.set_closed_form(weights)
        if module.has_correction:
            inputs = self._inputs(data, controls)
            n_epochs = self.report["neural"]["best_epoch"]
            count = FieldCount(self.n_evaluations_max)
            settings = replace(self.settings, count=count)
            self.net = go_on_training(self.net, inputs, data, settings, n_epochs)
            self.report["field_evaluations"] = count.by_stage
            if count.is_spent():
                self.report["stopped"] = "budget"
        return self

    def forecast(self, series, requests, controls=None):
        """Forecasts of the requests, float array of shape (n_asked, n_channels).

        Parameters
        ----------
        series : SeriesSet
            History rows, of trained or other series.
        requests : Requests
            Cutoffs are rows of ``series``; -1 = an empty history that ends one step before the
            asked time.
        controls : KnotControls or FunctionControls, optional
        """
        module, controls = self.net.module_, self._controls(controls)
        drivers = module.driver_weights
        history = _without_drivers(series, controls, drivers)
        origins, where = request_origins(history, requests)
        leads = np.maximum(requests.times - origins.times[where], 0.0)
        out = np.empty((len(requests), series.n_channels))
        row_origin, asked = request_rows(where, leads)
        for first in range(0, len(asked), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            number, places = asked[part], asked[part] >= 0
            distinct, row = np.unique(row_origin[part], return_inverse=True)
            chosen = origins.take(distinct)
            features = self.features(history, chosen, controls)
            row_leads = np.where(places, leads[number], 0.0)
            nodes = self._node_controls(chosen, controls, row_leads.max(initial=0.0))
            paths = module.read(features, row, row_leads, nodes)
            out[number[places]] = paths[places]
        if drivers is not None:
            out += driver_values(controls, requests.series, requests.times) @ drivers.T
        return out

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        return 1, self.lookback

    def _controls(self, controls):
        return None if self.uses_controls is False else controls

    def _cut(self, series, controls, since=None):
        return cut_latent_data(
            series, controls, self.features, self.max_lead, self.validation_fraction, since
        )

    def _module(self, series, controls, n_features):
        n_controls = 0 if controls is None else controls.n_controls
        with seeded(self.settings.seed):
            return LatentForecaster(
                n_features,
                series.n_channels,
                self.periods,
                self.max_lead,
                n_controls=n_controls,
                n_drivers=n_controls * len(DRIVER_LAGS),
                recent=self.features.recent(series.n_channels),
                **self.module_params,
            )

    def _emphasis(self, series, controls):
        n_controls = 0 if controls is None else controls.n_controls
        return self.features.emphasis(series.n_channels, n_controls)

    def _wants_neural(self, n_windows):
        if self.max_epochs is None:
            return self.n_latent > 0 and (self.insists or n_windows >= FEWEST_WINDOWS)
        return self.n_latent > 0 and self.max_epochs > 0

    def _inputs(self, data, controls):
        nodes = self._node_controls(data.origins, controls, data.windows.leads.max(initial=0.0))
        return window_inputs(data.features, data.windows.leads, nodes)

    def _node_controls(self, origins, controls, longest):
        if controls is None or not self.n_latent:
            return None
        gap = self.module_params["node_gap"]
        n_nodes = LatentForecaster.count_nodes(longest, gap)
        times = origins.times[:, None] + gap * np.arange(n_nodes)
        return at_rows(controls, origins.series, times)


def _warn_too_few(data):
    msg = "Expected enough rows to choose the epochs of the training loop on the newest part; got "
    msg += f"{len(data.features)} windows. The closed form stands alone; fit more rows."
    warn_user(msg, FitWarning)


def _without_drivers(series, controls, readout):
    """Series less the direct effect of the covariates."""
    if readout is None:
        return series
    direct = driver_values(controls, series.series_of_row, series.times) @ readout.T
    return replace(series, values=series.values - direct)
