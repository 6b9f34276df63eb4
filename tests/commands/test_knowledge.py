"""``ivr knowledge``: a page is imported, compared and verified; packs are checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.commands.knowledge import knowledge
from tests.knowledge.page import PAGE
from tests.knowledge.test_check import TOPIC


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``dialplans`` with one small pack, written from the small page."""
    dialplans = tmp_path / "dialplans"
    (dialplans / "knowledge" / "ministerija").mkdir(parents=True)
    for name in ("topics.yaml", "institutions.yaml", "knowledge/kinds.yaml", "knowledge/concepts.yaml"):
        shutil.copy(Path("dialplans") / name, dialplans / name)
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    text = TOPIC.replace("institution: biblioteka", "institution: ministerija")
    text = text.replace("Biblioteka kortelę", "Ministerijos biblioteka kortelę")
    (dialplans / "knowledge" / "ministerija" / "card.yaml").write_text(text, encoding="utf-8")
    done = run(dialplans, "import", str(tmp_path / "page.txt"), "--write", str(dialplans / "knowledge" / "page.yaml"))
    assert done.exit_code == 0, done.output
    return dialplans


def run(folder: Path, command: str, *arguments: str) -> Result:
    place = [] if command in ("import", "reviewed") else ["--dialplans", str(folder)]
    return CliRunner().invoke(knowledge, [command, *arguments, *place])


@pytest.mark.rule("Q5")
def test_import_tells_entries_faults_and_what_an_edition_changed(folder: Path) -> None:
    newer = folder.parent / "newer.txt"
    newer.write_text(PAGE.replace("2,50 Eur", "3 Eur"), encoding="utf-8")
    record = str(folder / "knowledge" / "page.yaml")
    result = json.loads(run(folder, "import", str(newer), "--compare", record, "--json").output)
    assert len(result["entries"]) == 5
    assert result["difference"] == {"added": [], "changed": ["1.1"], "gone": []}
    assert {"kind": "EMPTY"}.items() <= result["entries"][2]["faults"][0].items()


def test_import_refuses_a_foreign_file_with_its_line(folder: Path) -> None:
    foreign = folder.parent / "foreign.txt"
    foreign.write_text("Užduokite klausimą\nKas čia?\n", encoding="utf-8")
    result = run(folder, "import", str(foreign))
    assert result.exit_code == 1
    assert "foreign.txt:2" in result.output


def test_check_passes_drafts_demands_the_second_reading_and_tells_what_is_missing(folder: Path) -> None:
    file = str(folder / "knowledge" / "ministerija" / "card.yaml")
    assert run(folder, "check", file, "--drafts").exit_code == 0
    assert "second time" in run(folder, "check", file).output
    assert run(folder, "reviewed", file).exit_code == 0
    assert run(folder, "check", file).exit_code == 0
    whole = json.loads(run(folder, "check", "--json").output)
    assert (whole["ok"], whole["uncovered"]) == (False, ["1.2", "1.3", "2.1", "2.3"])


def test_verify_holds_the_kept_facts_against_the_page(folder: Path) -> None:
    page, record = folder.parent / "page.txt", folder / "knowledge" / "page.yaml"
    same = json.loads(run(folder, "verify", "--source", str(page), "--json").output)
    assert (same["drift"], same["findings"]) == ([], [])
    record.write_text(record.read_text(encoding="utf-8").replace('"2.5 eur"', '"3.5 eur"'), encoding="utf-8")
    changed = json.loads(run(folder, "verify", "--source", str(page), "--json").output)
    assert changed["drift"] == ["1.1: the kept facts are not those of the page"]


def test_facts_are_printed_and_an_unknown_source_is_refused(folder: Path) -> None:
    assert "2.5 eur" in run(folder, "facts", "1.1").output
    assert run(folder, "facts", "9.9").exit_code == 1
    assert run(folder, "facts", "x").exit_code == 1


def test_the_lines_own_packs_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(knowledge, ["facts", "1.1"])
    assert told.exit_code == 0, told.output
