"""The latent forecaster: it starts at the closed form, any lead alone, bounded, trainable."""

import numpy as np
import pytest
import torch

from tsnode.models._latent_forecaster import LatentForecaster


def make(trained=True, **kwargs):
    model = LatentForecaster(6, 2, (24.0,), node_gap=2.0, hidden_layer_sizes=(8,), **kwargs).eval()
    rng = np.random.default_rng(0)
    model.set_closed_form(rng.normal(size=(2, 6, 9)))
    if trained:
        torch.nn.init.normal_(model.readout.weight)
    return model


def batch(n_rows=3, n_leads=5):
    features = torch.randn(n_rows, 6, dtype=torch.float64)
    return features, 30 * torch.rand(n_rows, n_leads, dtype=torch.float64)


def test_untrained_it_is_the_closed_form():
    model, (features, leads) = make(trained=False).train(), batch()
    linear = model.linear(leads, model.encoder(features).reshape(3, 2, 9))
    torch.testing.assert_close(model(features, leads), linear)
    assert float(linear.detach().abs().max()) > 0.1


def test_trained_it_is_not():
    model, (features, leads) = make(), batch()
    linear = model.linear(leads, model.encoder(features).reshape(3, 2, 9))
    assert float((model(features, leads) - linear).detach().abs().max()) > 1e-2


def test_a_lead_alone_equals_the_same_lead_among_longer_ones():
    model, (features, leads) = make(), batch()
    among = model(features, torch.cat([leads, leads + 100], dim=1))
    alone = model(features[1:2], leads[1:2, 3:4])
    torch.testing.assert_close(alone[0, 0], among[1, 3], rtol=0, atol=1e-12)


def test_forecasts_are_continuous_across_the_solver_nodes():
    model, (features, _) = make(), batch()
    leads = torch.tensor([2.0, 4.0, 20.0], dtype=torch.float64).expand(3, -1)
    torch.testing.assert_close(
        model(features, leads - 1e-9), model(features, leads + 1e-9), rtol=0, atol=1e-7
    )


def test_no_lead_runs_away():
    model, (features, _) = make(), batch()
    leads = torch.tensor([0.0, 1e3, 1e5, 1e8], dtype=torch.float64).expand(3, -1)
    bound = model.closed_form.__abs__().sum() * features.abs().max() + 16 * 10
    assert float(model(features, leads).detach().abs().max()) < float(bound)


def test_controls_reach_the_forecast_only_after_their_time():
    model, (features, _) = make(n_controls=1), batch()
    leads = torch.arange(1.0, 9.0, dtype=torch.float64).expand(3, -1)
    controls = torch.zeros(3, 6, 1, dtype=torch.float64)
    later = controls.clone()
    later[:, 2:] = 5.0
    change = (model(features, leads, later) - model(features, leads, controls)).detach().abs()
    assert float(change[:, leads[0] <= 4].max()) == 0
    assert float(change[:, leads[0] > 4].max()) > 1e-3


def test_the_closed_form_is_read_back_as_it_was_set():
    weights = np.random.default_rng(1).normal(size=(2, 6, 9))
    np.testing.assert_array_equal(make().with_closed_form(weights).closed_form, weights)


@pytest.mark.parametrize("name", ["readout.weight", "start.layers.0.weight", "field.log_rates"])
def test_gradients_agree_with_finite_differences(name):
    model, (features, leads) = make(), batch()
    parameter = dict(model.named_parameters())[name]
    direction = torch.randn_like(parameter)
    (slope,) = torch.autograd.grad(model(features, leads).square().sum(), parameter)

    def shifted(step):
        with torch.no_grad():
            parameter.add_(step * direction)
            value = float(model(features, leads).square().sum())
            parameter.sub_(step * direction)
        return value

    numeric = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
    assert float((slope * direction).sum()) == pytest.approx(numeric, rel=1e-5)


def test_features_that_never_changed_cannot_move_the_hidden_states():
    model = make()
    features = np.random.default_rng(0).normal(size=(50, 6))
    features[:, 4] = 3.0
    model.standardise(features)
    leads = torch.full((1, 1), 10.0, dtype=torch.float64)
    seen = torch.as_tensor(features[:1])
    strange = seen.clone()
    strange[0, 4] = 1e6
    states, hidden = model.encode(strange)
    torch.testing.assert_close(hidden, model.encode(seen)[1])
    assert states.shape == (1, 2, 9)
    assert leads.shape == (1, 1)
