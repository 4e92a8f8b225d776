"""The neural stage: refused on a linear law, taken up where the hidden law is not linear."""

import numpy as np
import pytest
import torch

from tsnode.estimators.paths._latent_path import LatentPath
from tsnode.frames._series import Requests, SeriesSet
from tsnode.training._latent_stage import EntryLoss, error_scales, warm_cosine, window_inputs


def single(values):
    n_rows = len(values)
    times = np.arange(float(n_rows))
    return SeriesSet((None,), np.array([0, n_rows]), times, values, np.ones(n_rows))


def lorenz_x(n_rows, dt=0.05):
    """Return the first coordinate of the Lorenz system, standardised: two states stay hidden."""
    path = np.empty((20 * n_rows + 4000, 3))
    path[0] = 1.0, 1.0, 20.0
    for k, (x, y, z) in enumerate(path[:-1]):
        slope = np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
        path[k + 1] = path[k] + dt / 20 * slope
    x = path[4000::20, :1]
    return (x - x.mean()) / x.std()


def autoregression(n_rows):
    rng = np.random.default_rng(0)
    values = np.zeros((n_rows, 1))
    for k in range(1, n_rows):
        values[k] = 0.9 * values[k - 1] + 0.4 * rng.normal()
    return values


def test_on_a_linear_law_the_closed_form_stays():
    model = LatentPath(lookback=24, max_lead=8, max_epochs=3).fit(single(autoregression(900)))
    assert model.report["neural"]["epochs_tried"] == 3
    assert model.report["neural"]["best_epoch"] == 0
    assert not model.net.module_.has_correction


@pytest.mark.slow
def test_on_lorenz_seen_through_one_coordinate_it_halves_the_error():
    values = lorenz_x(4000)
    seen, whole = single(values[:3000]), single(values)
    cutoffs = np.repeat(np.arange(3100, 3900, 5), 8)
    leads = np.tile(np.arange(1, 9), len(cutoffs) // 8)
    requests = Requests(np.zeros(len(cutoffs), int), whole.times[cutoffs + leads], cutoffs)

    def error(max_epochs):
        model = LatentPath(lookback=24, max_lead=8, max_epochs=max_epochs).fit(seen)
        return ((model.forecast(whole, requests) - values[cutoffs + leads]) ** 2).mean()

    assert error(40) < 0.5 * error(0)


def test_the_loss_counts_an_entry_by_its_weight_and_skips_the_unknown():
    truth = torch.tensor([[[1.0], [float("nan")], [3.0]]], dtype=torch.float64)
    weights = torch.tensor([[1.0, 5.0, 2.0]], dtype=torch.float64)
    loss = EntryLoss()(torch.zeros_like(truth), truth, weights)
    assert float(loss) == pytest.approx((1 * 1 + 2 * 9) / 3)


def test_the_learning_rate_rises_then_falls():
    rates = [warm_cosine(progress) for progress in (0.0, 0.1, 0.5, 1.0)]
    assert rates[0] < 0.2
    assert rates[1] == pytest.approx(1.0)
    assert rates[1] > rates[2] > rates[3] > 0


def test_error_scales_are_the_root_mean_squares_of_each_lead():
    model = LatentPath(lookback=24, max_lead=8, max_epochs=0).fit(single(autoregression(300)))
    data = model._cut(single(autoregression(300)), None)
    module, windows = model.net.module_, data.windows
    scales = error_scales(module, window_inputs(data.features, windows.leads), windows)
    forecast = module.read(data.features, np.arange(len(windows)), windows.leads)
    at_lead = (windows.leads == 5)[..., None] & (windows.weights > 0)
    squared = windows.weights * (forecast - windows.values) ** 2
    expected = np.sqrt(squared[at_lead].sum() / windows.weights[at_lead].sum())
    np.testing.assert_allclose(scales[windows.leads == 5], expected)
