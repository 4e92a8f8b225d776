"""SOAP is Adam in turned coordinates: fast where the turn is what is wanted."""

import math

import torch

from tsnode.training._seeds import seeded
from tsnode.training._soap import SOAP

N_STEPS = 120


def loss_after(make, lr):
    """Loss tr(L E R E'), whose L and R have eigenvalues of 1 to 0.001 along turned axes."""
    with seeded(0):
        turns = [torch.linalg.qr(torch.randn(8, 8))[0] for _ in range(2)]
        goal = torch.randn(8, 8)
    left, right = (turn @ torch.diag(torch.logspace(0, -3, 8)) @ turn.T for turn in turns)
    weight = torch.zeros(8, 8, requires_grad=True)
    optimizer = make([weight], lr=lr)
    for k in range(N_STEPS):
        optimizer.param_groups[0]["lr"] = lr * 0.5 * (1 + math.cos(math.pi * k / N_STEPS))
        miss = weight - goal
        weight.grad = (left @ miss @ right).detach()
        optimizer.step()
    miss = (weight - goal).detach()
    return torch.trace(left @ miss @ right @ miss.T).item()


def test_it_descends_along_turned_axes_far_below_adam_by_equal_steps():
    assert loss_after(SOAP, 0.03) < 0.2 * loss_after(torch.optim.Adam, 0.03)


def test_vectors_move_as_by_adam():
    weights = [torch.ones(3, requires_grad=True) for _ in range(2)]
    scale = torch.tensor([1.0, 10.0, 100.0])
    soap = SOAP(weights[:1], lr=0.01, betas=(0.9, 0.9))
    adam = torch.optim.Adam(weights[1:], lr=0.01, betas=(0.9, 0.9))
    (scale * weights[0].square()).sum().backward()
    soap.step()  # only measures
    for _ in range(20):
        for weight, optimizer in zip(weights, (soap, adam), strict=True):
            optimizer.zero_grad()
            (scale * weight.square()).sum().backward()
            optimizer.step()
    assert (weights[1] < 0.9).all()
    torch.testing.assert_close(weights[0], weights[1], atol=1e-5, rtol=0)


def test_decay_is_apart_from_the_gradient():
    weight = torch.ones(2, 2, requires_grad=True)
    optimizer = SOAP([weight], lr=0.1, weight_decay=0.5)
    for _ in range(2):
        weight.grad = torch.zeros(2, 2)
        optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.full((2, 2), 0.95))
