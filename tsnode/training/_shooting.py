"""Shooting: short overlapping windows, all solved together, on a growing horizon."""

import math

import numpy as np
import torch

from ..exceptions import FitError
from ..solvers._solve import is_adaptive
from ._curriculum import horizon_of_epoch
from ._forcing import check_forcing, forcing_of_epoch
from ._lead_weights import lead_weights_of
from ._net import ForecastNet
from ._optimizers import loop_of
from ._penalties import weighted_penalties
from ._seeds import seeded
from ._shooting_windows import cut_windows, median_gap
from ._splits import GivenSplit, newest_windows
from ._window_starts import LearnedStarts

# Windows start at every row up to this number of them, then at every second, third, ... row.
N_MOST_WINDOWS = 20_000
# A start tells little about what follows a gap of many steps, and one solver step per gap
# would not cross it.
GAP_LIMIT_IN_MEDIANS = 10.0
# Where the control at the end of a gap is read, in parts of the gap.
BEFORE = 1e-6
N_STEPS, N_MOST_EPOCHS = 1_500, 30


class ShootingNet(ForecastNet):
    """``ForecastNet`` whose windows grow with the epochs.

    In training only, the state may be pulled towards ``X["states"]`` at every observed target,
    and windows may start from states of their own; validation runs free from ``X["z0"]``.

    Parameters
    ----------
    curriculum : None, "linear", "doubling" or callable (epoch) -> int, default=None
        Rows ahead in every epoch; validation always looks the full horizon ahead.
    forcing : None, float, "linear", "exponential" or callable (epoch) -> float, default=None
        Share of the pull in every epoch, see ``forcing_of_epoch``; X holds ``states``.
    noise : sequence of float or None, default=None
        Standard deviations of observations; given, the starts are learned (``LearnedStarts``)
        and X holds ``window``, the number of each, and ``z0_spread``.
    penalties : tuple of callables (module, inputs, y_pred) -> scalar tensor, default=()
        Added to the loss of training batches, never to the validation loss.
    keeps_last : bool, default=False
        Keep the weights of the last epoch, not those of the best validation loss: where the
        start knows nothing of a penalty, a loss without it would prefer the start.
    """

    starts_ = None
    loss_entries = ("sample_weight", "series", "states", "window", "z0_spread")

    def __init__(
        self, module, *args, curriculum=None, forcing=None, noise=None, penalties=(),
        keeps_last=False, **kwargs,
    ):  # fmt: skip
        super().__init__(module, *args, **kwargs)
        self.curriculum = curriculum
        self.forcing = forcing
        self.noise = noise
        self.penalties = penalties
        self.keeps_last = keeps_last

    def horizon(self, epoch, n_leads):
        """Rows ahead that training looks in this epoch."""
        asked = horizon_of_epoch(self.curriculum, epoch, self.n_epochs_, n_leads)
        return min(asked, self.longest_)

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train; a horizon or solver changed on the way is that of this training alone."""
        self.longest_, self.changed_ = math.inf, {}
        try:
            return super().fit_loop(X, y, epochs=epochs, **fit_params)
        finally:
            for name, value in self.changed_.items():
                setattr(self.module_, name, value)

    def remedies(self):
        """Smaller steps, a shorter horizon, another solver, still smaller steps."""
        return [self._shrink_steps, self._shorten, self._change_solver, self._shrink_steps]

    def _shorten(self):
        now = self.horizon(self.epoch_, self.n_leads_)
        if now == 1:
            return None
        self.longest_ = now // 2
        return f"the horizon was cut from {now} to {self.longest_} rows"

    def _change_solver(self):
        module = self.module_
        if getattr(module, "kind", None) != "ode":
            return None
        if is_adaptive(module.method):
            self.changed_["method"], module.method = module.method, "rk4"
            return f"training went on with rk4 instead of {self.changed_['method']}"
        if module.field.n_controls:
            # They were read at the stages of the steps as they are.
            return None
        self.changed_["n_substeps"], module.n_substeps = module.n_substeps, 4 * module.n_substeps
        return "training went on with a quarter of the solver's step"

    def train_step(self, batch, **fit_params):
        """One step of the optimizer; the full horizon is that of the batch."""
        self.n_leads_ = batch[1].shape[1]
        return super().train_step(batch, **fit_params)

    def _run_epochs(self, train, valid, fit_params):
        if self.noise is not None:
            noise = torch.as_tensor(self.noise, dtype=torch.float64, device=train.y.device)
            self.starts_ = LearnedStarts(1 + int(train.X["window"].max()), noise)
        try:
            return super()._run_epochs(train, valid, fit_params)
        finally:
            if self.starts_ is not None:
                self.report_["start_shift"] = self.starts_.typical_shift()
            # Tensors on the device have no place in a pickle.
            self.starts_ = None

    def train_step_single(self, batch, **fit_params):
        """Loss and clipped gradient of one batch; its learned starts are moved."""
        step = super().train_step_single(batch, **fit_params)
        if self.starts_ is not None:
            # The schedule of the weights is the schedule of the starts.
            self.starts_.step(self.optimizer_.param_groups[0]["lr"] / self.base_lrs_[0])
        return step

    def prepare_batch(self, inputs, targets):
        """Cut the batch to the horizon of the epoch; with forced states and learned starts."""
        n_leads = self.horizon(self.epoch_, self.n_leads_)
        targets = targets[:, :n_leads]
        z0 = inputs["z0"] if self.starts_ is None else self.starts_.take(inputs)
        cut = {"z0": z0, "times": inputs["times"][:, : n_leads + 1]}
        for name in ("controls", "sample_weight", "states"):
            if name in inputs:
                cut[name] = inputs[name][:, :n_leads]
        if share := forcing_of_epoch(self.forcing, self.epoch_, self.n_epochs_):
            known = torch.isfinite(targets) & (cut["sample_weight"] > 0)[..., None]
            cut["forced"] = torch.where(known, cut["states"], torch.nan)
            cut["forcing"] = targets.new_tensor(share)
        return cut, targets

    def task(self):
        """Horizon and forcing of the epoch, where one batch holds all windows."""
        return super().task() and (
            self.horizon(self.epoch_, self.n_leads_),
            forcing_of_epoch(self.forcing, self.epoch_, self.n_epochs_),
        )

    def is_growing(self, epoch):
        """Whether the horizon is still short of the full one, or the forcing not at its last."""
        share, last = (forcing_of_epoch(self.forcing, e, self.n_epochs_)
                       for e in (epoch, self.n_epochs_))  # fmt: skip
        full = min(self.n_leads_, self.longest_)
        return self.horizon(epoch, self.n_leads_) < full or abs(share - last) > 0.01

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Loss of a batch over its observed targets; in training, with the penalties."""
        loss = super().get_loss(y_pred, y_true, X=X, training=training)
        if not training:
            return loss
        if self.starts_ is not None:
            known = torch.isfinite(y_true)
            loss = loss + self.starts_.penalty() / known.sum().clamp_min(1)
        return loss + sum(penalty(self.module_, X, y_pred) for penalty in self.penalties)

    def _finish(self, valid, base_lrs):
        if valid is None or not self.keeps_last:
            return super()._finish(valid, base_lrs)
        found = {"best_epoch": self.report_["n_epochs"], "valid_loss": self.evaluate(valid)}
        self.report_.update(found)
        return super()._finish(None, base_lrs)


