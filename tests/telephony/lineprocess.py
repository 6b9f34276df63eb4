"""Starts ``tests.telephony.echoline`` in a process of its own and listens to it."""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
_slots = itertools.count(os.getpid() % 89)


def free_ports() -> tuple[int, int]:
    """A SIP port (15000–15979) that nobody uses and the first of 30 RTP ports (25000–27969) that go with it."""
    while True:
        slot = next(_slots) % 99
        port = 15000 + slot * 10
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port, 25000 + slot * 30


class LineProcess:
    """A running line. ``wait`` consumes events in order of arrival; ``seen`` keeps them all."""

    def __init__(self, *, behaviour: dict[str, Any] | None = None, **settings: Any) -> None:
        port, rtp_port = free_ports()
        self.port = settings.setdefault("port", port)
        settings.setdefault("rtp_port", rtp_port)
        settings.setdefault("rtp_ports", 30)
        options = {"settings": settings, **(behaviour or {})}
        self.address = ("127.0.0.1", self.port)
        self.seen: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []
        self._new: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.telephony.echoline", json.dumps(options)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> LineProcess:
        self.wait("Ready", 60.0)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, do: str, **order: Any) -> None:
        """A command, see echoline."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()

    def wait(self, kind: str, timeout_s: float = 30.0, **match: Any) -> dict[str, Any]:
        """The first event of that kind with those values that no wait took yet; fails the test when none comes."""
        until = time.monotonic() + timeout_s
        at = 0
        while True:
            while at < len(self._waiting):
                event = self._waiting[at]
                if event["event"] == kind and all(event[key] == value for key, value in match.items()):
                    return self._waiting.pop(at)
                at += 1
            try:
                new = self._new.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                new = None
            if new is None:
                raise AssertionError(f"no {kind} {match} within {timeout_s} s, but {self._waiting}")
            self._waiting.append(new)

    def forget(self) -> None:
        """Let ``wait`` look only at what comes from now on."""
        self._waiting.clear()
        while not self._new.empty():
            self._new.get()

    def of(self, kind: str, leg: str | None = None) -> list[dict[str, Any]]:
        """All events of that kind so far (of that leg)."""
        return [event for event in self.seen if event["event"] == kind and leg in (None, event.get("leg"))]

    def status(self) -> dict[str, Any]:
        """The line's status now."""
        self.send("status")
        return self.wait("Status")

    def close(self) -> int:
        """Stop the line as its owner would; returns the exit status."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        code = self._process.wait(15)
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            if not text.startswith("{"):
                continue
            event = json.loads(text)
            self.seen.append(event)
            self._new.put(event)
        self._new.put(None)


def level(pcm: bytes | bytearray) -> float:
    """Root mean square of 16-bit samples, 0 for none."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", bytes(pcm))
    return math.sqrt(sum(sample * sample for sample in samples) / max(1, len(samples)))


def loudness_at(pcm: bytes | bytearray, hertz: float) -> float:
    """Amplitude of one frequency (Goertzel), in sample units."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", bytes(pcm))
    turn = 2 * math.cos(2 * math.pi * hertz / 8000)
    last = before = 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    power = last * last + before * before - turn * last * before
    return 2 * math.sqrt(max(power, 0.0)) / max(1, len(samples))
