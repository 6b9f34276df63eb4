"""Callers whom the proxy refused are called back, once, and are on the journal."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ivr.config import load
from ivr.events import JournalKind
from ivr.processes.refused import Refused, take_refused
from ivr.store.database import open_database
from ivr.store.journal import Journal, new_call_id

T0 = datetime(2026, 11, 23, 8, tzinfo=UTC)


def invite(call: str, caller: str = "+37061234567", *more: str) -> str:
    lines = [
        "INVITE sip:1883@192.0.2.5 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1",
        f'From: "x" <sip:{caller}@192.0.2.1>;tag=1',
        "To: <sip:1883@192.0.2.5>",
        f"Call-ID: {call}",
        "CSeq: 1 INVITE",
        *more,
        "",
        "v=0",
    ]
    return "\r\n".join(lines)


class Office:
    """A journal, and what is written there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.db"
        self.journal = Journal(open_database(self.path))
        self.refused = Refused(self.journal, "line-1", new_call_id)

    def tasks(self) -> list[str]:
        return [str(event.data["pii_caller"]) for event in self.journal.of_kind(JournalKind.TASK_CREATED)]

    def calls(self) -> list[tuple[str, str | None]]:
        return [(call.caller.reveal(), call.outcome) for call in self.journal.calls()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.mark.rule("A12.12")
def test_a_refused_caller_is_a_missed_call_and_a_callback(office: Office) -> None:
    assert office.refused.note(invite("a"), T0)
    assert office.calls() == [("+37061234567", "abandoned")]
    assert office.tasks() == ["+37061234567"]
    (call,) = office.journal.calls()
    assert [event.kind for event in office.journal.events(call.call_id)] == [
        JournalKind.CALL_OFFERED,
        JournalKind.TASK_CREATED,
        JournalKind.CALL_ENDED,
    ]
    assert office.journal.open_calls() == []


@pytest.mark.rule("A12.12")
def test_the_number_is_the_one_that_the_trunk_vouches_for(office: Office) -> None:
    office.refused.note(invite("a", "600", "P-Asserted-Identity: <tel:+37069999999>"), T0)
    assert office.tasks() == ["+37069999999"]


@pytest.mark.rule("A12.12")
def test_who_hides_the_number_is_written_down_and_not_called(office: Office) -> None:
    office.refused.note(invite("a", "anonymous"), T0)
    office.refused.note(invite("b", "+37060000002", "Privacy: id"), T0)
    assert office.calls() == [("", "abandoned"), ("", "abandoned")]
    assert office.tasks() == []


def test_an_invite_that_is_sent_again_is_one_call_and_who_tries_again_is_called_once(office: Office) -> None:
    assert office.refused.note(invite("a"), T0)
    assert not office.refused.note(invite("a"), T0)
    for number in range(5):
        office.refused.note(invite(f"again-{number}"), T0 + timedelta(minutes=number))
    assert len(office.calls()) == 6
    assert office.tasks() == ["+37061234567"]
    office.refused.note(invite("later"), T0 + timedelta(hours=2))
    assert len(office.tasks()) == 2, "an hour later it is another matter"


def test_what_is_no_invite_is_left_out(office: Office) -> None:
    assert not office.refused.note("", T0)
    assert not office.refused.note("\0\0noise\r\n\r\n", T0)
    assert office.calls() == []


@pytest.fixture
def proxy() -> Iterator[tuple[int, list[str]]]:
    """A proxy that has refused somebody: its port, and what it still has to tell."""
    waiting: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = waiting.pop(0).encode() if waiting and self.path == "/refused" else b""
            self.send_response(200 if body else 204)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, waiting
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.rule("A12.12")
async def test_the_office_fetches_them_and_waits_for_a_proxy_that_is_away(
    office: Office, proxy: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ivr.processes import refused

    monkeypatch.setattr(refused, "EVERY_S", 0.01)
    port, waiting = proxy
    tries = 0
    fetch = refused.fetch

    def at_first_away(at: int) -> str | None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionRefusedError("nobody there")
        return fetch(at)

    monkeypatch.setattr(refused, "fetch", at_first_away)
    waiting += [invite("a"), invite("b", "+37060000003")]
    config = load(None, {"IVR_LINE_DATA_DIR": str(office.path.parent), "IVR_PROXY_REFUSED_PORT": str(port)})
    taking = asyncio.create_task(take_refused(config, new_call_id))
    async with asyncio.timeout(30):
        while len(office.tasks()) < 2:
            await asyncio.sleep(0.01)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert office.tasks() == ["+37061234567", "+37060000003"]
