"""Names of what a fixed point does, from eigenvalues and multipliers."""

import numpy as np
import pytest

from tsnode.inspection._stability import name_stability, sort_eigenvalues


@pytest.mark.parametrize(
    ("eigenvalues", "kind", "is_stable"),
    [
        ([-1, -2], "stable node", True), ([1, 2], "unstable node", False),
        ([-1 + 1j, -1 - 1j], "stable focus", True), ([1 + 1j, 1 - 1j], "unstable focus", False),
        ([1, -1], "saddle", False), ([1, -1 + 1j, -1 - 1j], "saddle focus", False),
        ([1j, -1j], "centre", False), ([0, -1], "marginal", False), ([0, 1], "marginal", False),
        ([-1, 1j, -1j], "marginal", False), ([0, 0], "marginal", False),
    ],
)  # fmt: skip
def test_kinds_of_flows(eigenvalues, kind, is_stable):
    assert name_stability(np.array(eigenvalues, dtype=complex)) == (kind, is_stable)


@pytest.mark.parametrize(
    ("multipliers", "kind", "is_stable"),
    [
        ([0.5, -0.9], "stable node", True), ([1.1, -2], "unstable node", False),
        ([0.9j, -0.9j], "stable focus", True), ([2, 0], "saddle", False),
        ([1j, -1j], "centre", False), ([1, 0.2], "marginal", False),
    ],
)  # fmt: skip
def test_kinds_of_maps(multipliers, kind, is_stable):
    assert name_stability(np.array(multipliers, dtype=complex), of_map=True) == (kind, is_stable)


def test_eigenvalues_come_fastest_growing_first_and_pairs_stay_together():
    matrix = np.zeros((4, 4))
    matrix[:2, :2], matrix[2, 2], matrix[3, 3] = [[-0.5, 3], [-3, -0.5]], -4, 2
    found = sort_eigenvalues(matrix[None])[0]
    assert found == pytest.approx([2, -0.5 + 3j, -0.5 - 3j, -4])
    # Of a map the longest first: 2 stands behind 3i and -4.
    longest = sort_eigenvalues(matrix[None], of_map=True)[0]
    assert np.abs(longest) == pytest.approx([4, np.hypot(0.5, 3), np.hypot(0.5, 3), 2])
