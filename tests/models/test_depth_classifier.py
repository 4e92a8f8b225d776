"""Depth as an ODE or as blocks: shapes, limits, gradients along the depth."""

import pytest
import torch

from tsnode.models._depth_classifier import BLOCKS, DepthClassifier


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize(
    ("shape", "state"), [((5,), (6,)), ((2, 70), (6, 18)), ((1, 28, 20), (6, 7, 5))]
)
def test_samples_of_every_kind_give_logits_and_a_small_state(shape, state, blocks):
    module = DepthClassifier(shape, 3, 4, 2, (5,), blocks=blocks)
    x = torch.randn(4, *shape, dtype=torch.float64)
    assert module.state_shape == state
    assert module.start(x).reshape(4, *state)[:, 4:].abs().max() == 0
    logits = module(x)
    assert logits.shape == (4, 3)
    assert logits.dtype == torch.float64
    assert torch.allclose(module.answer(x), logits)


def test_euler_steps_are_residual_blocks_of_one_field():
    ode = DepthClassifier((3,), 2, 4, blocks="ode", n_blocks=10, method="euler")
    stack = DepthClassifier((3,), 2, 4, blocks="residual", n_blocks=10)
    stack.stem, stack.head = ode.stem, ode.head
    last = stack.fields[0].layers[-1]
    first = stack.fields[0].layers[0]
    with torch.no_grad():
        first.weight.copy_(ode.field.layers[0].weight)
        first.bias.copy_(ode.field.layers[0].bias)
        last.weight.copy_(ode.field.layers[-1].weight / 10)
        last.bias.copy_(ode.field.layers[-1].bias / 10)
    stack.fields = torch.nn.ModuleList([stack.fields[0]] * 10)
    x = torch.randn(6, 3, dtype=torch.float64)
    assert torch.allclose(ode(x), stack(x), rtol=1e-12)


def test_time_moves_the_slope_of_the_ode():
    module = DepthClassifier((3,), 2, 4, n_blocks=2)
    x = torch.randn(6, 3, dtype=torch.float64)
    before = module(x)
    torch.nn.init.ones_(module.field.of_time)
    assert (module(x) - before).abs().max() > 1e-3


@pytest.mark.parametrize("blocks", BLOCKS)
def test_gradient_norms_are_those_of_finite_differences(blocks):
    module = DepthClassifier((3,), 2, 2, hidden_layer_sizes=(4,), blocks=blocks, n_blocks=3)
    x, targets = (
        torch.randn(5, 3, dtype=torch.float64),
        torch.eye(2, dtype=torch.float64)[[0, 1, 1, 0, 1]],
    )
    norms = module.gradient_norms(x, targets)
    assert norms.shape == (4,)

    def loss(z, block):
        for k in range(block, 3):
            z = module.step(k, z)
        return -(targets * torch.log_softmax(module.read_out(z), 1)).sum(1)

    with torch.no_grad():
        z = module.start(x)
        for block in range(4):
            slopes = [
                (loss(z + 1e-6 * unit, block) - loss(z - 1e-6 * unit, block)) / 2e-6
                for unit in torch.eye(2, dtype=torch.float64)
            ]
            expected = torch.stack(slopes).square().sum(0).mean().sqrt()
            assert torch.allclose(norms[block], expected, rtol=1e-5)
            z = module.step(block, z) if block < 3 else z


@pytest.mark.parametrize("augment_dim", [0, 2])
def test_paths_of_one_channel_keep_their_order_and_augmented_ones_do_not(augment_dim):
    module = DepthClassifier((1,), 2, 1, augment_dim, (16,), "tanh", n_blocks=60)
    with torch.no_grad():
        for parameter in module.field.parameters():
            parameter.mul_(6)
        logits = module(torch.linspace(-2, 2, 50, dtype=torch.float64)[:, None])
    steps = torch.diff(logits[:, 1] - logits[:, 0])
    # One threshold cuts one channel into two parts; an interval needs a second one.
    assert bool((steps > 0).all() or (steps < 0).all()) == (augment_dim == 0)
