"""Neural SDE forecaster: dz = f(z, u) dt + g(z) dW, with a distribution of its own."""

import numpy as np
import torch
from sklearn.utils import check_random_state

from .._constraints import check_choice, check_count, check_number
from ..batches import device_of, to_array, to_tensor
from ..dynamics._diffusion_field import CALCULI, NOISES
from ..solvers._sample_march import OwnNoise, SampleMarch
from ..solvers._stochastic_steps import METHODS
from ._free_runs import FreeRuns
from ._loop_forecaster import BaseLoopForecaster
from .intervals._own_samples import OwnSamples
from .paths._diffusion_path import DiffusionPath

TRAININGS = ("likelihood", "kernel_score")


class NeuralSDERegressor(OwnSamples, FreeRuns, BaseLoopForecaster):
    """Forecast noisy dynamics by a neural stochastic differential equation.

    The states of ``y`` obey dz = f(z, u) dt + g(z) dW: what no model could foretell is part of the
    law. So it answers with sample paths and intervals of its own, whose width follows from the
    noise and the lead, and from where the state is. The states are taken as observed exactly:
    measurement noise would be learned as noise of the dynamics.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=(64, 64)
        Of the drift f; g has the last width. Empty: a linear drift (Ornstein-Uhlenbeck).
    activation : str, default="tanh"
        See ``NeuralODERegressor``.
    noise : {"diagonal", "additive"}, default="diagonal"
        Noise of every state by itself, that depends on this state, or on none.
    calculus : {"ito", "stratonovich"}, default="ito"
        How the equation is read: which drift the network is, and ``drift`` returns. Forecasts do
        not depend on it.
    method : {"milstein", "euler_maruyama", "reversible_heun"}, default="milstein"
        Solver of sample paths: strong order 1, 1/2, and the reversible one of Kidger et al. 2021.
    n_substeps : int, default=4
        Its steps per median step.
    training : {"likelihood", "kernel_score"}, default="likelihood"
        "likelihood": how likely each next row is, its mean and covariance carried over the gap by
        local linearisation; exact for a linear drift, fast, and best where rows are dense.
        "kernel_score": sample paths over windows against what was observed, by the energy score;
        for rows so far apart that the law between them is no longer near linear.
    training_horizon : int, duration or None, default=None
        Length of these windows; None = 8 median steps. For "kernel_score".
    alpha : float or None, default=None
        Weight decay of the optimiser; None = 0.
    max_epochs, lr, batch_size, optimizer, callbacks, gradient_clip, ema_decay : default=None
        The training loop, as skorch's. None: about 1,500 steps of AdamW with 5e-3 (warm-up, then
        half a cosine) and 512 transitions or 64 windows, norm of the gradient at most 10, mean of
        weights 0.99.
    early_stopping : bool, default=True
        Choose the number of epochs on the newest part, then train so long on everything.
    validation_fraction, n_iter_no_change, features, target_transformer, series_scaling, time, \
time_unit, score_horizon, warm_start, device, random_state, verbose, **net_params
        See ``NeuralODERegressor``.
    calibration : None, "auto" or int, default=None
        None: intervals and samples are those of the law. Else see ``NeuralODERegressor``.

    Attributes
    ----------
    net_ : skorch net
        ``net_.module_.field`` holds drift and noise in standardised states and median steps.
    fit_report_ : FitReport
    clock_, time_unit_, step_ : Clock, str, float
        Model time; the median step of fit in its unit.

    Notes
    -----
    ``predict`` is the mean of 128 paths of fixed noise, in pairs of opposite sign: exact for a
    linear drift, else right to about a tenth of the spread of the paths.

    References
    ----------
    Kloeden and Platen (1992), Numerical solution of stochastic differential equations.
    Jimenez and Ozaki (2003), Local linearization filters for non-linear continuous-discrete state
    space models with multiplicative noise. Kidger et al. (2021), Efficient and accurate gradients
    for neural SDEs.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralSDERegressor
    >>> x, noise = [0.0], np.random.default_rng(0).normal(size=2000)
    >>> for e in noise: x.append(0.9 * x[-1] + e)
    >>> t = np.arange(2001.0)[:, None]
    >>> model = NeuralSDERegressor((), noise="additive", time=0, max_epochs=20, random_state=0)
    >>> bool(-0.16 < model.fit(t, x).drift([[1.0]])[0, 0] - model.drift([[0.0]])[0, 0] < -0.06)
    True
    """

    def __init__(
        self, hidden_layer_sizes=(64, 64), activation="tanh", *, noise="diagonal", calculus="ito",
        method="milstein", n_substeps=4, training="likelihood", training_horizon=None, alpha=None,
        max_epochs=None, lr=None, batch_size=None, optimizer=None, callbacks=None,
        gradient_clip=None, ema_decay=None, early_stopping=True, validation_fraction=0.2,
        n_iter_no_change=None, features=None, target_transformer=None, series_scaling=False,
        time=None, time_unit=None, score_horizon=None, calibration=None, warm_start=False,
        device="auto", random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        super().__init__(
            hidden_layer_sizes, activation, training_horizon=training_horizon, alpha=alpha,
            max_epochs=max_epochs, lr=lr, batch_size=batch_size, optimizer=optimizer,
            callbacks=callbacks, gradient_clip=gradient_clip, ema_decay=ema_decay,
            early_stopping=early_stopping, validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change, features=features,
            target_transformer=target_transformer, series_scaling=series_scaling, time=time,
            time_unit=time_unit, score_horizon=score_horizon, calibration=calibration,
            warm_start=warm_start, device=device, random_state=random_state, verbose=verbose,
            **net_params,
        )  # fmt: skip
        self.noise = noise
        self.calculus = calculus
        self.method = method
        self.n_substeps = n_substeps
        self.training = training

    _trainings, _usual_horizon = TRAININGS, 8

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("noise", self.noise, NOISES)
        check_choice("calculus", self.calculus, CALCULI)
        self._check_solver()
        if self.training_horizon is not None and self.training != "kernel_score":
            msg = "Expected training_horizon beside training='kernel_score', which has windows; "
            msg += f"got {self.training_horizon!r} beside {self.training!r}. Leave it out."
            raise ValueError(msg)

    def _check_solver(self):
        check_choice("method", self.method, tuple(METHODS))
        check_count("n_substeps", self.n_substeps)

    # ---------------------------------------------------------------- fit and forecast

    def _make_path(self, **training):
        return DiffusionPath(
            noise=self.noise, calculus=self.calculus, hidden_layer_sizes=self.hidden_layer_sizes,
            activation=self.activation, training=self.training, **training,
        )  # fmt: skip

    def _forecast_path(self, known, asked, controls):
        self._check_solver()
        return self._path.forecast(known, asked, controls, self.method, 1 / self.n_substeps)

    def _sample_requests(self, known, requests, controls, n_samples, random):
        self._check_solver()
        how = n_samples, random, self.method, 1 / self.n_substeps
        return self._in_units(
            lambda rows, asked, u: self._path.sample(rows, asked, u, *how),
            known, requests, controls,
        )  # fmt: skip

    # ---------------------------------------------------------------- the law

    def drift(self, states):
        """Drift f at given states, in units of y per ``time_unit_``; in the ``calculus`` of fit.

        Parameters
        ----------
        states : array-like of shape (n, n_channels) or (n_channels,)
            Columns of a frame are found by name.

        Returns
        -------
        ndarray of shape (n, n_channels) or (n_channels,)
        """
        z = self._standard_states(states)
        field = self._path.field
        with torch.no_grad():
            found = to_array(field.drift(z, calculus=field.calculus)) * self._scale / self._step
        return found if np.ndim(states) == 2 else found[0]

    def diffusion(self, states):
        """Noise g of every state, in units of y per root of ``time_unit_``.

        Parameters
        ----------
        states : array-like of shape (n, n_channels) or (n_channels,)

        Returns
        -------
        ndarray of shape (n, n_channels) or (n_channels,)
        """
        z = self._standard_states(states)
        with torch.no_grad():
            found = to_array(self._path.field.noise_at(z)) * self._scale / np.sqrt(self._step)
        return found if np.ndim(states) == 2 else found[0]

    def simulate(self, start, n_steps, step=None, *, random_state=None):
        """Sample paths from one start or many, without covariates.

        Parameters
        ----------
        start : array-like of shape (n_channels,) or (n_starts, n_channels)
        n_steps : int
        step : float, default=None
            Distance of the states returned, in ``time_unit_``; None = the median step of fit. The
            solver takes ``n_substeps`` steps per median step.
        random_state : int, RandomState or None, default=None

        Returns
        -------
        ndarray of shape (n_steps + 1, n_channels), or (n_starts, n_steps + 1, n_channels)
            The start first.
        """
        starts = self._checked_starts(start, n_steps)
        step = self._step if step is None else step
        check_number("step", step, low=0, low_open=True)
        self._check_solver()
        z = self._standard_states(starts)
        random = check_random_state(random_state)
        n_starts = len(z)
        march = SampleMarch(
            self._path.field, z, 1, self.method, 1 / self.n_substeps,
            OwnNoise(random, n_starts, 1, z.shape[1]), lambda lead: None,  # noqa: ARG005
        )  # fmt: skip
        leads = np.repeat(np.arange(n_steps + 1) * (step / self._step), n_starts)
        states = march.states_at(leads, np.tile(np.arange(n_starts), n_steps + 1))
        paths = to_array(states)[:, 0].reshape(n_steps + 1, n_starts, -1).transpose(1, 0, 2)
        paths = paths * self._scale + self._center
        return paths if np.ndim(start) == 2 else paths[0]

    def _standard_states(self, states):
        states = self._checked_starts(states, 1)
        return to_tensor((states - self._center) / self._scale, device_of(self._path.field))
