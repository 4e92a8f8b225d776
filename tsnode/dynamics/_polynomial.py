"""A polynomial in the states (and controls) as vector field, of which terms may be left out."""

import torch
from torch import nn

from .._monomials import exponents_of


class PolynomialField(nn.Module):
    """All products of up to ``degree`` states and controls, with a coefficient in every slope.

    The products are of physical values, each in parts of its own size: a term that is 0 in the
    law's units is 0 here, and every product is of the order of 1.

    Parameters
    ----------
    n_states, n_controls, degree : int
    gain, offset : float arrays of shape (n_states + n_controls,)
        Physical value in parts of its size = standardised value * gain + offset.

    Attributes
    ----------
    exponents : int array of shape (n_terms, n_states + n_controls)
    kept : bool tensor of shape (n_terms, n_states)
    """

    autonomous = True

    def __init__(self, n_states, n_controls, degree, gain, offset):
        super().__init__()
        self.degree = degree
        self.exponents = exponents_of(n_states + n_controls, degree)
        n_terms = len(self.exponents)
        self.coefficients = nn.Parameter(torch.zeros(n_terms, n_states, dtype=torch.float64))
        self.register_buffer("kept", torch.ones(n_terms, n_states, dtype=torch.bool))
        self.register_buffer("gain", torch.as_tensor(gain, dtype=torch.float64))
        self.register_buffer("offset", torch.as_tensor(offset, dtype=torch.float64))
        self.register_buffer("_powers", torch.as_tensor(self.exponents))

    def forward(self, t, z, u=None):  # noqa: ARG002 (every field takes the time)
        """Slope of shape (batch, n_states)."""
        return self.terms(z, u) @ torch.where(self.kept, self.coefficients, 0.0)

    def terms(self, z, u=None):
        """Products of shape (batch, n_terms)."""
        values = (z if u is None else torch.cat([z, u], dim=-1)) * self.gain + self.offset
        powers = [torch.ones_like(values)]
        for _ in range(self.degree):
            powers.append(powers[-1] * values)
        powers = torch.stack(powers, dim=-1)
        found = 1.0
        for column in range(values.shape[-1]):
            found = found * powers[..., column, :][..., self._powers[:, column]]
        return found
