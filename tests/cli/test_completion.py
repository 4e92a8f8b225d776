"""The shell completes commands, options, models and files, as the README says."""

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from tsnode.cli import main


def completions(words, incomplete):
    complete = ShellComplete(main, {}, "tsnode", "_TSNODE_COMPLETE")
    return complete.get_completions(words, incomplete)


@pytest.mark.parametrize(
    ("words", "incomplete", "expected"),
    [
        ([], "f", {"forecast"}),
        (["forecast"], "--mod", {"--model", "--model-file"}),
        (["forecast", "x.csv", "--model"], "n", {"neural-ode", "nn-step"}),
        (["evaluate", "--model", "ridge", "--model"], "p", {"persistence"}),
        (["forecast", "x.csv", "--format"], "", {"csv", "json", "parquet"}),
    ],
)
def test_names_are_completed(words, incomplete, expected):
    found = {item.value for item in completions(words, incomplete)}
    assert expected <= found
    assert all(value.startswith(incomplete) for value in found)


@pytest.mark.parametrize(
    "words",
    [["forecast"], ["forecast", "x.csv", "--report"], ["plot", "x.csv", "--forecast"]],
)
def test_files_are_left_to_the_shell(words):
    (item,) = completions(words, "wea")
    assert item.type == "file"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_line_of_the_readme_writes_the_script_of_a_shell(shell):
    runner = CliRunner(env={"_TSNODE_COMPLETE": f"{shell}_source"})
    result = runner.invoke(main)
    assert result.exit_code == 0
    assert "_TSNODE_COMPLETE" in result.stdout
    assert "tsnode" in result.stdout
