"""One door to all solvers: the method's name decides who solves."""

from ._fixed_grid import solve_requests
from ._gradients import check_gradient, solve_by_directions
from ._integrate import KNOT_OPTIONS, integrate_adjoint, integrate_requests, integrate_windows
from ._pull import no_pull
from ._stiff import SCIPY_METHODS, integrate_stiff_requests
from ._windows import STEPS, solve_windows

OWN_METHODS = tuple(STEPS)
# heun2 is torchdiffeq's name of our heun; the same kernel serves both.
SYNONYMS = {"heun2": "heun"}
# Methods whose solve has a gradient, for training; those of SciPy only predict.
DIFFERENTIABLE = (*OWN_METHODS, *(name for name in KNOT_OPTIONS if name not in STEPS))
METHODS = (*DIFFERENTIABLE, *SCIPY_METHODS)


def check_method(method):
    """Return ``method`` under its own name if there is such a solver."""
    if method in METHODS:
        return SYNONYMS.get(method, method)
    listed = ", ".join(repr(name) for name in METHODS)
    msg = f"method must be one of {listed}; got {method!r}. Set method to one of these "
    msg += "('rk4' for smooth fields, 'exponential_euler' or 'Radau' for stiff ones, 'dopri5' "
    msg += "where steps must adapt)."
    raise ValueError(msg)


def check_differentiable(method):
    """Return ``method`` if training can go through its solve."""
    if method not in SCIPY_METHODS:
        return method
    msg = f"Expected a differentiable method for training through the solver; got {method!r}, "
    msg += "which is SciPy's and only predicts. Fit with method='exponential_euler' or 'rk4' (or "
    msg += f"training='collocation', which needs no solver), then set_params(method={method!r})."
    raise ValueError(msg)


def is_adaptive(method):
    """Whether the method chooses its steps by rtol and atol."""
    return method in SCIPY_METHODS or KNOT_OPTIONS.get(method) == "jump_t"


def solve(
    field, z0, times, *, method="rk4", gradient="backprop", n_substeps=1, controls=None,
    rtol=1e-4, atol=1e-5, pull=no_pull,
):  # fmt: skip
    """States at the stamps of training windows, differentiable; see ``solve_windows``.

    Parameters
    ----------
    gradient : {"backprop", "adjoint", "forward", "finite_difference"}, default="backprop"
        How the gradient is found; the last three keep no steps. See ``integrate_adjoint`` and
        ``solve_by_directions``.
    """
    method = check_differentiable(check_method(method))
    check_gradient(gradient, method, is_adaptive=is_adaptive(method))
    settings = {
        "method": method, "n_substeps": n_substeps, "controls": controls, "pull": pull,
    }  # fmt: skip
    tolerances = {"rtol": rtol, "atol": atol}
    if gradient == "adjoint":
        return integrate_adjoint(field, z0, times, **settings, **tolerances)

    def run(field, z0):
        if method in STEPS:
            return solve_windows(field, z0, times, **settings)
        return integrate_windows(field, z0, times, **settings, **tolerances)

    if gradient == "backprop":
        return run(field, z0)
    return solve_by_directions(run, field, z0, gradient=gradient, is_adaptive=is_adaptive(method))


def solve_asked(
    field, z0, t0, row, times, *, method="rk4", step, control=None, rtol=1e-4, atol=1e-5
):
    """States at asked times, each independent of the others; see ``solve_requests``."""
    method = check_method(method)
    if method in STEPS:
        return solve_requests(field, z0, t0, row, times, method=method, step=step, control=control)
    settings = {"method": method, "control": control, "rtol": rtol, "atol": atol}
    if method in SCIPY_METHODS:
        return integrate_stiff_requests(field, z0, t0, row, times, **settings)
    return integrate_requests(field, z0, t0, row, times, step=step, **settings)
