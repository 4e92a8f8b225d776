"""The README's commands can run as they stand, and what it names exists."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import tsnode
from tsnode.cli import main

ROOT = Path(tsnode.__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(
    not (ROOT / "README.md").is_file(), reason="the README lies in the checkout only"
)


def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", readme(), flags=re.MULTILINE | re.DOTALL)


def first_command():
    return shlex.split(blocks("sh")[0])


def test_there_are_two_commands_of_one_line_on_the_first_screen():
    assert [block.count("\n") for block in blocks("sh")] == [1, 1]
    assert readme().index(blocks("sh")[1]) < readme().index("\n## ")


@pytest.mark.parametrize("number", [0, 1])
def test_each_command_makes_an_environment_and_installs_tested_versions(number):
    steps = blocks("sh")[number].split(" && ")
    assert steps[0] == "python3 -m venv .venv"
    assert steps[1].startswith(".venv/bin/pip install -c constraints.txt ")
    extra = re.search(r"\.\[(\w+)\]", steps[1]).group(1)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra in project["optional-dependencies"]


def test_the_first_command_is_understood_by_the_command_line():
    words = first_command()
    arguments = words[words.index("forecast") + 1 :]
    context = main.commands["forecast"].make_context("forecast", list(arguments))
    assert (ROOT / context.params["file"]).is_file()
    assert context.params["series"] == "EWR"
    assert context.params["output"] == "forecast.csv"


def test_the_folders_of_the_map_exist():
    named = set(re.findall(r"`((?:tsnode/\w+|datasets|tests)/)`", readme()))
    assert len(named) > 10
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def test_every_forecaster_stands_in_the_table():
    named = set(re.findall(r"`(\w+Regressor)`", readme()))
    assert {name for name in tsnode.__all__ if name.endswith("Regressor")} <= named


def test_every_metric_and_scorer_is_named():
    from tsnode import metrics

    named = set(re.findall(r"`(?:tsnode\.metrics\.)?(\w+)(?:\(.*?\))?`", readme()))
    functions = {name for name in metrics.__all__ if name.islower()}
    assert len(functions) > 10
    assert functions <= named


def test_every_display_is_named():
    from tsnode import plots

    named = set(re.findall(r"`(\w+Display)`", readme()))
    assert len(named) > 5
    assert named == set(plots.__all__)


def test_local_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_constraints_name_every_requirement():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    names = {re.match(r"[\w-]+", line).group().lower() for line in needed} - {"tsnode"}
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", constraints(), flags=re.MULTILINE))
    assert names <= set(pinned)
    # A local version would ask for a wheel that only one index has.
    assert "+" not in pinned["torch"]


def constraints():
    return (ROOT / "constraints.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_three_lines_of_python_run():
    names = {}
    exec(blocks("python")[0], names)
    tomorrow = names["tomorrow"]
    assert tomorrow.shape == (24, 4)
    assert tomorrow.notna().all(axis=None)
    assert (tomorrow.index > names["weather"].index[-1]).all()
