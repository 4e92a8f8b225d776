"""Ask what a house costs that is heated by plans through a model of its own log.

A heat pump (0 to 3 kW of current) warms a floor, the floor the air, the air leaks to the weather;
the warmer it is outside, the more heat a kWh gives. Current costs 0.45 a kWh by day and 0.20 from
22 to 6; air under 20 degrees costs 1 per (K^2 h). Two weeks of a log are given: readings of floor
and air at irregular stamps with 0.1 K of noise, powers held at random levels, the weather. From
them `NeuralODERegressor` learns the house, and then heats it: every hour it takes in three noisy
readings, plans 24 hours by `optimise_control` against the known tariff and weather, and applies
the first hour of the plan to the true house. Beside it: the same loop with the true law in place of
the learned one (three constants near their true values), and the best thermostat, whose setpoint
is chosen in hindsight. Costs are per day; heat left in the house at the end is credited.
"""

import argparse
import copy
import time

import numpy as np
import pandas as pd
import torch

from tsnode import NeuralODERegressor, UniversalODERegressor, optimise_control
from tsnode.preprocessing import ExogenousFeatures

BEGIN = pd.Timestamp("2024-01-08", tz="UTC")
FLOOR, AIR, CONDUCTION, LEAK = 3.0, 1.0, 1.0, 0.2  # kWh/K, kWh/K, kW/K, kW/K
MOST, NOISE, COMFORT = 3.0, 0.1, 20.0
DAY, NIGHT, DISCOMFORT = 0.45, 0.20, 1.0
# What is planned for lies this much above what is asked for: readings are noisy.
RESERVE = 0.1
MINUTE = 1 / 60


def slopes(floor, air, power, outside):
    """Slopes of both temperatures, in degrees an hour."""
    heat = (3.0 + 0.08 * outside) * power
    flow = CONDUCTION * (floor - air)
    return (heat - flow) / FLOOR, (flow - LEAK * (air - outside)) / AIR


def tariff(hours):
    """Price of a kWh at hours of the day."""
    hours = np.asarray(hours) % 24
    return np.where((hours >= 6) & (hours < 22), DAY, NIGHT)


def make_weather(n_hours, random):
    """Temperature outside of every hour: days, and slow changes."""
    hours, slow = np.arange(n_hours), np.zeros(n_hours)
    for k in range(1, n_hours):
        slow[k] = 0.98 * slow[k - 1] + 0.5 * random.normal()
    return 1.0 + 4.0 * np.sin(2 * np.pi * (hours - 9) / 24) + slow


def heat(state, powers, outside):
    """States after every minute of held powers, (n_minutes, 2), by Heun's rule."""
    found = np.empty((len(powers), 2))
    for k, (power, cold) in enumerate(zip(powers, outside, strict=True)):
        first = np.array(slopes(*state, power, cold))
        second = np.array(slopes(*(state + MINUTE * first), power, cold))
        state = found[k] = state + MINUTE * (first + second) / 2
    return found


class House:
    """The true house: its weather, its state, and what was paid so far."""

    def __init__(self, weather, hour=0, state=(22.0, 20.5)):
        self.weather, self.hour, self.state = weather, hour, np.array(state)
        self.records = []

    def run(self, power_of):
        """Go on by an hour; ``power_of`` gives a minute's power from the state."""
        cold, states = self.weather[self.hour], []
        for _ in range(60):
            power = power_of(self.state)
            self.state = heat(self.state, [power], [cold])[0]
            states.append([*self.state, power])
        self.records += states
        self.hour += 1
        return np.array(states)

    def bill(self, first_hour):
        """Cost per day since an hour: current, cold, both; degrees below what is asked for."""
        rows = np.array(self.records)
        hours = first_hour + np.arange(len(rows)) * MINUTE
        current = (tariff(hours) * rows[:, 2]).sum() * MINUTE
        stored = [FLOOR * floor + AIR * air for floor, air in rows[[0, -1], :2]]
        current -= (stored[1] - stored[0]) * (2 * DAY + NIGHT) / 3 / 3.0
        below = np.maximum(COMFORT - rows[:, 1], 0.0)
        days = len(rows) / 1440
        cold = DISCOMFORT * (below**2).sum() * MINUTE
        return {"current": current / days, "discomfort": cold / days,
                "cost": (current + cold) / days, "worst, K": below.max()}  # fmt: skip


