"""Solvers: own fixed-step kernels with per-row steps, and torchdiffeq behind one door."""
