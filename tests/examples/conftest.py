"""The example that a test file is about."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def example(request):
    """Load the file that the test's module names in FILE."""
    path = FOLDER / request.module.FILE
    spec = importlib.util.spec_from_file_location(path.stem[3:], path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # What examples share lies beside them.
        patch.syspath_prepend(str(FOLDER))
        spec.loader.exec_module(module)
    return module
