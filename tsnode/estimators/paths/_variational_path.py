"""Forecasts by a variational latent ODE: windows, training, posterior draws."""

import numpy as np
import torch

from ...batches import to_tensor
from ...frames._controls import at_rows
from ...frames._history_rows import history_rows
from ...frames._windows import future_windows, request_origins, request_rows
from ...models._latent_ode import LatentODE
from ...solvers._node_path import count_steps, node_times
from ...training._elbo import ElboNet
from ...training._splits import GivenSplit
from ._window_path import WindowPath

N_LATENT, N_UNITS = 8, 40
_ROWS_AT_ONCE, _DRAWS_AT_ONCE = 1024, 20_000


class VariationalPath(WindowPath):
    """Encoder of the history, posterior of the latent start, neural ODE, decoder.

    Parameters
    ----------
    kl_weight, kl_annealing : float
        See ``ElboNet``.
    **windows
        See ``WindowPath``; ``module_params`` are those of ``LatentODE``.
    """

    tool, size_names = "latent ODE, shooting", ("n_channels", "n_controls", "span")

    def __init__(self, *, kl_weight=1.0, kl_annealing=0.3, **windows):
        super().__init__(**windows)
        self.kl_weight, self.kl_annealing = kl_weight, kl_annealing

    # ---------------------------------------------------------------- fit

    def _found(self):
        noise = self.net.module_.noise.detach().cpu().numpy()
        return {"sigma": [float(one) for one in noise]}

    def _wrap(self, module, stretch, **options):
        annealing = self.kl_annealing / max(stretch, 1e-9)
        return ElboNet(module, kl_weight=self.kl_weight, kl_annealing=annealing, **options)

    def _sizes(self, series, controls):
        """Sizes of the module; its time is counted by the length of the windows there are."""
        n_controls = 0 if controls is None else controls.n_controls
        lengths = [np.ptp(series.times[series.rows(k)]) for k in range(series.n_series)
                   if np.ptp(series.starts[k : k + 2])]  # fmt: skip
        span = min(self.lookback + self.max_lead, np.median(lengths))
        return {"n_channels": series.n_channels, "n_controls": n_controls, "span": float(span)}

    def _build(self, n_channels, n_controls, span):
        return LatentODE(n_channels, n_controls, span=span, **self.module_params)

    def widths(self, n_channels, n_controls, **sizes):  # noqa: ARG002
        """See ``WindowPath``."""
        params = self.module_params
        hidden = params["hidden_layer_sizes"]
        return n_channels, params["n_units"], params["n_latent"], *hidden, n_controls

    def _windows(self, series, controls, module, origins):
        known = history_rows(series, origins, self.lookback)
        ahead = future_windows(series, origins, self.max_lead)
        is_new, older = self._held_out(series, origins, ahead)
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
        inputs |= self._path_controls(controls, module.step, origins.series, known.begin, times)
        inputs = {name: np.asarray(entry, float) for name, entry in inputs.items()}
        split = GivenSplit.of(is_new)
        return inputs, targets, split, np.concatenate([past, older.max(axis=2)], axis=1)

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
