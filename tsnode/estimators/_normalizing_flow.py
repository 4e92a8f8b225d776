"""ContinuousNormalizingFlow: a density learned by carrying a simple one along a field."""

import copy
import time as clock_time
import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._constraints import check_choice, check_count, check_flag, check_layers, check_number
from .._progress import listening
from .._random import draw_seed
from ..batches import pick_device
from ..dynamics._flow_field import SLOPES
from ..exceptions import FitWarning
from ..solvers._solve import DIFFERENTIABLE, is_adaptive
from ..training._flow_bases import sample_base, stack
from ..training._flow_net import carry, log_densities
from ..training._optimizers import find_optimizer
from ..training._seeds import seeded
from ._fit_report import FitReport
from ._flow_members import (
    FlowSettings,
    base_of,
    make_member,
    make_net,
    member_parts,
    steps_needed,
    train,
)
from ._flow_units import FlowUnits, check_spread
from ._net_params import NetParamsMixin

METHODS = tuple(name for name in DIFFERENTIABLE if name != "exponential_euler")
BASES = {"auto": ("normal", "mixture"), "normal": ("normal",), "mixture": ("mixture",)}
# Fewer rows cannot spare any for validation.
FEWEST_TO_SPLIT = 10
# Penalties where the user sets none.
KINETIC, JACOBIAN = 0.01, 0.003
# Above this number of columns a deep field's trace is estimated in training.
N_MOST_EXACT = 8