def need_of(house):
    """Guess the power that keeps a house warm."""
    return (COMFORT + 1 - house.weather[house.hour]) * LEAK / 3


def held(power):
    """Give a power that does not heed the state."""
    return lambda state: power  # noqa: ARG005


def make_log(days, weather, random):
    """Give readings of two weeks, the table of power and weather, and the house as it is left."""
    house, levels, left = House(weather), [], 0
    for hour in range(24 * days):
        if left == 0:
            # Half of the time a guess of what is needed, else anything.
            level = random.choice([need_of(house), random.uniform(0, MOST)])
            level = MOST if house.state[1] < 18 else 0.0 if house.state[1] > 24 else level
            level, left = float(np.clip(level, 0, MOST)), random.integers(1, 5)
        if hour >= 24 * days - 12:
            # At the end the house is as warm as it shall be.
            level = float(np.clip(need_of(house) + 1.0 * (COMFORT + 0.5 - house.state[1]), 0, MOST))
        left -= 1
        levels.append(level)
        house.run(held(level))
    minutes = np.cumsum(np.clip(random.exponential(20, size=4 * 24 * days), 2, 90)).astype(int)
    n_minutes = len(house.records)
    minutes = np.r_[np.unique(minutes[minutes < n_minutes - 1]), n_minutes]
    states = np.array(house.records)[minutes - 1, :2]
    stamps = BEGIN + pd.to_timedelta(minutes, unit="min")
    states = states + NOISE * random.normal(size=states.shape)
    hours = BEGIN + pd.to_timedelta(np.arange(len(weather)), unit="h")
    table = pd.DataFrame({"power": np.nan, "outside": weather}, hours)
    table.iloc[: len(levels), 0] = levels
    house.records = []
    return pd.DataFrame(states, stamps, ["floor", "air"]), table, house


def true_law(t, z, u, theta):  # noqa: ARG001
    """Give the law of the house, for a model that need not learn it."""
    heating, leaking = theta.gain * (3.0 + 0.08 * u[:, 1]) * u[:, 0], theta.leak * LEAK
    flow = theta.flow * CONDUCTION * (z[:, 0] - z[:, 1])
    return (heating - flow) / FLOOR, (flow - leaking * (z[:, 1] - u[:, 1])) / AIR


def steer(model, house, table, n_hours, random, *, max_iter, ahead=24):
    """Heat the house by plans of a model for so many hours."""
    table, guess = table.copy(), None
    for _ in range(n_hours):
        hours = house.hour + np.arange(ahead)
        price = torch.tensor(tariff(hours))

        def cost(states, control, elapsed, price=price):  # noqa: ARG001
            below = (COMFORT + RESERVE - states["air"]).clamp(min=0)
            return (price * control["power"]).sum() + DISCOMFORT * (below**2).sum()

        plan = optimise_control(
            model, cost, {"power": (0, MOST)}, f"{ahead}h", n_pieces=ahead, guess=guess,
            n_starts=1, max_iter=max_iter,
        )  # fmt: skip
        power = plan.control["power"].to_numpy()
        now = BEGIN + pd.Timedelta(house.hour, unit="h")
        table.loc[now, "power"] = power[0]
        states = house.run(held(power[0]))[[19, 39, 59], :2]
        stamps = now + pd.to_timedelta([20, 40, 60], unit="min")
        readings = states + NOISE * random.normal(size=states.shape)
        model.features_.set_params(table=table)
        model.update(stamps, pd.DataFrame(readings, stamps, ["floor", "air"]))
        guess = np.r_[power[1:], power[-1]]
    return house


