"""Step maps that read the past: a state path on delay coordinates."""

from dataclasses import replace

import numpy as np

from ...dynamics._delay_field import DelayField
from ...dynamics._fields import NeuralField
from ...frames._delays import earlier_values, with_delays
from ...training._match import smooth_paths
from ...training._step_match import match_steps
from ._state_path import StatePath
from ._warm_start import begin_at_field


class DelayPath(StatePath):
    """A map of the newest states on the next one; kinds "residual" and "plain".

    The newest ``n_delays`` states are one longer state, so that filter, windows and forecasts are
    those of a state observed whole. A step without an observation is filled by the map.

    Parameters
    ----------
    n_delays : int, at least 2
        States that are read, the present one included.
    **settings
        Those of ``StatePath``, without ``module``.
    """

    def __init__(self, *, n_delays, **settings):
        super().__init__(**settings)
        self.n_delays = n_delays

    def fit(self, series, controls=None, start=None):
        """Fit a new map to the rows of all series; times are whole steps."""
        return super().fit(with_delays(series, self.n_delays), controls, start)

    def continue_fit(self, series, controls=None, since=None):
        """Train on from the present weights, with old and new rows."""
        return super().continue_fit(with_delays(series, self.n_delays), controls, since)

    def forecast(self, series, requests, controls=None, solver=None):
        """Forecast Requests from the rows of ``series``; array (n_asked, n_channels)."""
        found = super().forecast(with_delays(series, self.n_delays), requests, controls, solver)
        return found[:, : series.n_channels]

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        n_rows, reach = super().reads_back
        return n_rows, reach + self.n_delays

    def _new_field(self, series, controls):
        n_channels = series.n_channels // self.n_delays
        n_controls = 0 if controls is None else controls.n_controls
        inner = NeuralField(
            n_channels,
            series.n_channels - n_channels + n_controls,
            self.hidden_layer_sizes,
            self.activation,
        )
        return DelayField(inner, self.n_delays, self.kind).to(self.device)

    def _begin_at(self, field, before):
        begin_at_field(field.inner, before.inner)

    def _first_fit(self, field, paths, is_new):
        with self._count.counting("match", field.inner):
            report, states = match_steps(
                field.inner, self._present(paths, field), kind=self.kind, alpha=self.alpha,
                keep_start=not is_new, validation_fraction=self.validation_fraction,
                earlier=self._earlier,
            )  # fmt: skip
        return report, self._delayed(paths, states)

    def _noise(self):
        return np.tile(super()._noise(), self.n_delays)

    def _window_states(self, paths, field):
        return self._delayed(paths, smooth_paths(self._present(paths, field))["states"])

    def _shoot(self, field, paths, states, fraction, *, max_epochs=None):
        # Earlier states are observed once, when they are the present one.
        is_present = np.arange(field.n_states) < field.inner.n_states
        paths = [replace(p, values=np.where(is_present, p.values, np.nan)) for p in paths]
        return super()._shoot(field, paths, states, fraction, max_epochs=max_epochs)

    def _earlier(self, times, states):
        return earlier_values(times, states, self.n_delays)

    def _present(self, paths, field):
        return [replace(path, values=path.values[:, : field.inner.n_states]) for path in paths]

    def _delayed(self, paths, states):
        """Delay coordinates of smooth states, finite everywhere: where no row was, the next one."""
        delayed = []
        for path, present in zip(paths, states, strict=True):
            parts = [present]
            for earlier in np.split(self._earlier(path.times, present), self.n_delays - 1, axis=1):
                parts.append(np.where(np.isfinite(earlier), earlier, parts[-1]))
            delayed.append(np.hstack(parts))
        return delayed
