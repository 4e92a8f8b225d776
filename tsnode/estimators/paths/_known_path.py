"""Forecasts by a field of which something is known: a law, a structure, a polynomial."""

import numpy as np
import torch

from ...batches import to_array
from ...dynamics._universal_field import UniversalField
from ...training._first_fit import plain_report
from ...training._law_fit import fit_law
from ...training._layout import slope_scale
from ...training._match import match_field, smooth_paths
from ._state_path import StatePath
from ._warm_start import begin_at_parts

# Next to no penalty: the parameters of a law are no weights.
LEAST_ALPHA = 1e-9


class KnownPath(StatePath):
    """A field with parts that are known.

    Parameters
    ----------
    law : KnownLaw
    slack : float or None
        See ``fit_law``.
    **settings
        See ``StatePath``.

    Attributes
    ----------
    parameters, standard_errors : dict of str -> float
        Of the law, in its own units; the errors are nan where no tool has found them.
    """

    def __init__(self, *, law, slack=None, **settings):
        super().__init__(**settings)
        self.law, self.slack = law, slack

    def _new_field(self, series, controls):
        n_controls = 0 if controls is None else controls.n_controls
        time_scale = max(float(np.ptp(series.times)), 1.0)
        return self.make_field(series.n_channels, n_controls, time_scale).to(self.device)

    def make_field(self, n_states, n_controls, time_scale):
        """Make the field with fresh weights."""
        return self.law.make_field(
            n_states, n_controls, hidden_layer_sizes=self.hidden_layer_sizes,
            activation=self.activation, autonomous=self.autonomous, time_scale=time_scale,
        )  # fmt: skip

    def _begin_at(self, field, before):
        begin_at_parts(field, before)

    def _train(self, field, series, controls, *, is_new):
        super()._train(field, series, controls, is_new=is_new)
        self.parameters = self.standard_errors = {}
        theta = getattr(self.field, "theta", None)
        if theta is not None:
            values = to_array(torch.stack(theta.values()).detach())
            errors = self.report.get("collocation", {}).get("standard_errors")
            errors = np.full(len(values), np.nan) if errors is None else errors
            self.parameters = dict(zip(theta.names, map(float, values), strict=True))
            self.standard_errors = dict(zip(theta.names, map(float, errors), strict=True))
            self.report |= {"parameters": self.parameters}
            # A report holds no nan, which differs from itself.
            known = {n: e for n, e in self.standard_errors.items() if e == e}
            self.report["standard_errors"] = known

    def _first_fit(self, field, paths, is_new):
        """Fit without a loop: the law alone, the slopes, then states and weights together."""
        if not isinstance(field, UniversalField):
            return super()._first_fit(field, paths, is_new)
        smooth, count = smooth_paths(paths), self._count
        has_network = field.remainder is not None and not self._is_polynomial
        if is_new:
            field.size.fill_(slope_scale(smooth))
            if field.theta is not None and has_network:
                with count.counting("law alone", field):
                    fit_law(field, paths, smooth, only="theta.", count=count)
        alpha = self.alpha if field.remainder is not None else LEAST_ALPHA
        with count.counting("match", field):
            settings = {"max_iterations": self.match_iterations, "smooth": smooth, "count": count}
            found = match_field(field, paths, alpha=alpha, keep_start=True, **settings)
        if field.theta is not None:
            field.theta.settle()
        report, states = plain_report(found), smooth["states"]
        if self.training in ("auto", "collocation") and "stopped" not in report:
            with count.counting("collocation", field):
                solved = fit_law(
                    field, paths, smooth, alpha=self.alpha, chooses_terms=self._is_polynomial,
                    slack=self.slack,
                    count=count,
                )  # fmt: skip
            report["collocation"] = plain_report(solved)
            if "declined" not in solved:
                report["tool"] = "collocation"
                report |= {"stopped": solved["stopped"]} if "stopped" in solved else {}
                states = solved.get("states", states)
        return report, states

    @property
    def _is_polynomial(self):
        return self.law.remainder == "polynomial"
