"""Save a fitted forecaster to a file, and load it: data only, no code."""

import os
import secrets
from pathlib import Path

from sklearn.utils.validation import check_is_fitted

from .. import __version__, estimators
from .._constraints import check_choice
from ..estimators._state_as_data import check_parameters_known, forecaster_state, with_state
from ..estimators._tail import cut_tail
from ._container import DamagedError, pack, unpack
from ._values import NotDataError, Reader, Writer

# The only classes that a file can name.
FORECASTERS = {
    name: cls for name in estimators.__all__ if isinstance(cls := getattr(estimators, name), type)
}
# What a document that is no forecaster's makes of the code that reads it.
FAULTS = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip


def save(estimator, path, rows="all"):
    """Write a fitted forecaster, or another estimator, to one file of data and no code.

    Weights and rows are tensors of the safetensors format, parameters and the rest of the fitted
    state are JSON in its header, with a checksum of every byte. The file is written beside its
    place and then moved there: an interrupted save leaves an older file as it was.

    Parameters
    ----------
    estimator : fitted forecaster of ``tsnode``, or one of its other estimators
    path : str or path
        Any extension; ``.tsnode`` says what it is.
    rows : {"all", "tail"}, default="all"
        Training rows in the file. "tail": only those that forecasts behind the last one read, for
        a small file that does not give the data away (but a table of ``ExogenousFeatures`` whole);
        inside the training span it raises HorizonError, and it cannot be trained on.

    Raises
    ------
    TypeError
        The estimator is no forecaster of tsnode, or holds what is not data: a ``module=``, a
        function, callbacks, a transformer other than those of ``tsnode.preprocessing``, a union of
        them and the scalers of scikit-learn (standard, min-max, max-abs, robust).
    sklearn.exceptions.NotFittedError
    OSError
        The file cannot be written.

    Notes
    -----
    Forecasts after ``load`` equal those before it to the last bit on the same machine and versions;
    those of a tail to rounding (1e-12 of the channels' spread). Pickle and joblib keep working and
    write everything, but run code when they load: take them for files of your own only.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import tsnode
    >>> t = np.arange(50.0)
    >>> model = tsnode.RidgeLagRegressor(lookback=4).fit(t[:, None], np.sin(t))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tsnode.save(model, f"{folder}/sine.tsnode")
    ...     same = tsnode.load(f"{folder}/sine.tsnode")
    >>> bool(same.predict([[51.0]]) == model.predict([[51.0]]))
    True
    """
    check_choice("rows", rows, ("all", "tail"))
    if FORECASTERS.get(type(estimator).__name__) is not type(estimator):
        msg = f"Expected one of tsnode's forecasters ({', '.join(FORECASTERS)}); got "
        msg += f"{type(estimator).__name__}. Save the forecaster inside it, or use joblib."
        raise TypeError(msg)
    check_is_fitted(estimator)
    # Those that are no forecasters keep no rows.
    if rows == "tail" and hasattr(estimator, "_recent"):
        estimator = cut_tail(estimator)
    document, tensors = _describe(estimator)
    _replace_file(_checked_place(path), pack(document, tensors, __version__))


def load(path):
    """Read a forecaster that ``save`` wrote.

    Nothing in the file is ever run: it names classes of a fixed table only, and everything else is
    numbers and text. Weights go to the device of the fit where it is there, else to the CPU.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    The fitted forecaster.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
    ValueError
        The file is none of ``save``'s, damaged, cut off, or of a later version; says which.
    """
    path = Path(path)
    if path.is_dir():
        msg = f"Expected a file that tsnode.save wrote; got the folder {str(path)!r}. "
        msg += "Pass the path of the file in it."
        raise IsADirectoryError(msg)
    if not path.exists():
        msg = f"Expected a file that tsnode.save wrote; {str(path)!r} is not there. Check the path."
        raise FileNotFoundError(msg)
    try:
        return _make(*unpack(path.read_bytes()))
    except DamagedError as error:
        msg = f"Expected a file that tsnode.save wrote; got {str(path)!r}, which {error}. Copy it "
        msg += "again from its source, or save the model again (with this version of tsnode)."
        raise ValueError(msg) from error


def _describe(estimator):
    """Document and tensors of a forecaster; refuses all parameters that are no data at once."""
    writer, params, refused = Writer(), {}, []
    for name, value in estimator.get_params(deep=False).items():
        try:
            params[name] = writer.write(value, name)
        except NotDataError as error:
            refused.append(str(error))
    if not refused:
        try:
            state = forecaster_state(estimator).items()
            state = {name: writer.write(value, _place(name)) for name, value in state}
        except NotDataError as error:
            refused.append(str(error))
    if refused:
        msg = "Expected parameters and a fitted state that can be written as data; got "
        msg += f"{', '.join(refused)}. Use joblib.dump, whose files run code when they are loaded, "
        msg += "or fit without."
        raise TypeError(msg)
    kind = type(estimator).__name__
    return {"forecaster": kind, "parameters": params, "state": state}, writer.tensors


def _place(name):
    """Words for a fitted attribute; scikit-learn keeps its callbacks among them."""
    return "set_callbacks" if name == "_skl_callbacks" else f"the fitted {name}"


def _make(document, tensors):
    try:
        reader = Reader(tensors)
        kind = FORECASTERS[document["forecaster"]]
        check_parameters_known(kind, document["parameters"])
        params = {name: reader.read(node) for name, node in document["parameters"].items()}
        state = {name: reader.read(node) for name, node in document["state"].items()}
        estimator = with_state(kind(**params), state)
        check_is_fitted(estimator)
    except FAULTS as error:
        msg = f"holds what is no forecaster ({type(error).__name__}: {error})"
        raise DamagedError(msg) from error
    return estimator


def _checked_place(path):
    # Through links: what they point to is replaced, not they.
    place = Path(os.path.realpath(path))
    if place.is_dir():
        msg = f"Expected the path of a file; got the folder {str(path)!r}. Add a file name, such "
        msg += "as 'model.tsnode'."
        raise IsADirectoryError(msg)
    if not place.parent.is_dir():
        msg = f"Expected a path in a folder that is there; got {str(path)!r}. Make "
        msg += f"{str(place.parent)!r} first."
        raise FileNotFoundError(msg)
    return place


def _replace_file(place, data):
    """Write beside the place, then move there: whoever reads it sees the old or the new file."""
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
