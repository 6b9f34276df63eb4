"""Figures on the page: tables and charts from what benches print, and words that stay."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ivr.commands import bench_all
from ivr.commands.bench import bench
from ivr.simulator.bench_page import BEGIN, END, Chart, Measured, bars, section, written

RESULT = {
    "load": {"v2v_ms": {"p50": 600.0, "p95": 830.25, "p99": None, "max": 900.0, "count": 7}, "calls": 23, "ok": True},
    "faults": {},
    "names": ["one"],
    "none_ms": {"p50": None, "p95": None, "p99": None, "max": None, "count": 0},
}


def test_every_figure_has_its_row_and_words_have_none() -> None:
    chart = Chart("turns", "ms", {"median": "load.v2v_ms.p50", "nowhere": "load.other.p50"})
    lines = section("load", Measured("ivr bench load", "today", "a machine", RESULT), [chart])
    text = "\n".join(lines)
    assert "| load.v2v_ms | 600 | 830.25 | – | 900 |" in lines
    assert "| load.calls | 23 |" in lines
    assert "`ivr bench load`, today, a machine" in text
    assert "nowhere" not in text
    assert "none_ms" not in text
    assert "names" not in text


def test_bars_are_as_long_as_their_figures() -> None:
    drawn = bars("turns", [("one", 100.0), ("two", 50.0), ("three", 0.1)], "ms")
    assert [line.count("█") for line in drawn[2:5]] == [40, 20, 0]
    assert bars("turns", [], "ms") == []
    assert bars("turns", [("none", 0.0)], "ms") == []


def test_only_what_stands_between_the_marks_is_written_anew() -> None:
    first = written("# Page\n\nWords.\n", [["one"]])
    assert first.startswith("# Page\n\nWords.\n")
    again = written(first + "\n## After\n", [["two"]])
    assert "one" not in again
    assert again.index("two") < again.index("## After")
    assert (again.count(BEGIN), again.count(END)) == (1, 1)
    with pytest.raises(ValueError, match="both marks"):
        written(f"# Page\n{BEGIN}\n", [])


def test_what_is_known_is_not_measured_again_and_what_failed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command[command.index("bench") + 1])
        good = asked[-1] == "answer"
        out, words = ('{"calls": 50}\n', "") if good else ("", "Error: no model.\n")
        return subprocess.CompletedProcess(command, 0 if good else 1, out, words)

    monkeypatch.setattr(subprocess, "run", run)
    page, results = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text("# Page\n")
    arguments = ["all", "--only", "answer", "--only", "asr", "--results", str(results), "--page", str(page), "--json"]
    done = CliRunner().invoke(bench, arguments)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failed"] == {"asr": "bench asr: no model. Run it alone to see more"}
    assert "| calls | 50 |" in page.read_text()
    CliRunner().invoke(bench, arguments)
    assert asked == ["answer", "asr", "asr"]


def test_nothing_is_begun_that_would_last_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_all, "run", lambda arguments: pytest.fail(f"{arguments} was begun"))
    page = tmp_path / "page.md"
    page.write_text("# Page\n")
    arguments = ["--only", "long call", "--minutes", "5", "--results", str(tmp_path / "r"), "--page", str(page)]
    done = CliRunner().invoke(bench, ["all", *arguments])
    assert done.exit_code == 0, done.output
    assert "not yet: long call" in done.output
