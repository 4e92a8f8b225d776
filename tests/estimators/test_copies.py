"""What a second fit leaves of the first: nothing."""

import numpy as np
import pandas as pd
import pytest

from tsnode import ContinuousNormalizingFlow, NeuralODEClassifier, PersistenceRegressor

FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["p", "q"])
LABELS = (FRAME["p"] > 0).to_numpy()
CHEAP = {"hidden_layer_sizes": (4,), "max_epochs": 1, "random_state": 0}


def flow():
    return ContinuousNormalizingFlow(base="normal", n_steps=2, **CHEAP)


def classifier():
    return NeuralODEClassifier(latent_dim=4, n_blocks=1, method="euler", **CHEAP)


@pytest.mark.parametrize("make", [flow, classifier, PersistenceRegressor])
def test_names_of_a_frame_are_forgotten_by_a_fit_on_an_array(make):
    frame = FRAME.assign(p=np.arange(30.0))
    model = make().fit(frame, LABELS)
    assert list(model.feature_names_in_) == ["p", "q"]
    model.fit(frame.to_numpy(), LABELS)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 2
