"""The user's mistakes end with one line, exit status 2 and no partial file."""

import pandas as pd
import pytest
from click.testing import CliRunner

import tsnode
from tsnode.cli import main
from tsnode.exceptions import FitError

FAST = ("--model", "persistence")


def assert_one_line(result, *words):
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--horizon", "tomorrow"), ("'24h' or '2D'", "tomorrow")),
        (("--horizon", "5min"), ("at least the step", "1 h")),
        (("--horizon", "-6h"), ("at least the step", "-6h")),
        (("--horizon", "0"), ("at least the step",)),
        (("--columns", "tmp"), ("tmp", "did you mean temp?")),
        (("--columns", "temp,rainfall"), ("rainfall", "There are temp, pressure, gust")),
        (("--columns", ""), ("at least one column", "got ''", "There are temp")),
        (("--columns", ","), ("at least one column", "got ','", "There are temp")),
        (("--holdout", "soon"), ("date such as 2013-10-01", "soon")),
        (("--holdout", "1999-01-01"), ("two rows on each side", "1999-01-01")),
        (("--holdout", "2030-01-01"), ("two rows on each side",)),
        (("--station", "EWR"), ("holds one",)),
        (("--output", "nowhere/out.csv"), ("--output", "No such file or directory", "nowhere")),
        (("--output", "."), ("--output must be a file",)),
        (("--plot", "picture.jpeg"), (".png, .pdf, .svg", "picture.jpeg")),
        (("--plot", "nowhere/picture.png"), ("--plot", "nowhere")),
        (("--quiet",), ("nothing would come out",)),
        (("--model", "oracle"), ("oracle", "tsnode forecast --help")),
        (("--horizn", "3h"), ("--horizn", "tsnode forecast --help")),
        (("--seed", "-1"), ("from 0 to 4294967295", "got -1")),
        (("--seed", "4294967296"), ("from 0 to 4294967295", "got 4294967296")),
        (("--device", "tpu"), ("auto, cpu or cuda", "got 'tpu'")),
    ],
)
def test_a_wrong_option_is_told_in_one_line(run, weather_csv, options, words):
    assert_one_line(run(weather_csv, *FAST, *options), *words)


@pytest.mark.parametrize("model", ["ridge", "neural-ode"])
@pytest.mark.parametrize("device", ["tpu", "cuda"])
def test_a_device_that_is_not_there_is_refused_before_reading(
    run, weather_csv, monkeypatch, model, device
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    result = run(weather_csv, "--model", model, "--device", device)
    assert_one_line(result, f"got {device!r}", "auto")
    assert result.stdout == ""


def test_outputs_are_checked_before_anything_is_trained(run, weather_csv, monkeypatch):
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", None)
    assert_one_line(run(weather_csv, *FAST, "--output", "nowhere/out.csv"), "nowhere")


@pytest.mark.parametrize(
    ("name", "words"),
    [("wether.csv", ("Did you mean", "weather.csv")), ("other/x.csv", ("must be a CSV",))],
)
@pytest.mark.usefixtures("weather_csv")
def test_a_missing_file_is_named_with_the_nearest(run, name, words):
    assert_one_line(run(name, *FAST), *words)


def test_a_folder_is_no_file(run, tmp_path):
    assert_one_line(run(tmp_path, *FAST), "folder")


def test_several_stations_need_a_name(run, stations_csv):
    assert_one_line(run(stations_csv, *FAST), "North, South", "--series North")


def test_an_unknown_station_gets_a_suggestion(run, stations_csv):
    assert_one_line(run(stations_csv, *FAST, "--station", "south"), "Did you mean South?")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01", b"just some prose\nwithout commas\n",
     b"a,b\n1,2\n3,4\n", b"time,temp\n", b"time,temp\n2024-01-01,3.5\n",
     b"time,name\n2024-01-01,x\n2024-01-02,y\n", b"time,temp\nnever,1\nlater,2\n"],
    ids=["empty", "picture", "prose", "no time", "header only", "one row", "no numbers",
         "unreadable times"],
)  # fmt: skip
def test_a_file_that_is_no_series_is_refused(run, tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    assert_one_line(run("bad.csv", *FAST))


@pytest.mark.parametrize("n_rows", [1, 3])
def test_a_file_of_a_few_rows_is_told_by_their_number(run, tmp_path, n_rows):
    pd.DataFrame({"time": pd.date_range("2024", periods=n_rows), "x": 1.0}).to_csv(
        tmp_path / "short.csv"
    )
    assert_one_line(run("short.csv", *FAST), f"{n_rows} row(s)", "at least 4")


def test_a_failed_training_is_our_fault(run, weather_csv, monkeypatch):
    def fail(*_args):
        msg = "loss is NaN at epoch 3"
        raise FitError(msg)

    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", fail)
    result = run(weather_csv, *FAST)
    assert result.exit_code == 1
    assert result.stderr.strip() == "Error: loss is NaN at epoch 3"


def test_a_fault_of_ours_keeps_its_traceback(run, weather_csv, monkeypatch):
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", lambda *_args: 1 / 0)
    result = run(weather_csv, *FAST)
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


def test_an_unknown_command_is_told_in_one_line():
    assert_one_line(CliRunner().invoke(main, ["forcast", "x.csv"]), "forcast", "tsnode --help")
