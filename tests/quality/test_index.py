"""The index is a reading of the journal: it may be deleted, follows another journal, and holds nobody's number."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.quality.desk import picked_up
from ivr.quality.figures import figures_of
from ivr.quality.index import Wanted
from ivr.sampling.population import Flag
from tests.quality.office import DURING, JONAS, NUMBER, ONA, Unit


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


def everything(unit: Unit) -> list[tuple[str, int]]:
    desk = unit.desk()
    desk.index.catch_up(desk.journal)
    return [(one.call, one.employee) for one in desk.index.find(Wanted())]


def test_a_call_that_goes_on_is_not_there_yet(unit: Unit) -> None:
    unit.journal.append("live", "call.offered", {"pii_caller": NUMBER}, datetime(2026, 11, 3, tzinfo=UTC))
    assert everything(unit) == []
    unit.journal.append("live", "call.ended", {"outcome": "abandoned"}, datetime(2026, 11, 3, tzinfo=UTC))
    assert everything(unit) == [("live", 0)]


def test_who_picked_up_has_a_part_of_their_own(unit: Unit) -> None:
    unit.call("c", agent=ONA.id, seconds=125.0)
    desk = unit.desk()
    desk.index.catch_up(desk.journal)
    ona, assistant = desk.index.one("c", ONA.id), desk.index.one("c", 0)
    assert ona
    assert assistant
    assert (ona.duration_s, assistant.duration_s) == (100.0, 21.0)
    assert desk.index.one("c", JONAS.id) is None


def test_of_several_who_were_called_the_last_one_picked_up(unit: Unit) -> None:
    more: tuple[tuple[str, float, dict[str, object]], ...] = (
        ("transfer.offered", 20.0, {"target": "agent"}),
        ("transfer.context", 21.0, {"employee": ONA.id}),
        ("transfer.context", 40.0, {"employee": JONAS.id}),
        ("transfer.bridged", 50.0, {"target": "agent"}),
    )
    unit.call("c", more=more, seconds=100.0)
    assert set(everything(unit)) == {("c", 0), ("c", JONAS.id)}
    (waited,) = unit.desk().index.db.execute("SELECT waited_s FROM calls").fetchone()
    assert waited == 30.0


def test_whoever_is_entered_later_gets_what_they_took_before(unit: Unit) -> None:
    unit.call("c", agent=ONA.id)
    del unit.people[ONA.id]
    assert everything(unit) == [("c", 0)]
    unit.people[ONA.id] = ONA
    assert set(everything(unit)) == {("c", 0), ("c", ONA.id)}


@pytest.mark.parametrize("data", [{"employee": 1}, {"target": "601"}, {"target": "Ona Petraitienė"}])
def test_who_picked_up_is_known_by_id_extension_or_name(data: dict[str, object]) -> None:
    assert picked_up(data, {1: ONA, 2: JONAS}) == ONA.id
    assert picked_up({"target": "queue"}, {1: ONA, 2: JONAS}) is None
    assert picked_up({}, {1: ONA, 2: JONAS}) is None


def test_a_deleted_index_is_made_anew_and_another_journal_is_noticed(unit: Unit) -> None:
    unit.call("c")
    before = everything(unit)
    (unit.folder / "index.db").unlink()
    assert everything(unit) == before
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (unit.folder / name).unlink(missing_ok=True)
    unit.journal.append("new", "call.offered", {"pii_caller": ""}, datetime(2026, 11, 3, tzinfo=UTC))
    unit.journal.append("new", "call.ended", {"outcome": "abandoned"}, datetime(2026, 11, 3, tzinfo=UTC))
    assert everything(unit) == [("new", 0)]


def test_no_number_and_no_name_is_in_the_file(unit: Unit) -> None:
    unit.call("c", said="čia Jonas Petraitis mano numeris aštuoni šeši vienas du trys keturi penki")
    everything(unit)
    content = b"".join(path.read_bytes() for path in unit.folder.glob("index.db*"))
    assert b"numeris" in content
    for secret in (NUMBER, NUMBER.removeprefix("+"), "Petrait", "trys keturi"):
        assert secret.encode() not in content
    desk = unit.desk()
    assert [one.call for one in desk.index.of_person(NUMBER)] == ["c"]
    assert desk.index.of_person("") == desk.index.of_person("+37060000000") == []


def test_signs_of_trouble_are_read_off_the_journal(unit: Unit) -> None:
    unit.call("unsure", confidence=0.3, more=(("turn.heard", 30.0, {"text": "ką", "confidence": 0.2}),))
    unit.call("sure", confidence=0.3)
    unit.call("angry", more=(("task.created", 30.0, {"type": "complaint"}),))
    unit.call("unknown", more=(("auth.verdict", 30.0, {"verdict": "failed"}),), outcome="dropped")
    everything(unit)
    rows = dict(unit.desk().index.db.execute("SELECT call, flags FROM calls").fetchall())
    assert {call: set(json.loads(flags)) for call, flags in rows.items()} == {
        "unsure": {Flag.LOW_CONFIDENCE},
        "sure": set(),
        "angry": {Flag.COMPLAINT},
        "unknown": {Flag.FAILED_AUTHENTICATION, Flag.DROPPED},
    }


def test_what_the_line_placed_is_found_and_is_no_call_of_the_statistics(unit: Unit) -> None:
    unit.call("came", caller=NUMBER)
    back = {"pii_caller": NUMBER, "called": "1883", "direction": "out", "of": "came", "task": 9}
    for kind, data in (("call.offered", back), ("call.answered", {}), ("call.ended", {"outcome": "answered"})):
        unit.journal.append("placed", kind, data, DURING + timedelta(hours=2))
    desk = unit.desk()
    desk.index.catch_up(unit.journal)
    figures = figures_of(desk.index, DURING.date(), DURING.date())
    assert (figures.calls, figures.repeated, figures.contained) == (1, 0, 1)
    assert [one.call for one in desk.index.of_person(NUMBER)] == ["came", "placed"]


def test_the_bench_measures_search_plan_and_players() -> None:
    result = CliRunner().invoke(
        main,
        [
            "bench",
            "office",
            "--recordings",
            "400",
            "--tries",
            "8",
            "--played",
            "5",
            "--listen",
            "2",
            "--browsers",
            "0",
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert figures["recordings"] == 400
    assert set(figures["search_ms"]) == {"p50", "p95"}
    assert figures["plan_ms"]["p95"] > 0
    assert figures["players"]["readers"]["number"] == figures["players"]["number"] == 8
    assert figures["players"]["readers"]["played_s"] == 16.0
    assert figures["players"]["readers"]["start_ms"]["p95"] > 0
