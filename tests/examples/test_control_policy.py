"""The heated house: its law by two routes, and the example in short and whole."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

FILE = "09_control_policy.py"


def test_the_house_is_heated_as_its_law_says(example):
    house = example.House(np.array([-2.0]))
    found = house.run(example.held(2.0))[-1, :2]
    law = example.slopes
    known = solve_ivp(
        lambda _, z: law(*z, 2.0, -2.0), (0, 1), [22.0, 20.5], rtol=1e-9, atol=1e-9
    ).y[:, -1]
    assert found == pytest.approx(known, abs=1e-4)
    assert abs(found[0] - 22.0) > 0.5


def test_a_bill_counts_current_cold_and_what_is_left_in_the_house(example):
    house = example.House(np.zeros(2), state=(20.0, 19.0))
    house.run(example.held(0.0))
    lost = 3.0 * (house.records[0][0] - house.state[0]) + house.records[0][1] - house.state[1]
    bill = house.bill(first_hour=12)
    assert bill["current"] == pytest.approx(24 * lost * (2 * 0.45 + 0.20) / 9, rel=1e-6)
    below = 20.0 - np.array(house.records)[:, 1]
    assert bill["discomfort"] == pytest.approx(24 * np.mean(below**2))
    assert bill["worst, K"] == below.max() > 1
    assert example.tariff([5, 6, 21, 22, 29]).tolist() == [0.2, 0.45, 0.45, 0.2, 0.2]


# Two weights know little of the house.
@pytest.mark.filterwarnings("ignore::tsnode.exceptions.ForecastWarning")
def test_the_example_runs_short(example, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "house.png"
    table = example.main(1, 1, max_iter=1, widths=(2,), plot=picture)
    assert list(table.index) == ["thermostat", "learned law", "true law"]
    assert "the house costs" in capsys.readouterr().out
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_plans_through_a_log_cost_less_than_the_best_thermostat(example):
    table = example.main(hours=24)
    cost = table["cost"]
    assert cost["learned law"] < 0.94 * cost["thermostat"]
    # There is little left to learn.
    assert cost["learned law"] < 1.02 * cost["true law"]
    assert table.loc["learned law", "discomfort"] < table.loc["thermostat", "discomfort"]
