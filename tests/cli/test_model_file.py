"""A model file is fitted once; afterwards the forecast starts from the file's newer rows."""

import numpy as np
import pandas as pd
import pytest

import tsnode

ASKED = ("--model", "ridge", "--horizon", "4h")


@pytest.fixture
def rows(weather_csv):
    """Return the weather without its sparse column, and make the file hold its first eight days."""
    rows = pd.read_csv(weather_csv)[["time", "temp", "pressure"]]
    rows[:192].to_csv(weather_csv, index=False)
    return rows


@pytest.fixture
def fitted(run, rows, weather_csv):
    """Forecast the first eight days into a model file; returns its path."""
    result = run(weather_csv, *ASKED, "--model-file", "m.tsnode", "--output", "first.csv")
    assert result.exit_code == 0, result.output
    assert "model written to m.tsnode" in result.stdout
    rows.to_csv(weather_csv, index=False)
    return weather_csv.with_name("m.tsnode")


@pytest.fixture
def untrained(fitted, monkeypatch):  # noqa: ARG001 - the first training comes before
    """Make any further training of the model a fault."""
    monkeypatch.setattr(tsnode.RidgeLagRegressor, "fit", None)


def read(name):
    return pd.read_csv(name, index_col=0, parse_dates=True)


@pytest.mark.usefixtures("rows")
def test_without_newer_rows_the_forecast_is_the_first_one_again(run, fitted, weather_csv):
    pd.read_csv(weather_csv)[:192].to_csv(weather_csv, index=False)
    before = fitted.read_bytes()
    options = ("--output", "again.csv", "--holdout", "0.5")
    result = run(weather_csv, *ASKED, "--model-file", fitted, *options)
    assert result.exit_code == 0, result.output
    pd.testing.assert_frame_equal(read("again.csv"), read("first.csv"))
    assert "not trained again; 0 newer rows" in result.stdout
    assert "not judged on 0 newer row(s)" in result.stdout
    assert "of no effect without training: --holdout" in result.stdout
    assert fitted.read_bytes() == before


@pytest.mark.usefixtures("untrained")
def test_newer_rows_move_the_state_as_update_does(run, fitted, rows, weather_csv):
    options = ("--horizon", "4h", "--interval", "0.9", "--output", "again.csv")
    result = run(weather_csv, "--model-file", fitted, *options)
    assert result.exit_code == 0, result.output
    frame = rows.set_index(pd.to_datetime(rows["time"], utc=True))[["temp", "pressure"]]
    model = tsnode.load(fitted)
    model.update(frame.index[192:], frame[192:])
    stamps = frame.index[-1] + pd.timedelta_range("1h", periods=4, freq="h")
    found = read("again.csv")
    np.testing.assert_allclose(found[["temp", "pressure"]], model.predict(stamps), rtol=1e-5)
    lower, _ = model.predict_interval(stamps, coverage=0.9)
    np.testing.assert_allclose(found["temp_lower_90"], lower["temp"], rtol=1e-5)


def test_newer_rows_judge_the_model_by_hand(run, fitted, rows, weather_csv):
    result = run(weather_csv, "--columns", "temp,pressure", "--model-file", fitted, *ASKED)
    assert "ridge of rows up to 2024-03-08 23:00 UTC" in result.stdout
    frame = rows.set_index(pd.to_datetime(rows["time"], utc=True))[["temp", "pressure"]]
    line = next(line for line in result.stdout.splitlines() if line.startswith("lead "))
    assert line.split()[1] == "ridge"
    line = next(line for line in result.stdout.splitlines() if line.startswith("3 h"))
    origins = frame.index[192:][:-3:3]
    leads = origins + pd.Timedelta("3h")
    forecast = tsnode.load(fitted).predict(leads, history=frame, horizon="3h")
    errors = (forecast - frame.loc[leads]) ** 2 / frame[:192].var(ddof=0)
    assert float(line.split()[2]) == pytest.approx(errors.mean().mean(), abs=6e-4)


