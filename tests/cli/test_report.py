"""The report is one HTML page that needs nothing else, and says what the command says."""

import base64
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pandas as pd
import pytest
from click.testing import CliRunner

import tsnode
from tsnode.cli import main

from .conftest import write_weather

FAST = ("--model", "persistence", "--horizon", "4h")
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed where it was opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.tags, self.texts = [], [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open += [] if tag in VOID else [tag]
        self.sources += [value for name, value in attrs if name in ("src", "href", "data")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data.strip())

    def pictures(self):
        start = "data:image/svg+xml;base64,"
        assert [source for source in self.sources if not source.startswith(start)] == []
        data = [base64.b64decode(source.removeprefix(start)) for source in self.sources]
        return [ElementTree.fromstring(one) for one in data]


@pytest.fixture
def report(run, tmp_path):
    """Return a function that forecasts with a report, and reads it."""

    def call(*arguments):
        result = run(*arguments, "--report", "report.html")
        assert result.exit_code == 0, result.output
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        return result, text, Page(text)

    return call


@pytest.fixture(scope="module")
def weather_report(tmp_path_factory):
    """One report with an interval, that several tests read."""
    folder = tmp_path_factory.mktemp("report")
    source, target = write_weather(folder / "weather.csv"), folder / "report.html"
    options = ("--interval", "0.9", "--report", str(target))
    result = CliRunner().invoke(main, ["forecast", str(source), *FAST, *options])
    assert result.exit_code == 0, result.output
    text = target.read_text(encoding="utf-8")
    return result, text, Page(text)


def test_the_page_is_whole_and_asks_for_nothing_outside(weather_report):
    _, text, page = weather_report
    assert text.startswith("<!DOCTYPE html>")
    assert page.tags & {"script", "link", "iframe", "object"} == set()
    assert "http" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    pictures = page.pictures()
    assert len(pictures) == 2
    links = [one.get("{http://www.w3.org/1999/xlink}href") for p in pictures for one in p.iter()]
    assert [link for link in links if link is not None and not link.startswith("#")] == []


def test_the_page_holds_the_numbers_that_are_printed(weather_report):
    result, _, page = weather_report
    for label in ("3 h", "mean 1 h to 4 h"):
        lines = [line for line in result.stdout.splitlines() if line.startswith(label + " ")]
        errors, coverage = (line.removeprefix(label).split() for line in lines)
        first = page.texts.index(label)
        assert [text for text in page.texts[first:] if text][1:4] == errors
        assert coverage[0] in page.texts
    assert "Inside the 90 % interval" in page.texts
    (note,) = (line.strip() for line in result.stdout.splitlines() if "left out" in line)
    assert note in page.texts
    assert any(f"tsnode {tsnode.__version__}" in text for text in page.texts)
    assert "4h" in page.texts
    assert "0.25 (default)" in page.texts


def test_the_errors_by_column_are_in_units(report):
    options = ("--station", "EWR", "--columns", "temp", "--since", "2013-12-20")
    _, _, page = report("nyc-weather", *FAST, *options)
    assert any(text.endswith(" degF") for text in page.texts)
    assert "Forecast of EWR" in page.texts


def test_names_of_the_file_are_no_markup(report, weather_csv):
    name = "<script>alert('x')</script> & \"y\""
    pd.read_csv(weather_csv)[["time", "temp"]].set_axis(["time", name], axis=1).to_csv(
        weather_csv, index=False
    )
    _, _, page = report(weather_csv, *FAST)
    assert "script" not in page.tags
    assert name in page.texts


def test_the_report_goes_to_standard_output_alone(run, weather_csv):
    result = run(weather_csv, *FAST, "--columns", "temp", "--report", "-")
    Page(result.stdout)
    assert result.stdout.endswith("</html>\n")
    assert "Mean squared error" in result.stderr


@pytest.mark.parametrize("options", [("--output", "-"), ("--output", "-", "--format", "json")])
def test_two_outputs_to_standard_output_are_refused(refusal, options):
    line = refusal("new.csv", *FAST, *options, "--report", "-")
    assert "Only one output can go to standard output; got - for --output and --report" in line


def test_a_report_without_matplotlib_is_refused_before_reading(refusal, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'tsnode[plots]'" in refusal("new.csv", *FAST, "--report", "r.html")


def test_a_model_that_nothing_judged_is_reported_and_drawn_without_errors(run, report, weather_csv):
    options = ("--horizon", "4h", "--model-file", "m.tsnode", "--columns", "temp")
    assert run(weather_csv, "--model", "persistence", *options).exit_code == 0
    _, _, page = report(weather_csv, *options, "--plot", "p.svg", "--interval", "0.9")
    assert "Nothing judged it: there are no rows that it has not seen." in page.texts
    assert len(page.pictures()) == 1


def test_the_losses_of_a_training_are_drawn(report, weather_csv, monkeypatch):
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [2.0, 1.5]})
    fit_report = type("Report", (dict,), {"history": history})()
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit_report_", fit_report, raising=False)
    _, _, page = report(weather_csv, *FAST, "--columns", "temp")
    assert len(page.pictures()) == 3
    assert "Losses over the epochs of the training." in page.texts


def test_an_evaluation_has_a_report_of_all_its_models(command, weather_csv, tmp_path):
    options = ("--model", "ridge", "--interval", "0.9", "--report", "report.html")
    result = command("evaluate", weather_csv, *FAST, *options)
    assert "report written to report.html" in result.stdout
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Evaluation of" in " ".join(page.texts)
    assert "persistence, ridge" in page.texts
    assert "Forecast" not in page.texts
    assert len(page.pictures()) == 1
