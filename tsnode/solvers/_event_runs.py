"""Runs that events stop or reset, on the dense output of any solver."""

from dataclasses import dataclass

import numpy as np

# Signs are looked at this number of times after a start or a reset before a run goes on from the
# last look; each time twice as often, up to the second number.
N_FIRST_LOOKS, N_LOOKS = 4, 64
# Halvings of the first look after a start or a reset: a short flight must not be missed.
N_HALVINGS = 48
# Events closer than this share of a look, so many in a row, have a limit that no run passes.
SHORT_SHARE, N_MOST_SHORT = 2.0**-16, 4
N_MOST_EVENTS, N_MOST_PER_LOOK = 1_000, 10
N_PARTS = 16
EPS = np.finfo(float).eps


def run_with_events(solve, z0, t0, row, times, events, *, look, log):
    """States at asked times of runs that events stop or reset; events only run forward.

    Signs are compared at looks on a grid that starts with the run and after every reset, then
    the change is narrowed down on the solver's dense output to the last bits. So an answer does
    not depend on what else is asked.

    Parameters
    ----------
    solve : callable (rows, z, t, row, times) -> states
        As ``solve_requests`` from the states z of ``rows``, given as numbers, at times t.
    z0, t0, row, times
        Arrays, see ``solve_requests``.
    events : sequence of Event
    look : float
        Time between two looks, a whole part of the solver's step.
    log : EventLog
        Filled.

    Returns
    -------
    float array of shape (n_asked, n_states)
    """
    out = np.full((len(times), z0.shape[1]), np.nan)
    log.stopped = np.zeros(len(times), dtype=bool)
    back = times < t0[row]
    if back.any():
        out[back] = solve(np.arange(len(z0)), z0, t0, row[back], times[back])
    runs = []
    for b in np.unique(row[~back]):
        asked = np.flatnonzero((row == b) & ~back)
        asked = asked[np.argsort(times[asked], kind="stable")]
        if np.isfinite(z0[b]).all():
            runs.append(_Run(b, t0[b], z0[b], times[asked], asked, events, look, log, out))
    while runs:
        nodes = [run.nodes() for run in runs]
        sizes = [len(part) for part in nodes]
        states = solve(
            np.array([run.row for run in runs]),
            np.stack([run.z for run in runs]),
            np.array([run.t for run in runs]),
            np.repeat(np.arange(len(runs)), sizes),
            np.concatenate(nodes),
        )
        for run, found in zip(runs, np.split(states, np.cumsum(sizes)[:-1]), strict=True):
            run.take(found)
        runs = [run for run in runs if not run.is_done]
    return out


