"""The house as code: which room may import what, no cycles, no heavy packages where none belong."""

import ast
import importlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import tsnode

PACKAGE = Path(tsnode.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in FILES]

# Files of the ground, beside exceptions: every room may import them.
GROUND = {"", "exceptions", "_constraints", "_monomials", "_optional", "_progress", "_random"}

# Room -> rooms it may import, beside itself and the ground.
MAY_IMPORT = {
    "frames": set(),
    "smoothing": set(),
    "dynamics": set(),
    "solvers": set(),
    "metrics": {"frames"},
    "datasets": {"frames"},
    "preprocessing": {"frames"},
    "batches": {"frames"},
    "model_selection": {"frames", "metrics", "smoothing"},
    # A picture of fixed points shows those that inspection finds.
    "plots": {"frames", "metrics", "smoothing", "inspection"},
    "inspection": {"frames", "metrics", "smoothing"},
    "models": {"batches", "dynamics", "solvers"},
    "training": {"batches", "dynamics", "solvers", "smoothing"},
    "io": {"frames", "estimators"},
}
MAY_IMPORT["estimators"] = set(MAY_IMPORT) - {
    "datasets", "plots", "model_selection", "inspection", "io",
}  # fmt: skip
MAY_IMPORT["cli"] = set(MAY_IMPORT) | {"estimators"}

TORCH_FREE = {"frames", "smoothing", "metrics", "datasets", "preprocessing", "plots",
              "model_selection", "inspection", "cli", *GROUND}  # fmt: skip
PANDAS_FREE = {"smoothing", "dynamics", "solvers", "models", "training", *GROUND}
# At the top of these, nothing that takes long to load: `tsnode --help` must answer at once.
LIGHT_COMMANDS = {"cli/__init__.py", "cli/_main.py", "cli/_options.py", "cli/_describe.py",
                  "cli/_evaluate.py", "cli/_fetch.py", "cli/_forecast.py", "cli/_models.py",
                  "cli/_plot.py", "cli/_report.py", "cli/_progress.py"}  # fmt: skip
HEAVY = {"numpy", "pandas", "scipy", "sklearn", "torch", "torchdiffeq", "skorch", "matplotlib"}


def room_of(name):
    """Room (folder) or top-level module that a file belongs to; "" is the root."""
    first = name.split("/")[0].removesuffix(".py")
    return "" if first == "__init__" else first


@cache
def source_of(name):
    return (PACKAGE / name).read_text(encoding="utf-8")


@cache
def tree_of(name):
    return ast.parse(source_of(name))


def offenders(found_in, names=NAMES):
    """Files and what a rule finds in each, without those in which it finds nothing."""
    return {name: found for name in names if (found := found_in(name))}


