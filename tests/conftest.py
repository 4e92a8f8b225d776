"""Fixtures that every test has: one seed, one thread, figures that are closed again."""

import random

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def seed():
    """Seed every global generator, so that a test is the same alone and among others."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Use one thread: the matrices are small, and workers of xdist share the cores."""
    torch.set_num_threads(1)


@pytest.fixture
def pyplot():
    """Pyplot without a screen; closes all figures afterwards."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")
