"""Which parameters ask for a model of the observed states, and which for one of the history."""

from ..training._optimizers import is_lbfgs

# Parameters with their defaults that the history's latent ODE has no use for: its linear part is
# exact, its neural part is exponential Euler, and its windows look all the way from the start.
# The penalties are of a field of the states.
STATES_ONLY = {
    "method": "rk4", "autonomous": True, "curriculum": None, "jacobian_penalty": None,
    "kinetic_penalty": None, "lead_weights": None, "forcing": None, "window_starts": None,
    "jacobian_along": None, "gradient": "backprop",
}  # fmt: skip


def asks_for_states(estimator):
    """Parameters, as words, that only a model of the observed states can honour."""
    asked = {name: getattr(estimator, name) for name in STATES_ONLY}
    asked = {name: v for name, v in asked.items() if not _equals(v, STATES_ONLY[name])}
    if is_lbfgs(estimator.optimizer):
        # The loop of the history is one of mini-batches and a schedule.
        asked["optimizer"] = estimator.optimizer
    if estimator.lookback is None:
        asked["lookback"] = None
    if estimator.training in ("match", "collocation"):
        asked["training"] = estimator.training
    # The text of a module fills pages.
    own = [] if estimator.module is None else ["module="]
    return own + [f"{name}={value!r}" for name, value in asked.items()]


def asks_for_history(estimator):
    """Parameters, as words, that only a model of the history can honour."""
    asked = {}
    if estimator.lookback not in ("auto", None):
        asked["lookback"] = estimator.lookback
    if estimator.latent_dim != "auto":
        asked["latent_dim"] = estimator.latent_dim
    if estimator.n_estimators != 1:
        asked["n_estimators"] = estimator.n_estimators
    if estimator.training == "linear":
        asked["training"] = estimator.training
    return [f"{name}={value!r}" for name, value in asked.items()]


def check_asks_for_one(estimator):
    """Refuse parameters for the states beside others for the history."""
    states, history = asks_for_states(estimator), asks_for_history(estimator)
    if states and history:
        msg = "Expected a model of the observed states or one of the history; got "
        msg += f"{states[0]}, which is for the first, beside {history[0]}, which is for the "
        msg += "second. "
        msg += "Leave out one of the two."
        raise ValueError(msg)


def _equals(value, default):
    """Whether a parameter has its default; an array has none."""
    return value is default or (isinstance(value, str | float | bool) and value == default)
