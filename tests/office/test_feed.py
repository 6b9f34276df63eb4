"""The journal's way to MQTT, against a real broker that comes and goes."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from ivr.delivery.broker import Broker
from ivr.events import JournalKind
from ivr.office import feed as module
from ivr.office.feed import Cursor, Feed
from ivr.simulator.bad_moments import Shown, subscribe
from ivr.simulator.mosquitto import MOSQUITTO, Mosquitto
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (scripts/test.sh installs it)")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def collect(port: int, count: int, subscribed: asyncio.Event | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The next ``count`` messages under ``ivr/v1/#``."""
    got: list[tuple[str, dict[str, Any]]] = []
    async with asyncio.timeout(20), aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("ivr/v1/#", qos=1)
        if subscribed is not None:
            subscribed.set()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            got.append((str(message.topic), json.loads(message.payload)))
            if len(got) == count:
                break
    return got


def make_feed(folder: Path, port: int) -> tuple[Feed, Journal, Alarms]:
    database = open_database(folder / "journal.db")
    feed = Feed("line-1", database, Cursor(folder / "cursor.json"), Broker("127.0.0.1", port))
    return feed, Journal(database), Alarms(database)


async def test_events_and_alarms_arrive_under_their_topics_without_personal_data(tmp_path: Path, port: int) -> None:
    feed, journal, alarms = make_feed(tmp_path, port)
    with Mosquitto(tmp_path, port):
        subscribed = asyncio.Event()
        collecting = asyncio.create_task(collect(port, 3, subscribed))
        await subscribed.wait()
        publishing = asyncio.create_task(feed.run())
        journal.append("c1", "call.offered", {"pii_caller": "+37061234567", "called": "1883"}, AT)
        journal.append("c1", "call.ended", {"outcome": "answered"}, AT)
        alarms.append("part.fell", {"part": "worker-0"}, AT)
        got = await collecting
        publishing.cancel()
    by_topic = [topic for topic, _ in got]
    assert sorted(by_topic) == ["ivr/v1/line-1/alarm/part.fell", "ivr/v1/line-1/journal", "ivr/v1/line-1/journal"]
    events = [payload for topic, payload in got if topic.endswith("journal")]
    assert [(e["call"], e["seq"], e["kind"]) for e in events] == [("c1", 1, "call.offered"), ("c1", 2, "call.ended")]
    assert events[0]["data"] == {"called": "1883"}
    assert "61234567" not in json.dumps(got)


async def subscription(port: int, seconds: float) -> list[int]:
    """Row ids that a durable subscriber gets; the broker queues for it while it is away."""
    ids: list[int] = []
    client = aiomqtt.Client("127.0.0.1", port, identifier="office", clean_session=False)
    async with client:
        await client.subscribe("ivr/v1/line-1/journal", qos=1)
        try:
            async with asyncio.timeout(seconds):
                async for message in client.messages:
                    assert isinstance(message.payload, bytes)
                    ids.append(json.loads(message.payload)["id"])
        except TimeoutError:
            pass
    return ids


async def published(folder: Path, count: int) -> None:
    """Wait until the broker has acknowledged ``count`` rows."""
    async with asyncio.timeout(20):
        while Cursor(folder / "cursor.json").journal < count:
            await asyncio.sleep(0.01)


async def test_a_broker_that_is_away_loses_nothing_and_doubles_nothing(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    feed, journal, _ = make_feed(tmp_path, port)
    with Mosquitto(tmp_path, port):
        assert await subscription(port, 0.1) == []
    publishing = asyncio.create_task(feed.run())
    for number in range(5):  # nobody listens on the port now
        journal.append("c1", "turn.key", {"key": str(number)}, AT)
    with Mosquitto(tmp_path, port):
        await published(tmp_path, 5)
    journal.append("c1", "turn.key", {"key": "5"}, AT)
    journal.append("c1", "turn.key", {"key": "6"}, AT)
    with Mosquitto(tmp_path, port):
        await published(tmp_path, 7)
        got = await subscription(port, 1.0)
    publishing.cancel()
    assert got == [1, 2, 3, 4, 5, 6, 7]


async def test_a_broker_killed_in_mid_call_costs_no_card(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    feed, journal, _ = make_feed(tmp_path, port)
    shown: list[Shown] = []

    def call(number: int) -> None:
        journal.append(f"c{number}", JournalKind.TRANSFER_CONTEXT, {"call": f"c{number}", "offer": number}, AT)

    async def until(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                await asyncio.sleep(0.01)

    with Mosquitto(tmp_path / "broker", port) as broker:
        ready = asyncio.Event()
        running = [asyncio.create_task(subscribe(port, shown, ready.set)), asyncio.create_task(feed.run())]
        await asyncio.wait_for(ready.wait(), 30)
        call(1)
        await until(lambda: len(shown) == 1)
        await until((tmp_path / "broker" / "mosquitto.db").exists)
        broker.kill()
        call(2)
        broker.start()
        call(3)
        await until(lambda: len(shown) >= 3)
        await published(tmp_path, 3)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    # A broker may send again what a desk has just acknowledged: the row tells.
    assert sorted({(one.row, one.call) for one in shown}) == [(1, "c1"), (2, "c2"), (3, "c3")]


def test_a_broken_cursor_starts_over_instead_of_stopping_the_office(tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    path.write_text("{half", encoding="utf-8")
    cursor = Cursor(path)
    assert (cursor.journal, cursor.alarms) == (0, 0)
    cursor.journal = 7
    cursor.save()
    assert Cursor(path).journal == 7
