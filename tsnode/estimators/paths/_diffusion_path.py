"""Forecasts by a stochastic differential equation of the observed states."""

import time
from functools import partial

import numpy as np
import torch

from ...batches import device_of, to_array, to_tensor
from ...dynamics._diffusion_field import DiffusionField
from ...exceptions import FitError
from ...frames._controls import at_rows
from ...frames._transitions import transitions_of
from ...frames._windows import (
    first_of_newest_part,
    future_windows,
    request_origins,
    request_rows,
    row_origins,
)
from ...solvers._sample_march import OwnNoise, SampleMarch, SharedNoise
from ...training._kernel_score import SamplePaths, ScoreNet
from ...training._seeds import seeded
from ...training._splits import GivenSplit
from ...training._transition_likelihood import LikelihoodNet, Transition, carry_moments
from ._loop_path import LoopPath
from ._warm_start import same_weights

# Longer gaps than this many median steps say little of the law of a step.
LONGEST_GAP = 8.0
MOST_WINDOWS = 2000
# Rows that a start with missing entries is carried through.
N_BACK = 12
# Paths behind a forecast, in pairs of opposite noise: of a linear drift their mean is exact.
N_PATHS = 128
_PATHS_AT_ONCE = 200_000


class DiffusionPath(LoopPath):
    """Drift and noise by networks; forecasts by sample paths from the newest row.

    Works on standardised values and on times in median steps.

    Parameters
    ----------
    noise, calculus, hidden_layer_sizes, activation
        See ``DiffusionField``.
    training : {"likelihood", "kernel_score"}
    max_lead : float
        Length of the windows that the kernel score judges, in median steps.
    **loop
        See ``LoopPath``; the ``module_.field`` of its nets is the DiffusionField.
    """

    def __init__(
        self, *, noise, calculus, hidden_layer_sizes, activation, training, max_lead, **loop
    ):  # fmt: skip
        super().__init__(**loop)
        self.noise, self.calculus = noise, calculus
        self.hidden_layer_sizes, self.activation = tuple(hidden_layer_sizes), activation
        self.training, self.max_lead = training, float(max_lead)

    _lr, _ema_decay, _most_epochs = 5e-3, 0.99, 500

    @property
    def _batch_size(self):
        return 64 if self.training == "kernel_score" else 512

    @property
    def field(self):
        """Drift and noise, in standardised states and median steps."""
        return self.net.module_.field

    # ---------------------------------------------------------------- fit

    def fit(self, series, controls=None, start=None):
        """Fit to the rows of all series, from the weights of ``start`` if given."""
        began = time.perf_counter()
        n_controls = 0 if controls is None else controls.n_controls
        pairs = transitions_of(series, LONGEST_GAP)
        if not len(pairs):
            msg = "Expected rows with all channels observed, each followed by another within "
            msg += f"{LONGEST_GAP:g} median steps; got none. Fit fewer channels, or denser rows."
            raise FitError(msg)
        field = self.make_field(series.n_channels, n_controls, _first_noise(pairs))
        if start is not None:
            field.load_state_dict(same_weights(field, start.field))
        inputs, targets, split = self._data(series, controls, pairs)
        self.report = {"tool": self.training.replace("_", " "), "n_windows": len(targets)}
        # Weights that have seen the newest rows make no rehearsal on them.
        self._fit_net(field, inputs, targets, split, keeps_rehearsal=start is None)
        self.report["seconds"] = time.perf_counter() - began
        return self

    def continue_fit(self, series, controls=None, since=None):
        """Train on at a tenth of the rate, with what begins at new rows."""
        pairs = transitions_of(series, LONGEST_GAP)
        inputs, targets, _ = self._data(series, controls, pairs, since)
        self._continue_net(self.field, inputs, targets)
        return self

    def make_field(self, n_states, n_controls, scale):
        """Return an untrained field."""
        with seeded(self.seed):
            return DiffusionField(
                n_states, n_controls, scale, noise=self.noise, calculus=self.calculus,
                hidden_layer_sizes=self.hidden_layer_sizes, activation=self.activation,
            )  # fmt: skip

    def _wrap(self, module, stretch, **options):  # noqa: ARG002 - nothing but the rate is annealed
        if self.training == "kernel_score":
            return ScoreNet(SamplePaths(module), **options)
        return LikelihoodNet(Transition(module), **options)

    def _data(self, series, controls, pairs, since=None):
        """Cut what the net is trained on: inputs, targets and split."""
        if self.training == "kernel_score":
            return self._windows(series, controls, since)
        kept = np.ones(len(pairs), dtype=bool)
        number = series.series_of_row[pairs.rows]
        if since is not None:
            kept = series.times[pairs.rows + 1] >= since[number]
        inputs = {
            "z": pairs.starts, "dt": pairs.gaps[:, None], "following": pairs.ends,
            "sample_weight": pairs.weights, "series": number,
            "times": series.times[pairs.rows][:, None],
        }  # fmt: skip
        if controls is not None:
            ends = series.times[pairs.rows[:, None] + np.array([0, 1])]
            inputs["controls"] = at_rows(controls, number, ends)
        first_new = first_of_newest_part(series, self.validation_fraction)[number]
        is_new = (pairs.rows + 1 >= first_new)[kept]
        inputs = {name: np.asarray(entry, float)[kept] for name, entry in inputs.items()}
        split = GivenSplit(np.flatnonzero(~is_new), np.flatnonzero(is_new))
        return inputs, np.zeros((kept.sum(), 1, 1)), split

    def _windows(self, series, controls, since):
        origins = row_origins(series, MOST_WINDOWS)
        whole = np.isfinite(series.values[origins.ends - 1]).all(axis=1)
        if since is not None:
            whole &= origins.times >= since[origins.series]
        origins = origins.take(np.flatnonzero(whole))
        ahead = future_windows(series, origins, self.max_lead, n_max=32)
        leads = np.maximum.accumulate(ahead.leads, axis=1)  # the padding stands still
        inputs = {
            "z0": series.values[origins.ends - 1], "leads": leads,
            "sample_weight": ahead.weights.max(axis=2), "series": origins.series,
            "times": origins.times[:, None],
        }  # fmt: skip
        if controls is not None:
            stamps = origins.times[:, None] + np.pad(leads, ((0, 0), (1, 0)))
            inputs["controls"] = at_rows(controls, origins.series, stamps)
        targets = np.where(ahead.weights > 0, ahead.values, np.nan)
        first_new = first_of_newest_part(series, self.validation_fraction)[origins.series]
        is_new = origins.ends - 1 >= first_new
        is_old = (np.where(ahead.weights.any(axis=2), ahead.rows, 0) < first_new[:, None]).all(1)
        split = GivenSplit(np.flatnonzero(is_old & ~is_new), np.flatnonzero(is_new))
        return {name: np.asarray(entry, float) for name, entry in inputs.items()}, targets, split

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, requests, controls, method, step):
        """Mean of the states at the requests, (n_asked, n_channels).

        Of the same 128 noise paths for every row, so that a row's forecast hangs on itself alone.
        """
        random = np.random.RandomState(self.seed % 2**32)
        shared = SharedNoise(random, N_PATHS // 2, series.n_channels)
        out = np.empty((len(requests), series.n_channels))
        for number, states in self._paths(
            series,
            requests,
            controls,
            method,
            step,
            N_PATHS,
            lambda n: shared,  # noqa: ARG005
        ):
            out[number] = states.mean(axis=1)
        return out

    def sample(self, series, requests, controls, n_samples, random, method, step):
        """Draw the states at the requests, (n_asked, n_channels, n_samples).

        Requests of one origin lie on one path in every sample.
        """
        out = np.empty((len(requests), series.n_channels, n_samples))
        n_states = series.n_channels
        for number, states in self._paths(
            series, requests, controls, method, step, n_samples,
            lambda n: OwnNoise(random, n, n_samples, n_states),
        ):  # fmt: skip
            out[number] = states.transpose(0, 2, 1)
        return out

    def _paths(self, series, requests, controls, method, step, n_paths, make_noise):
        """Blocks of (numbers of requests, their states (n, n_paths, n_channels))."""
        device = device_of(self.field)
        origins, where = request_origins(series, requests)
        leads = np.maximum(requests.times - origins.times[where], 0.0)
        row_origin, asked = request_rows(where, leads)
        at_once = max(_PATHS_AT_ONCE // n_paths, 1)
        # Rows of one origin stay together: they lie on one path.
        order = np.argsort(row_origin, kind="stable")
        row_origin, asked = row_origin[order], asked[order]
        firsts = np.flatnonzero(np.r_[True, np.diff(row_origin) != 0][: len(row_origin)])
        for block in np.array_split(firsts, -(-len(firsts) // at_once)) if len(firsts) else ():
            ends = firsts[firsts > block[-1]]
            rows = slice(block[0], ends[0] if len(ends) else len(row_origin))
            distinct, row = np.unique(row_origin[rows], return_inverse=True)
            chosen = origins.take(distinct)
            starts = self._starts(series, chosen, controls)
            places = asked[rows] >= 0
            number = asked[rows][places]
            owner = np.broadcast_to(row[:, None], places.shape)[places]
            order = np.argsort(leads[number], kind="stable")
            number, owner = number[order], owner[order]
            marching = SampleMarch(
                self.field, to_tensor(starts, device), n_paths, method, step,
                make_noise(len(distinct)), partial(_controls_at, controls, chosen),
            )  # fmt: skip
            yield number, to_array(marching.states_at(leads[number], owner))

    def _starts(self, series, origins, controls):
        """State at every origin: the last row; what is missing in it is foretold from before."""
        n_states = series.n_channels
        found = np.zeros((len(origins), n_states))
        begun = origins.ends > series.starts[origins.series]
        if not series.n_rows or not begun.any():
            return found
        last = np.where(begun, origins.ends - 1, 0)
        whole = np.isfinite(series.values[last]).all(axis=1)
        found[begun & whole] = series.values[last[begun & whole]]
        todo = np.flatnonzero(begun & ~whole)
        if len(todo):
            found[todo] = self._carried(series, origins.take(todo), controls)
        return found

    @torch.no_grad()
    def _carried(self, series, origins, controls):
        """Mean of the state at origins, given the last rows entry by entry."""
        device = device_of(self.field)
        first = series.starts[origins.series]
        begin = np.maximum(origins.ends - N_BACK, first)
        mean = np.zeros((len(origins), series.n_channels))
        cov = np.tile(np.eye(series.n_channels), (len(origins), 1, 1))
        for back in range(N_BACK, 0, -1):
            row = origins.ends - back
            there = row >= begin
            at = np.maximum(row, begin)
            moves = np.flatnonzero(there & (row > begin))
            if len(moves):
                gap = series.times[at[moves]] - series.times[at[moves] - 1]
                u = None
                if controls is not None:
                    ends = series.times[at[moves][:, None] + np.array([-1, 0])]
                    u = to_tensor(at_rows(controls, origins.series[moves], ends), device)
                ahead, spread = carry_moments(
                    self.field, to_tensor(mean[moves], device), to_tensor(gap[:, None], device), u
                )
                # What was not known before is not known better by the law of the mean.
                mean[moves], cov[moves] = to_array(ahead), cov[moves] + to_array(spread)
            now = np.flatnonzero(there)
            mean[now], cov[now] = _given(mean[now], cov[now], series.values[at[now]])
        return mean

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        return N_BACK, 0.0


def _given(mean, cov, observed):
    """Mean and covariance of states, given those of their entries that were observed exactly."""
    mean, cov = mean.copy(), cov.copy()
    for k in range(mean.shape[1]):
        seen = np.isfinite(observed[:, k]) & (cov[:, k, k] > 1e-12)
        gain = cov[seen, :, k] / cov[seen, k, k][:, None]
        mean[seen] += gain * (observed[seen, k] - mean[seen, k])[:, None]
        cov[seen] -= gain[:, :, None] * cov[seen, k][:, None, :]
        known = np.isfinite(observed[:, k])
        mean[known, k] = observed[known, k]
        cov[known, k], cov[known, :, k] = 0.0, 0.0
    return mean, cov


def _first_noise(pairs):
    """Root mean square change per root of time: the noise if there were no drift."""
    weights = pairs.weights[:, None] * np.isfinite(pairs.ends)
    change = np.where(np.isfinite(pairs.ends), pairs.ends - pairs.starts, 0.0)
    rate = (weights * change**2 / pairs.gaps[:, None]).sum(axis=0)
    return np.sqrt(np.maximum(rate / np.maximum(weights.sum(axis=0), 1e-300), 1e-6))


def _controls_at(controls, origins, lead):
    return None if controls is None else controls.at(origins.series, origins.times + lead)
