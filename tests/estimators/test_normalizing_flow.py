"""ContinuousNormalizingFlow: a density that integrates to one and can be sampled."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chisquare
from sklearn.base import clone
from skorch.callbacks import Callback

import tsnode
from tsnode import ContinuousNormalizingFlow

CHEAP = {"hidden_layer_sizes": (16, 16), "n_steps": 6, "max_epochs": 4, "batch_size": 150,
         "random_state": 0}  # fmt: skip


def arcs(n, seed=0):
    """Two arcs, one above the other."""
    random = np.random.default_rng(seed)
    angle, side = random.uniform(0, np.pi, n), random.integers(2, size=n)
    rows = np.c_[np.cos(angle) + side, np.sin(angle) * (1 - 2 * side) + side / 2]
    return rows + random.normal(scale=0.15, size=(n, 2))


@pytest.fixture(scope="module")
def flow():
    return ContinuousNormalizingFlow(**CHEAP).fit(arcs(400))


@pytest.fixture(scope="module")
def grid():
    """Centres of cells around the arcs, and their area."""
    x, y = np.linspace(-2.5, 3.5, 151), np.linspace(-2.2, 2.7, 131)
    centers = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    return centers.reshape(-1, 2), (x[1] - x[0]) * (y[1] - y[0]), (len(x), len(y))


def test_both_members_are_mixed_and_reported(flow):
    report = flow.fit_report_
    assert flow.members_ == ["normal", "mixture"]
    assert flow.weights_.sum() == pytest.approx(1)
    assert report["mixture"]["n_components"] > 1
    best = max(report[kind]["held_out_log_likelihood"] for kind in flow.members_)
    assert report["held_out_log_likelihood"] >= best - 1e-6
    assert len(report.history) == 4


def test_the_density_integrates_to_one(flow, grid):
    centers, area, _ = grid
    assert np.exp(flow.score_samples(centers)).sum() * area == pytest.approx(1, abs=0.005)


def test_samples_fall_as_the_density_says(flow, grid):
    centers, area, shape = grid
    density = np.exp(flow.score_samples(centers)).reshape(shape) * area
    # Blocks of 10 x 10 cells; those that expect few draws are one.
    expected = density[:150, :130].reshape(15, 10, 13, 10).sum((1, 3)).ravel()
    draws = flow.sample(4000, random_state=1)
    step = np.array([6.0 / 150, 4.9 / 130])
    block = np.floor((draws - centers[0] + step / 2) / (10 * step)).astype(int)
    counts = np.zeros((15, 13))
    inside = ((block >= 0) & (block < [15, 13])).all(1)
    np.add.at(counts, tuple(block[inside].T), 1)
    many = expected * 4000 > 10
    seen, due = (np.r_[a[many], a[~many].sum()] for a in (counts.ravel(), expected * inside.sum()))
    assert many.sum() > 20
    assert chisquare(seen, due * seen.sum() / due.sum()).pvalue > 0.001


def test_it_beats_one_gaussian_on_new_rows(flow):
    fresh, rows = arcs(500, seed=1), arcs(400)
    miss = fresh - rows.mean(0)
    squares = (miss @ np.linalg.inv(np.cov(rows.T)) * miss).sum(1)
    gaussian = -0.5 * (squares + np.linalg.slogdet(2 * np.pi * np.cov(rows.T))[1]).mean()
    assert flow.score(fresh) > gaussian + 0.3


def test_an_adaptive_solve_scores_the_same_by_more_calls(flow):
    fresh = arcs(200, seed=1)
    adaptive = pickle.loads(pickle.dumps(flow)).set_params(method="dopri5")
    assert adaptive.score(fresh) == pytest.approx(flow.score(fresh), abs=0.005)
    assert flow.count_field_calls(fresh) == 4 * 6 * 2
    assert adaptive.count_field_calls(fresh) > 2 * 14


def test_files_and_pickles_score_to_the_last_bit(flow, tmp_path):
    fresh = arcs(50, seed=1)
    tsnode.save(flow, tmp_path / "arcs.tsnode")
    draws = flow.sample(5, random_state=3)
    for same in (tsnode.load(tmp_path / "arcs.tsnode"), pickle.loads(pickle.dumps(flow))):
        assert (same.score_samples(fresh) == flow.score_samples(fresh)).all()
        assert (same.sample(5, random_state=3) == draws).all()
    assert tsnode.load(tmp_path / "arcs.tsnode").fit_report_ == flow.fit_report_


def test_a_file_holds_the_flow_that_was_fitted_not_parameters_set_since(flow, tmp_path):
    other = pickle.loads(pickle.dumps(flow)).set_params(activation="elu", hidden_layer_sizes=(3,))
    tsnode.save(other, tmp_path / "arcs.tsnode")
    same = tsnode.load(tmp_path / "arcs.tsnode")
    assert (same.score_samples(arcs(20)) == flow.score_samples(arcs(20))).all()


def test_a_fit_repeats_itself_and_leaves_torchs_generator_alone():
    before = torch.random.get_rng_state()
    model = ContinuousNormalizingFlow(**CHEAP | {"max_epochs": 2, "base": "normal"})
    first, again = model.fit(arcs(40)), clone(model).fit(arcs(40))
    assert (first.score_samples(arcs(5)) == again.score_samples(arcs(5))).all()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_file_with_other_layers_is_refused(flow, tmp_path):
    other = pickle.loads(pickle.dumps(flow))
    other._made["hidden_layer_sizes"] = (10**6,)
    tsnode.save(other, tmp_path / "large.tsnode")
    with pytest.raises(ValueError, match="layers of widths"):
        tsnode.load(tmp_path / "large.tsnode")


def test_ctrl_c_keeps_the_weights_so_far():
    class Interrupt(Callback):
        def on_epoch_end(self, net, **kwargs):  # noqa: ARG002
            raise KeyboardInterrupt

    rows, settings = arcs(40), CHEAP | {"callbacks": [Interrupt()]}
    model = ContinuousNormalizingFlow(**settings).fit(rows)
    assert model.fit_report_["stopped"] == "interrupted"
    assert model.members_ == ["normal"]
    assert np.isfinite(model.score(rows))


def test_a_frame_is_sampled_as_a_frame():
    frame = pd.DataFrame(arcs(60), columns=["east", "north"])
    model = ContinuousNormalizingFlow(**CHEAP | {"max_epochs": 1, "base": "normal"}).fit(frame)
    assert list(model.sample(3).columns) == ["east", "north"]
    assert len(model.score_samples(frame)) == 60


def test_many_columns_and_deep_fields_train_on_an_estimated_trace():
    rows = np.random.default_rng(0).normal(size=(80, 10))
    deep = CHEAP | {"hidden_layer_sizes": (6, 6, 6), "max_epochs": 2, "base": "normal"}
    model = ContinuousNormalizingFlow(**deep).fit(rows)
    assert model.fit_report_["trace"] == "hutchinson"
    assert model.set_params(trace="exact").fit(rows).fit_report_["trace"] == "exact"
