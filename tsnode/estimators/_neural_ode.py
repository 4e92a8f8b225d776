"""Neural ODE forecaster: dz/dt = f(z, u, t), for any stamps."""

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_choice, check_count, check_number
from ..batches import to_array, to_tensor
from ._choose_path import choose_path
from ._latent_path import LatentPath
from ._neural import BaseNeuralForecaster
from ._reading import read_rows
from ._seasons import find_periods
from ._state_path import METHODS, StatePath

DEFAULT_LOOKBACK, DEFAULT_MAX_LEAD = 48, 72


class NeuralODERegressor(BaseNeuralForecaster):
    """Forecast irregular, partly missing time series by a neural ODE.

    The states of ``y`` obey dz/dt = f(z, u, t) with a neural network f and known-ahead
    covariates u of ``X``. Where they do not (weather: the state is not observed whole), an
    encoder of the last ``lookback`` finds a latent state with dynamics of its own. ``fit`` tries
    both on held-out data and says in ``fit_report_`` what it chose.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=(64, 64)
    activation : str, default="tanh"
        "tanh", "relu", "silu", "softplus", "logistic" or "elu".
    alpha : float or None, default=None
        L2 penalty of the fitted weights; None = chosen by the engine.
    lookback : "auto", None, int or duration, default="auto"
        How much past the encoder sees: a number of median steps, or "48h". None: none, the
        observed values are the state. "auto": both are fitted on the older 80 % of the rows, the
        better on the rest is taken.
    latent_dim : "auto" or int, default="auto"
        Hidden states of the neural latent ODE on top of the linear one (lookback models only);
        0 leaves it out, "auto" is 16.
    autonomous : bool, default=True
        False feeds the time to f.
    training : {"auto", "match", "collocation", "linear", "shooting"}, default="auto"
        The tool: slopes of smoothed data, states and weights together, closed-form latent ODE,
        or windows through the solver. "auto" picks by the data and the other parameters.
    training_horizon : int, duration or None, default=None
        How far ahead a training window predicts, in median steps; None = chosen by the tool.
    curriculum : None, "linear", "doubling" or callable epoch -> horizon, default=None
        Growth of the training horizon over the epochs of shooting.
    method : str, default="rk4"
        Solver: "rk4", "euler", "midpoint", "heun" (own kernels), or any method of torchdiffeq.
    rtol, atol : float, default=1e-4 and 1e-6
        Accuracy of the solve in standardised units: observation noise is larger than that in
        all data we have met. Fixed-step methods choose their step by rtol.
    max_epochs, lr, batch_size, optimizer, callbacks : default=None
        The training loop, as skorch's; None = by the tool. Setting one asks for the loop.
    early_stopping : bool, default=True
        Hold out the newest part, stop when it gets worse, restore the best weights.
    validation_fraction : float, default=0.2
        Share of the newest part, for early stopping and every choice of the engine.
    n_iter_no_change : int or None, default=None
        Epochs without improvement before stopping; None = by the tool.
    features : transformer or None, default=None
        Fed X, or a frame that has only the index: ``CalendarFeatures()``.
    target_transformer : transformer or None, default=None
        Applied to y; must keep NaN.
    series_scaling : bool, default=False
        Standardise each series by its own observations.
    time : None, "index", column name, level name or column number, default=None
        Where the time of the rows stands; None finds it: a time index, else column 0.
    time_unit : None, "s", "min", "h" or "D", default=None
        Unit of public quantities per time; None = the nearest below the median step.
    score_horizon : int, duration, "free" or None, default=None
        Horizon that ``score`` forecasts with; None = the ``training_horizon`` set, else one row.
    device : str, default="auto"
    random_state : int, RandomState or None, default=None
    verbose : int, default=0
        1 prints what the engine chose and the course of training.
    **net_params
        Parameters of skorch's net: ``optimizer__...``, ``module__...``, ``criterion__...``,
        ``iterator_train__...``, ``callbacks__...``.

    Attributes
    ----------
    net_ : skorch net
        All fitted weights.
    fit_report_ : dict
        What the engine tried, chose and measured.
    clock_, time_unit_ : Clock, str
        Model time.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralODERegressor
    >>> t = np.linspace(0, 20, 150)
    >>> y = np.column_stack([np.cos(t), -np.sin(t)])
    >>> model = NeuralODERegressor(random_state=0).fit(t[:, None], y)
    >>> bool(np.abs(model.predict([[21.0]]) - [np.cos(21.0), -np.sin(21.0)]).max() < 0.05)
    True
    """

    def __init__(
        self, hidden_layer_sizes=(64, 64), activation="tanh", *, alpha=None, lookback="auto",
        latent_dim="auto", autonomous=True, training="auto", training_horizon=None,
        curriculum=None, method="rk4", rtol=1e-4, atol=1e-6, max_epochs=None, lr=None,
        batch_size=None, optimizer=None, callbacks=None, early_stopping=True,
        validation_fraction=0.2, n_iter_no_change=None, features=None, target_transformer=None,
        series_scaling=False, time=None, time_unit=None, score_horizon=None, device="auto",
        random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.lookback = lookback
        self.latent_dim = latent_dim
        self.autonomous = autonomous
        self.training = training
        self.training_horizon = training_horizon
        self.curriculum = curriculum
        self.method = method
        self.rtol = rtol
        self.atol = atol
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.features = features
        self.target_transformer = target_transformer
        self.series_scaling = series_scaling
        self.time = time
        self.time_unit = time_unit
        self.score_horizon = score_horizon
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self._net_params = net_params

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("method", self.method, METHODS)
        check_number("rtol", self.rtol, low=0, low_open=True)
        check_number("atol", self.atol, low=0)
        if self.latent_dim != "auto":
            check_count("latent_dim", self.latent_dim, low=0)
        if self.training == "linear" and self.lookback is None:
            msg = "Expected a lookback beside training='linear', which reads the history; got "
            msg += "lookback=None. Set lookback='auto' or a length, or training='auto'."
            raise ValueError(msg)
        if self.training in ("match", "collocation") and self.lookback not in ("auto", None):
            msg = f"Expected lookback=None or 'auto' beside training={self.training!r}, which fits "
            msg += f"observed states; got {self.lookback!r}. Set training='auto' or 'linear'."
            raise ValueError(msg)
        if self.curriculum is not None and self.lookback not in ("auto", None):
            msg = f"Expected lookback=None or 'auto' beside curriculum={self.curriculum!r}, which "
            msg += f"grows windows of observed states; got lookback={self.lookback!r}. Leave out "
            msg += "one of the two."
            raise ValueError(msg)

    # ---------------------------------------------------------------- time in median steps

    def _learn_steps(self, series):
        self._origin = float(series.times.min())
        self._step = self._median_step()

    def _to_steps(self, times):
        return (times - self._origin) / self._step

    def _to_times(self, steps):
        return self._origin + steps * self._step

    # ---------------------------------------------------------------- fit

    def _fit_path(self, series, controls):
        # A curriculum is for windows of states; the history's path could not honour it.
        is_for_states = self.training in ("match", "collocation") or self.curriculum is not None
        if self.lookback is None or is_for_states:
            return self._state_path().fit(series, controls)
        if self.lookback != "auto" or self.training == "linear":
            return self._latent_path(series).fit(series, controls)
        candidates = {
            "states": self._state_path,
            "history": lambda is_trial: self._latent_path(series, is_trial=is_trial),
        }
        return choose_path(
            candidates,
            series,
            controls,
            lookback=DEFAULT_LOOKBACK,
            fraction=self.validation_fraction,
        )

    def _state_path(self, *, is_trial=False):
        """Path on the observed states; a trial leaves out shooting, which only refines."""
        return StatePath(
            kind="ode",
            method=self.method,
            rtol=self.rtol,
            atol=self.atol,
            hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            activation=self.activation,
            autonomous=self.autonomous,
            alpha=self.alpha,
            training="auto" if is_trial else self.training,
            training_horizon=None if is_trial else self._horizon_in_steps(),
            early_stopping=self.early_stopping,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change,
            loop={} if is_trial else self._loop_parameters(),
            device=self._device(),
            seed=self._seed,
        )

    def _latent_path(self, series, *, is_trial=False):
        lookback = DEFAULT_LOOKBACK if self.lookback == "auto" else self.lookback
        loop = self._loop_parameters()
        named = {name: loop.pop(name, None) for name in ("max_epochs", "lr", "batch_size")}
        loop.pop("curriculum", None)
        n_latent = {"auto": None}.get(self.latent_dim, self.latent_dim)
        return LatentPath(
            lookback=self._length_in_steps(lookback, "lookback"),
            max_lead=self._horizon_in_steps() or DEFAULT_MAX_LEAD,
            periods=find_periods(series, self.clock_, self._step),
            n_latent=0 if is_trial or self.training == "linear" else n_latent,
            hidden_layer_sizes=tuple(self.hidden_layer_sizes), activation=self.activation,
            alpha=self.alpha, validation_fraction=self.validation_fraction,
            net_params=loop, device=self._device(), seed=self._seed, **named,
        )  # fmt: skip

    @property
    def _goes_backward(self):
        return isinstance(self._path, StatePath)

    # ---------------------------------------------------------------- the fitted field

    def vector_field(self, states, X=None):
        """Slope dy/dt at given states, in units of y per ``time_unit_``.

        Parameters
        ----------
        states : array-like of shape (n, n_channels) or (n_channels,)
        X : as in predict, n rows, default=None
            Stamps (and covariates) of the states; needed if the field has covariates or time.

        Returns
        -------
        ndarray of the shape of ``states``
        """
        z, t, u = self._field_inputs(states, X)
        with torch.no_grad():
            slopes = self._path.field.eval()(t, z, u)
        slopes = to_array(slopes) * self._scale / self._step
        return slopes.reshape(np.shape(states))

    def jacobian(self, states, X=None):
        """Jacobian of the slope in the states, per ``time_unit_``: (n, n_channels, n_channels).

        Entry [k, i, j] is the derivative of slope i by state j, in their units.
        """
        z, t, u = self._field_inputs(states, X)
        z.requires_grad_(True)
        field = self._path.field.eval()
        rows = torch.autograd.grad(
            (slopes := field(t, z, u)), z,
            torch.eye(z.shape[1], dtype=z.dtype, device=z.device)[:, None].expand(-1, len(z), -1),
            is_grads_batched=True,
        )[0]  # fmt: skip
        del slopes
        found = to_array(rows.transpose(0, 1)) / self._step
        found = found * self._scale[:, None] / self._scale[None, :]
        return found[0] if np.ndim(states) == 1 else found

    def simulate(self, start, n_steps, step=None):
        """Free run of the field from a start, without covariates.

        Parameters
        ----------
        start : array-like of shape (n_channels,)
        n_steps : int
        step : float, default=None
            In ``time_unit_``; None = the median step of fit.

        Returns
        -------
        ndarray of shape (n_steps + 1, n_channels)
            The start first.
        """
        self._check_field()
        check_count("n_steps", n_steps)
        if self._covariates.n_controls:
            msg = "Expected a field without covariates; this one was fitted with them. "
            msg += "Use predict with their values."
            raise ValueError(msg)
        start = self._checked_states(start)
        step = self._step if step is None else check_number("step", step, low=0, low_open=True)
        times = np.arange(n_steps + 1) * step / self._step
        path = self._path.free_run((start[0] - self._center) / self._scale, times)
        return path * self._scale + self._center

    def _field_inputs(self, states, X):
        """Standardised states, times in steps and controls as tensors."""
        self._check_field()
        states = self._checked_states(states)
        needs_rows = self._covariates.n_controls or not self.autonomous
        if needs_rows and X is None:
            msg = "Expected X with the stamps of the states, because the field has covariates or "
            msg += "time as inputs; got None. Pass one row of X per state."
            raise ValueError(msg)
        t, u = torch.tensor(0.0, dtype=torch.float64), None
        if X is not None:
            t, u = self._row_inputs(X, len(states))
        z = to_tensor((states - self._center) / self._scale, device=self._device())
        return z, t, u

    def _row_inputs(self, X, n_states):
        rows = read_rows(self, X, reset=False, only_times=self.states_in_x_)
        if len(rows) != n_states:
            msg = f"Expected one row of X per state ({n_states}); got {len(rows)}. "
            msg += "Pass as many stamps as states."
            raise ValueError(msg)
        times = self.clock_.to_model(rows.timed.index)
        t = to_tensor(self._to_steps(times), device=self._device())
        u = None
        if self._covariates.n_controls:
            u = self._covariates.values(rows)
            u = to_tensor(u, device=self._device())
        return t, u

    def _check_field(self):
        check_is_fitted(self)
        if not isinstance(self._path, StatePath):
            msg = "Expected a field on the observed states; this model was fitted with a latent "
            msg += "state. Refit with lookback=None."
            raise ValueError(msg)  # noqa: TRY004 - the type of the path is no argument
        if self.series_scaling:
            msg = "Expected one scale for all series; with series_scaling=True the field has no "
            msg += "physical units of its own. Refit with series_scaling=False."
            raise ValueError(msg)

    def _checked_states(self, states):
        values = np.atleast_2d(np.asarray(states, dtype=float))
        if values.ndim != 2 or values.shape[1] != len(self._scale):
            msg = f"Expected states of shape (n, {len(self._scale)}); got {np.shape(states)}. "
            msg += "Pass one column per fitted channel."
            raise ValueError(msg)
        return values