class ContinuousNormalizingFlow(NetParamsMixin, DensityMixin, BaseEstimator):
    """Density estimator: a Gaussian or a mixture carried to the data along a learned field.

    A row x is carried back along dz/dt = f(z, t) from t = 1 to a base density at t = 0, and
    log p(x) = log p_base(z(0)) - integral of div f. The field is a perceptron trained by maximum
    likelihood, on few fixed Runge-Kutta steps, with penalties that keep it easy to solve; the
    epoch is chosen on held-out rows. By default two flows are trained, one from a Gaussian and one
    from a mixture of Gaussians, and mixed by weights that the held-out rows choose.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64, 64)
        With at most two layers the exact trace costs one more product of matrices, whatever the
        number of columns.
    activation : {"tanh", "silu", "softplus", "logistic", "elu"}, default="tanh"
    base : {"auto", "normal", "mixture"}, default="auto"
        "normal": the Gaussian of the data. "mixture": that number of Gaussians up to 50, and
        covariance (full or one for all), that describes held-out rows best; for densities in
        parts, which no smooth map of one Gaussian reaches. "auto": both, mixed; the normal one if
        ``conditional``.
    conditional : bool, default=False
        Estimate the density of y given X: ``fit(X, y)``, ``score_samples(X, y)``,
        ``sample(X=X)``.
    trace : {"auto", "exact", "hutchinson"}, default="auto"
        Of the Jacobian in training. "hutchinson": an unbiased estimate by one draw of signs per
        solve. "auto": exact with at most two hidden layers or 8 columns, else estimated. Scores
        are always exact.
    method : str, default="rk4"
        "rk4", "midpoint", "heun", "euler", "dopri5" and the others of torchdiffeq; binds
        training and scores, and may be changed between them.
    n_steps : int, default=None
        Steps of the fixed-step methods. None: 6 in training, and for scores the fewest that leave
        the log-density of held-out rows where 64 steps have it, within 0.001 nats
        (``n_steps_``).
    rtol, atol : float, default=1e-5
        Of the adaptive methods.
    kinetic_penalty, jacobian_penalty : float, default=None
        Weights of mean |f|^2 and |df/dz|_F^2 per column along the paths, in standardised units
        (RNODE); None: 0.01 and 0.003, 0 switches one off. Larger ones need fewer field calls.
    max_epochs, batch_size : int, default=None
        None: some 1100 steps of a sixteenth of the rows, 32 to 256, each.
    lr : float, default=None
        None: 0.01, and 0.002 from a mixture; falls along a cosine.
    optimizer : class or name of one of torch's, default=None
        None: SOAP, Adam in the eigenbasis of the gradient's covariance.
    callbacks : list of skorch callbacks, default=None
    early_stopping : bool, default=True
        Hold rows out, keep the epoch that describes them best, and end after
        ``n_iter_no_change`` epochs without a better one.
    validation_fraction : float, default=0.1
        Share of rows held out at random; with fewer than 10 rows none is.
    n_iter_no_change : int, default=15
    random_state : int, RandomState or None, default=None
    verbose : int, default=0
    device : str, default="cpu"
        Such fields are too small for a GPU to be faster.
    **net_params
        For skorch's nets: ``optimizer__...``, ``iterator_train__...``, ``callbacks__...``.

    Attributes
    ----------
    weights_ : float array of shape (n_members,)
        Of the flows in the density.
    members_ : list of str
        Their bases, "normal" or "mixture".
    n_steps_ : list of int
        Fixed steps of every member's scores.
    net_ : list of skorch nets
    fit_report_ : dict
        What was chosen and measured; ``field_calls`` are those of one score by the chosen steps
        and by dopri5 at rtol = atol = 1e-5.
    n_features_in_, feature_names_in_

    See Also
    --------
    sklearn.neighbors.KernelDensity, sklearn.mixture.GaussianMixture : the same methods.

    Notes
    -----
    A kernel of solves in float32 trains, float64 scores. Rows that repeat exactly have no density:
    thin them, or add the noise of their rounding.

    References
    ----------
    Chen, Rubanova, Bettencourt, Duvenaud 2018, Neural ordinary differential equations (theorem 1).
    Grathwohl, Chen, Bettencourt, Sutskever, Duvenaud 2019, FFJORD. Finlay, Jacobsen, Nurbekyan,
    Oberman 2020, How to train your neural ODE (the penalties).

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import ContinuousNormalizingFlow
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> flow = ContinuousNormalizingFlow((8,), max_epochs=2, random_state=0).fit(X)
    >>> flow.score_samples(X).shape, flow.sample(3, random_state=0).shape
    ((60,), (3, 2))
    >>> flow.fit(np.c_[X, np.ones(60)])
    Traceback (most recent call last):
        ...
    ValueError: Expected columns of X that vary; got the constant column 2, which has no density. \
Leave it out.
    """

    def __init__(
        self, hidden_layer_sizes=(64, 64), *, activation="tanh", base="auto", conditional=False,
        trace="auto", method="rk4", n_steps=None, rtol=1e-5, atol=1e-5, kinetic_penalty=None,
        jacobian_penalty=None, max_epochs=None, batch_size=None, lr=None, optimizer=None,
        callbacks=None, early_stopping=True, validation_fraction=0.1, n_iter_no_change=15,
        random_state=None, verbose=0, device="cpu", **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.base = base
        self.conditional = conditional
        self.trace = trace
        self.method = method
        self.n_steps = n_steps
        self.rtol = rtol
        self.atol = atol
        self.kinetic_penalty = kinetic_penalty
        self.jacobian_penalty = jacobian_penalty
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.verbose = verbose
        self.device = device
        self._net_params = net_params

    # ---------------------------------------------------------------- fit

    def fit(self, X, y=None):
        """Learn the density of the rows of X, or of y given X.

        Parameters
        ----------
        X : array or frame of shape (n_samples, n_features)
        y : ignored, or with ``conditional`` array or frame of shape (n_samples,) or
            (n_samples, n_targets)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Fewer than two rows, missing or infinite entries, columns without a density.
        tsnode.exceptions.FitError
            No weights gave a finite likelihood.
        """
        self._check_parameters()
        # A fit that fails changes nothing.
        fitted = copy.copy(self)
        with listening(_say_progress) if self.verbose else nullcontext():
            fitted._fit(X, y)
        vars(self).update(vars(fitted))
        return self

    def _check_parameters(self):
        self._check_net_params()
        check_layers("hidden_layer_sizes", self.hidden_layer_sizes)
        check_choice("activation", self.activation, tuple(SLOPES))
        check_choice("base", self.base, tuple(BASES))
        check_choice("trace", self.trace, ("auto", "exact", "hutchinson"))
        self._check_solver()
        for name in ("conditional", "early_stopping"):
            check_flag(name, getattr(self, name))
        for name in ("kinetic_penalty", "jacobian_penalty"):
            check_number(name, getattr(self, name), low=0, none_ok=True)
        for name in ("max_epochs", "batch_size", "n_iter_no_change"):
            check_count(name, getattr(self, name), none_ok=True)
        check_number("lr", self.lr, low=0, low_open=True, none_ok=True)
        check_number("validation_fraction", self.validation_fraction, low=0, high=0.9)
        if self.optimizer is not None:
            find_optimizer(self.optimizer)

    def _check_solver(self):
        check_choice("method", self.method, METHODS)
        check_count("n_steps", self.n_steps, none_ok=True)
        check_number("rtol", self.rtol, low=0, low_open=True)
        check_number("atol", self.atol, low=0, low_open=True)

    def _fit(self, X, y):
        begin = clock_time.perf_counter()
        rows, context = self._read_training(X, y)
        self._units = FlowUnits.learn(rows, context)
        u = self._units.context(context)
        z = self._units.to_flow(rows, u)
        seed = draw_seed(self.random_state)
        settings = self._settings(z.shape[1], seed)
        held_out = self._held_out(len(z), seed)
        kept = np.setdiff1d(np.arange(len(z)), held_out)
        kinds = ("normal",) if self.conditional and self.base == "auto" else BASES[self.base]
        self.net_, self.members_, figures = [], [], {}
        for kind in kinds:
            base = None if not len(held_out) and kind == "mixture" else base_of(
                kind, z[kept], z[held_out], seed % 2**31
            )  # fmt: skip
            if base is None and self.net_:
                continue
            kind = kind if base is not None else "normal"
            base = base_of("normal", z[kept], None, seed) if base is None else base
            with seeded(seed, settings.device):
                net = make_net(kind, base, 0 if u is None else u.shape[1], settings, len(kept))
                seconds = train(net, z, u, held_out)
            self.net_.append(net)
            self.members_.append(kind)
            figures[kind] = {"n_components": len(base["weights"]), "seconds": seconds}
        self._mix(z, u, held_out if len(held_out) else kept, settings, figures, len(held_out) > 0)
        self._report(figures, settings, begin)

    def _settings(self, n_targets, seed):
        sizes = tuple(int(width) for width in self.hidden_layer_sizes)
        trace = self.trace
        if trace == "auto":
            trace = "exact" if len(sizes) <= 2 or n_targets <= N_MOST_EXACT else "hutchinson"
        loop = {"callbacks": self.callbacks, "optimizer": self.optimizer}
        loop = {name: value for name, value in loop.items() if value is not None}
        kinetic = KINETIC if self.kinetic_penalty is None else self.kinetic_penalty
        jacobian = JACOBIAN if self.jacobian_penalty is None else self.jacobian_penalty
        return FlowSettings(
            sizes, self.activation, trace, self.method, self.n_steps, self.rtol, self.atol,
            kinetic, jacobian, self.max_epochs, self.lr, self.batch_size,
            self.n_iter_no_change if self.early_stopping else None,
            str(pick_device(self.device)), seed, loop | self._net_params,
        )  # fmt: skip

    def _held_out(self, n_rows, seed):
        """Rows that choose epoch, base and weights."""
        if not self.early_stopping or n_rows < FEWEST_TO_SPLIT or not self.validation_fraction:
            return np.empty(0, dtype=np.int64)
        n_held = max(round(self.validation_fraction * n_rows), min(20, n_rows // 4))
        return np.sort(np.random.default_rng(seed).permutation(n_rows)[:n_held])

    def _mix(self, z, u, rows, settings, figures, is_held_out):
        """Choose the steps of every member's solve, and the weights of the members."""
        judged = rows[:2000]
        z, u = z[judged], None if u is None else u[judged]
        self.n_steps_ = [steps_needed(net.module_, z, u, settings) for net in self.net_]
        densities = np.array(
            [
                log_densities(net.module_, z, u, solver=settings.solver(n))
                for net, n in zip(self.net_, self.n_steps_, strict=True)
            ]
        )
        n_members = len(self.net_)
        self.weights_ = stack(densities) if is_held_out else np.full(n_members, 1 / n_members)
        name = "held_out_log_likelihood" if is_held_out else "log_likelihood"
        mixed = np.logaddexp.reduce(densities + _log(self.weights_)[:, None], axis=0)
        # In the units of the rows.
        volume = self._units.log_volume
        for kind, found, weight, n in zip(
            self.members_, densities, self.weights_, self.n_steps_, strict=True
        ):
            figures[kind] |= {name: found.mean() + volume, "weight": weight, "n_steps": n}
        figures[name] = mixed.mean() + volume
        figures["field_calls"] = {
            "chosen": self._calls(z[:200], None if u is None else u[:200], settings.solver),
            "dopri5 (1e-5)": self._calls(
                z[:200], None if u is None else u[:200],
                lambda n: type(settings.solver())("dopri5", n, 1e-5, 1e-5),
            ),
        }  # fmt: skip

    def _calls(self, z, u, solver_of):
        """Field calls of one score, over all members."""
        solvers = [solver_of(n) for n in self.n_steps_]
        for net, solver in zip(self.net_, solvers, strict=True):
            log_densities(net.module_, z, u, solver=solver)
        return sum(solver.n_calls for solver in solvers)

    def _report(self, figures, settings, begin):
        notes = [note for net in self.net_ for note in net.report_["recoveries"]]
        found = {
            "tool": "likelihood", "stopped": self.net_[0].report_["stopped"], "trace":
            settings.trace, "kinetic_penalty": settings.kinetic_penalty,
            "jacobian_penalty": settings.jacobian_penalty, **figures, "recoveries": notes,
        }  # fmt: skip
        seconds = round(clock_time.perf_counter() - begin, 3)
        self.fit_report_ = FitReport.of(found, self.net_[0], columns=[None], seconds=seconds)
        if notes:
            first = self.fit_report_["recoveries"][0]
            msg = f"{len(notes)} failure(s) of the fit were mended. {first} All stand in "
            msg += "fit_report_['recoveries']; lower lr, or look for outliers in X, to avoid them."
            warnings.warn(msg, FitWarning, stacklevel=4)

    # ---------------------------------------------------------------- data

    def _read_training(self, X, y):
        if not self.conditional:
            self._columns = list(X.columns) if isinstance(X, pd.DataFrame) else None
            self._target_shape = None
            X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
            names = getattr(self, "feature_names_in_", None)
            check_spread(X, _names(X, names))
            return X, None
        if y is None:
            msg = "Expected y beside X, since conditional=True estimates the density of y given X; "
            msg += "got None. Pass y, or set conditional=False."
            raise ValueError(msg)
        self._columns, self._target_shape = _target_names(y), np.ndim(y)
        X, y = validate_data(
            self, X, y, dtype=np.float64, ensure_min_samples=2, multi_output=True, y_numeric=True
        )
        y = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        check_spread(y, _names(y, self._columns), "y")
        return y, X

    def _read_rows(self, X, y):
        """Rows in the flow's units, and their context."""
        check_is_fitted(self)
        self._check_solver()
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if not self.conditional:
            return self._units.to_flow(X), None
        if y is None:
            msg = "Expected y beside X: the density is that of y given X; got None. "
            msg += "Pass the y to score."
            raise ValueError(msg)
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y", estimator=self)
        y = y.reshape(len(y), -1)
        if len(y) != len(X) or y.shape[1] != len(self._units.center):
            msg = f"Expected y of shape ({len(X)}, {len(self._units.center)}), a row for every row "
            msg += f"of X; got {y.shape}. Pass the targets of these rows."
            raise ValueError(msg)
        u = self._units.context(X)
        return self._units.to_flow(y, u), u

    def _solver(self, n_steps):
        from ..solvers._flow_solve import FlowSolve

        return FlowSolve(self.method, self.n_steps or n_steps, self.rtol, self.atol)

    # ---------------------------------------------------------------- answers

    def score_samples(self, X, y=None):
        """Log-density of every row.

        Parameters
        ----------
        X : array or frame of shape (n_samples, n_features)
        y : ignored, or with ``conditional`` the targets of these rows

        Returns
        -------
        float array of shape (n_samples,), in nats: natural logarithm, in the units of the data.
        """
        z, u = self._read_rows(X, y)
        densities = [
            log_densities(net.module_, z, u, solver=self._solver(n)) + log_weight
            for net, n, log_weight in self._weighted()
        ]
        return np.logaddexp.reduce(densities, axis=0) + self._units.log_volume

    def _weighted(self):
        """Members whose weight is above 0, with their steps and log-weights."""
        triples = zip(self.net_, self.n_steps_, _log(self.weights_), strict=True)
        return [(net, n, weight) for net, n, weight in triples if np.isfinite(weight)]

    def score(self, X, y=None):
        """Mean log-density of the rows, as GaussianMixture's (KernelDensity returns the sum)."""
        return float(np.mean(self.score_samples(X, y)))

    def count_field_calls(self, X, y=None):
        """Calls of the field that ``score_samples`` makes for one batch of these rows.

        For adaptive methods they depend on the rows; set ``method``, ``rtol`` and ``atol`` to
        compare.
        """
        z, u = self._read_rows(X, y)
        return self._calls(z, u, self._solver)

    def sample(self, n_samples=1, random_state=None, *, X=None):
        """Draw rows from the density.

        Parameters
        ----------
        n_samples : int, default=1
            Rows; with ``conditional`` draws for every row of X.
        random_state : int, RandomState or None, default=None
        X : array or frame of shape (n_rows, n_features), with ``conditional`` only

        Returns
        -------
        array or, if fit saw a frame, frame of shape (n_samples, n_features); with ``conditional``
        (n_rows * n_samples, n_targets), the draws for one row beside one another, or a 1-D array
        if y was.
        """
        check_is_fitted(self)
        self._check_solver()
        check_count("n_samples", n_samples)
        context = self._read_context(X, n_samples)
        n_rows = n_samples if context is None else len(context)
        random = check_random_state(random_state)
        which = random.choice(len(self.net_), size=n_rows, p=self.weights_ / self.weights_.sum())
        z = np.empty((n_rows, len(self._units.center)))
        for k, (net, n_steps) in enumerate(zip(self.net_, self.n_steps_, strict=True)):
            rows = np.flatnonzero(which == k)
            if len(rows):
                start = sample_base(_base(net.module_), len(rows), random)
                u = None if context is None else context[rows]
                z[rows] = carry(net.module_, start, u, solver=self._solver(n_steps))
        return self._contained(self._units.from_flow(z, context))

    def _read_context(self, X, n_samples):
        if not self.conditional:
            if X is not None:
                msg = "Expected no X, since the density is not conditional; got "
                msg += f"{type(X).__name__}. Leave it out, or fit with conditional=True."
                raise ValueError(msg)
            return None
        if X is None:
            msg = "Expected X, since the density is that of y given X; got None. "
            msg += "Pass sample(X=rows)."
            raise ValueError(msg)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.repeat(self._units.context(X), n_samples, axis=0)

    def _contained(self, rows):
        if self._columns is not None and self._target_shape != 1:
            return pd.DataFrame(rows, columns=self._columns)
        if self._target_shape == 1:
            return pd.Series(rows[:, 0], name=self._columns[0]) if self._columns else rows[:, 0]
        return rows

    # ---------------------------------------------------------------- files

    def _fitted_as_data(self):
        kept = {*self.get_params(deep=False), "_net_params", "net_"}
        state = {name: value for name, value in vars(self).items() if name not in kept}
        return state | {"_parts": [member_parts(net) for net in self.net_]}

    def _restore_fitted(self, state):
        parts = state.pop("_parts")
        for name, value in state.items():
            setattr(self, name, value)
        settings = self._settings(len(self._units.center), 0)
        with seeded(0):
            self.net_ = [
                make_member(kind, part, settings)
                for kind, part in zip(self.members_, parts, strict=True)
            ]
        return self


def _log(weights):
    with np.errstate(divide="ignore"):
        return np.log(weights)


def _base(flow):
    factors = flow.factors.cpu().numpy()
    return {"weights": flow.log_weights.exp().cpu().numpy(), "means": flow.means.cpu().numpy(),
            "covariances": factors @ factors.transpose(0, 2, 1)}  # fmt: skip


def _names(rows, names):
    """Words for columns."""
    if names is not None:
        return [repr(name) for name in names]
    return [f"column {k}" for k in range(rows.shape[1])]


def _target_names(y):
    if isinstance(y, pd.DataFrame):
        return list(y.columns)
    return [y.name] if isinstance(y, pd.Series) else None


def _say_progress(stage, done, total):
    print(f"[tsnode] {stage}: {done} of {total}")  # noqa: T201 - asked for by verbose
