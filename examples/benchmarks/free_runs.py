"""What the benchmarks of small systems share: the systems, the cases, and the error of free runs.

The error is the mean squared error over 50 steps of free runs (20 of Lorenz-96), in parts of each
channel's variance in the training data, from 20 true states on an orbit that is not in the training
data. A step is the system's own mean step whatever the stamps of the training data, so cases can be
compared.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tsnode import datasets

N_STARTS = 20


@dataclass(frozen=True)
class System:
    """A law of `tsnode.datasets`, its mean step, and where the orbit to judge by starts.

    Runs are of ``n_ahead`` steps, training data of ``n_samples`` rows.
    """

    generator: str
    step: float
    other_start: tuple
    transient: float = 0.0
    parameters: dict = field(default_factory=dict)
    n_ahead: int = 50
    n_samples: int = 1000

    def sample(self, n_samples, **options):
        """Rows of the law, as its generator draws them."""
        make = getattr(datasets, f"make_{self.generator}")
        return make(n_samples, **{"mean_step": self.step, **self.parameters, **options})


# An attractor is judged on another phase of it: what lies off it no orbit on it can teach. Of the
# two that decay the other orbit starts inside of what the training orbit has seen.
SYSTEMS = {
    "van der Pol": System("van_der_pol", 0.1, (0.5, -1.0), 20.0),
    "Lorenz-63": System("lorenz63", 0.02, (-5.0, -7.0, 20.0), 20.0),
    "pendulum": System("damped_pendulum", 0.05, (1.0, 3.0)),
    "spiral": System("spiral", 25.0 / 999.0, (1.2, 1.2)),
    "stiff van der Pol": System("van_der_pol", 0.1, (0.5, -1.0), 30.0, {"epsilon": 10.0}),
    # Fifty steps are four Lyapunov times, after which no forecast is left to judge.
    "Lorenz-96": System(
        "lorenz96", 0.05, (3.0, *[8.0] * 19), 20.0, {"n_sites": 20}, n_ahead=20, n_samples=5000
    ),
}
# How the training rows differ from regular ones without noise. Thinned: half as many rows, a
# mean gap three times wider.
IRREGULAR = {"irregular": True}
CASES = {
    "regular": {},
    "irregular": IRREGULAR,
    "1 % noise": IRREGULAR | {"noise": 0.01},
    "5 % noise": IRREGULAR | {"noise": 0.05},
    "10 % noise": IRREGULAR | {"noise": 0.1},
    "30 % missing": IRREGULAR | {"noise": 0.05, "missing": 0.3},
    "thinned": IRREGULAR | {"thinning": 3},
    "thinned, 5 % noise": IRREGULAR | {"noise": 0.05, "thinning": 3},
}


def sample_case(system, case, seed, n_samples=None):
    """Training rows of a case of `CASES`, a frame; None takes as many as the system asks."""
    options = dict(CASES[case])
    thinning = options.pop("thinning", 1)
    system = SYSTEMS[system]
    n_samples = system.n_samples if n_samples is None else n_samples
    if thinning > 1:
        options["mean_step"] = system.step * thinning
        n_samples //= 2
    return system.sample(n_samples, random_state=seed, **options)


def true_runs(system):
    """Return true states of the runs, of shape (N_STARTS, n_ahead + 1, n_states)."""
    system = SYSTEMS[system]
    n_ahead = system.n_ahead
    orbit = system.sample(
        N_STARTS * n_ahead + 1, start=system.other_start, transient=system.transient
    ).to_numpy()
    return np.stack([orbit[k * n_ahead : (k + 1) * n_ahead + 1] for k in range(N_STARTS)])


def error_of_runs(runs, truth, train):
    """Mean squared error of runs that begin at the true starts; inf where one diverged."""
    miss = ((runs - truth) / train.to_numpy().std(axis=0, where=train.notna().to_numpy())) ** 2
    error = float(miss[:, 1:].mean())
    return error if np.isfinite(error) else np.inf


def forecast_runs(model, system, truth, train):
    """Free runs of a fitted forecaster; every start is a history of one row of its own."""
    step = SYSTEMS[system].step
    # Far behind the training span, and far from each other.
    begins = train.index[-1] + 1000 * step * np.arange(1, N_STARTS + 1)
    asked = begins[:, None] + step * np.arange(truth.shape[1])
    known = np.full(truth.shape, np.nan)
    known[:, 0] = truth[:, 0]
    index = pd.Index(asked.ravel(), name=train.index.name)
    history = pd.DataFrame(known.reshape(len(index), -1), index=index, columns=train.columns)
    return model.predict(index, history=history).to_numpy().reshape(truth.shape)


def free_run_error(model, system, train):
    """Error of a fitted forecaster on a system of `SYSTEMS`."""
    truth = true_runs(system)
    return error_of_runs(forecast_runs(model, system, truth, train), truth, train)
