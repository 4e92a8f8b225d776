"""Forecasts by a variational latent ODE: windows, training, posterior draws."""

import time

import numpy as np
import torch

from ...batches import to_tensor
from ...frames._controls import at_rows
from ...frames._history_rows import history_rows
from ...frames._windows import (
    future_windows,
    request_origins,
    request_rows,
    row_origins,
    split_newest,
)
from ...models._latent_ode import LatentODE
from ...solvers._node_path import count_steps, node_times
from ...training._elbo import ElboNet
from ...training._seeds import seeded
from ...training._splits import GivenSplit
from ._loop_path import LoopPath
from ._warm_start import same_weights

N_LATENT, N_UNITS = 8, 40
# Windows of an epoch.
MOST_WINDOWS = 2000
_ROWS_AT_ONCE, _DRAWS_AT_ONCE = 1024, 20_000
# Series from which on whole ones are held out to choose the number of epochs.
FEWEST_SERIES = 10


class VariationalPath(LoopPath):
    """Encoder of the history, posterior of the latent start, neural ODE, decoder.

    Works on standardised values and on times in median steps.

    Parameters
    ----------
    lookback, max_lead : float
        How far the encoder sees, and how far ahead a training window reaches, in median steps.
    module_params : dict
        Of ``LatentODE``, but for its channels and covariates.
    kl_weight, kl_annealing : float
        See ``ElboNet``.
    **training
        See ``LoopPath``.
    """

    def __init__(
        self, *, lookback, max_lead, module_params, kl_weight=1.0, kl_annealing=0.3, **training
    ):  # fmt: skip
        super().__init__(**training)
        self.lookback, self.max_lead = float(lookback), float(max_lead)
        self.module_params = dict(module_params)
        self.kl_weight, self.kl_annealing = kl_weight, kl_annealing

    # ---------------------------------------------------------------- fit

    def fit(self, series, controls=None, start=None):
        """Fit to the rows of all series, from the weights of ``start`` if given."""
        began = time.perf_counter()
        module = self._module(series, controls)
        if start is not None:
            module.load_state_dict(same_weights(module, start.net.module_))
        inputs, targets, split, weights = self._windows(series, controls, module.step)
        self.report = {"tool": "latent ODE, shooting", "n_windows": len(targets)}
        # Weights that have seen the newest rows make no rehearsal on them.
        self._fit_net(
            module, inputs, targets, split, {"sample_weight": weights},
            keeps_rehearsal=start is None,
        )  # fmt: skip
        noise = self.net.module_.noise.detach().cpu().numpy()
        self.report |= {
            "sigma": [float(one) for one in noise], "seconds": time.perf_counter() - began,
        }  # fmt: skip
        return self

    def continue_fit(self, series, controls=None, since=None):
        """Train on at a tenth of the rate, with the windows that hold new rows."""
        module = self.net.module_
        inputs, targets, *_ = self._windows(series, controls, module.step, since)
        self._continue_net(module, inputs, targets)
        return self

    def _wrap(self, module, stretch, **options):
        annealing = self.kl_annealing / max(stretch, 1e-9)
        return ElboNet(module, kl_weight=self.kl_weight, kl_annealing=annealing, **options)

    def _module(self, series, controls):
        """Untrained module; its time is counted by the length of the windows there are."""
        n_controls = 0 if controls is None else controls.n_controls
        lengths = [np.ptp(series.times[series.rows(k)]) for k in range(series.n_series)
                   if np.ptp(series.starts[k : k + 2])]  # fmt: skip
        span = min(self.lookback + self.max_lead, np.median(lengths))
        return self.make_module(series.n_channels, n_controls, float(span))

    def make_module(self, n_channels, n_controls, span):
        """Return an untrained module of these sizes."""
        with seeded(self.seed):
            return LatentODE(n_channels, n_controls, span=span, **self.module_params)

    def _windows(self, series, controls, step, since=None):
        """Cut the training windows: inputs, targets, split, and the trial's weights of targets."""
        origins = row_origins(series, MOST_WINDOWS)
        if since is not None:
            origins = origins.take(np.flatnonzero(origins.times >= since[origins.series]))
        known = history_rows(series, origins, self.lookback)
        ahead = future_windows(series, origins, self.max_lead)
        is_new, older = self._split(series, origins, ahead)
        own = self._inputs(known, origins, controls)
        times = np.concatenate(
            [known.times - known.begin[:, None],
             origins.times[:, None] - known.begin[:, None] + ahead.leads], axis=1,
        )  # fmt: skip
        n_known = known.times.shape[1]
        seen = np.isfinite(known.values).any(axis=2)
        last = series.weights[origins.ends - 1][:, None]
        past = np.where(seen, last, 0.0)
        values = np.where(ahead.weights > 0, ahead.values, np.nan)
        targets = np.concatenate([known.values, values], axis=1)
        inputs = own | {
            "leads": times,
            "times": origins.times[:, None],
            "sample_weight": np.concatenate([past, ahead.weights.max(axis=2)], axis=1),
            "is_ahead": np.broadcast_to(np.arange(times.shape[1]) >= n_known, times.shape),
            "series": origins.series,
        }
        inputs |= self._path_controls(controls, step, origins.series, known.begin, times)
        split = GivenSplit(np.flatnonzero(~is_new), np.flatnonzero(is_new))
        inputs = {name: np.asarray(entry, float) for name, entry in inputs.items()}
        return inputs, targets, split, np.concatenate([past, older.max(axis=2)], axis=1)

    def _split(self, series, origins, ahead):
        """Which windows validate, and the weights of all targets in the trial."""
        if series.n_series >= FEWEST_SERIES:
            # Many short series: a part of each would leave nothing to look ahead to.
            every = max(round(1 / max(self.validation_fraction, 1e-9)), 2)
            return origins.series % every == every - 1, ahead.weights
        is_new, older = split_newest(series, origins, ahead, self.validation_fraction)
        return is_new, np.where(is_new[:, None, None], ahead.weights, older)

    def _inputs(self, known, origins, controls):
        found = {"known_times": known.times - known.begin[:, None], "known_values": known.values}
        if controls is not None:
            found["known_controls"] = at_rows(controls, origins.series, known.times)
        return found

    def _path_controls(self, controls, step, series, begin, times):
        """Covariates along the paths: at the solver's nodes, and at the asked times."""
        if controls is None:
            return {}
        nodes = node_times(count_steps(times.max(initial=0.0), step), step).numpy()
        return {
            "node_controls": at_rows(controls, series, begin[:, None] + nodes),
            "controls": at_rows(controls, series, begin[:, None] + times),
        }

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, requests, controls=None):
        """Forecasts of the requests by the posterior's mean, (n_asked, n_channels).

        A cutoff later than its asked time asks for what the whole history says of that time.
        """
        out = np.empty((len(requests), series.n_channels))
        for number, places, mean, _, along in self._parts(series, requests, controls):
            del along["origins"]
            with torch.no_grad():
                found = self.net.module_.follow(mean, **along).cpu().numpy()
            out[number] = found[places]
        return out

    def sample(self, series, requests, controls, n_samples, random):
        """Draw observations from the posterior predictive, (n_asked, n_channels, n_samples).

        Requests of one origin belong to one path in every sample; the noise of observations is
        added to it.
        """
        out = np.empty((len(requests), series.n_channels, n_samples))
        module = self.net.module_
        n_origins = len(request_origins(series, requests)[0])
        draws = random.standard_normal((n_samples, n_origins, module.n_latent))
        for number, places, mean, spread, along in self._parts(series, requests, controls):
            which = along.pop("origins")
            at_once = max(_DRAWS_AT_ONCE // max(len(which), 1), 1)
            for first in range(0, n_samples, at_once):
                some = slice(first, first + at_once)
                draw = to_tensor(draws[some][:, which], mean.device)
                z0 = (mean + spread * draw).flatten(0, 1)
                repeated = {
                    name: entry.expand(len(draw), *entry.shape).flatten(0, 1)
                    for name, entry in along.items()
                }
                with torch.no_grad():
                    paths = module.follow(z0, **repeated).unflatten(0, draw.shape[:2])
                out[number, :, some] = paths.cpu().numpy()[:, places].transpose(1, 2, 0)
        noise = module.noise.detach().cpu().numpy()
        return out + noise[:, None] * random.standard_normal(out.shape)

    def _parts(self, series, requests, controls):
        """Blocks of asked rows: (numbers, places, mean, spread, what the path needs)."""
        module = self.net.module_
        device = module.log_noise.device
        origins, where = request_origins(series, requests)
        known = history_rows(series, origins, self.lookback)
        asked_times = np.maximum(requests.times - known.begin[where], 0.0)
        row_origin, asked = request_rows(where, asked_times)
        for first in range(0, len(asked), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            number, places = asked[part], asked[part] >= 0
            distinct, row = np.unique(row_origin[part], return_inverse=True)
            chosen = origins.take(distinct)
            own = self._inputs(known.take(distinct), chosen, controls)
            with torch.no_grad():
                own = {name: to_tensor(entry, device) for name, entry in own.items()}
                mean, spread = module.posterior(**own)
            times = np.where(places, asked_times[number], 0.0)
            along = self._path_controls(
                controls, module.step, chosen.series[row], known.begin[distinct][row], times
            )
            along = {name: to_tensor(entry, device) for name, entry in along.items()}
            along |= {"times": to_tensor(times, device), "origins": distinct[row]}
            yield number[places], places, mean[row], spread[row], along

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        return 1, self.lookback
