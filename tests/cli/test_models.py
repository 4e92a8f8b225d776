"""``tsnode models`` lists the table that the README has."""

from pathlib import Path

import pytest

import tsnode
from tsnode.cli._models import MODELS, OTHERS

README = Path(tsnode.__file__).resolve().parents[1] / "README.md"


def test_every_model_is_a_forecaster_that_is_listed_with_its_use(command):
    lines = command("models").stdout.splitlines()
    assert lines[0].split() == ["--model", "what", "it", "is", "when", "to", "use", "it"]
    for (name, model), line in zip(MODELS.items(), lines[1:], strict=False):
        assert line.startswith(name)
        assert model.what in line
        assert line.endswith(model.when)
        assert callable(getattr(tsnode, model.estimator))


@pytest.mark.skipif(not README.is_file(), reason="the README lies in the checkout only")
@pytest.mark.parametrize("name", MODELS)
def test_the_readme_says_the_same(name):
    model = MODELS[name]
    end = f"| {model.what} | {model.when} |"
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.endswith(end)]
    assert len(rows) == 1
    assert rows[0].startswith(f"| `{model.estimator}")


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_forecaster_is_listed_behind_them(name, command):
    behind = command("models").stdout.partition("Beyond forecasts")[2]
    line = next(line for line in behind.splitlines() if line.startswith(f"{name} "))
    assert [what in line for what in OTHERS[name]] == [True, True]
    assert callable(getattr(tsnode, name))


@pytest.mark.skipif(not README.is_file(), reason="the README lies in the checkout only")
@pytest.mark.parametrize("name", OTHERS)
def test_the_readme_has_a_row_of_it(name):
    what, when = OTHERS[name]
    assert f"| `{name}` | {what} | {when} |" in README.read_text(encoding="utf-8")


def test_a_file_is_no_argument(refused):
    assert "tsnode models --help" in refused("models", "weather.csv")
