"""The office as an operator starts it, killed in the middle of an upload: it comes back, and nothing is missing."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from ivr.delivery import uploads
from ivr.delivery.uploads import Office as Target
from ivr.delivery.uploads import Sent, Sound, Uploader
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from tests.delivery.machines import (
    Machine,
    Mosquitto,
    Office,
    delivering,
    mosquitto,
    needs_mosquitto,
    until,
)
from tests.delivery.test_recordings_arrive import recording, samples, samples_of

__all__ = ["mosquitto"]
START_S = 240.0


@dataclass
class Held:
    """A recording whose upload stands still in its middle until ``go``."""

    sound: Sound
    middle: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        return self.sound.name

    @property
    def kind(self) -> str:
        return self.sound.kind

    @property
    def length(self) -> int:
        return self.sound.length

    def pieces(self, start: int, length: int) -> Iterable[bytes]:
        if start > self.length // 3:
            self.middle.set()
            self.go.wait(START_S)
        return self.sound.pieces(start, length)


@needs_mosquitto
async def test_an_office_that_is_killed_in_mid_upload_has_everything_once_it_is_back(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 32 * 1024)
    config, path = write_config(
        tmp_path / "office",
        free_ports(Random()),
        settings={
            "line": {"node": "office"},
            "workers": {"count": 0, "restart_delay_s": 0.1},
            "office": {"nodes_file": "data/nodes.keys"},
            "mqtt": {"host": "127.0.0.1", "port": mosquitto.port, "username": "office", "password_file": "password"},
        },
    )
    (tmp_path / "office" / "password").write_text("office", encoding="ascii")
    office, node = Office(config.line.data_dir, "office"), Machine(tmp_path / "line-1", "line-1")
    token, sound = office.admit("line-1"), recording(tmp_path, seconds=40.0)
    held = Held(sound)
    node.call("a")
    uploader = Uploader(Target(f"http://127.0.0.1:{config.office.port}", "line-1", token), threading.Event())

    async def deliver() -> int:
        """How often the way broke until the recording was there."""
        broke = 0
        while True:
            try:
                if await asyncio.to_thread(uploader.send, held) is Sent.HERE:
                    return broke
            except (OSError, http.client.HTTPException):
                broke += 1
            await asyncio.sleep(0.1)

    async with (
        LoopbackLine(config, path, start_timeout_s=START_S) as line,
        delivering(node, token, mosquitto.broker("line-1")),
    ):
        delivery = asyncio.create_task(deliver())
        await until(held.middle.is_set, START_S)
        os.kill(int(line.parts()["office"]["pid"]), signal.SIGKILL)
        held.go.set()
        node.call("b")
        async with asyncio.timeout(START_S):
            assert await delivery
        await until(lambda: office.arrivals.standing("line-1").event == node.journal.last_row(), START_S)
        assert line.parts()["office"]["restarts"] == 1
    theirs = office.arrivals.from_nodes(event.rowid for event in office.everything())
    came = [event for event in office.everything() if event.rowid in theirs]  # the office plans callbacks by itself
    assert [(event.kind, event.data) for event in came] == [(event.kind, event.data) for event in node.everything()]
    assert samples(config.recordings_dir / "a.wav") == samples_of(sound)
