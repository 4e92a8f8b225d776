"""Seeded blocks: reproducible, also in threads, and the caller's generator stays as it was."""

from concurrent.futures import ThreadPoolExecutor

import torch

from tsnode.training._seeds import seeded


def draw(seed):
    with seeded(seed):
        return [torch.rand(50).sum().item() for _ in range(20)]


def test_a_seed_gives_the_same_numbers_again_and_another_one_others():
    assert draw(3) == draw(3)
    assert draw(3) != draw(4)


def test_the_generator_outside_does_not_notice():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    draw(1)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


def test_threads_draw_what_they_draw_alone():
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(draw, range(24)))
    assert together == [draw(seed) for seed in range(24)]


def test_seeded_blocks_nest():
    with seeded(1):
        draw(2)
        inside = torch.rand(3)
    with seeded(1):
        torch.testing.assert_close(torch.rand(3), inside, rtol=0, atol=0)
