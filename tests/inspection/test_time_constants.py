"""Time constants of known laws: eigenvalues as decay times and periods."""

import numpy as np
import pandas as pd
import pytest

from tsnode.inspection import time_constants

from .laws import Linear


def test_a_hanging_pendulum_has_its_decay_time_and_period(pendulum):
    frame = time_constants(pendulum, [0.0, 0.0])
    turn = np.sqrt(9.81 - 0.25**2)
    assert frame["rate"].tolist() == pytest.approx([-0.25, -0.25])
    assert frame["angular_frequency"].tolist() == pytest.approx([turn, -turn])
    assert frame["time_constant"].tolist() == pytest.approx([4, 4])
    assert frame["period"].tolist() == pytest.approx([2 * np.pi / turn] * 2)
    assert frame.attrs["time_unit"] == "h"


def test_the_period_is_that_of_small_swings(pendulum):
    run = pendulum.simulate([0.01, 0.0], 4000, step=0.005)[:, 0]
    zeros = np.flatnonzero(np.diff(np.sign(run)) < 0)
    period = time_constants(pendulum, [0.0, 0.0])["period"].iloc[0]
    assert np.diff(zeros).mean() * 0.005 == pytest.approx(period, rel=2e-3)


def test_an_upright_pendulum_falls_and_turns_not(pendulum):
    frame = time_constants(pendulum, [np.pi, 0.0])
    assert frame["rate"].iloc[0] > 0 > frame["rate"].iloc[1]
    assert np.isinf(frame["period"]).all()


def test_a_mode_that_neither_grows_nor_decays_takes_forever():
    frame = time_constants(Linear([[0.0, 2.0], [-2.0, 0.0]]), [1.0, 0.0])
    assert np.isinf(frame["time_constant"]).all()
    assert frame["period"].tolist() == pytest.approx([np.pi, np.pi])


def test_rows_carry_the_index_of_the_states(pendulum):
    states = pd.DataFrame(
        {"angular_velocity": [0.0, 1.0], "angle": [0.0, 3.0]},
        index=pd.Index(["low", "high"], name="where"),
    )
    frame = time_constants(pendulum, states)
    assert frame.index.names == ["where", "mode"]
    alone = time_constants(pendulum, [3.0, 1.0])
    np.testing.assert_allclose(frame.loc["high"], alone.loc[0])


def test_a_panel_keeps_its_levels(pendulum):
    index = pd.MultiIndex.from_product([["a", "b"], [0.0, 1.0]], names=["series", "time"])
    states = pd.DataFrame(np.ones((4, 2)), index, columns=["angle", "angular_velocity"])
    assert time_constants(pendulum, states).index.names == ["series", "time", "mode"]
