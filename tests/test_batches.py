"""The border between arrays and tensors: dtype, device, and arrays that may not be written."""

import numpy as np
import pytest
import torch

from tsnode.batches import device_of, pick_device, to_array, to_tensor


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.float32([1.5]), torch.float64),
        (np.int32([1]), torch.int64),
        (np.array([True]), torch.bool),
        (torch.ones(1, dtype=torch.float32), torch.float64),
        ([1.0, 2.0], torch.float64),
    ],
)
def test_kinds_are_kept_and_widened(array, dtype):
    assert to_tensor(array).dtype is dtype


def test_there_and_back_changes_nothing():
    array = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_array_equal(to_array(to_tensor(array).requires_grad_()), array)


def test_read_only_and_reversed_arrays_are_copied():
    array = np.arange(3.0)[::-1]
    array.flags.writeable = False
    tensor = to_tensor(array)
    tensor += 1
    assert tensor.tolist() == [3.0, 2.0, 1.0]
    assert array.tolist() == [2.0, 1.0, 0.0]


def test_the_device_follows_the_module():
    assert device_of(torch.nn.Linear(1, 1)) == torch.device("cpu")
    assert device_of(torch.nn.Tanh()) == torch.device("cpu")
    assert pick_device("cpu").type == "cpu"
    assert pick_device().type in {"cpu", "cuda"}


@pytest.mark.parametrize("device", ["tpu", "", "mps", None, "cuda:x"])
def test_a_device_of_no_known_kind_is_refused(device):
    with pytest.raises(ValueError, match=r"auto, cpu or cuda.*got .*Pass"):
        pick_device(device)


@pytest.mark.parametrize(("there", "device"), [(0, "cuda"), (0, "cuda:0"), (1, "cuda:1")])
def test_a_gpu_that_is_not_there_is_refused(monkeypatch, there, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(ValueError, match=rf"'{device}' .*{there} CUDA.*Pass 'auto'"):
        pick_device(device)


@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda", 0)])
def test_a_gpu_that_is_there_is_taken(monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device(device) == torch.device(device)
