"""The generated systems obey their laws: closed forms, conserved quantities, a second solver."""

import inspect
import json

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from tsnode import datasets
from tsnode.datasets._field_laws import FIELD_LAWS
from tsnode.datasets._laws import LAWS

GENERATORS = {name: getattr(datasets, f"make_{name}") for name in LAWS}


def test_every_law_has_a_public_generator():
    public = {name.removeprefix("make_") for name in datasets.__all__ if name.startswith("make_")}
    assert public - set(FIELD_LAWS) == set(LAWS)
    assert len(LAWS) == 8


@pytest.mark.parametrize("damping", [0.0, 0.2])
def test_harmonic_oscillator_equals_its_closed_form(damping):
    frame = datasets.make_harmonic_oscillator(200, omega=1.5, damping=damping)
    times = frame.index.to_numpy()
    rate, ringing = 1.5 * damping, 1.5 * np.sqrt(1 - damping**2)
    envelope = np.exp(-rate * times)
    expected = envelope * (np.cos(ringing * times) + rate / ringing * np.sin(ringing * times))
    np.testing.assert_allclose(frame["x"], expected, atol=1e-8)
    assert np.ptp(expected) > 1


def test_lotka_volterra_keeps_its_constant_of_motion():
    frame = datasets.make_lotka_volterra(500, irregular=True, random_state=0)
    prey, predator = frame["prey"], frame["predator"]
    constant = prey - 3.0 * np.log(prey) + predator - 1.5 * np.log(predator)
    np.testing.assert_allclose(constant, 2.0, atol=1e-7)
    assert prey.max() > 3 * prey.min()


def test_undamped_pendulum_keeps_its_energy():
    frame = datasets.make_damped_pendulum(500, damping=0.0, length=2.0)
    energy = frame["angular_velocity"] ** 2 / 2 - 9.81 / 2.0 * np.cos(frame["angle"])
    np.testing.assert_allclose(energy, -9.81 / 2.0 * np.cos(2.0), atol=1e-7)


def test_damped_pendulum_loses_energy_at_the_rate_of_its_friction():
    frame = datasets.make_damped_pendulum(2001, mean_step=0.005)
    speed = frame["angular_velocity"].to_numpy()
    energy = speed**2 / 2 - 9.81 * np.cos(frame["angle"].to_numpy())
    lost = 0.1 * np.trapezoid(speed**2, frame.index)
    assert energy[0] - energy[-1] == pytest.approx(lost, rel=1e-4)
    assert lost > 1


def test_spiral_without_decay_stays_on_its_curve():
    frame = datasets.make_spiral(decay=0.0)
    np.testing.assert_allclose(frame["x"] ** 4 + frame["y"] ** 4, 16.0, rtol=1e-7)
    assert frame["y"].min() < -1.9


def test_spiral_spans_the_25_time_units_of_the_demo():
    frame = datasets.make_spiral()
    assert frame.index[-1] == pytest.approx(25.0)
    assert np.hypot(*frame.iloc[-1]) < 0.5 * np.hypot(*frame.iloc[0])


def test_van_der_pol_runs_on_its_limit_cycle():
    frame = datasets.make_van_der_pol(4000, mean_step=0.01, transient=50.0)
    x = frame["x"].to_numpy()
    upward = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    # Amplitude and period at epsilon 1 to the printed digits (Andersen and Geer 1982).
    assert np.diff(upward).mean() * 0.01 == pytest.approx(6.663287, abs=0.005)
    assert x.max() == pytest.approx(2.00862, abs=1e-3)


def test_stiff_van_der_pol_meets_the_radau_solver():
    frame = datasets.make_van_der_pol(50, epsilon=100.0, mean_step=2.0)
    other = solve_ivp(
        lambda _, z: [z[1], 100.0 * (1 - z[0] ** 2) * z[1] - z[0]],
        (0, 98.0),
        [2.0, 0.0],
        method="Radau",
        t_eval=frame.index,
        rtol=1e-9,
        atol=1e-10,
    )
    np.testing.assert_allclose(frame["x"], other.y[0], atol=1e-4)


def test_lorenz63_transient_lands_on_the_attractor():
    frame = datasets.make_lorenz63(2000, mean_step=0.05)
    # Averages of dz/dt and d(z²)/dt vanish on the attractor: <xy> = beta <z>.
    products, heights = frame["x"] * frame["y"], frame["z"]
    assert products.mean() == pytest.approx(8 / 3 * heights.mean(), rel=0.02)
    assert heights.between(0, 50).all()
    assert heights.std() > 7


def test_lorenz63_volume_shrinks_at_the_divergence_of_its_law():
    start, span = np.array([1.0, 2.0, 20.0]), 0.1
    step = 1e-4 * np.vstack([np.eye(3), -np.eye(3)])
    ends = datasets.make_lorenz63(2, mean_step=span, transient=0.0, start=start + step, n_series=6)
    last = ends.xs(span, level="time").to_numpy()
    jacobian = (last[:3] - last[3:]) / 2e-4
    assert np.linalg.det(jacobian) == pytest.approx(np.exp(-(10 + 1 + 8 / 3) * span), rel=1e-5)


