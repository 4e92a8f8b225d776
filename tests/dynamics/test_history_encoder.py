"""Encoders of the history: padding, missing entries and gaps."""

import numpy as np
import pytest
import torch
from torch import nn

from tsnode.dynamics._history_encoder import ENCODERS, HistoryEncoder

encoders = pytest.mark.parametrize("kind", ENCODERS)


def history(n_rows=5, n_padded=0):
    torch.manual_seed(3)
    times = torch.linspace(9, 0, n_rows, dtype=torch.float64).expand(2, -1)
    values = torch.randn(2, n_rows, 3, dtype=torch.float64)
    values[0, 1, 2] = torch.nan
    last, none = times[:, -1:].expand(-1, n_padded), torch.full((2, n_padded, 3), torch.nan)
    return torch.cat([times, last], dim=1), torch.cat([values, none.double()], dim=1)


@encoders
def test_padding_changes_nothing(kind):
    encoder = HistoryEncoder(kind, 3, 0, 8, 4)
    found = [encoder(*history(n_padded=n)).detach().numpy() for n in (0, 7)]
    np.testing.assert_allclose(*found, rtol=1e-12)


@encoders
def test_gaps_and_what_was_observed_are_read(kind):
    encoder = HistoryEncoder(kind, 3, 0, 8, 4)
    times, values = history()
    zeroed = torch.nan_to_num(values)
    stretched = encoder(2 * times, values)
    base = encoder(times, values)
    assert (stretched - base).abs().max() > 1e-4
    assert (encoder(times, zeroed) - base)[0].abs().max() > 1e-4
    assert (encoder(times, zeroed) - base)[1].abs().max() == 0


def test_the_state_is_updated_as_by_torchs_own_cell_where_no_time_passes():
    encoder = HistoryEncoder("ode-rnn", 3, 0, 8, 4)
    same = torch.zeros(2, 5, dtype=torch.float64)
    values = history()[1]
    seen = torch.isfinite(values)
    inputs = torch.cat([torch.nan_to_num(values), seen, same[..., None]], dim=-1)
    wanted = encoder.head(encoder.cell(inputs)[1][0])
    torch.testing.assert_close(encoder(same, values), wanted)


def test_a_gap_of_a_million_steps_blows_nothing_up():
    encoder = HistoryEncoder("ode-rnn", 3, 0, 8, 4)
    times, values = history()
    assert torch.isfinite(encoder(1e6 * times, values)).all()


@encoders
def test_gradients_equal_finite_differences(kind):
    encoder = HistoryEncoder(kind, 2, 0, 3, 2, hidden_layer_sizes=(3,))
    times, values = (part[:, :3] for part in history(3))
    values = values[..., :2].clone().requires_grad_()
    assert isinstance(encoder.cell, nn.GRU)
    assert torch.autograd.gradcheck(lambda v: encoder(times, v), (values,))
