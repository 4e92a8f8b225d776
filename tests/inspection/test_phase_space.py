"""How much of phase space is covered, and whether rows foretell what follows."""

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import make_van_der_pol
from tsnode.inspection import data_report
from tsnode.inspection._phase_space import NEAR, _coverage
from tsnode.inspection._states import States

from .conftest import lorenz, white


def on_a_circle(n_older, n_newer, seed):
    """Points at random angles, standardised; the newer ones after the older ones."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, n_older + n_newer)
    points = np.sqrt(2) * np.column_stack([np.cos(angle), np.sin(angle)])
    rows = np.arange(len(angle))
    return States(
        channels=np.arange(2), times=rows * 1.0, series=rows * 0, now=points, past=points,
        futures={}, older=rows[:n_older], newer=rows[n_older:], memory=1.0, is_smooth=False,
    )  # fmt: skip


def test_random_points_cover_a_circle_as_the_closed_form_says():
    n_older = 60
    # Radius sqrt(2), so the unit of distance is sqrt(2 * 2) = 2: a chord of 2 NEAR.
    reach = 2 * np.arcsin(NEAR / np.sqrt(2)) / np.pi
    found = np.mean([_coverage(on_a_circle(n_older, 500, k), False)[0] for k in range(20)])
    assert found == pytest.approx(1 - (1 - reach) ** n_older, abs=0.01)
    assert 0.5 < found < 0.99


STARTS = [(1.0, 1.0, 20.0), (8.0, 2.0, 30.0), (-5.0, -9.0, 15.0), (2.0, -3.0, 12.0)]


@pytest.mark.parametrize(("n", "low", "high"), [(150, 0.0, 0.4), (5000, 0.97, 1.0)])
def test_a_long_orbit_covers_its_attractor_and_a_short_one_does_not(n, low, high):
    orbits = [lorenz(n, 0.01 if n < 1000 else 0.04, start, transient=200) for start in STARTS]
    found = [data_report(orbit).phase_space.covered for orbit in orbits]
    assert low <= np.mean(found) <= high


def test_a_trend_leads_where_nothing_has_been():
    frame = white()
    frame += 0.02 * np.arange(len(frame))[:, None]
    assert data_report(frame).phase_space.covered < 0.1


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("van der Pol", "whole"), ("noisy irregular", "whole"), ("Lorenz", "whole"),
        ("logistic", "whole"), ("hidden", "hidden"), ("white", "unpredictable"),
        ("walk", "wandering"), ("short", "open"),
    ],
)  # fmt: skip
def test_the_verdict_is_that_of_the_law(made, name, states):
    assert made(name).phase_space.states == states


def test_half_of_a_system_foretells_little_and_all_of_it_much():
    frame = make_van_der_pol(800, random_state=0)
    whole, half = data_report(frame).phase_space, data_report(frame[["x"]]).phase_space
    assert whole.from_row > 0.95
    assert half.from_row < 0.5
    assert half.from_past > 0.95


@pytest.mark.parametrize("irregular", [False, True])
def test_noise_alone_is_never_said_to_be_foretold(irregular):
    found = {"white": [], "walk": []}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        times = np.cumsum(rng.exponential(size=600)) if irregular else np.arange(600.0)
        frame = pd.DataFrame(rng.normal(size=(600, 2)), times)
        found["white"].append(data_report(frame).phase_space.states)
        found["walk"].append(data_report(frame.cumsum()).phase_space.states)
    assert {*found["white"]} <= {"unpredictable", "open"}
    assert {*found["walk"]} <= {"wandering", "open"}
    assert found["white"].count("unpredictable") >= 6
    assert found["walk"].count("wandering") >= 6


def test_units_and_shifts_do_not_matter():
    frame = make_van_der_pol(400, random_state=0)
    scaled = frame * [1000.0, 0.001] + [5.0, -3.0]
    one, other = data_report(frame).phase_space, data_report(scaled).phase_space
    assert other.covered == one.covered
    assert other.from_row == pytest.approx(one.from_row, abs=1e-6)


def test_short_series_of_a_panel_are_not_said_to_hide_their_state():
    from tsnode.datasets import make_lotka_volterra

    space = data_report(make_lotka_volterra(20, n_series=30, random_state=0)).phase_space
    assert space.states == "open"
