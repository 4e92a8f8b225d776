"""Measure whether a fitted field has the fixed points, eigenvalues and exponents of its law.

*van der Pol*: 20 orbits of 50 rows 0.1 apart, 5 % noise, half of them started within 0.5 of the
origin, the others anywhere in a square around the limit cycle. The law (epsilon = 1) has one fixed
point, the origin, with eigenvalues (1 +- i sqrt(3)) / 2. Errors: the distance of the fitted point
from it, and the largest distance of an eigenvalue from its own. "cubic" is no network, but the
polynomials of third degree, which hold the law: what is left is the noise in the data.

*Lorenz-63*: the largest exponent of a field fitted to one orbit, 0.9056 of the law (Sprott 2003),
by `lyapunov_spectrum` from 40 states of another orbit over 50 units of time each, with its
standard error. The law has three fixed points; the number found shows where a rough fit invents
others, or where no data tell it of one.

One thread, all settings defaults but ``lookback=None`` (the states are observed whole) and those
that a row names.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch
from free_runs import sample_case
from torch import nn

from tsnode import NeuralODERegressor
from tsnode.datasets import make_lorenz63, make_van_der_pol
from tsnode.inspection import fixed_points, lyapunov_spectrum

N_ORBITS, N_ROWS, NOISE = 20, 50, 0.05
EIGENVALUES = np.array([0.5 + 0.5j * np.sqrt(3), 0.5 - 0.5j * np.sqrt(3)])
EXPONENT = 0.9056  # Sprott 2003, Chaos and Time-Series Analysis, Table A.5
BAR = 0.05
# Rows of an orbit of the Lorenz system and its case in `free_runs.py`.
LORENZ = {
    "1000 rows, clean": (1000, "regular"),
    "1000 rows, 5 % noise": (1000, "5 % noise"),
    "3000 rows, 5 % noise": (3000, "5 % noise"),
}


class Cubic(nn.Module):
    """dz/dt in all monomials of two states up to the third degree."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(10, 2))

    def forward(self, z):
        """Return the slope at states of shape (batch, 2)."""
        x, v = z[..., :1], z[..., 1:]
        powers = [x**i * v**k for i in range(4) for k in range(4 - i)]
        return torch.cat(powers, dim=-1) @ self.weights


VAN_DER_POL = {
    "default": (N_ROWS, {}),
    "default, 100 rows an orbit": (100, {}),
    "activation='silu'": (N_ROWS, {"activation": "silu"}),
    "hidden_layer_sizes=(16, 16)": (N_ROWS, {"hidden_layer_sizes": (16, 16)}),
    "alpha=0.1": (N_ROWS, {"alpha": 0.1}),
    "cubic": (N_ROWS, {"module": Cubic}),
}


def sample_orbits(seed, n_rows=N_ROWS):
    """Panel of noisy van der Pol orbits, half of them from a disc of radius 0.5."""
    rng = np.random.default_rng([seed, N_ORBITS])
    half = N_ORBITS // 2
    radius, angle = 0.5 * np.sqrt(rng.random(half)), 2 * np.pi * rng.random(half)
    near = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    starts = np.concatenate([near, rng.uniform(-2.5, 2.5, (N_ORBITS - half, 2))])
    return make_van_der_pol(n_rows, noise=NOISE, n_series=N_ORBITS, start=starts, random_state=seed)


def fixed_point_errors(found):
    """Errors of the fixed point next to the origin and of its eigenvalues."""
    if not len(found):
        return np.inf, np.inf
    distances = np.linalg.norm(found.points, axis=1)
    k = int(distances.argmin())
    return distances[k], np.abs(found.eigenvalues[k] - EIGENVALUES).max()


def largest_exponent(model, n_starts=40, n_units=50.0):
    """Largest exponent of a fitted Lorenz field and its standard error."""
    starts = make_lorenz63(n_starts, mean_step=1.0, random_state=1, start=(-5.0, -7.0, 20.0))
    step = 0.1
    found = lyapunov_spectrum(model, starts, round(n_units / step), step=step, n_exponents=1)
    return found.exponents[0], found.standard_errors[0]


def fit_timed(seed, frame, **params):
    """Fit; return the model and its CPU seconds."""
    begin = time.process_time()
    model = NeuralODERegressor(lookback=None, random_state=seed, **params)
    model.fit(frame.index, frame)
    return model, time.process_time() - begin


def main(seeds=5, rows=None, lorenz=None, n_rows=None, n_units=50.0, output=None):
    """Print the errors of every fit and a summary; return all of them.

    Parameters
    ----------
    seeds : int, data sets and fits of each row
    rows : sequence of keys of ``VAN_DER_POL``, default=None
    lorenz : sequence of keys of ``LORENZ``, default=None
    n_rows : int, default=None
        Rows of an orbit of either system, for a short run; None: as the row says.
    n_units : float, time that each of the 40 states runs for an exponent
    output : path of a CSV, default=None

    Returns
    -------
    DataFrame
        Columns row, seed, seconds, point, eigenvalues (errors), n_points (found in the box of
        the data), exponent, standard_error.
    """
    torch.set_num_threads(1)
    found = []

    def add(**result):
        found.append(result)
        print("  ".join(f"{key} {_short(value)}" for key, value in result.items()), flush=True)

    for row in VAN_DER_POL if rows is None else rows:
        length, params = VAN_DER_POL[row]
        for seed in range(seeds):
            model, seconds = fit_timed(seed, sample_orbits(seed, n_rows or length), **params)
            points = fixed_points(model)
            point, eigenvalues = fixed_point_errors(points)
            add(
                row=row, seed=seed, seconds=seconds, point=point, eigenvalues=eigenvalues,
                n_points=len(points),
            )  # fmt: skip
    for row in LORENZ if lorenz is None else lorenz:
        length, case = LORENZ[row]
        for seed in range(seeds):
            train = sample_case("Lorenz-63", case, seed, n_rows or length)
            model, seconds = fit_timed(seed, train)
            exponent, error = largest_exponent(model, n_units=n_units)
            add(
                row=row, seed=seed, seconds=seconds, exponent=exponent, standard_error=error,
                n_points=len(fixed_points(model)),
            )  # fmt: skip
    results = pd.DataFrame(found)
    print("\n" + summarise(results).to_string(float_format="{:.3g}".format, na_rep=""))
    if output is not None:
        results.to_csv(output, index=False)
    return results


def summarise(results):
    """Median and worst errors of every row, and how many fits are within the bar."""
    results = results.reindex(
        columns=["row", "seconds", "point", "eigenvalues", "exponent", "standard_error"]
    )
    results["miss"] = results[["point", "eigenvalues"]].max(axis=1)
    is_exponent = results["exponent"].notna()
    results.loc[is_exponent, "miss"] = (results["exponent"] - EXPONENT).abs()[is_exponent]
    results["within"] = results["miss"] <= BAR
    by_row = results.groupby("row", sort=False)
    table = by_row[["seconds", "point", "eigenvalues", "exponent"]].median()
    table["worst miss"] = by_row["miss"].max()
    table[f"within {BAR:g}"] = by_row["within"].sum()
    return table.join(by_row.size().rename("fits"))


def _short(value):
    return value if isinstance(value, str | int) else f"{value:.3g}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", nargs="*", choices=list(VAN_DER_POL), metavar="ROW")
    parser.add_argument("--lorenz", nargs="*", choices=list(LORENZ), metavar="ROW")
    parser.add_argument("--output", help="CSV of every fit")
    main(**vars(parser.parse_args()))
