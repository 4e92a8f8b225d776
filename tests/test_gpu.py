"""On a CUDA device models fit, forecast as on the CPU, and load where there is no CUDA."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import tsnode
from tsnode.datasets import make_van_der_pol

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

CASES = {
    "states": lambda **where: tsnode.NeuralODERegressor(lookback=None, random_state=0, **where),
    "shooting": lambda **where: tsnode.NeuralODERegressor(
        lookback=None, training="shooting", max_epochs=3, random_state=0, **where
    ),
    "history": lambda **where: tsnode.NeuralODERegressor(
        lookback=24, max_epochs=2, random_state=0, **where
    ),
    "residual step": lambda **where: tsnode.ResNetStepRegressor(random_state=0, **where),
}


@pytest.fixture(scope="module")
def data():
    return make_van_der_pol(400, noise=0.05, random_state=0)


@pytest.mark.parametrize("name", CASES)
def test_cuda_and_cpu_fit_the_same_forecast(name, data):
    on_gpu = CASES[name](device="cuda").fit(data.index, data)
    on_cpu = CASES[name](device="cpu").fit(data.index, data)
    assert next(on_gpu.net_.module_.parameters()).is_cuda
    # The same iteration in another order of summation.
    np.testing.assert_allclose(on_gpu.forecast(5), on_cpu.forecast(5), atol=0.02)


@pytest.mark.parametrize("name", CASES)
def test_auto_takes_the_cuda_device(name, data):
    model = CASES[name]().fit(data.index, data)
    assert next(model.net_.module_.parameters()).is_cuda


@pytest.mark.parametrize("name", CASES)
def test_a_model_fitted_on_cuda_loads_without_cuda(name, data, tmp_path):
    model = CASES[name](device="cuda").fit(data.index, data)
    expected = model.forecast(5)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    program = (
        "import pickle, sys, warnings; warnings.simplefilter('ignore');"
        "model = pickle.load(open('model.pkl', 'rb')); model.forecast(5).to_csv('out.csv')"
    )
    subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=True,
        env={"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": ":".join(p for p in sys.path if p)},
    )  # fmt: skip
    found = pd.read_csv(tmp_path / "out.csv", index_col=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
