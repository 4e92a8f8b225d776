"""Universal ODE forecaster: a known law with unknown parameters, and a network for the rest."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from .._monomials import count_terms
from ..batches import to_array
from ..exceptions import FitWarning, warn_user
from ._known_law import (
    WITH_ENERGY,
    KnownLaw,
    check_known_law,
    is_near_bound,
    read_bounds,
    try_law,
    words_of_negative,
)
from ._neural_ode import NeuralODERegressor
from ._pairs import read_pairs
from .paths._choose_remainder import choose_remainder
from .paths._known_path import KnownPath
from .paths._state_path import StatePath

CHOSEN = {"law alone": None, "polynomial": "polynomial", "neural": "neural"}
# Coefficients of a polynomial in parts of the observed values, above which "auto" leaves it out.
MOST_COEFFICIENTS = 1 / 3


class UniversalODERegressor(NeuralODERegressor):
    """Forecast by physics of which a part is known, and learn its parameters.

    The states of ``y`` obey dz/dt = known_dynamics(t, z, u, theta) + remainder(t, z, u). The
    parameters theta are found with standard errors, in the units of the law; what the law leaves
    unexplained is a polynomial of few terms or a network. Or the field as a whole has a structure:
    it keeps an energy, loses one, or leaves states non-negative. Everything else is as in
    ``NeuralODERegressor`` on observed states.

    Parameters
    ----------
    known_dynamics : callable (t, z, u, theta) -> slopes, default=None
        The law, on torch tensors in physical units: t of shape (n,) in ``time_unit_`` since the
        first stamp (numeric time: the number itself), z of shape (n, n_states), u of shape
        (n, n_controls) or None; theta by attribute or key (``theta.mu``, ``theta["mu"]``).
        Returns a tensor of shape (n, n_states), or one column per state. None: all is remainder.
    parameters : dict of str -> (low, high) or (low, start, high), default=None
        What is to be found in the law, and between which bounds. A bound may be infinite beside a
        start. Positive bounds at least a factor of 100 apart are searched by powers.
    remainder : {"auto", "polynomial", "neural"} or None, default="auto"
        What stands beside the law. "polynomial": products of up to ``degree`` states, of which
        only those are kept that the data ask for. "neural": a network, penalised by ``alpha``, so
        that the law explains what it can. "auto": the simplest of none, polynomial and network
        that forecasts the newest rows within 5 % of the best (``fit_report_["errors"]``); without
        a law the network.
    structure : {None, "hamiltonian", "dissipative", "non_negative"}, default=None
        "hamiltonian": dz/dt = J dH/dz with a network H, which ``simulate`` keeps to the accuracy of
        the solver. "dissipative": dz/dt = (J - R) dH/dz with R >= 0, so that H never rises. Both
        without a law. "non_negative": slopes below zero fade away as a state nears zero, whatever
        the law and the remainder say there.
    degree : int, default=3
        Of the polynomial.
    pairs : sequence of (coordinate, momentum), default=None
        Columns of y, by name or number, for the two structures with energy; None: the first half
        are coordinates, the second their momenta.
    slack : float or None, default=None
        Softness of the residual penalty at the collocation stamps: how far the states may depart
        from the law, in parts of their slopes per root of a median step. 0.05 forgives a rough
        law, 0.001 holds to it where the data disagree; None: the least that the evidence allows.
        Not for structures with energy, nor beside training "match" and "shooting", which fit no
        states.
    hidden_layer_sizes : tuple of int, default=(32,)
        Of the networks. What is left beside a law is small.
    activation, alpha, autonomous, training, training_horizon, curriculum, jacobian_penalty, \
