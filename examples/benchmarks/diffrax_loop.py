"""Train a field by diffrax: the same windows, Tsit5, optax's Adam, twenty steps in one jit."""

import os
from functools import partial

import numpy as np
from training_windows import N_GAPS

from tsnode._optional import import_optional

WIDTH, BATCH, ITERATIONS = 64, 64, 20
TOLERANCES = {"rtol": 1e-4, "atol": 1e-6}
# Backward, a checkpointed solve keeps memory for this many steps; five a gap is ample.
MAX_STEPS = 5 * N_GAPS


def import_jax():
    """Import jax, jax.numpy, diffrax, equinox and optax on one thread, or say what to install."""
    single = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {single}".strip()
    names = ("jax", "jax.numpy", "diffrax", "equinox", "optax")
    if not hasattr(os, "sched_setaffinity"):
        return [import_optional(name, extra="bench") for name in names]
    # XLA sizes its pool of threads by the processors it may use.
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        modules = [import_optional(name, extra="bench") for name in names]
        modules[0].devices("cpu")
    finally:
        os.sched_setaffinity(0, before)
    return modules


class DiffraxLoop:
    """A 64-64 tanh network of equinox, compiled when it is built; ``advance`` trains on."""

    def __init__(self, windows, *, lr, seed):
        jax, jnp, diffrax, equinox, optax = import_jax()
        n_states = windows.starts.shape[1]
        self.jax, self.key = jax, jax.random.PRNGKey(seed)
        net = equinox.nn.MLP(
            n_states, n_states, WIDTH, depth=2, activation=jnp.tanh, key=jax.random.PRNGKey(seed)
        )
        weights, static = equinox.partition(net, equinox.is_array)
        # A step into infinity would end the loop for good.
        optimizer = optax.apply_if_finite(optax.adam(lr), max_consecutive_errors=10**6)
        stamps = np.cumsum(np.pad(windows.gaps, [(0, 0), (1, 0)]), axis=1)
        seen = np.isfinite(windows.targets)
        data = [
            jnp.asarray(part, dtype=jnp.float32)
            for part in (windows.starts, stamps, np.nan_to_num(windows.targets), seen)
        ]

        def solve(net, start, times):
            return diffrax.diffeqsolve(
                diffrax.ODETerm(lambda _t, z, _args: net(z)),
                diffrax.Tsit5(),
                times[0],
                times[-1],
                times[1] - times[0],
                start,
                saveat=diffrax.SaveAt(ts=times[1:]),
                stepsize_controller=diffrax.PIDController(**TOLERANCES),
                max_steps=MAX_STEPS,
                throw=False,
            ).ys

        def loss(weights, start, times, target, seen):
            ahead = jax.vmap(partial(solve, equinox.combine(weights, static)))(start, times)
            return jnp.sum(jnp.square(ahead - target) * seen) / jnp.sum(seen)

        def step(carry, key):
            weights, state = carry
            rows = jax.random.randint(key, (BATCH,), 0, len(windows))
            gradient = jax.grad(loss)(weights, *(part[rows] for part in data))
            change, state = optimizer.update(gradient, state, weights)
            return (optax.apply_updates(weights, change), state), None

        def steps(carry, key):
            return jax.lax.scan(step, carry, jax.random.split(key, ITERATIONS))[0]

        self.carry = (weights, optimizer.init(weights))
        self._steps = jax.jit(steps).lower(self.carry, self.key).compile()

    def advance(self):
        """Take a few steps of the optimiser, each on new random windows."""
        self.key, key = self.jax.random.split(self.key)
        self.carry = self.jax.block_until_ready(self._steps(self.carry, key))

    def layers(self):
        """Return weights and biases, float64 arrays."""
        return [
            (np.asarray(layer.weight, dtype=float), np.asarray(layer.bias, dtype=float))
            for layer in self.carry[0].layers
        ]
