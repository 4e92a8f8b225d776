"""``tsnode evaluate`` prints the table of ``forecast``, for one model or several."""

import json

import pandas as pd
import pytest

FAST = ("--model", "persistence", "--horizon", "4h")


def table_of(result):
    assert result.exit_code == 0, result.output
    lines = result.stdout.split("\nlead ")[1].split("\n\n")[0].splitlines()
    return [line.split() for line in lines]


def test_it_says_what_forecast_says_of_the_held_out_part(command, weather_csv):
    options = ("--model", "ridge", "--horizon", "4h", "--interval", "0.9")
    judged = command("evaluate", weather_csv, *options)
    forecast = command("forecast", weather_csv, *options)
    assert table_of(judged) == table_of(forecast)
    before = judged.stdout.split("ridge: training took")[0]
    assert before == forecast.stdout.split("ridge: training took")[0]
    assert "refitting" not in judged.stdout
    assert "Forecast:" not in judged.stdout


def test_several_models_stand_side_by_side(command, weather_csv):
    result = command("evaluate", weather_csv, *FAST, "--model", "ridge", "--interval", "0.9")
    table = table_of(result)
    assert table[0] == ["persistence", "ridge", "same", "hour", "yesterday"]
    alone = table_of(command("evaluate", weather_csv, "--model", "ridge", "--horizon", "4h"))
    assert [row[3] for row in table[1:-1]] == [row[2] for row in alone[1:-1]]
    assert "90 % persistence by column: temp" in result.stdout
    assert "90 % ridge by column: temp" in result.stdout


def test_a_model_from_a_file_is_judged_where_it_has_not_been(command, weather_csv):
    rows = pd.read_csv(weather_csv)[["time", "temp"]]
    rows[:200].to_csv("old.csv", index=False)
    rows.to_csv("all.csv", index=False)
    options = ("--horizon", "4h", "--model-file", "m.tsnode")
    assert command("forecast", "old.csv", "--model", "ridge", *options).exit_code == 0
    result = command("evaluate", "all.csv", *options, "--model", "ridge")
    start = "2024-03-09 08:00 UTC"
    assert f"judging from {start} on: m.tsnode knows the rows before" in result.stdout
    assert f"training on 200 rows before {start}" in result.stdout
    table = table_of(result)
    assert table[0][:4] == ["ridge", "of", "file", "ridge"]
    # The model of the file was fitted on the same rows.
    assert [row[2] for row in table[1:-1]] == [row[3] for row in table[1:-1]]
    later = command("evaluate", "all.csv", *options, "--holdout", "2024-03-10")
    assert "judging by 24 rows" in later.stdout
    assert "judging from" not in later.stdout


def test_the_table_is_written(command, weather_csv):
    options = (*FAST, "--interval", "0.9", "--output")
    shown = table_of(command("evaluate", weather_csv, *options, "table.csv"))
    table = pd.read_csv("table.csv", index_col="steps")
    assert list(table["lead"]) == ["1 h", "2 h", "3 h", "4 h"]
    assert [f"{error:.3f}" for error in table["persistence"][[1, 3, 4]]] == [
        row[2] for row in shown[1:4]
    ]
    result = command("evaluate", weather_csv, *options, "-", "--format", "json", "--quiet")
    document = json.loads(result.stdout)
    assert document["models"] == ["persistence"]
    assert document["rows"][0]["inside 90 %"] == pytest.approx(table["inside 90 %"][1], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--model", "oracle"), "'oracle'"),
        (("--quiet",), "--quiet needs --output"),
        (("--horizon", "60h"), "--horizon 59 or less"),
        (("--model-file", "m.tsnode"), "'m.tsnode' is not there"),
        (("--interval", "1.5"), "--interval must hold shares"),
        (("--output", "weather.csv"), "--output must be another file than FILE"),
    ],
)
def test_a_mistake_is_told_in_one_line(refused, weather_csv, options, words):
    asked = () if "--horizon" in options else FAST
    assert words in refused("evaluate", weather_csv.name, *asked, *options)


def test_a_model_that_has_seen_all_rows_cannot_be_judged(command, refused, weather_csv):
    options = ("--horizon", "4h", "--model-file", "m.tsnode")
    assert command("forecast", weather_csv, "--model", "persistence", *options).exit_code == 0
    line = refused("evaluate", weather_csv, *options)
    assert "must hold rows that m.tsnode has not seen, to judge it; got 0 behind 2024-03-10" in line
