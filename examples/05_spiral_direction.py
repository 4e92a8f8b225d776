"""Tell which way a noisy spiral turns from irregular points of which 30 % are missing.

Spirals in the plane begin at any angle and turn one way or the other; each has stamps of its own,
and every coordinate is missing at three stamps out of ten. The same points as columns (the last
value carried on) go to two baselines. How early is the direction known: accuracy by what was seen.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from tsnode import NeuralCDEClassifier

# Chosen on spirals of other seeds.
CHOSEN = {"max_epochs": 20}


def make_spirals(n_samples, seed, n_stamps=40, missing=0.3, noise=0.05):
    """Spirals and their directions: X of shape (n_samples, n_stamps, 3), stamps in channel 0."""
    random = np.random.default_rng(seed)
    times = np.sort(random.uniform(0, 1, (n_samples, n_stamps)), axis=1)
    turns_left = random.integers(2, size=n_samples).astype(bool)
    angle = np.where(turns_left, 1, -1)[:, None] * 4 * np.pi * times
    angle += random.uniform(0, 2 * np.pi, (n_samples, 1))
    radius = 1 / (1 + 2 * times)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    points += noise * random.normal(size=points.shape)
    points[random.random(points.shape) < missing] = np.nan
    return np.concatenate([times[..., None], points], axis=2), turns_left


def as_columns(X):
    """Make columns of samples, the last value carried on."""
    frames = [pd.DataFrame(sample).ffill().fillna(0.0).to_numpy().ravel() for sample in X]
    return np.array(frames)


def main(seeds=3, n_train=400, n_test=500, n_stamps=40, plot=None, **params):
    """Print the accuracy by seed and return it; ``plot`` is the file of a picture."""
    rows, early = [], []
    for seed in range(seeds):
        X, y = make_spirals(n_train, seed, n_stamps)
        X_test, y_test = make_spirals(n_test, 1000 + seed, n_stamps)
        model = NeuralCDEClassifier(times=0, **(CHOSEN | params), random_state=seed).fit(X, y)
        row = {"seed": seed, "CDE": model.score(X_test, y_test)}
        baselines = {
            "logistic regression": LogisticRegression(max_iter=1000),
            "boosted trees": HistGradientBoostingClassifier(random_state=seed),
        }
        columns, columns_test = as_columns(X), as_columns(X_test)
        for name, baseline in baselines.items():
            row[name] = baseline.fit(columns, y).score(columns_test, y_test)
        rows.append({**row, "seconds": model.fit_report_["seconds"]})
        staged = model.classes_[model.staged_predict_proba(X_test).argmax(axis=2)]
        early.append((staged == y_test[:, None]).mean(axis=0))
    table = pd.DataFrame(rows)
    print(np.round(table, 4).to_string(index=False))
    means = table.mean()
    print(f"\nCDE {means['CDE']:.2%}, boosted trees {means['boosted trees']:.2%}")
    if plot is not None:
        draw(X_test, y_test, np.mean(early, axis=0), plot)
    return table


def draw(X, y, early, path):
    """Draw two spirals, and the accuracy by the number of stamps seen."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for side, (colour, marker) in enumerate([("#0072B2", "o"), ("#D55E00", "s")]):
        points = pd.DataFrame(X[y == side][0][:, 1:]).dropna()
        label = "turns left" if side else "turns right"
        left.plot(*points.to_numpy().T, ":", color=colour, marker=marker, ms=4, label=label)
    left.set(xlabel="x", ylabel="y", title="where both coordinates are seen")
    left.set_aspect("equal")
    left.legend()
    right.plot(np.arange(1, len(early) + 1), early, color="#0072B2")
    right.set(xlabel="stamps seen", ylabel="accuracy", ylim=(0.45, 1.01))
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plot", default=None, metavar="FILE", help="picture to write")
    asked = parser.parse_args()
    main(seeds=asked.seeds, plot=asked.plot)
