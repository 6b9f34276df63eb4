"""What Prometheus reads: true to the journal, well named, without anybody in it; and alert rules that fit it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ivr.events import JournalKind
from ivr.office.app import application
from ivr.office.metrics import ready
from ivr.paths import project_file
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal

T0 = datetime(2026, 11, 23, 8, tzinfo=UTC)
CALL = "20261123-080000-abcdef"
NUMBER = "+37061234567"
UNITS = ("seconds", "bytes", "info", "ready", "readable", "spilling", "active", "total", "events", "fds")


class Line:
    """A data folder, and what is told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, dict[str, Any]] = {
            "ears": {"state": "ready", "restarts": 0},
            "voice": {"state": "ready", "restarts": 3},
            "worker-0": {"state": "ready", "restarts": 0, "calls": 2},
            "office": {"state": "ready", "restarts": 0},
        }
        self.tell()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(application(folder, "0.1.0", None)), base_url="http://127.0.0.1"
        )

    def tell(self) -> None:
        (self.folder / "parts.json").write_text(json.dumps({"parts": self.parts}), encoding="utf-8")

    def call(self, call: str = CALL, *, outcome: str = "answered", seconds: float = 42.0) -> None:
        database = open_database(self.folder / "journal.db")
        journal = Journal(database)
        for kind, data in (
            (JournalKind.CALL_OFFERED, {"pii_caller": NUMBER, "worker": "worker-0"}),
            (JournalKind.CALL_ANSWERED, {"codec": "PCMA", "after_ms": 30}),
            (JournalKind.TURN_HEARD, {"text": "labas", "started_s": 4.0, "ended_s": 5.0}),
            (JournalKind.TURN_SAID, {"text": "Laba diena", "started_s": 5.9, "ended_s": 7.0}),
            (JournalKind.TURN_SAID, {"text": "Klausau", "started_s": 8.0, "ended_s": 9.0}),
            (JournalKind.RECORDING_STATE, {"state": "ok"}),
            (JournalKind.RECORDING_STATE, {"state": "ok", "final": True}),
            (JournalKind.TASK_CREATED, {"type": "message", "pii_name": "Ona"}),
            (JournalKind.CALL_ENDED, {"outcome": outcome, "duration_s": seconds}),
        ):
            journal.append(call, kind, data, T0)
        database.close()

    async def text(self) -> str:
        answer = await self.client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        return answer.text

    async def value(self, name: str, **labels: str) -> float:
        for family in text_string_to_metric_families(await self.text()):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return sample.value
        raise AssertionError(f"no {name} {labels}")


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    made = Line(tmp_path)
    yield made
    await made.client.aclose()


async def test_calls_are_counted_as_the_journal_has_them(line: Line) -> None:
    line.call()
    assert await line.value("ivr_calls_offered_total") == 1
    line.call("20261123-080100-bbbbbb", outcome="dropped", seconds=700)
    assert await line.value("ivr_calls_offered_total") == 2
    assert await line.value("ivr_calls_ended_total", outcome="answered") == 1
    assert await line.value("ivr_calls_ended_total", outcome="dropped") == 1
    assert await line.value("ivr_call_duration_seconds_bucket", le="60.0") == 1
    assert await line.value("ivr_call_duration_seconds_count") == 2
    assert await line.value("ivr_call_duration_seconds_sum") == 742
    assert await line.value("ivr_answer_delay_seconds_bucket", le="0.05") == 2
    assert await line.value("ivr_recordings_total", state="ok") == 2, "only what is final"
    assert await line.value("ivr_tasks_created_total", type="message") == 2


async def test_who_the_line_calls_is_counted_apart_from_who_calls_the_line(line: Line) -> None:
    line.call()
    assert await line.value("ivr_calls_offered_total") == 1
    database = open_database(line.folder / "journal.db")
    journal, placed = Journal(database), "20261123-080200-cccccc"
    journal.append(placed, JournalKind.CALL_OFFERED, {"direction": "out", "of": CALL, "task": 1}, T0)
    journal.append(placed, JournalKind.CALL_ANSWERED, {"codec": "PCMA", "after_ms": 9000}, T0)
    assert await line.value("ivr_calls_placed_total") == 1
    journal.append(placed, JournalKind.CALL_ENDED, {"outcome": "dropped", "duration_s": 30}, T0)
    database.close()
    assert await line.value("ivr_calls_offered_total") == 1
    assert await line.value("ivr_calls_ended_total", outcome="answered") == 1
    with pytest.raises(AssertionError, match="dropped"):
        await line.value("ivr_calls_ended_total", outcome="dropped")
    assert await line.value("ivr_call_duration_seconds_count") == 1
    assert await line.value("ivr_answer_delay_seconds_count") == 1


async def test_a_new_start_of_the_office_sets_no_count_back(line: Line) -> None:
    line.call()
    assert await line.value("ivr_calls_offered_total") == 1
    again = Line(line.folder)
    assert await again.value("ivr_calls_offered_total") == 1
    await again.client.aclose()


async def test_how_long_callers_wait_for_a_reply_is_from_their_last_sound_to_our_first(line: Line) -> None:
    assert await line.value("ivr_response_seconds_count") == 0
    line.call()
    assert await line.value("ivr_response_seconds_count") == 1, "what follows without a question is no reply"
    assert await line.value("ivr_response_seconds_sum") == pytest.approx(0.9)


