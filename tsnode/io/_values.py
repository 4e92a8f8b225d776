"""Values as JSON and tensors, and back: a fixed table of types, and no other is ever made.

JSON's own scalars and lists stand for themselves; everything else is an object with a ``type``.
Arrays of numbers become tensors, which the JSON names.
"""

import math
import re

import numpy as np

from ..estimators._state_as_data import put_together, take_apart
from ._frames import FRAMES, FRAMES_BY_NAME
from ._simple_values import SIMPLE, SIMPLE_BY_NAME, parts_of_family

MOST_DEPTH = 40
# Types that are their named parts.
PARTED = SIMPLE | FRAMES
PARTED_BY_NAME = SIMPLE_BY_NAME | FRAMES_BY_NAME


class NotDataError(TypeError):
    """A value that cannot be written; ``place`` is where it stands."""

    def __init__(self, place, value):
        super().__init__(f"{place} ({type(value).__name__})")


class Writer:
    """Turns values into JSON; ``tensors`` collects the arrays, by the names that JSON uses."""

    def __init__(self):
        self.tensors = {}

    def write(self, value, place, depth=0):
        """JSON of a value; ``place`` names it in errors."""
        if depth > MOST_DEPTH:
            raise NotDataError(place, value)
        kind = type(value)
        if value is None or kind in (bool, int, str) or (kind is float and math.isfinite(value)):
            return value
        if kind is list:
            return self._items(value, place, depth)
        if isinstance(value, np.ndarray):
            return self._array(value, place, depth)
        if kind in PARTED:
            name, write, _ = PARTED[kind]
            parts = write(value)
        elif (found := parts_of_family(value)) is not None:
            name, parts = found
        else:
            name, parts = self._compound(value, place, depth)
            return {"type": name, **parts}
        return {"type": name, **{k: self.write(v, place, depth + 1) for k, v in parts.items()}}

    def _items(self, values, place, depth):
        return [self.write(v, f"{place}[{k}]", depth + 1) for k, v in enumerate(values)]

    def _compound(self, value, place, depth):
        if type(value) is tuple:
            return "tuple", {"items": self._items(value, place, depth)}
        if type(value) is dict:
            items = [
                [self.write(k, place, depth + 1), self.write(v, f"{place}[{k!r}]", depth + 1)]
                for k, v in value.items()
            ]
            return "dict", {"items": items}
        found = take_apart(value)
        if found is None:
            raise NotDataError(place, value)
        name, parts = found
        parts = {k: self.write(v, f"{place}.{k}", depth + 1) for k, v in parts.items()}
        return "object", {"kind": name, "parts": parts}

    def _array(self, array, place, depth):
        if array.dtype.kind in "OU":
            items = self._items(array.ravel().tolist(), place, depth)
            dtype = "object" if array.dtype.kind == "O" else "str"
            return {"type": "words", "dtype": dtype, "shape": list(array.shape), "items": items}
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise NotDataError(place, array)
        if not array.size:
            return {"type": "empty", "dtype": array.dtype.name, "shape": list(array.shape)}
        # The order in memory decides in which order a product adds up, to the last bit.
        flags = array.flags
        turned = array.ndim > 1 and flags.f_contiguous and not flags.c_contiguous
        array = array.T if turned else array
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        name = str(len(self.tensors))
        # The shape again, since an array without axes gets one there.
        self.tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
        return {"type": "array", "tensor": name, "turned": turned}


class Reader:
    """Turns JSON back into values, with the tensors it names."""

    def __init__(self, tensors):
        self._tensors = tensors

    def read(self, node, depth=0):
        """Return the value of a JSON node.

        Raises
        ------
        ValueError
            An unknown type, nesting too deep, or parts that make no such value.
        """
        if depth > 3 * MOST_DEPTH:
            msg = "values nested too deep"
            raise ValueError(msg)
        if isinstance(node, list):
            return [self.read(item, depth + 1) for item in node]
        if not isinstance(node, dict):
            return node
        name = node.get("type")
        if name in PARTED_BY_NAME:
            parts = {k: self.read(v, depth + 1) for k, v in node.items() if k != "type"}
            return PARTED_BY_NAME[name](**parts)
        readers = {
            "tuple": self._tuple, "dict": self._dict, "object": self._object,
            "array": self._array, "empty": self._empty, "words": self._words,
        }  # fmt: skip
        if not isinstance(name, str) or name not in readers:
            msg = f"unknown type {name!r}"
            raise ValueError(msg)
        return readers[name](node, depth)

    def _tuple(self, node, depth):
        return tuple(self.read(item, depth + 1) for item in node["items"])

    def _dict(self, node, depth):
        pairs = [(self.read(k, depth + 1), self.read(v, depth + 1)) for k, v in node["items"]]
        return dict(pairs)

    def _object(self, node, depth):
        parts = {name: self.read(part, depth + 1) for name, part in node["parts"].items()}
        return put_together(node["kind"], parts)

    def _array(self, node, depth):  # noqa: ARG002
        # A copy: what comes from a file is read-only, and fits may write into their arrays.
        array = np.array(self._tensors[node["tensor"]])
        return array.T if node["turned"] else array

    def _empty(self, node, depth):  # noqa: ARG002
        return _no_entries(node["dtype"], node["shape"])

    def _words(self, node, depth):
        items = [self.read(item, depth + 1) for item in node["items"]]
        dtype = {"object": object, "str": str}[node["dtype"]]
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array.astype(dtype).reshape(node["shape"])


def _no_entries(dtype, shape):
    if re.fullmatch(r"bool|u?int\d+|float\d+", dtype) is None or 0 not in shape:
        msg = f"an empty array of {dtype!r} and shape {shape!r}"
        raise ValueError(msg)
    return np.empty(shape, dtype=dtype)
