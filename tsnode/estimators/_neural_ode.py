"""Neural ODE forecaster: dz/dt = f(z, u, t), for any stamps."""

from dataclasses import replace
from functools import partial

from sklearn.utils.validation import check_is_fitted

from .._constraints import check_choice, check_count, check_flag, check_number
from ..solvers._events import EventLog
from ..solvers._gradients import check_gradient
from ..solvers._solve import METHODS, is_adaptive
from ..training._optimizers import is_lbfgs
from ._events import check_events, happened, warn_endless
from ._field_readings import FieldReadings
from ._neural import LOOP_PARAMETERS, BaseNeuralForecaster
from ._seasons import find_periods
from ._state_or_history import (
    STATES_ONLY,
    asks_for_history,
    asks_for_states,
    check_asks_for_one,
)
from .paths._choose_path import choose_path
from .paths._latent_path import LatentPath
from .paths._state_path import StatePath
from .paths._warm_start import check_same_kind

DEFAULT_LOOKBACK, DEFAULT_MAX_LEAD = 48, 72
# A match that is only to be told from a model of the history need not be exact.
TRIAL_ITERATIONS = 20


class NeuralODERegressor(FieldReadings, BaseNeuralForecaster):
    """Forecast irregular, partly missing time series by a neural ODE.

    The states of ``y`` obey dz/dt = f(z, u, t) with a neural network f and known-ahead
    covariates u of ``X``. Where they do not (weather: the state is not observed whole), an
    encoder of the last ``lookback`` finds a latent state with dynamics of its own. ``fit`` tries
    both on held-out data and says in ``fit_report_`` what it chose.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=(64, 64)
        Of the built-in network.
    activation : str, default="tanh"
        "tanh", "relu", "silu", "softplus", "logistic" or "elu".
    module : None, nn.Module, class or callable that makes one, default=None
        f itself, instead of the built-in network: ``forward(t, z, u)``, ``(t, z)``, ``(z)``, or
        one row of states and covariates, as an ``nn.Sequential`` takes. Rows of t have shape
        (batch, 1). It is copied, and trained in float64; parameters without gradient stay as
        they are. A class gets ``module__NAME`` and, if its constructor names them, ``n_states``
        and ``n_controls``. Fits begin at its weights.
    module_units : {"standardised", "physical"}, default="standardised"
        What the module works on: standardised states and covariates and time in median steps, as
        the built-in network does (right for a network); or those of y, of X (after ``features``)
        and of ``time_unit_`` (right for a known law, whose parameters then have their meaning).
    alpha : float or None, default=None
        L2 penalty of the fitted weights; None = chosen by the engine (shooting: none). Those of
        a module count in parts of their size at the start, per tensor.
    lookback : "auto", None, int or duration, default="auto"
        How much past the encoder sees: a number of median steps, or "48h". None: none, the
        observed values are the state. "auto": both are fitted on the older 80 % of the rows, the
        better on the rest is taken.
    latent_dim : "auto" or int, default="auto"
        Hidden states of the neural latent ODE on top of the linear one (lookback models only);
        0 leaves it out, "auto" is 16.
    n_estimators : int, default=1
        Neural latent ODEs, trained side by side as one model; the forecast is their mean. More
        than 1 asks for a model of the history.
    autonomous : bool, default=True
        False feeds the time to f.
    training : {"auto", "match", "collocation", "linear", "shooting"}, default="auto"
        The tool: slopes of smoothed data, states and weights together, closed-form latent ODE,
        or windows through the solver. "auto" picks by the data and the other parameters. Of rows
        whose slopes no smoother finds (a stiff law, which jumps between two rows) the first two
        learn the flow from each row to the next instead; of noisy ones the second alone does.
    training_horizon : int, duration or None, default=None
        How far ahead a training window predicts, in median steps; None = chosen by the tool.
    curriculum : None, "linear", "doubling" or callable epoch -> horizon, default=None
        Growth of the training horizon over the epochs of shooting; None = "doubling".
    jacobian_penalty : float or None, default=None
        Weight of the mean of |df/dz|_F^2 / n_states in the training loss of shooting: a smooth
        field takes fewer and longer solver steps. Of the standardised states, per squared
        median step, at the stamps of the training windows; estimated above 8 states (Finlay et
        al. 2020). The loss beside it is the mean squared error of standardised states. Setting
        it, or ``kinetic_penalty``, asks for the loop on the observed states and keeps the
        weights of its last epoch: validation is without penalties, and would choose the epoch
        that heeds them least. So does 0; None = off.
    jacobian_along : None, "forecast" or "data", default=None
        Where ``jacobian_penalty`` reads the Jacobian: at the forecast states of the training
        windows, or at the smoothed data of the same stamps, which lie on the attractor that
        long-run statistics are of, however rough the field. None = "forecast".
    kinetic_penalty : float or None, default=None
        The same with the mean of |f(z, t)|^2 / n_states: a slow field.
    gradient : {"backprop", "adjoint", "forward", "finite_difference"}, default="backprop"
        How shooting finds the gradient of a solve. "backprop" keeps every step and is fastest;
        "adjoint" solves backwards and keeps one state a gap; the last two cost a solve for every
        weight and keep nothing. Setting another than the default asks for the loop.
    method : str, default="rk4"
        Solver of the states: "rk4", "euler", "midpoint", "heun" (own kernels),
        "exponential_euler" (own, for stiff fields: order 2 at a Jacobian a step), any method of
        torchdiffeq, or "LSODA", "Radau" and "BDF" of SciPy (stiff fields; predict only, so not
        beside a loop). (The latent ODE of a history has a solver of its own.)
    rtol, atol : float, default=1e-4 and 1e-6
        Accuracy of the solve in standardised units: observation noise is larger than that in
        all data we have met. Fixed-step methods choose their step by rtol: 1/32 median step at
        least, 1/512 for an rtol below the default. ``set_params`` of method, rtol and atol after
        fit takes effect in the next predict.
    max_epochs, lr, batch_size, optimizer, callbacks : default=None
        The training loop, as skorch's; None = by the tool. Setting one asks for the loop.
        ``optimizer`` is a class or the name of one of torch's, such as "AdamW", "SGD" or "LBFGS"
        (observed states only: every epoch one step of five iterations on all windows at once,
        with a line search, without schedule, clipping and averaging).
    gradient_clip : float or None, default=None
        Largest norm of a batch's gradient, inf = any; None = by the tool (shooting: 10, since
        steep fields give single batches gradients of 1e6).
    ema_decay : float in [0, 1[ or None, default=None
        Decay per step of the running mean of the weights that is validated and kept, 0 = the
        last weights themselves; None = by the tool (shooting: 0.99, about the last 100 steps).
    lead_weights : None, "inverse" or array-like of shape (n_leads,), default=None
        Weight of every row ahead in the loss of shooting, on the observed states: None = equal,
        "inverse" = 1 / lead, so that errors grown in a long window do not drown the near ones;
        an array holds one weight per row of ``training_horizon``, or more.
    forcing : None, float, "linear", "exponential" or callable epoch -> float, default=None
        Generalised teacher forcing in shooting, on the observed states (Hess et al. 2023): at every
        stamp of a training window the state goes on as (1 - a) z + a z_data, so that the window
        stays near the data and its gradient does not explode where the system is chaotic. z_data
        is the smoothed state: what noise is left in it would enter the field as an input. Missing
        entries are not forced; the loss reads the forecast before the pull; validation and
        forecasts run free. A number is a constant a in [0, 1]; a name anneals it from 1 to 0 over
        the first half of the epochs. Works with every ``method`` and ``gradient``; the solve then
        restarts at every stamp. None = off.
    window_starts : None, "smoothed" or "learned", default=None
        Where the windows of shooting start, named for what is done with those states: "smoothed"
        takes the smoothed data as given, "learned" trains one start for every window beside the
        weights, in units of the smoother's posterior spread and held by it (``fit_report_`` says
        by how much they moved); for noisy data. Validation starts from smoothed states in either
        case. None = "smoothed", without asking for the loop.
    early_stopping : bool, default=True
        Choose the number of epochs of shooting on the newest part, then train so long on
        everything; False trains ``max_epochs``. (Models of the history always choose.)
    validation_fraction : float, default=0.2
        Share of the newest part, for early stopping and every choice of the engine.
    n_iter_no_change : int or None, default=None
        Epochs without improvement that end the shooting; None = none.
    n_field_evaluations_max : int or None, default=None
        Evaluations of f, one for every row that passes through it, after which training ends:
        shooting with that batch and the best weights so far, the other tools behind an iteration.
        ``fit_report_`` counts them as ``field_evaluations`` by stage, and says "budget" as
        ``stopped``. Trials of "auto" have as many each; prediction and the closed form of a
        history are not bound. Does not ask for the loop; None = no end.
    features : transformer or None, default=None
        Fed X, or a frame that has only its index (on panels that of series and time), at the stamps
        of the solver: ``CalendarFeatures()``, ``SolarFeatures(49.4, 8.7)``, drivers by
        ``ExogenousFeatures(table)``, a union.
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
    calibration : "auto", int or None, default="auto"
        Errors that ``predict_interval`` is made of. "auto": of the model by which fit chose on the
        newest ``validation_fraction`` of the rows; where it needed none, such a one is fitted
        when an interval is first asked for. k: of k more fits, each without one of k blocks of
        time, so that every season is in the errors. None: no intervals.
    warm_start : bool, default=False
        True: fit begins at the weights of the fit before, if there was one, and keeps the kind of
        model that it chose; what is learned in closed form, the clock and the scales are found
        anew. Other channels, covariates or layers are refused, as by scikit-learn's networks.
    device : str, default="auto"
    random_state : int, RandomState or None, default=None
    verbose : int, default=0
        1 prints what the engine chose and the course of training.
    **net_params
        Parameters of skorch's net: ``optimizer__...``, ``criterion__...``,
        ``iterator_train__...``, ``callbacks__...``; ``module__...`` of the class ``module``, and
        of the forecaster around it (``module__n_substeps``).

    Attributes
    ----------
    net_ : skorch net
        All fitted weights.
    fit_report_ : FitReport
        What the engine tried, chose and measured: a dict that reads well when shown, with the
        epochs of a training loop as ``history``; ``plots.TrainingCurveDisplay`` draws them.
    clock_, time_unit_, step_ : Clock, str, float
        Model time; the median step of fit in its unit.

    Notes
    -----
    A state that is observed whole is not simply the newest row: an extended Kalman filter carries
    up to 40 rows before the cutoff along the learned flow and weighs each by its noise, which on
    Lorenz-63 leaves a third of the noise (missing entries are inferred from the others).

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
        self, hidden_layer_sizes=(64, 64), activation="tanh", *, module=None,
        module_units="standardised", alpha=None, lookback="auto",
        latent_dim="auto", n_estimators=1, autonomous=True, training="auto", training_horizon=None,
        curriculum=None, jacobian_penalty=None, jacobian_along=None, kinetic_penalty=None,
        gradient="backprop", method="rk4", rtol=1e-4, atol=1e-6, max_epochs=None, lr=None,
        batch_size=None, optimizer=None, callbacks=None, gradient_clip=None, ema_decay=None,
        lead_weights=None, forcing=None, window_starts=None, early_stopping=True,
        validation_fraction=0.2, n_iter_no_change=None, n_field_evaluations_max=None,
        features=None, target_transformer=None, series_scaling=False, time=None, time_unit=None,
        score_horizon=None, calibration="auto", warm_start=False, device="auto",
        random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.module = module
        self.module_units = module_units
        self.alpha = alpha
        self.lookback = lookback
        self.latent_dim = latent_dim
        self.n_estimators = n_estimators
        self.autonomous = autonomous
        self.training = training
        self.training_horizon = training_horizon
        self.curriculum = curriculum
        self.jacobian_penalty = jacobian_penalty
        self.jacobian_along = jacobian_along
        self.kinetic_penalty = kinetic_penalty
        self.gradient = gradient
        self.method = method
        self.rtol = rtol
        self.atol = atol
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.gradient_clip = gradient_clip
        self.ema_decay = ema_decay
        self.lead_weights = lead_weights
        self.forcing = forcing
        self.window_starts = window_starts
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.n_field_evaluations_max = n_field_evaluations_max
        self.features = features
        self.target_transformer = target_transformer
        self.series_scaling = series_scaling
        self.time = time
        self.time_unit = time_unit
        self.score_horizon = score_horizon
        self.calibration = calibration
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self._net_params = net_params

    _loop_names = (
        *LOOP_PARAMETERS, "window_starts", "jacobian_penalty", "jacobian_along", "kinetic_penalty",
    )  # fmt: skip

    # Of fits to parts of the rows: whether the whole reads covariates.
    _twin_uses_controls = None

    def _check_parameters(self):
        super()._check_parameters()
        self._check_solver()
        check_gradient(self.gradient, self.method, is_adaptive=is_adaptive(self.method))
        check_number("jacobian_penalty", self.jacobian_penalty, low=0, none_ok=True)
        check_choice("jacobian_along", self.jacobian_along, (None, "forecast", "data"))
        if self.jacobian_along is not None and self.jacobian_penalty is None:
            msg = "Expected jacobian_penalty beside jacobian_along, which says where it reads; got "
            msg += f"jacobian_along={self.jacobian_along!r} alone. Set jacobian_penalty=, too."
            raise ValueError(msg)
        check_number("kinetic_penalty", self.kinetic_penalty, low=0, none_ok=True)
        check_count("n_field_evaluations_max", self.n_field_evaluations_max, none_ok=True)
        check_choice("window_starts", self.window_starts, (None, "smoothed", "learned"))
        if self.window_starts == "learned" and is_lbfgs(self.optimizer):
            msg = (
                "Expected no L-BFGS beside window_starts='learned', which moves the starts behind "
            )
            msg += "every batch, while a line search needs one function; got "
            msg += f"optimizer={self.optimizer!r}. Set another optimizer, or window_starts=None."
            raise ValueError(msg)
        check_count("n_estimators", self.n_estimators)
        if self.latent_dim != "auto":
            check_count("latent_dim", self.latent_dim, low=0)
        check_asks_for_one(self)

    def _check_solver(self):
        check_flag("autonomous", self.autonomous)
        check_choice("method", self.method, METHODS)
        check_number("rtol", self.rtol, low=0, low_open=True)
        check_number("atol", self.atol, low=0)

    def _loop_parameters(self):
        own = {} if self.gradient == "backprop" else {"gradient": self.gradient}
        return super()._loop_parameters() | own

    def _physical_units(self):
        return {
            "center": self._center, "scale": self._scale, "origin": self._origin,
            "step": self._step, "factor": self._step / self._scale, "shift": 0.0,
        }  # fmt: skip

    # ---------------------------------------------------------------- fit

    def _fit_path(self, series, controls, start=None):
        if isinstance(start, StatePath):
            check_same_kind(asks_for_history(self), "observed states")
            return self._state_path().fit(series, controls, start)
        if start is not None:
            check_same_kind(asks_for_states(self), "history")
            return self._latent_path(series).fit(series, controls, start)
        if asks_for_states(self):
            return self._state_path().fit(series, controls)
        if asks_for_history(self):
            return self._latent_path(series).fit(series, controls)
        candidates = {
            "states": self._state_path,
            "history": partial(self._latent_path, series),
        }
        return choose_path(
            candidates,
            series,
            controls,
            lookback=DEFAULT_LOOKBACK,
            fraction=self.validation_fraction,
        )

    def _state_path(self, stage="final", make=StatePath):
        """Path on the observed states; before the final stage without shooting, which refines."""
        is_final = stage == "final"
        training = {"cheap": "match", "trial": "auto", "final": self.training}[stage]
        return make(
            kind="ode",
            method=self.method,
            rtol=self.rtol,
            atol=self.atol,
            hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            activation=self.activation,
            autonomous=self.autonomous,
            alpha=self.alpha,
            training=training,
            training_horizon=self._horizon_in_steps() if is_final else None,
            early_stopping=self.early_stopping,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change,
            n_evaluations_max=self.n_field_evaluations_max,
            loop=self._loop_parameters() if is_final else {},
            match_iterations=TRIAL_ITERATIONS if stage == "cheap" else None,
            refines=is_final,
            module=self._user_module(),
            device=self._device(),
            seed=self._seed,
        )

    def _latent_path(self, series, stage="final"):
        is_final = stage == "final"
        lookback = DEFAULT_LOOKBACK if self.lookback == "auto" else self.lookback
        loop = self._loop_parameters() if is_final else {}
        insists = bool(loop) or self.training == "shooting"
        named = {name: loop.pop(name, None) for name in ("max_epochs", "lr", "batch_size")}
        n_latent = {"auto": None}.get(self.latent_dim, self.latent_dim)
        return LatentPath(
            lookback=self._length_in_steps(lookback, "lookback"),
            max_lead=self._horizon_in_steps() or DEFAULT_MAX_LEAD,
            periods=find_periods(series, self.clock_, self._step),
            n_latent=n_latent if is_final and self.training != "linear" else 0,
            n_members=self.n_estimators,
            insists=insists,
            hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            activation=self.activation,
            alpha=self.alpha,
            validation_fraction=self.validation_fraction,
            n_evaluations_max=self.n_field_evaluations_max,
            uses_controls=self._twin_uses_controls,
            net_params=loop,
            device=self._device(),
            seed=self._seed,
            **named,
        )

    def _continue_path(self, series, controls, since):
        self._path.n_evaluations_max = self.n_field_evaluations_max
        if isinstance(self._path, StatePath):
            self._path.method, self._path.rtol, self._path.atol = self.method, self.rtol, self.atol
        super()._continue_path(series, controls, since)

    # ---------------------------------------------------------------- predict

    def predict(self, X, history=None, horizon=1, events=None, return_events=False):
        """Forecast the states at the stamps of X; see ``ResNetStepRegressor.predict``.

        Parameters
        ----------
        X, history, horizon
            As in every forecaster: the stamps, what was observed besides, where to start from.
        events : sequence of ``tsnode.Event``, default=None
            Stop the runs, or reset their states, where conditions change sign. For models of the
            observed states. Their time is model time: ``time_unit_`` since the first stamp of
            fit, or the number itself where time is a number. Runs back in time know no events.
        return_events : bool, default=False
            Whether to return what happened, too.

        Returns
        -------
        forecast : Series, DataFrame or ndarray
            In the order of X's rows; NaN after an event that stops the run.
        happened : DataFrame
            Only with ``return_events``. One row per event and run (there is one run for every
            row that forecasts start from): ``series`` on a panel, ``start`` of the run, ``time``,
            number of the ``event``, and the channels just before it.
        """
        if events is None and not return_events:
            return self._predict(X, history, horizon)
        check_is_fitted(self)
        self._check_law()
        events, log = check_events(events), EventLog()
        events = [e.in_steps(self._to_times, self._center, self._scale) for e in events]
        forecast = self._predict(X, history, horizon, events=tuple(events), log=log)
        warn_endless(log, lambda t: self.clock_.to_index([self._to_times(t)])[0])
        return (forecast, happened(self, log)) if return_events else forecast

    def _forecast_path(self, known, asked, controls, events=(), log=None):
        solver = self._solver()
        if solver is None:
            return self._path.forecast(known, asked, controls)
        if events:
            solver = replace(solver, events=events, log=log)
        return self._path.forecast(known, asked, controls, solver)

    def _solver(self):
        """Solver by the parameters of now; None for a latent state, which has its own."""
        self._check_solver()
        if isinstance(self._path, StatePath):
            return self._path.solver(
                lambda: (
                    self._standardised(self._observed),
                    self._scaled(self._covariates.controls()),
                ),
                method=self.method, rtol=self.rtol, atol=self.atol,
            )  # fmt: skip
        if self.method != STATES_ONLY["method"]:
            msg = f"Expected method={STATES_ONLY['method']!r} (the default): this model has a "
            msg += f"latent state with a solver of its own; got {self.method!r}. Set it back, or "
            msg += "refit with lookback=None."
            raise ValueError(msg)
        return None

    def _settings_of_twin(self):
        found = {"states": None, "history": DEFAULT_LOOKBACK}
        lookback = found.get(self.fit_report_.get("chosen"), self.lookback)
        settings = super()._settings_of_twin() | {"lookback": lookback}
        if isinstance(self._path, LatentPath):
            settings["_twin_uses_controls"] = self._path.uses_controls
        if self._has_closed_twin():
            settings |= {"latent_dim": 0, "n_estimators": 1}
        return settings

    def _has_closed_twin(self):
        """Whether the closed form stands for the model in fits to parts of the rows."""
        asked = self._loop_parameters() or self.training == "shooting"
        return isinstance(self._path, LatentPath) and not asked

    def _error_of_twin(self):
        # What the neural stage gained on the newest part, where it was in use.
        neural = self._path.report.get("neural", {})
        if not self._has_closed_twin() or not neural.get("best_epoch"):
            return 1.0
        return (neural["valid_loss_start"] / neural["valid_loss_best"]) ** 0.5

    @property
    def _goes_backward(self):
        return isinstance(self._path, StatePath)