def test_the_series_of_a_station_is_remembered(run, refusal, stations_csv):
    options = ("--model", "persistence", "--horizon", "4h", "--model-file", "m.tsnode")
    assert run(stations_csv, "--station", "South", *options).exit_code == 0
    assert "series South: 240 rows" in run(stations_csv, *options).stdout
    line = refusal(stations_csv, "--station", "North", *options)
    assert "--station must be the series of m.tsnode, South; got North" in line


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--columns", "temp"), "--columns must be those of m.tsnode (temp, pressure); got temp"),
        (("--model", "persistence"), "--model must be the one in m.tsnode, ridge; got persistence"),
        (("--until", "2024-03-05"), "must reach the last row that m.tsnode knows, 2024-03-08 23"),
        (("--every", "5h"), "no longer than --horizon 4h"),
        (("--horizon", "9999999"), "at most 1,000,000"),
        (("--output", "m.tsnode"), "--model-file must be another file than --output"),
        (("--output", "-", "--plot", "m.tsnode"), ".png, .pdf, .svg"),
    ],
)
@pytest.mark.usefixtures("fitted")
def test_what_does_not_go_with_the_model_is_refused(refusal, weather_csv, options, words):
    asked = () if "--horizon" in options else ("--horizon", "4h")
    assert words in refusal(weather_csv, "--model-file", "m.tsnode", *asked, *options)


@pytest.mark.usefixtures("fitted", "untrained")
def test_a_file_of_other_columns_or_values_is_refused(refusal, rows):
    asked = ("--model-file", "m.tsnode", "--horizon", "4h")
    rows.rename(columns={"temp": "tmp"}).to_csv("other.csv", index=False)
    line = refusal("other.csv", *asked)
    assert "it lacks temp (did you mean tmp?). There are tmp, pressure." in line
    rows.assign(temp=rows["temp"] + 1, pressure=1.0).to_csv("other.csv", index=False)
    line = refusal("other.csv", *asked)
    assert "100% of the values at the same times differ" in line
    rows.assign(time=np.arange(240) / 4).to_csv("other.csv", index=False)
    assert "times like those of m.tsnode (stamps with a zone); got numbers" in (
        refusal("other.csv", *asked)
    )


@pytest.mark.parametrize("cut", [0, 100, -1])
@pytest.mark.usefixtures("untrained")
def test_a_damaged_model_file_is_refused_and_left_as_it_is(refusal, fitted, weather_csv, cut):
    data = fitted.read_bytes()[:cut]
    fitted.write_bytes(data)
    line = refusal(weather_csv, "--model-file", "m.tsnode", "--horizon", "4h")
    assert "Expected a file that tsnode.save wrote; got 'm.tsnode'" in line
    assert fitted.read_bytes() == data


def test_a_model_of_arrays_or_panels_is_refused(refusal, weather_csv):
    t = np.arange(50.0)
    model = tsnode.PersistenceRegressor().fit(t[:, None], np.sin(t))
    tsnode.save(model, "arrays.tsnode")
    assert "holds one of plain arrays" in refusal(weather_csv, "--model-file", "arrays.tsnode")
    index = pd.MultiIndex.from_product([["a", "b"], t[:20]], names=["place", "t"])
    tsnode.save(model.fit(index, pd.Series(np.arange(40.0), index)), "panel.tsnode")
    assert "of a panel of series" in refusal(weather_csv, "--model-file", "panel.tsnode")


@pytest.mark.parametrize(
    ("path", "words"),
    [("-", "must be a file; got -"), (".", "got the folder"), ("no/m.tsnode", "--model-file must")],
)
def test_a_place_for_no_model_is_refused_before_training(
    refusal, weather_csv, monkeypatch, path, words
):
    monkeypatch.setattr(tsnode.RidgeLagRegressor, "fit", None)
    assert words in refusal(weather_csv, *ASKED, "--model-file", path)