def test_lorenz96_energy_changes_only_by_damping_and_forcing():
    z = np.random.default_rng(0).normal(size=(5, 12))
    slope = LAWS["lorenz96"].slope(z, n_sites=12, forcing=8.0)
    power = (z * slope).sum(axis=-1)
    np.testing.assert_allclose(power, (-(z**2) + 8.0 * z).sum(axis=-1))


@pytest.mark.parametrize("name", LAWS)
def test_slopes_of_the_truth_equal_the_law(name):
    frame = GENERATORS[name](5, mean_step=1e-3, transient=1.0)
    values = frame.to_numpy()
    central = (values[:-4] - 8 * values[1:-3] + 8 * values[3:-1] - values[4:]) / (12 * 1e-3)
    slope = LAWS[name].slope(values[2:-2], **frame.attrs["parameters"])
    np.testing.assert_allclose(central, slope, rtol=1e-5, atol=1e-6)
    assert np.abs(slope).max() > 0.05


@pytest.mark.parametrize("name", LAWS)
def test_generators_share_one_signature(name):
    parameters = list(inspect.signature(GENERATORS[name]).parameters)
    assert parameters[:10] == [
        "n_samples", "mean_step", "irregular", "noise", "missing", "start", "transient",
        "n_series", "random_state", "return_truth",
    ]  # fmt: skip
    assert parameters[10:] == list(LAWS[name].parameters)


@pytest.mark.parametrize("name", LAWS)
def test_attrs_are_plain_json(name):
    attrs = GENERATORS[name](3, transient=0.0, n_series=2).attrs
    assert json.loads(json.dumps(attrs)) == attrs
    assert attrs["law"] == name


def test_irregular_gaps_are_clipped_exponentials():
    frame = datasets.make_spiral(4000, mean_step=0.01, irregular=True, random_state=0)
    gaps = np.diff(frame.index) / 0.01
    assert gaps.min() == pytest.approx(0.05)
    assert gaps.max() == pytest.approx(5.0)
    assert gaps.mean() == pytest.approx(0.05 + np.exp(-0.05) - np.exp(-5), abs=0.05)
    assert np.median(gaps) == pytest.approx(np.log(2), abs=0.05)


def test_noise_is_a_share_of_each_channels_spread():
    observed, truth = datasets.make_damped_pendulum(
        4000, noise=0.1, random_state=0, return_truth=True
    )
    shares = (observed - truth).std() / truth.std()
    np.testing.assert_allclose(shares, 0.1, rtol=0.05)


def test_missing_is_an_exact_share_of_the_entries():
    observed = datasets.make_lorenz63(500, missing=0.2, random_state=0)
    assert observed.isna().to_numpy().sum() == 300
    assert observed.isna().sum().min() > 50


def test_noise_and_missing_leave_stamps_and_states_alone():
    plain = datasets.make_van_der_pol(50, irregular=True, random_state=3)
    _, truth = datasets.make_van_der_pol(
        50, irregular=True, noise=0.3, missing=0.3, random_state=3, return_truth=True
    )
    pd.testing.assert_frame_equal(plain, truth)


def test_random_state_settles_everything():
    settings = {"irregular": True, "noise": 0.1, "missing": 0.1, "n_series": 2}
    first, again, other = (
        datasets.make_spiral(30, random_state=seed, **settings) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.index.equals(other.index)


@pytest.mark.parametrize("name", LAWS)
def test_several_series_start_apart(name):
    panel = GENERATORS[name](4, transient=0.0, n_series=3, random_state=0)
    assert panel.index.names == ["series", "time"]
    starts = panel.xs(0.0, level="time")
    assert starts.shape[0] == 3
    assert starts.drop_duplicates().shape[0] == 3
    alone = GENERATORS[name](4, transient=0.0)
    np.testing.assert_allclose(panel.xs(0, level="series"), alone)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"n_samples": 1}, "n_samples"),
        ({"mean_step": 0.0}, "mean_step"),
        ({"noise": -0.1}, "noise"),
        ({"missing": 1.0}, "missing"),
        ({"n_series": 0}, "n_series"),
        ({"epsilon": "big"}, "epsilon"),
        ({"start": [1.0, 2.0, 3.0]}, "2 finite numbers"),
    ],
)
def test_impossible_settings_are_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        datasets.make_van_der_pol(**settings)


def test_a_law_that_explodes_is_refused():
    with pytest.raises(ValueError, match="stay finite"):
        datasets.make_spiral(decay=-1.0)


def test_unknown_parameters_are_refused():
    with pytest.raises(TypeError, match="epsilom"):
        datasets.make_van_der_pol(epsilom=2.0)
