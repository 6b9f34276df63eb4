"""The personnel pack says the terms of the table that it was written from, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands.knowledge import knowledge
from ivr.errors import KnowledgeError
from ivr.knowledge.pack import Placed, load_topic_file
from ivr.knowledge.terms import load_terms, missing_points, term_faults

HEADER = "point\twho\twhat\tvalue\tunit\tdirection\ttrigger\tnote\n"
TABLE = (
    HEADER
    + "1.1\tCPAI\tparengia projektą\t3\tdarbo dienos\tne vėliau kaip po\tgavus prašymą\t\n"
    + "1.2\tĮstaiga\tpateikia sąrašą\tkovo 1\tdata (kasmet)\tne vėliau kaip iki\t-\t\n"
)
PACK = """pack: personalas
topic: personnel
entries:
  - id: "1.1"
    basis: Aprašas, 1.1 papunktis
    date: null
    about: projekto parengimą
    institution: personalo_centras
    deadline: {count: 3, unit: working_days, direction: after}
    facts: ["3 diena"]
    examples: [a, b, c, d, e, f, g, h]
    short: Įstaiga parengia projektą per tris darbo dienas. Tai nustato aprašo papunktis vienas vienas.
    long: [Pasakykite datą.]
    documents: null
    submit: null
  - id: "1.2"
    basis: Aprašas, 1.2 papunktis
    date: null
    about: sąrašą
    institution: personalo_centras
    deadline: {count: 301, unit: day_of_year, direction: before}
    facts: ["--03-01"]
    examples: [k, l, m, n, o, p, r, s]
    short: Įstaiga pateikia sąrašą iki kovo pirmosios.
    long: [Pasakykite datą.]
    documents: null
    submit: null
"""


def faults(pack: str = PACK, table: str = TABLE) -> list[str]:
    return [finding.problem for finding in term_faults(_placed(pack), load_terms(table, "t.tsv"))]


def _placed(pack: str) -> list[Placed]:
    return load_topic_file(pack, "p.yaml")


def test_a_pack_that_says_its_terms_passes() -> None:
    assert faults() == []
    assert missing_points(_placed(PACK), load_terms(TABLE, "t")) == []


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("tris darbo", "keturias darbo", "not in the table"),
        ("tris darbo dienas", "tris dienas", "working days"),
        ("per tris darbo dienas", "kuo greičiau", "does not say the term"),
        ("count: 3", "count: 4", "4 working_days after"),
        ("unit: working_days, direction: after", "unit: working_days, direction: before", "before, the table has 3"),
        ("kovo pirmosios", "kovo antrosios", "not in the table"),
        ('"1.2"', '"1.3"', "no point 1.3"),
    ],
)
def test_each_difference_is_told(was: str, becomes: str, said: str) -> None:
    assert was in PACK
    assert any(said in problem for problem in faults(PACK.replace(was, becomes)))


def test_a_point_that_nobody_answers_is_told() -> None:
    more = TABLE + "1.9\tCPAI\tx\t2\tdarbo dienos\tper\ty\t\n"
    assert missing_points(_placed(PACK), load_terms(more, "t")) == ["1.9"]


@pytest.mark.parametrize(
    "line",
    [
        "1.3\tCPAI",
        "1.3\ta\tb\t3\tžingsniai\tpo\tc",
        "1.3\ta\tb\ttrys\tdarbo dienos\tpo\tc",
        "1.1\ta\tb\t3\tdarbo dienos\tpo\tc",
    ],
)
def test_a_broken_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(KnowledgeError, match=r"t\.tsv:4"):
        load_terms(TABLE + line + "\n", "t.tsv")


def test_the_command_tells_a_table_from_a_page(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(TABLE, encoding="utf-8")
    result = CliRunner().invoke(knowledge, ["verify", "--source", str(path), "--json"])
    assert result.exit_code == 1  # the shipped pack has other points
    assert json.loads(result.output)["terms"] == 2
    path.write_text("neither", encoding="utf-8")
    assert CliRunner().invoke(knowledge, ["verify", "--source", str(path)]).exit_code == 1
