"""What a known part of the law buys, from 200 irregular points with 2 % noise.

Van der Pol's oscillator, of which the linear terms are known but for mu: dx/dt = v and
dv/dt = mu v - x + what is not known. ``UniversalODERegressor`` finds mu with a standard error,
and the terms that are missing; a neural ODE that knows nothing of the law is the baseline. Both
forecast the next hundred rows in one free run.
"""

import argparse

import numpy as np

from tsnode import NeuralODERegressor, UniversalODERegressor
from tsnode.datasets import make_van_der_pol
from tsnode.inspection import equation


def known(t, z, u, theta):  # noqa: ARG001 - every law takes them
    """Return the linear terms of the law."""
    x, v = z.unbind(-1)
    return v, theta.mu * v - x


def main(n_rows=200, n_ahead=100, noise=0.02, mu=1.0, seed=0, plot=None):
    """Fit both models and compare their free runs.

    Returns
    -------
    dict
        ``mu``, ``standard_error``, and ``errors``: mean squared error of the free run in parts
        of the variance, by model.
    """
    observed, truth = make_van_der_pol(
        n_rows + n_ahead, epsilon=mu, irregular=True, noise=noise, random_state=seed,
        return_truth=True,
    )  # fmt: skip
    past, future = observed.iloc[:n_rows], truth.iloc[n_rows:]
    models = {
        "linear terms known": UniversalODERegressor(known, {"mu": (0, 10)}, random_state=seed),
        "nothing known": NeuralODERegressor(lookback=None, random_state=seed),
    }
    errors, runs = {}, {}
    for name, model in models.items():
        runs[name] = model.fit(past.index, past).predict(future.index)
        miss = (runs[name] - future) / past.std()
        errors[name] = float(np.square(miss).to_numpy().mean())
    model = models["linear terms known"]
    value, error = model.parameters_["mu"], model.standard_errors_["mu"]
    print(f"mu = {value:.4f} +- {error:.4f} (true: {mu:g}; off by {abs(value / mu - 1):.2%})")
    print(f"beside the law: {model.fit_report_['chosen']}")
    print(equation(model, of="remainder"))
    print(f"\nfree run over the next {n_ahead} rows, mean squared error / variance:")
    for name, size in errors.items():
        print(f"  {name:<20} {size:.2e}")
    if plot:
        draw(plot, past, future, runs)
        print(f"picture written to {plot}")
    return {"mu": value, "standard_error": error, "errors": errors}


def draw(path, past, future, runs):
    """Draw data, truth and both free runs."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(past.columns), sharex=True, figsize=(8, 5))
    styles = ("--", ":")
    for ax, name in zip(axes, past.columns, strict=True):
        ax.plot(past.index, past[name], "k.", markersize=3, label="observed")
        ax.plot(future.index, future[name], color="0.7", linewidth=4, label="truth")
        for style, (label, run) in zip(styles, runs.items(), strict=True):
            ax.plot(run.index, run[name], style, label=label)
        ax.set_ylabel(name)
    axes[0].legend(loc="upper left", ncols=2, fontsize="small")
    axes[-1].set_xlabel("time")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.02, help="in parts of the spread")
    parser.add_argument("--mu", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="picture to write")
    given = parser.parse_args()
    main(given.rows, noise=given.noise, mu=given.mu, seed=given.seed, plot=given.plot)
