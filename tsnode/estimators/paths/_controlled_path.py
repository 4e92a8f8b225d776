"""Forecasts by a neural controlled equation: histories as paths, windows, training."""

import numpy as np
import torch

from ...batches import device_of, to_array, to_tensor
from ...frames._controls import at_rows
from ...frames._history_rows import history_rows
from ...frames._windows import Origins, future_windows, request_origins, request_rows
from ...models._controlled_forecaster import ControlledForecaster
from ...solvers._control_paths import (
    CAUSAL,
    STRIDES,
    control_slopes,
    path_values,
    stage_times,
)
from ...solvers._node_path import count_steps, node_times
from ...training._net import ForecastNet
from ...training._splits import GivenSplit
from ._window_path import WindowPath

_ROWS_AT_ONCE = 1024
# Rows of a history that forecasts start from in training.
_STARTS = 8


class ControlledNet(ForecastNet):
    """Trains a ``ControlledForecaster``, whose law knows no absolute time."""

    loss_entries = (*ForecastNet.loss_entries, "times")


class ControlledPath(WindowPath):
    """A path through the history drives a hidden state, which goes on with time behind it.

    Parameters
    ----------
    path : {"hermite", "linear", "rectilinear"}
        See ``control_slopes``.
    intensity : bool or None
        Whether counts of observations are channels of the path; None = where values are missing.
    **windows
        See ``WindowPath``; ``module_params`` are those of ``ControlledForecaster``.
    """

    tool = "controlled equation, shooting"
    most_windows, _batch_size, _n_steps = 1000, 32, 600
    size_names = ("n_controls", "n_channels", "n_drivers")

    def __init__(self, *, path, intensity, **windows):
        super().__init__(**windows)
        self.path, self.intensity = path, intensity

    # ---------------------------------------------------------------- fit

    def _sizes(self, series, controls):
        if self.intensity is None:
            self.intensity = not np.isfinite(series.values).all()
        return {
            "n_controls": 1 + series.n_channels * (1 + self.intensity),
            "n_channels": series.n_channels,
            "n_drivers": 0 if controls is None else controls.n_controls,
        }

    def _build(self, n_controls, n_channels, n_drivers):
        return ControlledForecaster(
            n_controls, n_channels, n_drivers, max_lead=self.max_lead, **self.module_params
        )

    def widths(self, n_controls, n_channels, n_drivers):
        """See ``WindowPath``."""
        n_states, hidden = (self.module_params[k] for k in ("latent_dim", "hidden_layer_sizes"))
        read = n_drivers, n_states, n_channels, n_states + n_drivers
        return *read, *hidden, n_states * n_controls

    def _wrap(self, module, stretch, **options):  # noqa: ARG002 - nothing but the rate is annealed
        return ControlledNet(module, **options)

    def _windows(self, series, controls, module, origins):
        known = history_rows(series, origins, self.lookback)
        starts, places, is_start = self._starts(series, origins, known)
        ahead = future_windows(series, starts, self.max_lead)
        is_new, older = self._held_out(series, starts, ahead)
        is_new = is_new.reshape(places.shape)
        # A history that ends among the newest rows judges by what starts there.
        counts = is_start & (is_new | ~is_new[:, :1])
        weights = ahead.weights.max(axis=2).reshape(*places.shape, -1) * is_start[..., None]
        older = older.max(axis=2).reshape(*places.shape, -1) * counts[..., None]
        targets = np.where(ahead.weights > 0, ahead.values, np.nan)
        inputs = {
            "leads": ahead.leads, **self._drivers_ahead(controls, module.step, starts, ahead.leads)
        }  # fmt: skip
        inputs = {name: _by_history(entry, len(places)) for name, entry in inputs.items()}
        inputs |= self._inputs(origins, known, controls) | {
            "places": STRIDES[self.path] * places, "sample_weight": _by_history(weights),
            "times": origins.times[:, None], "series": origins.series,
        }  # fmt: skip
        inputs = {name: np.asarray(entry, float) for name, entry in inputs.items()}
        split = GivenSplit.of(is_new[:, 0])
        return inputs, _by_history(targets, len(places)), split, _by_history(older)

    def _starts(self, series, origins, known):
        """Rows of every history that forecasts start from, the newest first.

        On a causal path a state knows nothing of later rows, so that one solve gives those of
        many. Returns them as Origins, one history after the other, their places in it, and which
        are no repetition, (n_histories, n_starts).
        """
        n_starts = _STARTS if self.path in CAUSAL else 1
        count = np.isfinite(known.values).any(axis=2).sum(axis=1)[:, None]
        back = (np.arange(n_starts) * np.maximum(count / n_starts, 1.0)).astype(int)
        is_start, back = back < count, np.minimum(back, np.maximum(count - 1, 0))
        ends = (origins.ends[:, None] - back).ravel()
        numbers = np.repeat(origins.series, n_starts)
        starts = Origins(numbers, series.times[ends - 1], ends)
        return starts, np.maximum(count - 1 - back, 0), is_start

    def _inputs(self, origins, known, controls):
        """Values of the paths at the oldest rows, and slopes of them."""
        times, values = known.oldest_first()
        per_count = max(self.lookback, 1.0) if self.intensity else None
        knots = path_values(values, self.path, per_count)
        first, slopes = knots[:, 0], control_slopes(times, knots, self.path)
        if controls is None:
            return {"first": first, "slopes": slopes}
        stages = stage_times(times, self.path)
        asked = np.concatenate([times[:, :1], stages.reshape(len(times), 3 * stages.shape[1])], 1)
        begin, ahead = np.split(at_rows(controls, origins.series, asked), [1], axis=1)
        drivers = ahead.reshape(*stages.shape, controls.n_controls)
        return {"first": np.concatenate([first, begin[:, 0]], axis=1),
                "slopes": np.concatenate([slopes, drivers], axis=3)}  # fmt: skip

    def _drivers_ahead(self, controls, step, origins, leads):
        """Covariates behind the origins: at the solver's nodes, and at the asked leads."""
        if controls is None:
            return {}
        nodes = node_times(count_steps(leads.max(initial=0.0), step), step).numpy()
        begin = origins.times[:, None]
        return {
            "node_drivers": at_rows(controls, origins.series, begin + nodes),
            "drivers": at_rows(controls, origins.series, begin + leads),
        }

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, requests, controls=None):
        """Forecasts of the requests, (n_asked, n_channels)."""
        module = self.net.module_
        device = device_of(module)
        out = np.empty((len(requests), series.n_channels))
        origins, where = request_origins(series, requests)
        leads = np.maximum(requests.times - origins.times[where], 0.0)
        row_origin, asked = request_rows(where, leads)
        for first in range(0, len(asked), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            number, places = asked[part], asked[part] >= 0
            distinct, row = np.unique(row_origin[part], return_inverse=True)
            chosen = origins.take(distinct)
            known = history_rows(series, chosen, self.lookback)
            history = self._inputs(chosen, known, controls)
            row_leads = np.where(places, leads[number], 0.0)
            along = self._drivers_ahead(controls, module.step, chosen.take(row), row_leads)
            along = {name: to_tensor(entry, device) for name, entry in along.items()}
            with torch.no_grad():
                history = {name: to_tensor(entry, device) for name, entry in history.items()}
                states = module.driven.states(**history)[:, -1]
                found = module.follow(states[row], to_tensor(row_leads, device), **along)
            out[number[places]] = to_array(found)[places]
        return out


def _by_history(entry, n_histories=None):
    """Entries of the starts of a history, one behind the other: (n_histories, n_starts * n, ...).

    Of shape (n_histories * n_starts, n, ...), or (n_histories, n_starts, n) if the first is None.
    """
    if n_histories is None:
        return entry.reshape(len(entry), entry.shape[1] * entry.shape[2])
    n_starts = len(entry) // max(n_histories, 1)
    return entry.reshape(n_histories, n_starts * entry.shape[1], *entry.shape[2:])
