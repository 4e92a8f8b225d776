"""SciPy's stiff solvers: right where explicit steps fail, quiet where the solution ends."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tsnode.solvers._solve import solve, solve_asked
from tsnode.solvers._stiff import SCIPY_METHODS


def van_der_pol(t, z, u=None, eps=1000.0):  # noqa: ARG001
    return torch.stack([z[:, 1], eps * (1 - z[:, 0] ** 2) * z[:, 1] - z[:, 0]], dim=1)


def exact_van_der_pol(times, eps):
    return solve_ivp(
        lambda t, z: [z[1], eps * (1 - z[0] ** 2) * z[1] - z[0]],  # noqa: ARG005
        (0, times[-1]), [2.0, 0.0], t_eval=times, method="Radau", rtol=1e-10, atol=1e-12,
    ).y.T  # fmt: skip


def ask(field, start, times, t0=0.0, **settings):
    """States at the times of one run from the start."""
    start = torch.as_tensor(start, dtype=torch.float64)[None]
    row = np.zeros(len(times), dtype=int)
    return solve_asked(field, start, [t0], row, np.asarray(times), step=0.1, **settings).numpy()


# Seconds a method: the first of them every time, the others in the slow run.
one_now_all_slowly = pytest.mark.parametrize(
    "method",
    [SCIPY_METHODS[0], *(pytest.param(m, marks=pytest.mark.slow) for m in SCIPY_METHODS[1:])],
)


@one_now_all_slowly
def test_a_stiff_cycle_is_followed_through_its_jumps(method):
    times = np.array([0.0, 500.0, 800.0, 1000.0, 1700.0])
    expected = exact_van_der_pol(times, 1000.0)
    found = ask(van_der_pol, [2.0, 0.0], times, method=method, rtol=1e-7, atol=1e-9)
    assert found[0].tolist() == [2.0, 0.0]
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-3)
    assert expected[2, 0] > 1 > -1 > expected[3, 0]


@one_now_all_slowly
def test_tighter_tolerances_come_closer(method):
    times = np.linspace(0.3, 12, 7)
    field = partial(van_der_pol, eps=5.0)
    found = [ask(field, [2.0, 0.0], times, method=method, rtol=r, atol=r) for r in (1e-4, 1e-8)]
    errors = [np.abs(states - exact_van_der_pol(times, 5.0)).max() for states in found]
    assert errors[1] < 1e-5
    assert errors[1] < 0.1 * errors[0]


@one_now_all_slowly
def test_a_fast_decay_takes_a_tenth_of_the_calls_of_an_explicit_method(method):
    calls = {method: 0, "dopri5": 0}

    def decay(t, z, u=None, name=None):  # noqa: ARG001
        calls[name] += 1
        return -2e3 * (z - torch.cos(t)[:, None])

    found = [
        ask(partial(decay, name=name), [3.0], [2.0], method=name, rtol=1e-5, atol=1e-5)[0, 0]
        for name in calls
    ]
    assert found == pytest.approx([np.cos(2.0)] * 2, abs=2e-3)
    assert calls[method] < 0.1 * calls["dopri5"]


@pytest.mark.parametrize("method", SCIPY_METHODS)
@pytest.mark.parametrize("sign", [1, -1])
def test_controls_drive_the_state_in_both_directions(method, sign):
    times = 0.7 + sign * np.array([0.5, 1.5, 3.0])
    found = ask(
        lambda t, z, u: -z + u, [1.0], times, t0=0.7, method=method, rtol=1e-8, atol=1e-9,  # noqa: ARG005
        control=lambda rows, t: np.cos(t)[:, None] + 0 * rows[:, None],
    )[:, 0]  # fmt: skip
    forced = 0.5 * (np.cos(times) + np.sin(times))
    at_start = 0.5 * (np.cos(0.7) + np.sin(0.7))
    expected = forced + (1.0 - at_start) * np.exp(0.7 - times)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.abs(expected - forced).min() > 1e-3


@pytest.mark.parametrize("method", SCIPY_METHODS)
def test_a_solution_that_ends_is_nan_from_there_on_without_a_word(method, capfd):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = ask(
            lambda t, z, u: z**2, [1.0], [0.5, 0.9, 1.1, 4.0], method=method, rtol=1e-8,  # noqa: ARG005
            atol=1e-9,
        )[:, 0]  # fmt: skip
    np.testing.assert_allclose(found[:2], [2.0, 10.0], rtol=1e-5)
    assert np.isnan(found[2:]).all()
    assert said == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", SCIPY_METHODS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_field_that_is_not_finite_ends_the_run(method, value):
    found = ask(
        lambda t, z, u: torch.where(t[:, None] > 1, value, -z),  # noqa: ARG005
        [1.0], [0.5, 3.0], method=method,
    )[:, 0]  # fmt: skip
    assert found[0] == pytest.approx(np.exp(-0.5), abs=1e-3)
    assert np.isnan(found[1])
    assert np.isnan(ask(van_der_pol, [np.nan, 0.0], [0.0, 1.0], method=method)[1]).all()


@pytest.mark.parametrize("method", SCIPY_METHODS)
def test_threads_do_not_disturb_each_other(method):
    starts = np.linspace(0.5, 2.5, 6)
    times = np.linspace(0.1, 3, 9)

    def run(start):
        return ask(van_der_pol, [start, 0.0], times, method=method, rtol=1e-6)

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(run, starts))
    np.testing.assert_array_equal(together, [run(start) for start in starts])


@pytest.mark.parametrize("method", SCIPY_METHODS)
def test_training_through_scipy_is_refused_with_the_way_around(method):
    times = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    words = f"differentiable.*{method}.*then set_params\\(method='{method}'\\)"
    with pytest.raises(ValueError, match=words):
        solve(van_der_pol, torch.ones(1, 2, dtype=torch.float64), times, method=method)
