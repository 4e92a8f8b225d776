"""What stands beside a law is chosen on the newest rows, the simplest within 5 % of the best."""

from functools import partial

import numpy as np
import pytest

from tsnode.estimators.paths._choose_remainder import choose_remainder
from tsnode.frames._rows import build_series


class Fake:
    """A path that is off by as much as its name says."""

    def __init__(self, miss, stage="final"):
        self.miss, self.report, self.stage = miss, {}, stage

    def fit(self, series, controls):  # noqa: ARG002
        self.n_rows = series.n_rows
        return self

    def forecast(self, series, requests, controls):  # noqa: ARG002
        # The rows are their own times.
        return requests.times[:, None] + self.miss


def rows(n=60):
    times = np.arange(float(n))
    return build_series((None,), np.zeros(n, dtype=int), times, times[:, None], np.ones(n))


def chosen(n=60, fraction=0.2, **misses):
    candidates = {name: partial(Fake, miss) for name, miss in misses.items()}
    return choose_remainder(candidates, rows(n), None, fraction=fraction)


def test_the_simplest_that_is_as_good_is_taken_and_fitted_on_all_rows():
    path = chosen(law=2.0, polynomial=1.02, network=1.0)
    assert path.report["chosen"] == "polynomial"
    assert path.report["errors"] == pytest.approx({"law": 4.0, "polynomial": 1.0404, "network": 1})
    assert path.n_rows == 60
    assert path.stage == "final"


def test_one_that_diverges_is_never_taken():
    assert chosen(law=np.nan, network=5.0).report["chosen"] == "network"


@pytest.mark.parametrize("few", [{"n": 20}, {"fraction": 0.0}])
def test_few_rows_leave_the_law_alone(few):
    path = chosen(law=2.0, network=1.0, **few)
    assert path.report == {"chosen": "law", "errors": {}}
