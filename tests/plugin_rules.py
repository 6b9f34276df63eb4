"""Refuses rule markers that ``tests/rules.toml`` does not know; reports which tests prove which rule.

``@pytest.mark.rule("A12.2")`` says that the test would fail if rule A12.2 were
broken. An identifier that isn't in the table, one given twice for a test, or a
marker without any stops the run at collection, with the test's name.

``--rules-report FILE`` writes JSON, rule → sorted names of the collected tests
(``{"A17": ["tests/recording/test_writer.py::test_…"], …}``), every rule of the
table being there; ``scripts/conformance.py`` reads it. A parameter is named
only where it brought the marker, as scenarios in YAML do.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

RULES_FILE: Final = Path(__file__).with_name("rules.toml")
RULE_ID: Final = re.compile(r"^[ATPQX][1-9][0-9]?(\.[1-9][0-9]?){0,2}$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement: identifier, one line in our own words, and where it comes from."""

    id: str
    summary: str
    source: str


def load_rules(path: Path = RULES_FILE) -> dict[str, Rule]:
    """The table, in the order of the file. Raises pytest.UsageError naming what is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise pytest.UsageError(f"{path.name} can't be read as TOML: {error}") from error
    rules: dict[str, Rule] = {}
    for rule_id, row in table.items():
        if not RULE_ID.match(rule_id):
            raise pytest.UsageError(f"{path.name}: {rule_id!r} does not look like a rule (A12.2, T3, X11 …).")
        fields: Mapping[str, object] = row if isinstance(row, dict) else {}
        if set(fields) != {"summary", "source"} or not all(isinstance(v, str) and v.strip() for v in fields.values()):
            raise pytest.UsageError(
                f"{path.name}: rule {rule_id} needs exactly a summary and a source, both not empty."
            )
        rules[rule_id] = Rule(rule_id, str(fields["summary"]), str(fields["source"]))
    return rules


def rules_of(item: pytest.Item) -> list[str]:
    """Identifiers on a test, its parameters, class and module; raises pytest.UsageError for a wrong marker."""
    found: list[str] = []
    for marker in item.iter_markers("rule"):
        if not marker.args or marker.kwargs or not all(isinstance(arg, str) for arg in marker.args):
            raise pytest.UsageError(f'{item.nodeid}: a rule marker names rules, like @pytest.mark.rule("A12.2").')
        found.extend(marker.args)
    return found


def proof_of(item: pytest.Item, rule_id: str) -> str:
    """The test's name in the report; with its parameters when one of them carries the rule."""
    callspec = getattr(item, "callspec", None)
    marks: Sequence[pytest.Mark] = getattr(callspec, "marks", ())
    if callspec is None or any(mark.name == "rule" and rule_id in mark.args for mark in marks):
        return item.nodeid
    return item.nodeid.removesuffix(f"[{callspec.id}]")


def check(item: pytest.Item, known: Iterable[str]) -> list[str]:
    """The item's identifiers, each known and given once; raises pytest.UsageError otherwise."""
    ids = rules_of(item)
    unknown = [rule_id for rule_id in ids if rule_id not in known]
    if unknown:
        raise pytest.UsageError(f"{item.nodeid}: rule {unknown[0]!r} is not in tests/rules.toml.")
    twice = [rule_id for rule_id in ids if ids.count(rule_id) > 1]
    if twice:
        raise pytest.UsageError(f"{item.nodeid}: rule {twice[0]!r} is given twice for this test.")
    return ids


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("rules").addoption(
        "--rules-report", metavar="FILE", help="write which collected tests carry which rule, as JSON"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Before any deselection: a wrong marker is refused although its test would not run."""
    proofs: dict[str, set[str]] = {rule_id: set() for rule_id in load_rules()}
    for item in items:
        for rule_id in check(item, proofs):
            proofs[rule_id].add(proof_of(item, rule_id))
    target = config.getoption("--rules-report")
    if target:
        report = {rule_id: sorted(tests) for rule_id, tests in proofs.items()}
        Path(target).write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
