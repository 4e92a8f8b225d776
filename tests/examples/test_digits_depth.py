"""The digits of depth: accuracy, gradients along 30 blocks, memory."""

import pytest
import torch

FILE = "04_digits_depth.py"


def test_the_example_runs_short(example, capsys, tmp_path):
    tables = example.main(
        seeds=1, depth=3, epochs=1, steps=(), n_samples=120, max_epochs=1, latent_dim=4,
        hidden_layer_sizes=(4,),
    )  # fmt: skip
    assert "logistic regression" in capsys.readouterr().out
    assert tables["gradients"].shape == (4, 3)
    tables["memory"] = example.pd.DataFrame({"steps": [1], "backprop (MB)": 2, "adjoint (MB)": 2})
    example.draw(tables, tmp_path / "depth.png")
    assert (tmp_path / "depth.png").stat().st_size > 1e4


def test_what_the_adjoint_keeps_is_flat_in_depth_and_its_gradient_that_of_backprop(example):
    def kept(gradient, n_blocks):
        count = [0]

        def pack(tensor):
            count[0] += tensor.numel() * tensor.element_size()
            return tensor

        torch.manual_seed(0)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss, weights = example.one_loss(gradient, n_blocks)
        return count[0], torch.cat([g.ravel() for g in torch.autograd.grad(loss, weights)])

    (few, _), (many, by_adjoint) = kept("adjoint", 4), kept("adjoint", 16)
    (small, _), (large, exact) = kept("backprop", 4), kept("backprop", 16)
    assert many < 1.1 * few
    assert large > 2.5 * small
    # Euler steps backwards are others than those forwards; both are first order.
    assert torch.allclose(by_adjoint, exact, atol=0.05 * float(exact.abs().max()))


@pytest.mark.slow
def test_a_plain_stack_of_30_blocks_stalls_where_residual_and_ode_train(example):
    _, table = example.depth_table(30, epochs=6)
    accuracy = table.set_index("blocks")["training accuracy"]
    assert accuracy["plain"] < 0.2
    assert accuracy["residual"] > 0.95
    assert accuracy["ode"] > 0.95


@pytest.mark.slow
def test_digits_are_read_at_98_percent_with_under_60_000_weights(example):
    table = example.accuracy_table(3)
    assert table["ODE"].mean() >= 0.98
    assert (table["ODE"] > table["logistic regression"]).all()
    assert table["weights"].max() < 60_000


@pytest.mark.slow
def test_peak_memory_of_the_adjoint_is_flat_in_depth(example):
    table = example.memory_table((10, 160)).set_index("steps")
    assert table.loc[160, "adjoint (MB)"] < 1.2 * table.loc[10, "adjoint (MB)"]
    assert table.loc[160, "backprop (MB)"] > 3 * table.loc[10, "backprop (MB)"]
