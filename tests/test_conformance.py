"""The table of rules, the check of markers, and the page that is made of both."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from scripts import conformance
from tests.plugin_rules import RULE_ID, Rule, load_rules

pytest_plugins = ["pytester"]

RULES = load_rules()
PAGE = conformance.DOCUMENT


def test_the_table_holds_every_rule_of_each_source() -> None:
    assert Counter(rule_id[0] for rule_id in RULES) == {"A": 47, "T": 9, "P": 6, "Q": 5, "X": 12}
    assert all(RULE_ID.match(rule_id) for rule_id in RULES)


def test_summaries_are_one_line_and_each_its_own() -> None:
    summaries = [rule.summary for rule in RULES.values()]
    assert len(set(summaries)) == len(summaries)
    assert all("\n" not in text and 20 <= len(text) <= 120 and not text.endswith(".") for text in summaries)


def test_sources_name_the_point_that_the_identifier_names() -> None:
    for rule in RULES.values():
        if rule.id[0] in "AT":
            assert re.search(rf"point {re.escape(rule.id[1:])}$", rule.source), rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A1 = ", "can't be read"),
        ('["A12.2"]\nsummary = "s"\nsource = "q"\n["A12.2"]\nsummary = "s"\nsource = "q"\n', "can't be read"),
        ('["B1"]\nsummary = "s"\nsource = "q"\n', "does not look like a rule"),
        ('["A012"]\nsummary = "s"\nsource = "q"\n', "does not look like a rule"),
        ('["A1"]\nsummary = "s"\n', "needs exactly a summary and a source"),
        ('["A1"]\nsummary = " "\nsource = "q"\n', "needs exactly a summary and a source"),
        ('A1 = "text"\n', "needs exactly a summary and a source"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "rules.toml"
    table.write_text(text)
    with pytest.raises(pytest.UsageError, match=complaint):
        load_rules(table)


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makeini("[pytest]\nmarkers = rule(*ids): rules")
    pytester.makepyfile(test_it=f"import pytest\n{source}")
    others = ("asyncio", "hypothesispytest", "anyio", "cacheprovider")
    off = [part for name in others for part in ("-p", f"no:{name}")]
    return pytester.runpytest_inprocess("-p", "tests.plugin_rules", *off, *arguments)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('@pytest.mark.rule("A99")', "rule 'A99' is not in tests/rules.toml."),
        ('@pytest.mark.rule("A17", "A99")', "rule 'A99' is not in tests/rules.toml."),
        ("@pytest.mark.rule()", "a rule marker names rules"),
        ("@pytest.mark.rule(17)", "a rule marker names rules"),
        ('@pytest.mark.rule(id="A17")', "a rule marker names rules"),
        ('@pytest.mark.rule("A17", "A17")', "rule 'A17' is given twice for this test."),
        ('@pytest.mark.rule("A17")\n@pytest.mark.rule("A17")', "rule 'A17' is given twice for this test."),
        ('@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.rule("Z1"))])', "rule 'Z1' is not in"),
    ],
)
def test_a_wrong_marker_stops_the_run_with_one_sentence(pytester: pytest.Pytester, marker: str, complaint: str) -> None:
    argument = "n" if "parametrize" in marker else ""
    result = run(pytester, f"{marker}\ndef test_a({argument}): pass\n\ndef test_b(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.parseoutcomes() == {}
    complaints = [line for line in result.errlines if line.startswith("ERROR")]
    assert len(complaints) == 1
    assert "test_it.py::test_a" in complaints[0]
    assert complaint in complaints[0]


def test_a_wrong_marker_is_refused_although_its_test_is_deselected(pytester: pytest.Pytester) -> None:
    result = run(pytester, '@pytest.mark.rule("A99")\ndef test_a(): pass\n\ndef test_b(): pass', "-k", "test_b")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_report_names_a_case_only_where_the_case_carries_the_rule(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.rule("A17")
@pytest.mark.parametrize("n", [pytest.param(1, id="one", marks=pytest.mark.rule("X2")), pytest.param(2, id="two")])
def test_scenario(n): pass
"""
    result = run(pytester, source, "--collect-only", "--rules-report", "report.json")
    assert result.ret == 0
    report = json.loads((pytester.path / "report.json").read_text())
    assert set(report) == set(RULES)
    assert {rule_id: tests for rule_id, tests in report.items() if tests} == {
        "A17": ["test_it.py::test_scenario"],
        "X2": ["test_it.py::test_scenario[one]"],
    }


def test_a_rule_without_a_test_is_shown_as_a_gap() -> None:
    rules = {rule_id: Rule(rule_id, f"what {rule_id} wants", "its source") for rule_id in ("A17", "X2")}
    page = conformance.render(rules, {"A17": ["tests/a.py::test_a[x|y]", "tests/b.py::test_b"], "X2": []})
    assert "| A17 | what A17 wants | its source | `tests/a.py::test_a[x\\|y]`<br>`tests/b.py::test_b` |" in page
    assert "| X2 | what X2 wants | its source | **gap** |" in page
    assert "Proved: 1 of 2; gaps: 1." in page


def test_the_check_tells_a_page_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "conformance.md"
    page.parent.mkdir()
    proofs = {"A17": ["tests/a.py::test_a"]}
    monkeypatch.setattr(conformance, "ROOT", tmp_path)
    monkeypatch.setattr(conformance, "DOCUMENT", page)
    monkeypatch.setattr(conformance, "collected", lambda: proofs)
    assert conformance.main(["--check"]) == 1
    assert not page.exists()
    assert conformance.main([]) == 0
    assert conformance.main(["--check"]) == 0
    proofs["A17"].append("tests/b.py::test_b")
    assert conformance.main(["--check"]) == 1
    assert "is out of date" in capsys.readouterr().err


def test_the_page_in_the_repository_has_the_rules_of_the_table() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if RULE_ID.match(line[2:].split(" ")[0])]
    shown = [tuple(cell.strip() for cell in row.split(" | ")[:3]) for row in rows]
    assert shown == [(f"| {rule.id}", rule.summary, rule.source) for rule in RULES.values()]
