"""The matrix field: its slope along time, and what it reads beside the state."""

import torch

from tsnode.dynamics._controlled_field import ControlledField


def test_along_time_is_the_slope_of_a_path_of_which_only_time_goes_on():
    torch.manual_seed(0)
    field = ControlledField(3, 4, (8,), n_drivers=2)
    z, drivers = torch.randn(5, 3).double(), torch.randn(5, 2).double()
    slopes = torch.tensor([[1.0, 0, 0, 0]] * 5, dtype=torch.float64)
    expected = field(None, z, torch.cat([slopes, drivers], dim=1))
    torch.testing.assert_close(field.along_time(z, drivers), expected)
    assert (field.along_time(z, drivers + 1) - expected).abs().min() > 1e-6
    assert expected.abs().max() < 1