def shooting_data(model, series, training_horizon, *, max_gap=None):
    """Windows as keywords of ``model.forward``, and their targets.

    Returns
    -------
    X : dict of arrays
        ``z0``, ``times``, ``sample_weight``, ``series`` and, with controls, ``controls``.
    y : float array of shape (n_windows, training_horizon, n_states)
    windows : ShootingWindows
    """
    if max_gap is None:
        max_gap = GAP_LIMIT_IN_MEDIANS * median_gap(series)
    n_rows = sum(len(times) for times, *_ in series)
    stride = max(1, -(-n_rows // N_MOST_WINDOWS))
    windows = cut_windows(series, training_horizon, max_gap=max_gap, stride=stride)
    X = {"z0": windows.z0, "times": windows.times, "sample_weight": windows.weights}
    X["series"] = windows.series
    if any(one[4] is not None for one in series):
        X["controls"] = _controls(model.control_times(windows.times), windows.series, series)
    return X, windows.targets, windows


def _controls(times, of_series, series):
    if times.shape[-1] > 1:
        # A control that jumps at the end of a gap does not act in it yet.
        times = times.copy()
        times[..., -1] -= BEFORE * (times[..., -1] - times[..., 0])
    parts = {}
    for k in np.unique(of_series):
        asked = times[of_series == k]
        u = np.asarray(series[k][4](asked.ravel()), dtype=np.float64)
        parts[k] = u.reshape(*asked.shape, -1)
    first = next(iter(parts.values()))
    out = np.empty((*times.shape, first.shape[-1]))
    for k, part in parts.items():
        out[of_series == k] = part
    return out


def shoot(
    model, series, *, training_horizon=10, curriculum="doubling", max_epochs=None,
    optimizer="Adam", lr=None, batch_size=None, validation_fraction=0.1, n_iter_no_change=None,
    lead_weights=None, forcing=None, spreads=None, noise=None, alpha=None, jacobian_penalty=None,
    jacobian_along="forecast", kinetic_penalty=None, max_gap=None, seed=0, device="cpu",
    net_params=None, count=None,
):  # fmt: skip
    """Train a model on windows that start from given states.

    Minimises the squared error of the states ``training_horizon`` rows ahead of every row.
    The newest windows validate, and the best weights win, those of the start included.

    Parameters
    ----------
    model : nn.Module
        ``forward(z0, times, controls=None) -> (batch, n_leads, n_states)`` and, with
        controls, ``control_times(times)``; ``StateForecaster`` is one. It is copied.
    series : list of (times, states, values, weights, controls)
        Sorted rows of every series: times (n,), strictly increasing; finite states (n, d) that
        windows start from, smoothed or filled; values (n, d), NaN where not observed; weights
        (n,); controls a callable (m,) -> (m, q), or None.
    training_horizon : int, default=10
        Rows ahead.
    curriculum : None, "linear", "doubling" or callable (epoch) -> int, default="doubling"
        Growth of the horizon.
    max_epochs : int or None, default=None
        None makes about 1,500 steps, but at most 30 epochs: on van der Pol (1,000 irregular
        rows, 5 % noise, a start from smoothed slopes) more gained nothing.
    optimizer : name or class, default="Adam"
        Any of torch's. "LBFGS" steps on all windows at once, 5 iterations an epoch.
    lr, batch_size : default=None
        As in skorch; None = by the optimizer: 3e-3 and 64 (larger batches cost as much time a
        window and make fewer steps), L-BFGS 1 and all windows.
    validation_fraction : float in [0, 1[, default=0.1
        Share of windows that validate; 0 trains on all and keeps the last weights.
    n_iter_no_change : int or None, default=None
        Epochs at the full horizon without a better validation loss that end the training. None
        goes on to the end: the schedule lowers the validation loss only in its last part, and
        patience would stop at the top of the learning rate (4.9e-3 against 1.1e-3).
    lead_weights : None, "inverse" or array-like, default=None
        See ``lead_weights_of``.
    forcing : None, float, "linear", "exponential" or callable (epoch) -> float, default=None
        Pull towards the given states at observed targets, see ``forcing_of_epoch``.
    spreads, noise : default=None
        Given, the starts are learned beside the weights, from the given states, under their
        posterior standard deviations ``spreads``, a list of (n, d) arrays, and the standard
        deviations ``noise`` (d,) of an observation. ``report["start_shift"]`` says by how many
        spreads they moved.
    alpha : float or None, default=None
        Adds alpha times the squared weights, over the number of observed target entries: the
        loss is a mean square, the least-squares fits add alpha to a sum. None = none.
    jacobian_penalty, kinetic_penalty : float or None, default=None
        Weights of the penalties of ``_penalties`` in the training loss. With either one, 0
        included, the weights of the last epoch are kept, not the best ones.
    jacobian_along : {"forecast", "data"}, default="forecast"
        Points of the Jacobian penalty: forecast states, or the given ones of the same stamps.
    max_gap : float or None, default=None
        Longest gap a window may span; None = 10 median gaps.
    seed : int, default=0
    device : torch device, default="cpu"
    net_params : dict, optional
        More parameters of ``ShootingNet``; they win over those above. Without: a learning rate
        of one cycle, ``ema_decay=0.99`` and the clipping of ``ForecastNet``; for L-BFGS none.
    count : FieldCount, optional
        Adds the evaluations of the field, and ends the training where it is spent.

    Returns
    -------
    net : ShootingNet
        The trained model is ``net.module_``.
    report : dict
        ``net.report_`` with the number of windows.

    Raises
    ------
    FitError
        No two neighbouring rows to make a window of, or a loss that stays nan.
    """
    X, y, windows = shooting_data(model, series, training_horizon, max_gap=max_gap)
    if not np.isfinite(y).any():
        msg = "Expected at least one observed row close behind another one; got none. "
        msg += "Pass more rows, or a longer max_gap."
        raise FitError(msg)
    if check_forcing(forcing) is not None or jacobian_along == "data":
        X["states"] = windows.pick([states for _, states, *_ in series], slice(1, None))
    if spreads is not None:
        # Where the smoother knows nothing, a start is still one of the standardised states.
        X["z0_spread"] = np.minimum(windows.pick(spreads, 0), 1.0)
        X["window"] = np.arange(len(windows))
    split = None
    if validation_fraction:
        split = newest_windows(
            windows.series, windows.times[:, 0], windows.times[:, -1], validation_fraction
        )
        split = split if _has_targets(split, y) else None
    loop = loop_of(optimizer)
    set_by_name = {"lr": lr, "batch_size": batch_size}
    loop |= {name: value for name, value in set_by_name.items() if value is not None}
    if max_epochs is None:
        size = len(windows) if loop["batch_size"] == -1 else loop["batch_size"]
        n_batches = -(-len(windows) // size)
        max_epochs = min(N_MOST_EPOCHS, -(-N_STEPS // n_batches))
    train = slice(None) if split is None else split.train
    n_targets = np.count_nonzero(np.isfinite(y[train]) & (windows.weights[train, :, None] > 0))
    params = {
        **loop, "curriculum": curriculum, "max_epochs": max_epochs, "optimizer": optimizer,
        "n_iter_no_change": n_iter_no_change, "device": device, "train_split": split,
        "forcing": forcing, "noise": None if spreads is None else [float(s) for s in noise],
        "criterion__lead_weights": lead_weights_of(lead_weights, training_horizon),
        "penalties": weighted_penalties(
            n_targets, alpha, jacobian_penalty, kinetic_penalty, jacobian_along
        ),
        "keeps_last": jacobian_penalty is not None or kinetic_penalty is not None,
        "iterator_train__seed": seed, **(net_params or {}),
    }  # fmt: skip
    net = ShootingNet(model, **params)
    net.count = count
    with seeded(seed, device):
        net.fit(X, y)
    # Who goes on training the net has a count of their own.
    net.count = None
    n_valid = 0 if split is None else len(split.valid)
    counts = {"n_windows": len(windows), "n_validation_windows": n_valid}
    return net, {**net.report_, **counts, "training_horizon": training_horizon}


def _has_targets(split: GivenSplit, y):
    return np.isfinite(y[split.valid]).any() and np.isfinite(y[split.train]).any()