@cache
def imported_modules(name, *, only_top=False):
    """Absolute dotted names of all that a file imports, relative imports resolved."""
    package = ["tsnode", *Path(name).parts[:-1]]
    tree = tree_of(name)
    nodes = tree.body if only_top else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` may name a module: keep both readings.
            found |= {stem} | {f"{stem}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _is_dynamic_import(node):
            found.add(node.args[0].value)
    return found


def _is_dynamic_import(node):
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    is_import = called in ("import_module", "import_optional", "__import__")
    return is_import and node.args and isinstance(node.args[0], ast.Constant)


def own_modules(name):
    """Names below ``tsnode.`` that a file imports and that exist, as file names."""
    dotted = {module for module in imported_modules(name) if module.startswith("tsnode.")}
    stems = {module.removeprefix("tsnode.").replace(".", "/") for module in dotted}
    files = {f"{stem}.py" for stem in stems} | {f"{stem}/__init__.py" for stem in stems}
    return files & set(NAMES)


def third_party(name, *, only_top=False):
    return {module.split(".")[0] for module in imported_modules(name, only_top=only_top)}


def test_the_package_has_files_and_every_folder_is_a_room_of_the_table():
    rooms = {room_of(name) for name in NAMES}
    assert len(NAMES) > 20
    assert rooms - GROUND <= set(MAY_IMPORT)


def test_a_room_imports_only_what_the_table_lists():
    def trespass(name):
        room = room_of(name)
        allowed = GROUND | {room} | MAY_IMPORT.get(room, set())
        return {other for other in own_modules(name) if room_of(other) not in allowed}

    assert offenders(trespass) == {}


def test_nobody_imports_public_names_through_the_root():
    # The command line speaks through the lazy root; nobody else may go around the table by it.
    through_root = {f"tsnode.{public}" for public in tsnode._NAMES}
    others = [name for name in NAMES if room_of(name) != "cli"]
    assert offenders(lambda name: imported_modules(name) & through_root, others) == {}
    assert offenders(lambda name: imported_modules(name) & through_root) != {}


def test_there_are_no_cycles_between_files():
    graph = {name: own_modules(name) - {name, *_parents(name)} for name in NAMES}
    assert _cycle(graph) is None


def _parents(name):
    """Return the packages a file lies in: a sibling import names them without their content."""
    parts = Path(name).parts[:-1]
    return {"/".join([*parts[:depth], "__init__.py"]) for depth in range(len(parts) + 1)}


def _cycle(graph):
    """Return the files of one cycle, or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return None
        path.append(name)
        found = next((cycle for other in sorted(graph[name]) if (cycle := visit(other))), None)
        path.pop()
        done.add(name)
        return found

    return next((cycle for name in sorted(graph) if (cycle := visit(name))), None)


def test_the_search_for_cycles_finds_one():
    assert sorted(_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == ["b", "c"]
    assert _cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_torchdiffeq_is_imported_in_one_file_only():
    found = offenders(lambda name: third_party(name) & {"torchdiffeq"})
    assert set(found) == {"solvers/_integrate.py"}


# Fields that are fitted, and laws that are known (where datasets may not import solvers).
SCIPY_DOORS = {"solvers/_stiff.py", "datasets/_sampling.py"}


def test_the_solvers_of_scipy_have_one_door_for_fields_and_one_for_laws():
    doors = ("solve_ivp", "odeint", "ode", "LSODA", "Radau", "BDF", "RK45", "RK23", "DOP853")
    names = {f"scipy.integrate.{door}" for door in doors}
    assert set(offenders(lambda name: imported_modules(name) & names)) == SCIPY_DOORS


def test_matplotlib_is_never_imported_at_the_top():
    assert offenders(lambda name: third_party(name, only_top=True) & {"matplotlib"}) == {}
    assert offenders(lambda name: third_party(name) & {"matplotlib"}) != {}


def test_torch_stays_out_of_rooms_without_tensors():
    free = [name for name in NAMES if room_of(name) in TORCH_FREE]
    assert (
        offenders(lambda name: third_party(name) & {"torch", "torchdiffeq", "skorch"}, free) == {}
    )
    assert len(free) > 50


def test_pandas_stays_out_of_the_ground_and_the_mathematics():
    free = [name for name in NAMES if room_of(name) in PANDAS_FREE]
    assert offenders(lambda name: third_party(name) & {"pandas"}, free) == {}
    assert len(free) > 50


def test_the_command_line_loads_nothing_heavy_at_the_top():
    assert set(NAMES) >= LIGHT_COMMANDS
    assert offenders(lambda name: third_party(name, only_top=True) & HEAVY, LIGHT_COMMANDS) == {}


def test_no_file_is_longer_than_500_lines():
    assert {name: n for name in NAMES if (n := len(source_of(name).splitlines())) > 500} == {}


def test_every_file_says_its_idea_in_its_first_line():
    assert [name for name in NAMES if not ast.get_docstring(tree_of(name))] == []


def test_every_room_is_a_package():
    folders = {path.parent for path in FILES}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("word", ["utils", "common", "helpers", "misc"])
def test_no_room_or_file_is_a_drawer_for_everything(word):
    assert [name for name in NAMES if word in name] == []


@pytest.mark.parametrize("name", tsnode.__all__)
def test_every_public_name_of_the_root_resolves(name):
    assert getattr(tsnode, name) is not None


@pytest.mark.parametrize(
    "room",
    [
        "estimators",
        "inspection",
        "io",
        "metrics",
        "model_selection",
        "plots",
        "preprocessing",
        "datasets",
    ],  # fmt: skip
)
def test_every_public_name_of_a_room_resolves(room):
    module = importlib.import_module(f"tsnode.{room}")
    assert module.__all__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_an_unknown_name_of_the_root_is_an_attribute_error():
    with pytest.raises(AttributeError, match="NeuralODERegresor"):
        _ = tsnode.NeuralODERegresor


LIGHT = ["import tsnode", "import tsnode.exceptions", "import tsnode.cli"]
WITHOUT_TORCH = [
    "from tsnode.metrics import n_step_error",
    "from tsnode.datasets import load_nyc_weather",
    "from tsnode.preprocessing import CalendarFeatures",
    "from tsnode.model_selection import TimeSplit",
    "from tsnode.plots import *",
    "from tsnode.inspection import lyapunov_spectrum",
]


@pytest.mark.parametrize(
    ("statements", "absent"), [(LIGHT, HEAVY), (WITHOUT_TORCH, {"torch", "matplotlib"})]
)
def test_importing_loads_nothing_heavier_than_needed(statements, absent):
    # What is not there after all of them was loaded by none.
    code = f"import sys\nfor statement in {statements}:\n    exec(statement)\n"
    code += f"    assert not set(sys.modules) & {absent}, statement"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