class _Run:
    """One run: from an anchor (start, reset or last look) on, looking or narrowing down."""

    def __init__(self, row, t, z, times, asked, events, look, log, out):
        self.row, self.t, self.z, self.begin = row, t, z, t
        self.times, self.asked, self.out, self.end = times, asked, out, times[-1]
        self.events, self.look, self.log = events, look, log
        self.is_done, self.is_fresh, self.bracket = False, True, None
        self.n_looks = N_FIRST_LOOKS
        self.n_met, self.n_short, self.last_event = 0, 0, -np.inf
        self.values = self._values(t, z)
        self.signs = np.sign(self.values)
        self.quiet = np.zeros(len(events))

    # ---------------------------------------------------------------- looking

    def nodes(self):
        """Return the times at which the states are needed next, from the anchor on."""
        if self.bracket is not None:
            self.looks = self.bracket.nodes()
            return self.looks
        n_looks = min(int(np.ceil((self.times[-1] - self.t) / self.look - 1e-9)), self.n_looks)
        looks = self.t + self.look * np.arange(1, max(n_looks, 1) + 1)
        if self.is_fresh:
            first = self.t + self.look * 0.5 ** np.arange(N_HALVINGS, 0, -1)
            looks = np.r_[first[first - self.t > 8 * EPS * abs(self.t)], looks]
        self.looks = looks
        self.n_due = int(np.searchsorted(self.times, looks[-1], side="right"))
        return np.r_[looks, self.times[: self.n_due]]

    def take(self, states):
        """Go on with the states at the nodes."""
        if self.bracket is not None:
            self._narrow(states)
            return
        looks, self.due = states[: len(self.looks)], states[len(self.looks) :]
        finite = np.isfinite(looks).all(axis=1)
        n_good = len(looks) if finite.all() else int(np.argmin(finite))
        found = self._change(self.t, self.z, self.values, self.looks[:n_good], looks[:n_good])
        if found is not None:
            self.bracket = found
            return
        self._answer(self.n_due)
        if n_good < len(looks) or not len(self.times):
            self.is_done = True
            return
        self.t, self.z, self.is_fresh = self.looks[-1], looks[-1], False
        self.n_looks = min(2 * self.n_looks, N_LOOKS)

    def _answer(self, n):
        """Hand out the first n states that are due."""
        self.out[self.asked[:n]] = self.due[:n]
        self.times, self.asked = self.times[n:], self.asked[n:]

    def _values(self, t, z):
        return np.array([event.value(t, z) for event in self.events])

    def _change(self, t, z, values, times, states):
        """Bracket of the first change of sign after t, or None; keeps the signs met."""
        signs = self.signs
        for at, state in zip(times, states, strict=True):
            ahead = self._values(at, state)
            # A condition that has just triggered has no sign until it is clear of 0.
            seen = np.where((signs == 0) & (np.abs(ahead) <= self.quiet), 0, np.sign(ahead))
            seen = np.where(seen == 0, signs, seen)
            crossed = [
                k for k, event in enumerate(self.events)
                if signs[k] and seen[k] == -signs[k] and event.direction in (0, seen[k])
            ]  # fmt: skip
            if crossed:
                self.signs = signs
                return _Bracket(t, z, values, at, state, ahead, crossed[0])
            t, z, values, signs = at, state, ahead, seen
        self.signs, self.values = signs, values
        return None

    # ---------------------------------------------------------------- narrowing down

    def _narrow(self, states):
        old = self.bracket
        times, states = np.r_[self.looks, old.t1], np.r_[states, old.z1[None]]
        found = self._change(old.t0, old.z0, old.values0, times, states)
        self.bracket = found
        if found.is_narrow:
            self._trigger(found)

    def _trigger(self, found):
        t, z, event = found.t0, found.z0, self.events[found.event]
        self.bracket = None
        self._answer(int(np.searchsorted(self.times, t, side="right")))
        if t > self.end:
            self.is_done = True
            return
        self.log.met.append((self.row, t, found.event, z))
        is_short = t - self.last_event < SHORT_SHARE * self.look
        self.n_short = self.n_short + 1 if is_short else 0
        self.n_met, self.last_event = self.n_met + 1, t
        n_most = N_MOST_EVENTS + N_MOST_PER_LOOK * (t - self.begin) / self.look
        is_endless = self.n_short >= N_MOST_SHORT or self.n_met > n_most
        if is_endless:
            self.log.endless.append((self.row, t))
        if is_endless or event.reset is None or not len(self.times):
            self.log.stopped[self.asked] = True
            self.is_done = True
            return
        self.t, self.z, self.is_fresh = t, event.state_after(t, z), True
        self.n_looks = N_FIRST_LOOKS
        self.values = self._values(t, self.z)
        # Rounding leaves a condition that was 0 a value: nothing as small as that is a sign.
        self.quiet = np.zeros(len(self.events))
        self.quiet[found.event] = 4 * found.height
        own = np.arange(len(self.events)) == found.event
        kept = np.where(own, 0, self.signs)
        self.signs = np.where(np.abs(self.values) > self.quiet, np.sign(self.values), kept)


@dataclass
class _Bracket:
    """Two times between which the condition of an event changes its sign."""

    t0: float
    z0: np.ndarray
    values0: np.ndarray
    t1: float
    z1: np.ndarray
    values1: np.ndarray
    event: int

    @property
    def height(self):
        """Largest size of the condition at the ends."""
        return max(abs(self.values0[self.event]), abs(self.values1[self.event]))

    @property
    def is_narrow(self):
        return not len(self.nodes())

    def nodes(self):
        """Return times inside: equal parts, and others ever closer to the secant's root."""
        width = self.t1 - self.t0
        g0, g1 = self.values0[self.event], self.values1[self.event]
        share = np.clip(g0 / (g0 - g1) if g0 != g1 else 0.5, 0.0, 1.0)
        near = 0.5 ** np.arange(3, 52, 3)
        shares = np.r_[np.arange(1, N_PARTS) / N_PARTS, share, share - near, share + near]
        times = np.unique(self.t0 + shares * width)
        least = 4 * EPS * max(abs(self.t0), abs(self.t1))
        return times[(times - self.t0 > least) & (self.t1 - times > least)]
