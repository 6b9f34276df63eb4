"""An export is read by people's programs and becomes the same packs again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands.knowledge import knowledge
from ivr.errors import KnowledgeError
from ivr.knowledge.export import read_export, rows_of, to_csv, to_json, to_packs
from ivr.knowledge.pack import load_pack
from ivr.paths import project_file
from ivr.store.shelf import Shelf, read_shelf


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return read_shelf(project_file("dialplans"))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_export_becomes_the_same_entries_again(shelf: Shelf, form: str) -> None:
    text = to_json(shelf.placed) if form == "json" else to_csv(shelf.placed)
    files = to_packs(read_export(text, "export"), "export")
    again = load_pack({"/".join(name): content for name, content in files.items()})
    before = {one.id: (one.topic, one.entry) for one in shelf.placed}
    assert {one.id: (one.topic, one.entry) for one in again} == before
    assert all(one.entry.reviewed is None or one.entry.reviewed.seal == one.entry.seal() for one in again)


def test_a_spreadsheet_finds_an_entry_a_row(shelf: Shelf) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(shelf.placed), newline="")))
    assert len(rows) == len(shelf.placed)
    assert rows[0]["examples"].split("\n") == list(shelf.placed[0].entry.examples)
    assert len(rows_of(shelf.placed)) == len(json.loads(to_json(shelf.placed)))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "[1]", "[", "pack,topic,id,short,table\nx,y,z,s,{\n"])
def test_what_is_no_export_is_refused(text: str) -> None:
    with pytest.raises(KnowledgeError):
        read_export(text, "file")


def test_an_entry_without_an_id_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="no pack, topic or id"):
        to_packs([{"pack": "linija", "topic": "line"}], "file")


def test_restoring_never_writes_over_packs(tmp_path: Path) -> None:
    export = tmp_path / "packs.csv"
    run = CliRunner().invoke(knowledge, ["export", "--format", "csv", "--out", str(export)])
    assert run.exit_code == 0, run.output
    restored = tmp_path / "restored"
    assert CliRunner().invoke(knowledge, ["restore", str(export), "--to", str(restored)]).exit_code == 0
    second = CliRunner().invoke(knowledge, ["restore", str(export), "--to", str(restored)])
    assert second.exit_code == 1
    assert "is not empty" in second.output
    assert (restored / "ministerija" / "child_benefit.yaml").exists()