def thermostat(house, n_hours, setpoint, width=0.25):
    """Heat the house fully below a temperature, until the air is above it."""
    is_on = False

    def power_of(state):
        nonlocal is_on
        if abs(state[1] - setpoint) > width:
            is_on = state[1] < setpoint
        return MOST * is_on

    for _ in range(n_hours):
        house.run(power_of)
    return house


def main(days=14, hours=48, *, max_iter=40, seed=0, widths=(16, 16), plot=None):
    """Learn the house, heat it, say what it cost.

    Parameters
    ----------
    days : int
        Of the log that is learned from.
    hours : int
        That are then heated.
    max_iter : int
        Of every search for a plan.
    seed : int
    widths : tuple of int
        Hidden layers of the learned law.
    plot : path, default=None
        Where to draw the hours that were heated.

    Returns
    -------
    DataFrame, one row a policy
    """
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    weather = make_weather(24 * days + hours + 25, random)
    log, table, house = make_log(days, weather, random)
    features = ExogenousFeatures(table.loc[: log.index[-1]], hold=np.inf)
    shared = {"features": features, "calibration": None, "random_state": seed, "time_unit": "h"}
    bounds = {name: (0.9, 1.1) for name in ("gain", "leak", "flow")}
    models = {
        "learned law": NeuralODERegressor(widths, lookback=None, **shared),
        "true law": UniversalODERegressor(true_law, bounds, remainder=None, **shared),
    }
    found, houses = {}, {}
    setpoints = np.arange(COMFORT, COMFORT + 1.6, 0.25)
    tried = [thermostat(copy.deepcopy(house), hours, setpoint) for setpoint in setpoints]
    houses["thermostat"] = min(tried, key=lambda one: one.bill(24 * days)["cost"])
    found["thermostat"] = houses["thermostat"].bill(24 * days)
    for name, model in models.items():
        begin = time.process_time()
        model.fit(log.index, log)
        fitted = time.process_time()
        model.features_.set_params(table=table)
        draws = np.random.default_rng(seed + 1)
        own = steer(model, copy.deepcopy(house), table, hours, draws, max_iter=max_iter)
        seconds = {"fit, s": fitted - begin, "plan, s": (time.process_time() - fitted) / hours}
        houses[name], found[name] = own, own.bill(24 * days) | seconds
    result = pd.DataFrame(found).T
    print(result.round(3).to_string(na_rep="-"))
    share = 1 - result.loc["learned law", "cost"] / result.loc["thermostat", "cost"]
    most = 1 - result.loc["true law", "cost"] / result.loc["thermostat", "cost"]
    print(f"planned through a model of its log the house costs {share:.0%} less than by the best "
          f"thermostat ({most:.0%} less by the true law)")  # fmt: skip
    if plot is not None:
        draw(houses, weather[24 * days :], 24 * days, plot)
        print(f"picture written to {plot}")
    return result


def draw(houses, weather, first_hour, plot):
    """Draw air, power and price over the hours that were heated."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, 1, figsize=(9, 7), sharex=True, layout="constrained")
    for name, house in houses.items():
        rows = np.array(house.records)
        at = np.arange(len(rows)) * MINUTE
        axes[0].plot(at, rows[:, 1], label=name)
        axes[1].plot(at, rows[:, 2], linewidth=0.8)
    axes[0].axhline(COMFORT, color="0.6", linestyle=":")
    axes[0].set_ylabel("air, degrees")
    axes[0].legend()
    axes[1].set_ylabel("power, kW")
    axes[2].step(at, tariff(first_hour + at), color="0.4", label="price of a kWh")
    axes[2].set(ylabel="price of a kWh", xlabel="hours")
    twin = axes[2].twinx()
    twin.plot(np.arange(len(rows) // 60), weather[: len(rows) // 60], color="C4")
    twin.set_ylabel("outside, degrees")
    figure.savefig(plot, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=14, help="of the log to learn from")
    parser.add_argument("--hours", type=int, default=48, help="to heat")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="PNG", help="draw the heated hours into this file")
    main(**vars(parser.parse_args()))
