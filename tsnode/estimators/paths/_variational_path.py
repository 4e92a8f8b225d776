"""Forecasts by a variational latent ODE: windows, training, posterior draws."""

import time
from functools import partial

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
from ...training._latent_stage import warm_cosine
from ...training._optimizers import takes_parameter
from ...training._seeds import seeded
from ...training._splits import GivenSplit
from ._warm_start import same_weights

N_LATENT, N_UNITS, BATCH, LR, EMA = 8, 40, 64, 1e-2, 0.98
# Windows of an epoch, and steps of the optimiser if the user does not say how many epochs.
MOST_WINDOWS, N_STEPS, MOST_EPOCHS = 2000, 1500, 300
_ROWS_AT_ONCE, _DRAWS_AT_ONCE = 1024, 20_000
# Series from which on whole ones are held out to choose the number of epochs.
FEWEST_SERIES = 10


class VariationalPath:
    """Encoder of the history, posterior of the latent start, neural ODE, decoder.

    Works on standardised values and on times in median steps.

    Parameters
    ----------
    lookback, max_lead : float
        How far the encoder sees, and how far ahead a training window reaches, in median steps.
    module_params : dict
        Of ``LatentODE``, but for its channels and covariates.
    alpha : float, default=0.0
        Weight decay.
    kl_weight, kl_annealing : float
        See ``ElboNet``.
    early_stopping : bool, default=True
        Choose the number of epochs on the newest rows, then train so long on everything.
    validation_fraction : float, default=0.2
    n_iter_no_change : int or None
    max_epochs : int or None
        None: about 1,500 steps of the optimiser, and at most 300 epochs.
    loop : dict
        Parameters of skorch's net that are set; they win.
    device : str
    seed : int

    Attributes
    ----------
    net, rehearsal : ElboNet
        Of all rows; of the older ones, by which the epochs were chosen (or None).
    report : dict
    """

    def __init__(
        self, *, lookback, max_lead, module_params, alpha=0.0, kl_weight=1.0, kl_annealing=0.3,
        early_stopping=True, validation_fraction=0.2, n_iter_no_change=None, max_epochs=None,
        loop=None, device="cpu", seed=0,
    ):  # fmt: skip
        self.lookback, self.max_lead = float(lookback), float(max_lead)
        self.module_params, self.alpha = dict(module_params), alpha
        self.kl_weight, self.kl_annealing = kl_weight, kl_annealing
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.n_iter_no_change, self.max_epochs = n_iter_no_change, max_epochs
        self.loop, self.device, self.seed = dict(loop or {}), device, seed

    # ---------------------------------------------------------------- fit

    def fit(self, series, controls=None, start=None):
        """Fit to the rows of all series, from the weights of ``start`` if given."""
        began = time.perf_counter()
        module = self._module(series, controls)
        if start is not None:
            module.load_state_dict(same_weights(module, start.net.module_))
        inputs, targets, split, weights = self._windows(series, controls, module.step)
        n_epochs = self._n_epochs(len(targets))
        self.rehearsal, best, notes = None, n_epochs, []
        self.report = {"tool": "latent ODE, shooting", "n_windows": len(targets)}
        is_split = self.early_stopping and len(split.valid) and len(split.train)
        if is_split:
            trial = self._train(
                module, inputs | {"sample_weight": weights}, targets, n_epochs, split
            )
            best, notes = trial.report_["best_epoch"] or 0, trial.report_["recoveries"]
            self.report |= {
                "epochs_tried": trial.report_["n_epochs"], "best_epoch": best,
                "valid_loss": trial.report_["valid_loss"],
            }  # fmt: skip
            self.rehearsal = trial
        if is_split and trial.report_["stopped"] == "interrupted":
            self.net, self.report["stopped"] = trial, "interrupted"
        else:
            self.net = self._train(module, inputs, targets, best, None, n_epochs)
            if best:
                notes = notes + self.net.report_["recoveries"]
                self.report["stopped"] = self.net.report_["stopped"]
        if start is not None:  # whose weights have seen the newest rows
            self.rehearsal = None
        noise = self.net.module_.noise.detach().cpu().numpy()
        self.report |= {
            "n_epochs": best, "sigma": [float(one) for one in noise], "recoveries": notes,
            "seconds": time.perf_counter() - began,
        }  # fmt: skip
        return self

    def continue_fit(self, series, controls=None, since=None):
        """Train on at a tenth of the rate, with the windows that hold new rows."""
        module = self.net.module_
        inputs, targets, *_ = self._windows(series, controls, module.step, since)
        if not len(targets):
            return self
        self.net = self._train(
            module.cpu(), inputs, targets, max(self.report["n_epochs"] // 10, 1), None, rate=0.1
        )
        return self

    def _n_epochs(self, n_windows):
        if self.max_epochs is not None:
            return self.max_epochs
        n_batches = -(-n_windows // self.loop.get("batch_size", BATCH))
        return int(np.clip(N_STEPS // max(n_batches, 1), 10, MOST_EPOCHS))

    def _train(self, module, inputs, targets, n_epochs, split, of_epochs=None, rate=1.0):
        # A shorter training is the beginning of the longer one that chose its length.
        net = self.make_net(
            module, n_epochs, split, stretch=n_epochs / max(of_epochs or n_epochs, 1), rate=rate
        )
        with seeded(self.seed, self.device):
            if n_epochs:
                net.partial_fit(inputs, targets)
        net.module_.eval()
        return net

    def make_net(self, module, n_epochs=0, split=None, *, stretch=1.0, rate=1.0):
        """Return an initialised skorch net around a copy of the module."""
        options = {
            "optimizer": torch.optim.AdamW, "optimizer__weight_decay": self.alpha, "lr": LR,
            "batch_size": BATCH, "ema_decay": EMA, "gradient_clip": 10.0,
            "iterator_train__seed": self.seed,
        } | self.loop  # fmt: skip
        if not takes_parameter(options["optimizer"], "weight_decay"):
            options.pop("optimizer__weight_decay")
        net = ElboNet(
            module, kl_weight=self.kl_weight, kl_annealing=self.kl_annealing / max(stretch, 1e-9),
            max_epochs=n_epochs, train_split=split, device=self.device,
            n_iter_no_change=self.n_iter_no_change,
            lr_schedule=partial(warm_cosine, stretch=stretch),
            **{**options, "lr": rate * options["lr"]},
        )  # fmt: skip
        with seeded(self.seed, self.device):
            net.initialize()
        net.module_.eval()
        return net

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