jacobian_along, kinetic_penalty, gradient, method, rtol, atol, max_epochs, lr, batch_size, \
optimizer, callbacks, gradient_clip, ema_decay, lead_weights, forcing, window_starts, \
early_stopping, validation_fraction, n_iter_no_change, n_field_evaluations_max, features, \
target_transformer, series_scaling, time, time_unit, score_horizon, calibration, warm_start, \
device, random_state, verbose, **net_params
        See ``NeuralODERegressor``. ``alpha`` penalises the remainder only.

    Attributes
    ----------
    parameters_ : dict of str -> float
    standard_errors_ : dict of str -> float
        Square roots of the diagonal of the inverse Fisher information, states and remainder
        marginalised, with the noise that the smoother found; as if a parameter had no bounds.
        Infinite where the data say nothing; nan where ``training`` is "match" or "shooting".

    See Also
    --------
    NeuralODERegressor : the other parameters, methods and attributes.

    Notes
    -----
    Of a law and a flexible remainder data decide the sum, not the parts: where a network can
    imitate what a parameter does, the smallest network decides, and the standard error says how
    little is known. On the limit cycle of van der Pol the smallest remainder of the linear law
    even makes mu zero, because the mean of (1 - x^2) v^2 over a cycle vanishes. A polynomial of
    few terms tells the parts apart, so "auto" prefers it.

    References
    ----------
    Rackauckas et al. 2020, "Universal differential equations for scientific machine learning";
    Greydanus et al. 2019, "Hamiltonian neural networks"; van der Schaft & Jeltsema 2014,
    "Port-Hamiltonian systems theory", Eq. (2.32) for (J - R) dH/dz.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import UniversalODERegressor
    >>> t = np.linspace(0, 8, 80)
    >>> y = np.exp(-0.4 * t) + 0.01 * np.random.default_rng(0).normal(size=80)
    >>> law = lambda t, z, u, theta: -theta.rate * z
    >>> model = UniversalODERegressor(law, {"rate": (0, 5)}, remainder=None).fit(t[:, None], y)
    >>> bool(abs(model.parameters_["rate"] - 0.4) < 3 * model.standard_errors_["rate"] < 0.03)
    True
    """

    # Parameters of the parent that are none here.
    module, module_units, lookback, latent_dim, n_estimators = None, "standardised", None, "auto", 1
    _trainings = ("auto", "match", "collocation", "shooting")

    def __init__(
        self, known_dynamics=None, parameters=None, *, remainder="auto", structure=None, degree=3,
        pairs=None, slack=None, hidden_layer_sizes=(32,), activation="tanh", alpha=None,
        autonomous=True, training="auto", training_horizon=None, curriculum=None,
        jacobian_penalty=None,
        jacobian_along=None, kinetic_penalty=None, gradient="backprop", method="rk4", rtol=1e-4,
        atol=1e-6, max_epochs=None, lr=None, batch_size=None, optimizer=None, callbacks=None,
        gradient_clip=None, ema_decay=None, lead_weights=None, forcing=None, window_starts=None,
        early_stopping=True, validation_fraction=0.2, n_iter_no_change=None,
        n_field_evaluations_max=None, features=None, target_transformer=None,
        series_scaling=False, time=None, time_unit=None, score_horizon=None, calibration="auto",
        warm_start=False, device="auto", random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        super().__init__(
            hidden_layer_sizes, activation, alpha=alpha, autonomous=autonomous,
            training=training, training_horizon=training_horizon, curriculum=curriculum,
            jacobian_penalty=jacobian_penalty, jacobian_along=jacobian_along,
            kinetic_penalty=kinetic_penalty, gradient=gradient, method=method, rtol=rtol,
            atol=atol, max_epochs=max_epochs, lr=lr, batch_size=batch_size, optimizer=optimizer,
            callbacks=callbacks, gradient_clip=gradient_clip, ema_decay=ema_decay,
            lead_weights=lead_weights, forcing=forcing, window_starts=window_starts,
            early_stopping=early_stopping, validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change, n_field_evaluations_max=n_field_evaluations_max,
            features=features, target_transformer=target_transformer,
            series_scaling=series_scaling, time=time, time_unit=time_unit,
            score_horizon=score_horizon, calibration=calibration, warm_start=warm_start,
            device=device, random_state=random_state, verbose=verbose, **net_params,
        )  # fmt: skip
        # What the parent stores and this class does not have.
        for name in ("module", "module_units", "lookback", "latent_dim", "n_estimators"):
            del vars(self)[name]
        self.known_dynamics = known_dynamics
        self.parameters = parameters
        self.remainder = remainder
        self.structure = structure
        self.degree = degree
        self.pairs = pairs
        self.slack = slack

    def _check_parameters(self):
        super()._check_parameters()
        check_known_law(self)

    # ---------------------------------------------------------------- fit

    def _fit_path(self, series, controls, start=None):
        law = self._known_law(series, controls)
        remainders = self._remainders(series, controls)
        if start is not None and self.remainder == "auto":
            before = start.law.remainder if isinstance(start, KnownPath) else "neural"
            remainders = {n: r for n, r in remainders.items() if r == before} or remainders
        candidates = {
            name: partial(self._path_of, replace(law, remainder=remainder))
            for name, remainder in remainders.items()
        }
        if len(candidates) == 1:
            (make,) = candidates.values()
            return make("final").fit(series, controls, start)
        return choose_remainder(candidates, series, controls, fraction=self.validation_fraction)

    def _remainders(self, series, controls):
        """Names and kinds of what may stand beside the law, the simplest first."""
        if self.remainder != "auto":
            return {str(self.remainder): self.remainder}
        if self.known_dynamics is None:
            return {"neural": "neural"}
        n_inputs = series.n_channels + (0 if controls is None else controls.n_controls)
        n_coefficients = series.n_channels * count_terms(n_inputs, self.degree)
        found = dict(CHOSEN)
        if not self.parameters:
            del found["law alone"]
        if n_coefficients > MOST_COEFFICIENTS * series.is_observed.sum():
            del found["polynomial"]
        return found

    def _path_of(self, law, stage):
        make = StatePath if law.is_plain else partial(KnownPath, law=law, slack=self.slack)
        return self._state_path(stage, make)

    def _known_law(self, series, controls):
        """All that is known, tried on the observed rows; its remainder is chosen later."""
        covariates = self._covariates
        units = {"control_center": covariates.center, "control_scale": covariates.scale}
        pairs = None
        if self.structure in WITH_ENERGY:
            if controls is not None:
                msg = f"Expected no covariates beside structure={self.structure!r}, whose energy "
                msg += "depends on the states alone; got X with columns. Pass the stamps only."
                raise ValueError(msg)
            pairs = read_pairs(self.pairs, self.container_.columns, self.structure)
        law = KnownLaw(
            known_dynamics=self.known_dynamics, bounds=read_bounds(self.parameters),
            remainder=None, structure=self.structure, degree=self.degree, pairs=pairs,
            units=units | self._physical_units(),
        )  # fmt: skip
        if self.known_dynamics is None:
            return law
        n_controls = 0 if controls is None else controls.n_controls
        field = law.make_field(
            series.n_channels, n_controls, hidden_layer_sizes=(), activation="tanh",
            autonomous=True, time_scale=1.0,
        )  # fmt: skip
        columns = self.container_.columns
        field = field.to(self._device())
        return replace(law, reads_time=try_law(field, series, controls, self._place, columns))

    def _finish_fit(self, begin):
        super()._finish_fit(begin)
        self.parameters_ = dict(getattr(self._path, "parameters", {}))
        self.standard_errors_ = dict(getattr(self._path, "standard_errors", {}))
        self._warn_of_what_was_found()

    def _warn_of_what_was_found(self):
        bounds = read_bounds(self.parameters)
        pressed = [
            f"{name} = {value:.4g} of {bounds[name][0]:g} to {bounds[name][2]:g}"
            for name, value in self.parameters_.items()
            if is_near_bound(value, bounds[name])
        ]
        unknown = [name for name, error in self.standard_errors_.items() if np.isinf(error)]
        msg = ""
        if pressed:
            msg += f"The data press parameters to their bounds: {', '.join(pressed)}. Widen the "
            msg += "bounds, or look for what the law leaves out. "
        if unknown:
            msg += f"The data say nothing of {', '.join(unknown)}. Leave the parameter out, or "
            msg += "observe states in which it matters."
        if self.structure == "non_negative":
            msg += words_of_negative(self.observed_states_, self.container_.columns)
        if msg:
            warn_user(msg.strip(), FitWarning)

    def _settings_of_twin(self):
        path = self._path
        remainder = path.law.remainder if isinstance(path, KnownPath) else "neural"
        return super()._settings_of_twin() | {"remainder": remainder}

    # ---------------------------------------------------------------- predict

    def _forecast_path(self, known, asked, controls, events=(), log=None):
        found = super()._forecast_path(known, asked, controls, events, log)
        if self.structure != "non_negative":
            return found
        # A start that noise has put below zero, and the solver's own error.
        return np.maximum(found, -self._center / self._scale)

    def _run_freely(self, starts, n_steps, step, solver=None):
        found = super()._run_freely(starts, n_steps, step, solver)
        return np.maximum(found, 0.0, out=found) if self.structure == "non_negative" else found

    # ---------------------------------------------------------------- readings

    def remainder_at(self, states, X=None):
        """Slope that the law leaves to the remainder, in units of y per ``time_unit_``.

        Parameters
        ----------
        states, X : see ``vector_field``

        Returns
        -------
        ndarray of the shape of ``states``
            0 where the fit has no remainder; all of the slope without a law.
        """
        check_is_fitted(self)
        z, t, u = self._field_inputs(states, X)
        field = self._path.field.eval()
        with torch.no_grad():
            whole = field(t, z, u)
            if self.known_dynamics is not None:
                remainder = field.remainder
                whole = torch.zeros_like(z) if remainder is None else field.remainder_slope(t, z, u)
        slopes = to_array(whole) * self._scale / self._step
        return slopes if np.ndim(states) == 2 else slopes[0]

    def energy(self, states):
        """Energy H of states, for ``structure="hamiltonian"`` or ``"dissipative"``.

        Parameters
        ----------
        states : array-like of shape (n, n_channels) or (n_channels,)

        Returns
        -------
        ndarray of shape (n,), or float
            In the units in which dq/dt = dH/dp, up to a constant.
        """
        check_is_fitted(self)
        if self.structure not in WITH_ENERGY:
            msg = "Expected structure='hamiltonian' or 'dissipative', whose fields have an energy; "
            msg += f"got structure={self.structure!r}. Refit with one of these."
            raise ValueError(msg)
        z, _, _ = self._field_inputs(states, None)
        with torch.no_grad():
            found = to_array(self._path.field.eval().physical_energy(z))
        return found if np.ndim(states) == 2 else float(found[0])