async def test_another_journal_begins_anew(line: Line) -> None:
    line.call()
    line.call("20261123-080100-bbbbbb")
    assert await line.value("ivr_calls_offered_total") == 2
    for ending in ("", "-wal", "-shm"):
        (line.folder / f"journal.db{ending}").unlink(missing_ok=True)
    line.call()
    assert await line.value("ivr_calls_offered_total") == 1


async def test_processes_alarms_outbox_and_backup_are_told(line: Line) -> None:
    line.call()
    Alarms(open_database(line.folder / "journal.db")).append("part.fell", {"part": "voice"}, T0)
    (line.folder / "mqtt-cursor.json").write_text('{"journal": 4, "alarms": 0}')
    (line.folder / "outbox.json").write_text('{"event": 3, "alarm": 0}')
    (line.folder / "backup.json").write_text(json.dumps({"made_at": T0.isoformat()}))
    assert await line.value("ivr_part_ready", part="voice") == 1
    assert await line.value("ivr_part_restarts_total", part="voice") == 3
    assert await line.value("ivr_calls_active", worker="worker-0") == 2
    assert await line.value("ivr_alarms_total", kind="part.fell") == 1
    assert await line.value("ivr_mqtt_unsent_events") == 5
    assert await line.value("ivr_backup_last_timestamp_seconds") == T0.timestamp()
    assert await line.value("ivr_data_free_bytes") > 0
    assert await line.value("ivr_build_info", version="0.1.0") == 1
    line.parts["worker-0"] |= {"journal": "spilling", "state": "waiting"}
    line.tell()
    assert await line.value("ivr_journal_spilling", worker="worker-0") == 1
    assert await line.value("ivr_part_ready", part="worker-0") == 0


async def test_a_journal_that_can_not_be_read_is_told_and_the_rest_stays(line: Line) -> None:
    (line.folder / "journal.db").write_bytes(b"no database at all" * 100)
    assert await line.value("ivr_journal_readable") == 0
    assert await line.value("ivr_part_ready", part="ears") == 1


async def test_nobody_is_in_it_and_names_and_units_are_as_prometheus_wants(line: Line) -> None:
    line.call()
    text = await line.text()
    assert CALL not in text
    assert NUMBER not in text
    assert "Ona" not in text
    for family in text_string_to_metric_families(text):
        assert re.fullmatch(r"ivr_[a-z][a-z0-9_]*", family.name), family.name
        assert family.documentation.endswith("."), family.name
        if family.type == "counter":
            assert all(sample.name.endswith(("_total", "_created")) for sample in family.samples), family.name
        else:
            assert family.name.endswith(UNITS), family.name
        labels = {label for sample in family.samples for label in sample.labels}
        assert not labels & {"call", "call_id", "caller", "employee"}


async def test_an_office_without_workers_is_well_and_takes_no_calls(line: Line) -> None:
    line.parts = {"office": {"state": "ready"}}
    line.tell()
    answer = await line.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "takes no calls")
    assert (await line.client.get("/healthz")).status_code == 200
    line.parts = {"worker-0": {"state": "waiting"}}
    line.tell()
    assert (await line.client.get("/readyz")).json()["status"] == "not ready"


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
async def test_neither_page_is_for_the_world(line: Line, path: str) -> None:
    assert (await line.client.get(path, headers={"X-Forwarded-For": "198.51.100.9"})).status_code == 404
    assert (await line.client.get(path, headers={"Forwarded": "for=198.51.100.9"})).status_code == 404


async def test_ready_means_that_a_new_call_would_be_served(line: Line) -> None:
    assert (await line.client.get("/readyz")).status_code == 200
    for part, change in (
        ("worker-0", {"draining": True}),
        ("worker-0", {"state": "waiting"}),
        ("ears", {"state": "starting"}),
        ("voice", {"state": "stopped"}),
    ):
        before = dict(line.parts[part])
        line.parts[part] |= change
        line.tell()
        answer = await line.client.get("/readyz")
        assert answer.status_code == 503, part
        name = "worker" if part.startswith("worker") else part
        assert answer.json()["needed"][name] is False
        line.parts[part] = before
    assert ready({"ears": {"state": "ready"}, "voice": {"state": "ready"}})["worker"] is False
    two = line.parts | {"worker-1": {"state": "waiting"}}
    assert ready(two)["worker"] is True, "one worker is enough"


async def test_every_alert_looks_at_something_that_is_told(line: Line) -> None:
    line.call(outcome="dropped")
    line.call("20261123-080100-bbbbbb", outcome="answered")
    for kind in ("task.overdue", "recording.unsealed", "recording.undelivered", "recording.unerased"):
        Alarms(open_database(line.folder / "journal.db")).append(kind, {}, T0)
    (line.folder / "mqtt-cursor.json").write_text('{"journal": 4, "alarms": 0}')
    (line.folder / "outbox.json").write_text('{"event": 3, "alarm": 0}')
    samples = [sample for family in text_string_to_metric_families(await line.text()) for sample in family.samples]
    told = {sample.name for sample in samples}
    rules = yaml.safe_load(project_file("deploy", "alerts.yml").read_text(encoding="utf-8"))
    (group,) = rules["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        named = set(re.findall(r"\bivr_\w+", rule["expr"]))
        assert named <= told, rule["alert"]
        assert named or "up{" in rule["expr"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]
        states = re.findall(r'(\w+)="(\w+)"', rule["expr"])
        for label, value in states:
            known = {sample.labels.get(label) for sample in samples} | {"failed", "ivr"}
            assert value in known, (rule["alert"], value)
