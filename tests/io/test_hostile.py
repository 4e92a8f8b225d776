"""A file made to do harm, its checksum in order: refused, and nothing of it is run."""

import json
import sys
import zoneinfo

import numpy as np
import pytest

import tsnode
from tsnode.io import _container

from .conftest import fitted


def document_of(name):
    """Document and tensors of a sound file."""
    from tsnode.io import _saving

    return _saving._describe(fitted(name))


# The list of zones is a package too, and is loaded when first read.
zoneinfo.available_timezones()


def refuse(place, document, tensors, match):
    place.write_bytes(_container.pack(document, tensors, "0.1.0"))
    before = set(sys.modules)
    with pytest.raises(ValueError, match=match):
        tsnode.load(place)
    assert "antigravity" not in sys.modules
    assert set(sys.modules) - before == set()


# ``parts`` as pickle's, YAML's and jsonpickle's tricks would write them.
CALLS = [
    {"type": "object", "kind": "os.system", "parts": {"command": "touch /tmp/owned"}},
    {"type": "object", "kind": "../../etc/passwd", "parts": {}},
    {"type": "object", "kind": "Popen", "parts": {"args": ["touch", "owned"]}},
    {"type": "object", "kind": "Optimizer", "parts": {"name": "os.system"}},
    {"type": "object", "kind": ["Clock"], "parts": {}},
    {"type": "__reduce__", "items": ["os.system", ["touch owned"]]},
    {"type": "py/object", "py/type": "antigravity.fly"},
    {"py/reduce": [{"py/type": "antigravity"}, {"py/tuple": []}]},
    {"type": "zone", "name": "../../../../etc/passwd"},
    {"type": "zone", "name": "/etc/passwd"},
    {"type": "zone", "name": "Europe"},
    {"type": "offset", "freq": "__import__('antigravity')"},
    {"type": "scalar", "dtype": "object", "value": 1},
    {"type": "array", "tensor": "../0", "turned": False},
    {"type": "float", "text": "1+1"},
    {"type": "float", "text": "1", "more": 2},
    {"type": "random_state", "kind": "MT19937", "keys": [1], "rest": []},
    {"type": "empty", "dtype": "float64", "shape": [10**12, 10**6]},
    {"type": "words", "dtype": "object", "shape": [10**9], "items": ["a"]},
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: json.dumps(call)[:50])
@pytest.mark.parametrize("part", ["parameters", "state"])
def test_what_is_in_no_table_is_refused(call, part, place):
    document, tensors = document_of("PersistenceRegressor")
    name = {"parameters": "score_horizon", "state": "means_"}[part]
    document[part][name] = call
    refuse(place, document, tensors, "holds what is no forecaster")


@pytest.mark.parametrize("name", ["Pipeline", "sklearn.svm.SVR", "os", "__builtins__", 3, None])
def test_an_unknown_class_is_refused(name, place):
    document, tensors = document_of("PersistenceRegressor")
    refuse(place, {**document, "forecaster": name}, tensors, "no forecaster")


@pytest.mark.parametrize("name", ["predict", "__class__", "_forecast_requests", "not a name"])
def test_no_data_take_the_place_of_a_method(name, place):
    document, tensors = document_of("PersistenceRegressor")
    document["state"][name] = "os.system"
    refuse(place, document, tensors, f"unknown part '{name}'")


@pytest.mark.parametrize("name", ["PersistenceRegressor", "NeuralODERegressor"])
def test_a_parameter_of_a_later_version_is_refused(name, place):
    document, tensors = document_of(name)
    document["parameters"]["patience"] = 3
    refuse(place, document, tensors, "has no parameters")


@pytest.mark.parametrize("document", [None, [], 3, "text", {}, {"forecaster": {}}, {"state": 1}])
def test_another_document_is_refused(document, place):
    refuse(place, document, {"0": np.ones(2)}, "holds what is no forecaster")


def path_parts(document):
    return document["state"]["_path"]["parts"]


@pytest.mark.parametrize("width", [10**9, -4, 4.5, "4", None])
def test_layers_that_the_weights_do_not_fill_are_refused(width, place):
    document, tensors = document_of("NeuralODERegressor")
    path_parts(document)["hidden_layer_sizes"] = {"type": "tuple", "items": [4, width]}
    refuse(place, document, tensors, "no forecaster")


@pytest.mark.parametrize(("key", "value"), [("n_channels", 10**8), ("n_drivers", 10**9)])
def test_sizes_of_a_history_that_the_weights_do_not_fill_are_refused(key, value, place):
    document, tensors = document_of("history")
    sizes = dict(path_parts(document)["net"]["items"])["sizes"]
    sizes["items"] = [[name, value if name == key else old] for name, old in sizes["items"]]
    refuse(place, document, tensors, "layers of widths")


def test_no_parameter_reaches_the_net_but_those_of_its_loop(place):
    document, tensors = document_of("history")
    settings = path_parts(document)["settings"]["parts"]
    settings["net_params"] = {"type": "dict", "items": [["compile", True]]}
    refuse(place, document, tensors, r"unknown parameters of the training loop \['compile'\]")


def test_weights_of_another_shape_are_refused(place):
    document, tensors = document_of("NeuralODERegressor")
    weights = dict(dict(path_parts(document)["net"]["items"])["weights"]["items"])
    name = weights["mlp.layers.0.weight"]["tensor"]
    cut = {**tensors, name: np.ascontiguousarray(tensors[name][:-1])}
    refuse(place, document, cut, "size mismatch for mlp.layers.0.weight")


@pytest.mark.parametrize("n_levels", [200, 100_000])
def test_nesting_without_end_is_refused(n_levels, place, monkeypatch):
    document, tensors = document_of("PersistenceRegressor")
    nested = "[" * n_levels + "]" * n_levels
    text = json.dumps(document).replace('"score_horizon": null', f'"score_horizon": {nested}')
    with monkeypatch.context() as patched:
        patched.setattr(_container.json, "dumps", lambda *_, **__: text)
        data = _container.pack(document, tensors, "0.1.0")
    place.write_bytes(data)
    with pytest.raises(ValueError, match="nested too deep|recursion"):
        tsnode.load(place)


@pytest.mark.parametrize("name", ["clock_", "_observed", "_covariates", "container_"])
@pytest.mark.parametrize("node", [None, 3, "missing"])
def test_a_state_without_its_parts_is_refused(name, node, place):
    document, tensors = document_of("PersistenceRegressor")
    kept = {key: value for key, value in document["state"].items() if key != name}
    document["state"] = kept if node == "missing" else {**kept, name: node}
    refuse(place, document, tensors, f"no {name}")
