"""The line's own broker: who may read what, and what agents' screens are told of a call."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import yaml
from structlog.testing import capture_logs

from ivr.delivery.broker import Broker
from ivr.errors import OfficeError
from ivr.events import JournalKind
from ivr.office.broker import USERS, credentials, serve_broker
from ivr.office.broker_rules import allows
from ivr.office.feed import Cursor, Feed
from ivr.paths import project_file
from ivr.people.context import context_of
from ivr.store.database import open_database
from ivr.store.journal import Journal

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    ready = asyncio.Event()
    serving = asyncio.create_task(serve_broker(tmp_path / "mqtt", number, ready.set))
    await asyncio.wait_for(ready.wait(), 30)
    yield number
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def client(folder: Path, port: int, user: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, username=user, password=credentials(folder / "mqtt")[user].reveal())


async def listening_to(
    folder: Path, port: int, user: str, topic: str, got: list[tuple[str, str, Any]]
) -> asyncio.Task[None]:
    """What keeps what comes; the broker has acknowledged the subscription."""
    ready = asyncio.Event()
    task = asyncio.create_task(listen(folder, port, user, topic, got, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert ready.is_set(), f"{user} could not subscribe"
    return task


async def listen(
    folder: Path, port: int, user: str, topic: str, got: list[tuple[str, str, Any]], ready: asyncio.Event
) -> None:
    async with client(folder, port, user) as connection:
        await connection.subscribe(topic, qos=1)
        ready.set()
        async for message in connection.messages:
            assert isinstance(message.payload, bytes)
            got.append((user, str(message.topic), json.loads(message.payload)))


async def test_a_calls_context_reaches_the_desk_and_nobody_else(tmp_path: Path, port: int) -> None:
    journal = Journal(open_database(tmp_path / "journal.db"))
    got: list[tuple[str, str, Any]] = []
    wishes = [("desk", "ivr/v1/#"), ("figures", "ivr/v1/#"), ("figures", "ivr/v1/+/+"), ("figures", "ivr/v1/+/journal")]
    listening = [await listening_to(tmp_path, port, user, topic, got) for user, topic in wishes]
    journal.append("c1", JournalKind.CALL_OFFERED, {"pii_caller": "+37061234567", "node": "line-1"}, AT)
    context = context_of("c1", journal.events("c1")).payload("Teiravosi.", {"card": "/skambutis/c1"})
    told = {**context, "slots": {"pii_name": "Ona"}, "offer": 3, "employee": 7, "because": "skill"}
    journal.append("c1", JournalKind.TRANSFER_CONTEXT, told, AT)
    broker = Broker("127.0.0.1", port, "line", credentials(tmp_path / "mqtt")["line"])
    feed = Feed("line-1", open_database(tmp_path / "journal.db"), Cursor(tmp_path / "cursor.json"), broker)
    publishing = asyncio.create_task(feed.run())
    async with asyncio.timeout(30):
        while len([one for one in got if one[0] == "desk"]) < 3 or len([one for one in got if one[0] != "desk"]) < 2:
            await asyncio.sleep(0.02)
    for task in (*listening, publishing):
        task.cancel()
    await asyncio.gather(*listening, publishing, return_exceptions=True)
    ((_, _, payload),) = [one for one in got if one[1] == "ivr/v1/line-1/context"]
    assert (payload["offer"], payload["employee"], payload["because"]) == (3, 7, "skill")
    assert payload["context"]["pii_caller"] == "+37061234567"
    others = [one for one in got if one[1] != "ivr/v1/line-1/context"]
    assert "61234567" not in json.dumps(others)
    assert "Ona" not in json.dumps(others)
    assert {user for user, topic, _ in got if topic.endswith("context")} == {"desk"}


async def test_only_the_line_publishes_and_a_wrong_password_opens_nothing(tmp_path: Path, port: int) -> None:
    got: list[tuple[str, str, Any]] = []
    listening = await listening_to(tmp_path, port, "desk", "ivr/v1/#", got)
    async with client(tmp_path, port, "figures") as connection:
        with contextlib.suppress(aiomqtt.MqttError):  # a broker may acknowledge what it drops
            await connection.publish("ivr/v1/line-1/journal", b"{}", qos=1, timeout=0.5)
    async with client(tmp_path, port, "line") as connection:
        await connection.publish("ivr/v1/line-1/journal", b'{"v": 1}', qos=1)
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client("127.0.0.1", port, username="desk", password="desk"):
            pass
    async with asyncio.timeout(30):
        while not got:
            await asyncio.sleep(0.02)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert got == [("desk", "ivr/v1/line-1/journal", {"v": 1})]


async def test_a_taken_port_is_an_error_with_a_remedy(tmp_path: Path, port: int) -> None:
    with pytest.raises(OfficeError, match="embedded = false"):
        await serve_broker(tmp_path / "other", port)


def test_passwords_stay_and_nobody_else_reads_them(tmp_path: Path) -> None:
    first = {user: word.reveal() for user, word in credentials(tmp_path / "mqtt").items()}
    assert {user: word.reveal() for user, word in credentials(tmp_path / "mqtt").items()} == first
    assert len(set(first.values())) == len(USERS)
    for path in (tmp_path / "mqtt").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_that_a_crash_left_empty_lets_nobody_in(tmp_path: Path) -> None:
    before = {user: word.reveal() for user, word in credentials(tmp_path / "mqtt").items()}
    (tmp_path / "mqtt" / "desk.password").write_text("")
    after = {user: word.reveal() for user, word in credentials(tmp_path / "mqtt").items()}
    assert after["desk"]
    assert {user for user in USERS if after[user] != before[user]} == {"desk"}


@pytest.mark.parametrize(
    ("allowed", "wanted", "may"),
    [
        ("ivr/v1/+/journal", "ivr/v1/line-1/journal", True),
        ("ivr/v1/+/journal", "ivr/v1/+/journal", True),
        ("ivr/v1/+/journal", "ivr/v1/line-1/context", False),
        ("ivr/v1/+/journal", "ivr/v1/+/+", False),
        ("ivr/v1/+/journal", "ivr/v1/#", False),
        ("ivr/v1/+/journal", "ivr/v1/line-1/journal/more", False),
        ("ivr/v1/#", "ivr/v1/line-1/alarm/part.fell", True),
        ("ivr/v1/#", "$SYS/broker", False),
    ],
)
def test_what_lies_within_a_right(allowed: str, wanted: str, may: bool) -> None:
    assert allows(allowed, wanted) is may


def test_the_schema_names_every_field_that_is_sent() -> None:
    schema = yaml.safe_load(project_file("docs", "asyncapi.yaml").read_text(encoding="utf-8"))
    assert set(schema["channels"]) == {"journal", "alarm", "context", "outbox", "receipt"}
    event = type("Offered", (), {"kind": JournalKind.CALL_OFFERED, "at": AT, "data": {}})()
    sent = context_of("c1", [event]).payload("", {})
    assert set(schema["components"]["schemas"]["context"]["required"]) == set(sent)


async def test_a_client_that_hung_up_first_is_no_fault(port: int) -> None:
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    assert handler is not None
    with capture_logs() as said:
        handler(loop, {"message": "in client_connected_cb", "exception": OSError(errno.ENOTCONN, "not connected")})
    assert [one["event"] for one in said] == ["broker_client_left"]
    told: list[str] = []
    loop.default_exception_handler = lambda context: told.append(context["message"])  # type: ignore[method-assign]
    handler(loop, {"message": "something else", "exception": OSError(errno.EIO, "input/output")})
    assert told == ["something else"]
