"""Fitted forecasters as plain data: what they may hold, taken apart and made again."""

import dataclasses
from functools import partial

from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from ..dynamics._field_grid import FieldGrid
from ..dynamics._field_law import FieldLaw
from ..frames._answers import Container
from ..frames._clock import Clock
from ..frames._field_columns import FieldColumns
from ..frames._history_features import HistoryFeatures
from ..frames._series import SeriesSet
from ..frames._step_grid import StepGrid
from ..frames._time_source import TimeSource
from ..preprocessing import CalendarFeatures, ExogenousFeatures, PhysicalRanges, SolarFeatures
from ..preprocessing._table import Table
from ..training._field_match import Parameter
from ..training._latent_stage import StageSettings
from ..training._optimizers import OPTIMIZERS
from ..training._recovery import Recovery
from ._control_reading import ControlReading
from ._field_arrays import FieldContainer
from ._fit_report import FitReport
from ._flow_units import FlowUnits
from ._known_law import KnownLaw
from ._net_params import PREFIXES, NetParamsMixin
from ._paths_as_data import (
    diffusion_path_parts,
    fill,
    known_path_parts,
    latent_path_parts,
    make_diffusion_path,
    make_known_path,
    make_latent_path,
    make_state_path,
    make_window_path,
    state_path_parts,
    window_path_parts,
)
from ._tail import Tail
from .intervals._lead_errors import LeadErrors
from .paths._controlled_path import ControlledPath
from .paths._delay_path import DelayPath
from .paths._diffusion_path import DiffusionPath
from .paths._field_path import FieldPath
from .paths._field_starts import FieldStarts
from .paths._known_path import KnownPath
from .paths._latent_path import LatentPath
from .paths._state_filter import StateFilter
from .paths._state_path import StatePath
from .paths._variational_path import VariationalPath
from .rows._covariates import Covariates
from .rows._recent_rows import RecentRows

# Objects that are their attributes, and no more. A new part of the fitted state is named here; what
# is named nowhere is refused when a forecaster is saved, and never made when one is loaded.
PLAIN = {
    one.__name__: one
    for one in (
        CalendarFeatures, Clock, Container, ControlReading, Covariates, FeatureUnion,
        FieldColumns, FieldContainer, FieldGrid, FieldLaw, FieldPath, FieldStarts, FlowUnits,
        HistoryFeatures, KnownLaw, LeadErrors, MaxAbsScaler, MinMaxScaler, Parameter,
        PhysicalRanges, RecentRows, Recovery, RobustScaler, SeriesSet, SolarFeatures, StageSettings,
        StandardScaler, StateFilter, StepGrid, Tail, TimeSource,
    )
}  # fmt: skip

# What every fitted forecaster has.
ALWAYS = {
    "clock_": Clock, "container_": Container, "time_source_": TimeSource, "_observed": SeriesSet,
    "_covariates": Covariates, "_recent": RecentRows,
}  # fmt: skip


def forecaster_state(estimator):
    """Fitted attributes of a forecaster, by name; ``with_state`` adds what follows from them."""
    if hasattr(estimator, "_fitted_as_data"):  # no forecaster
        return estimator._fitted_as_data()
    kept = {*estimator.get_params(deep=False), "_net_params", "net_", "features_", "_rhythms"}
    return {name: value for name, value in vars(estimator).items() if name not in kept}


def check_parameters_known(kind, names):
    """Refuse parameters that the class of a forecaster does not have, as a later one may."""
    own = {*kind._get_param_names()}
    unknown = [name for name in names if name not in own and not _is_for_net(kind, name)]
    if unknown:
        msg = f"{kind.__name__} has no parameters {unknown}"
        raise ValueError(msg)


def _is_for_net(kind, name):
    return issubclass(kind, NetParamsMixin) and name.partition("__")[0] in PREFIXES


def with_state(estimator, state):
    """Give the fitted attributes back to a new forecaster."""
    if hasattr(estimator, "_restore_fitted"):
        return estimator._restore_fitted(state)
    for name, kind in ALWAYS.items():
        if not isinstance(state.get(name), kind):
            msg = f"no {name} of type {kind.__name__}"
            raise ValueError(msg)  # noqa: TRY004 - of a file, not of a caller
    fill(estimator, state)
    estimator._rhythms = {}
    estimator.features_ = estimator._covariates.transformer
    if hasattr(estimator, "_path"):
        estimator.net_ = estimator._path.net
    return estimator


def take_apart(value):
    """Name of the kind and the parts of an object (or optimizer class); None if unknown."""
    if isinstance(value, type):
        name = value.__name__
        return ("Optimizer", {"name": name}) if OPTIMIZERS.get(name) is value else None
    name = type(value).__name__
    if PLAIN.get(name) is type(value):
        return name, dict(vars(value))
    parts_of = {kind: part for kind, part, _ in MADE.values()}.get(type(value))
    return None if parts_of is None else (name, parts_of(value))


def put_together(name, parts):
    """Make the object that ``take_apart`` took apart.

    Raises
    ------
    ValueError
        The name is not in the tables, or a part is not one of such an object.
    """
    if name == "Optimizer":
        return OPTIMIZERS[parts["name"]]
    if name in MADE:
        return MADE[name][2](parts)
    if name not in PLAIN:
        msg = f"unknown kind of object {name!r}"
        raise ValueError(msg)
    kind = PLAIN[name]
    return kind(**parts) if dataclasses.is_dataclass(kind) else fill(object.__new__(kind), parts)


def _make_exogenous(parts):
    features = fill(object.__new__(ExogenousFeatures), parts)
    if hasattr(features, "fill_"):
        features._read = Table.read(features.table)
    return features


# Name -> class, parts of an object, object of the parts.
MADE = {
    "ExogenousFeatures": (
        ExogenousFeatures,
        # What was read of the table is in the table.
        lambda features: {k: v for k, v in vars(features).items() if k != "_read"},
        _make_exogenous,
    ),
    "FitReport": (
        FitReport,
        lambda report: {"entries": dict(report)},
        lambda parts: FitReport(parts["entries"]),
    ),
    "KnownPath": (KnownPath, known_path_parts, make_known_path),
    "LatentPath": (LatentPath, latent_path_parts, make_latent_path),
    "StatePath": (StatePath, state_path_parts, make_state_path),
    "DiffusionPath": (DiffusionPath, diffusion_path_parts, make_diffusion_path),
    "VariationalPath": (
        VariationalPath,
        window_path_parts,
        partial(make_window_path, cls=VariationalPath),
    ),
    "ControlledPath": (
        ControlledPath,
        window_path_parts,
        partial(make_window_path, cls=ControlledPath),
    ),
    "DelayPath": (DelayPath, state_path_parts, partial(make_state_path, cls=DelayPath)),
}
