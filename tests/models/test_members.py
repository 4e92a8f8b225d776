"""An ensemble is its members side by side, trained as one model."""

import numpy as np
import pytest
import torch

from tsnode import NeuralODERegressor, load, save
from tsnode.dynamics._member_mlp import MemberMLP
from tsnode.models._latent_forecaster import LatentForecaster
from tsnode.training._masked_loss import MaskedMSELoss


def make(n_members):
    torch.manual_seed(0)
    model = LatentForecaster(
        6, 2, (24.0,), n_members=n_members, node_gap=2.0, hidden_layer_sizes=(8,), dropout=0.0,
        dropout_inputs=0.0,
    )  # fmt: skip
    torch.nn.init.normal_(model.readout.weight)
    model.set_closed_form(np.random.default_rng(0).normal(size=(2, 6, 9)))
    return model


def alone(ensemble, number):
    """Member of an ensemble as a model by itself."""
    member = make(1)
    weights = {name: tensor.clone() for name, tensor in ensemble.state_dict().items()}
    own = ("start", "field", "readout")
    picked = {
        name: tensor[number : number + 1] if name.startswith(own) else tensor
        for name, tensor in weights.items()
    }
    member.load_state_dict(picked)
    return member


@pytest.fixture(scope="module")
def batch():
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(5, 6, dtype=torch.float64, generator=generator)
    leads = 30 * torch.rand(5, 4, dtype=torch.float64, generator=generator)
    return features, leads


def test_members_start_from_weights_of_their_own():
    layers = MemberMLP(3, 4, (5,), 2).layers
    assert float((layers[0].weight[0] - layers[0].weight[1]).detach().abs().min()) > 1e-4
    assert float(layers[0].weight.detach().abs().max()) <= 4**-0.5  # as nn.Linear


def test_in_training_each_member_forecasts_by_itself(batch):
    ensemble = make(3).train()
    found = ensemble(*batch)
    assert found.shape == (3, 5, 4, 2)
    for number in range(3):
        torch.testing.assert_close(found[number], alone(ensemble, number).train()(*batch))


def test_the_forecast_is_the_mean_of_the_members(batch):
    ensemble = make(3).eval()
    members = torch.stack([alone(ensemble, number).eval()(*batch) for number in range(3)])
    torch.testing.assert_close(ensemble(*batch), members.mean(dim=0))
    assert float(members.detach().std(dim=0).max()) > 1e-2


def test_the_loss_is_the_mean_of_the_losses_of_the_members(batch):
    truth = torch.randn(5, 4, 2, dtype=torch.float64)
    truth[0, :2] = torch.nan
    forecasts, loss = make(3).train()(*batch), MaskedMSELoss()
    expected = torch.stack([loss(one, truth) for one in forecasts]).mean()
    torch.testing.assert_close(loss(forecasts, truth), expected)


def waves(n=200):
    t = np.arange(float(n))
    noise = 0.3 * np.random.default_rng(0).normal(size=n)
    return t[:, None], np.sin(t / 4) ** 3 + noise


def test_an_ensemble_is_fitted_and_kept_in_a_file(tmp_path):
    X, y = waves()
    settings = {"lookback": 12, "hidden_layer_sizes": (8,), "max_epochs": 3, "lr": 0.03}
    model = NeuralODERegressor(n_estimators=3, random_state=0, time=0, **settings).fit(X, y)
    assert model.net_.module_.readout.weight.shape[0] == 3
    save(model, tmp_path / "model")
    asked = [[200.0], [205.0]]
    np.testing.assert_array_equal(load(tmp_path / "model").predict(asked), model.predict(asked))


def test_an_ensemble_of_observed_states_is_refused():
    X, y = waves(30)
    with pytest.raises(ValueError, match=r"lookback=None.*n_estimators=2.*Leave out one"):
        NeuralODERegressor(n_estimators=2, lookback=None, time=0).fit(X, y)
