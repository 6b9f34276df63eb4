"""Some thousand inputs that are nearly right, of fixed seeds; the million is ``scripts/bench/fuzz_inputs.py``."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from ivr.people.handover import message_of
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.spill import Spill
from ivr.store.writer import JournalWriter
from scripts.bench.fuzz_parsers import Pages, parsers
from scripts.bench.mutate import bytes_like, json_line
from tests.office.quality_unit import Quality

SHARES = {
    "sip_text": 1500, "people": 1500, "spill": 1500, "answers": 1000, "wyoming": 1000, "batch": 400, "receipt": 300,
    "config": 150, "plan": 60, "pack": 15, "recording": 200,
}  # fmt: skip


@pytest.mark.parametrize("name", SHARES)
def test_what_is_nearly_right_is_taken_or_refused(name: str, tmp_path: Path) -> None:
    (target,) = (parser for parser in parsers(tmp_path) if parser.name == name)
    assert target.run(f"tests/{name}", SHARES[name]) == []


def test_every_reader_of_foreign_texts_is_among_them(tmp_path: Path) -> None:
    assert {parser.name for parser in parsers(tmp_path)} == set(SHARES)


def test_no_request_makes_an_office_page_fail() -> None:
    pages = Pages()
    try:
        assert pages.run("tests/http", 60) == []
    finally:
        pages.close()


def test_a_fault_is_found_and_named() -> None:
    """A reader that does worse than refuse does not pass."""

    def careless(data: bytes) -> None:
        if b"=" in data:
            raise RuntimeError("an equals sign")

    with tempfile.TemporaryDirectory() as folder:
        (sip,) = (parser for parser in parsers(Path(folder)) if parser.name == "sip_text")
        sip._read = careless
        faults = sip.run("tests/careless", 20)
    assert faults
    assert all("an equals sign" in fault.problem and fault.seed == "tests/careless" for fault in faults)


def test_the_same_seed_makes_the_same_inputs() -> None:
    value: dict[str, Any] = {"kind": "seek", "tried": [1, 2], "call": "c1"}
    made = [
        [json_line(chance, value) for _ in range(50)] + [bytes_like(chance, b"a=1\r\nb=2", ()) for _ in range(50)]
        for chance in (random.Random("x"), random.Random("x"))
    ]
    assert made[0] == made[1]
    assert value == {"kind": "seek", "tried": [1, 2], "call": "c1"}


@pytest.mark.parametrize(
    "line",
    [
        '{"call_id": "c1", "seq": 1e999, "at": "2026-11-20T09:00:00.000Z", "kind": "turn.key", "data": {}}',
        '{"at": "2026-11-20T09:00:00.000Z", "kind": "x", "data": ' + "[" * 100_000,
    ],
    ids=["a number without an end", "brackets without an end"],
)
def test_a_line_that_is_no_record_does_not_stop_the_journal(line: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_database(path).close()
    Spill(path).path.write_text(line + "\n", encoding="utf-8")
    writer = JournalWriter(path)
    writer.append("c2", "call.offered", {})
    assert writer.close(60.0)
    assert [event.call_id for event in Journal(open_database(path)).follow(0)] == ["c2"]


@pytest.mark.parametrize("line", [b'{"kind": "seek", "call": "c1", "tried": [1e999]}', b"[" * 100_000])
def test_a_line_that_is_no_message_is_refused_as_such(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"infinity|recursion"):
        message_of(line)


async def test_a_number_that_no_database_holds_is_not_found(tmp_path: Path) -> None:
    async with Quality(tmp_path).browser("ona") as visit:
        assert (await visit.get(f"/skambutis/{'9' * 30}")).status_code == 404
