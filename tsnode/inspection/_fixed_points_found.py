"""What a search for fixed points found, as figures, as text and as a frame."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_SHOWN = 6  # channels, and modes, in a line


@dataclass(frozen=True, repr=False, eq=False)
class FixedPoints:
    """Fixed points of a field or step map, the stable ones first; printing shows them.

    Attributes
    ----------
    points : array of shape (n_points, n_channels)
        In the units of the data.
    eigenvalues : complex array of shape (n_points, n_channels)
        Of the Jacobian, the fastest growing first, per unit of time; of a step map the
        multipliers of one step, which shrink below length 1.
    kinds : list of str
        "stable node", "unstable focus", "saddle", ...
    is_stable : bool array of shape (n_points,)
        Whether all small deviations die out.
    distances : array of shape (n_points,)
        To the nearest whole row, in standard deviations of the channels: far from all rows a
        point is extrapolated, as one within a limit cycle to which no orbit came from inside. NaN
        where no row is whole.
    residuals : array of shape (n_points,)
        Slope left there, in parts of its root mean square over the starts.
    is_inside : bool array of shape (n_points,)
        Whether they lie in the box of the data.
    channels : list
    unit : str or None
        Unit of time: "s", "min", "h" or "D"; None: that of float times.
    of_map : bool
    n_starts, n_outside : int
        Starts tried, and points found outside of the box, shown or not.
    """

    points: np.ndarray
    eigenvalues: np.ndarray
    kinds: list
    is_stable: np.ndarray
    distances: np.ndarray
    residuals: np.ndarray
    is_inside: np.ndarray
    channels: list
    unit: str | None
    of_map: bool
    n_starts: int
    n_outside: int

    def __len__(self):
        return len(self.points)

    def to_frame(self):
        """Return a DataFrame of one row a point.

        Columns: the channels, then ``kind``, ``is_stable``, ``eigenvalue_1``, ... (``multiplier_1``
        of a map), ``distance``, ``residual`` and ``is_inside``.
        """
        name = "multiplier" if self.of_map else "eigenvalue"
        frame = pd.DataFrame(self.points, columns=self.channels)
        modes = {f"{name}_{k + 1}": mode for k, mode in enumerate(self.eigenvalues.T)}
        others = {
            "kind": self.kinds, "is_stable": self.is_stable, **modes, "distance": self.distances,
            "residual": self.residuals, "is_inside": self.is_inside,
        }  # fmt: skip
        frame = pd.concat([frame, pd.DataFrame(others)], axis=1)
        frame.attrs["time_unit"] = self.unit
        return frame.rename_axis("point")

    def __str__(self):
        lines = [self._headline()]
        for k, point in enumerate(self.points):
            pairs = zip(self.channels, point, strict=True)
            where = _listed(f"{name} = {_short(value)}" for name, value in pairs)
            line = f"  {where}: {self.kinds[k]}, {_listed(_as_texts(self.eigenvalues[k]))}"
            if np.isfinite(self.distances[k]):
                line += f", {self.distances[k]:.2g} std from a row"
            lines.append(line + ", outside" * (not self.is_inside[k]))
        n_hidden = self.n_outside - int((~self.is_inside).sum())
        if n_hidden:
            lines.append(f"  ({n_hidden} more outside of the box; anywhere=True keeps them)")
        return "\n".join(lines)

    __repr__ = __str__

    def _headline(self):
        count = f"{len(self) or 'No'} fixed point{'' if len(self) == 1 else 's'}"
        where = "" if not self.is_inside.all() else " in the box of the data"
        per = f"per {self.unit or 'unit of time'}"
        what = "multipliers per step" if self.of_map else f"eigenvalues {per}"
        return f"{count}{where}, from {self.n_starts} starts ({what})"


def _short(value):
    return f"{value:.4g}" if abs(value) > 1e-12 else "0"


def _listed(texts):
    texts = list(texts)
    return ", ".join(texts[:MOST_SHOWN] + ["..."] * (len(texts) > MOST_SHOWN))


def _as_texts(modes):
    """Write each mode; a pair that turns forward and back is one."""
    for mode in modes:
        if abs(mode.imag) <= 1e-9 * abs(mode):
            yield _short(mode.real)
        elif mode.imag > 0:
            yield f"{_short(mode.real)} ± {_short(mode.imag)}i"
