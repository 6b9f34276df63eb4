"""The whole line as an operator starts it: ``ivr serve`` on loopback, real SIP, real sound, real files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from ivr.events import JournalKind
from ivr.paths import project_file
from ivr.processes.line import prepare
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.speech.prompts import PromptBook
from ivr.store.database import open_database
from ivr.store.journal import CallSummary, Journal, JournalEvent

T = TypeVar("T")


class Line:
    """A running line and a reader of its journal."""

    def __init__(self, loopback: LoopbackLine) -> None:
        self.loopback = loopback
        self.config = loopback.config
        self.address = ("127.0.0.1", loopback.config.sip.port)

    def journal(self) -> Journal:
        return Journal(open_database(self.config.journal_path))

    def calls(self) -> list[CallSummary]:
        """Newest first."""
        return self.journal().calls()

    def events(self, call_id: str) -> list[JournalEvent]:
        return self.journal().events(call_id)

    def pid(self, part: str) -> int:
        """Process id of a part that runs."""
        return int(self.loopback.parts()[part]["pid"])

    async def until(self, what: Callable[[], T | bool | None], seconds: float = 20.0) -> T | bool:
        """Wait for something that other processes bring about."""
        deadline = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < deadline, f"not within {seconds} s; the line's log: {self.last_words()}"
            await asyncio.sleep(0.05)
        return found

    async def ended_call(self) -> CallSummary:
        """The newest call, once it has ended."""
        await self.until(lambda: bool(self.calls()) and self.calls()[0].outcome is not None)
        return self.calls()[0]

    def last_words(self) -> str:
        return self.loopback.log_path.read_text(encoding="utf-8")[-3000:]


def kinds(events: list[JournalEvent]) -> list[str]:
    return [event.kind for event in events]


def data_of(events: list[JournalEvent], kind: JournalKind) -> dict[str, Any]:
    """Data of the last event of that kind."""
    return next(event.data for event in reversed(events) if event.kind == kind)


def short_prompts() -> Path:
    """Every prompt in one short word, so that a test of bad days needn't sit through the greeting."""
    folder = project_file("var", "test-prompts")
    (folder / "lt").mkdir(parents=True, exist_ok=True)
    ids = PromptBook(project_file("prompts"), "lt").ids
    text = "".join(f"{prompt}: Gerai.\n" for prompt in ids)
    (folder / "lt" / "line.yaml").write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def started(folder: Path, **settings: dict[str, object]) -> AsyncIterator[Line]:
    """A line in ``folder`` that speaks in short words; their sound is kept in the project's ``var/``."""
    workers = int(str(settings.get("workers", {}).get("count", 1)))
    merged: dict[str, dict[str, object]] = {
        "line": {"prompts_dir": str(short_prompts())},
        # Piper renders other texts than the shipped ones soonest; which voice it is does not matter here.
        "speech": {"voice": "piper", "prompt_cache": str(project_file("var", "prompt-cache"))},
        "workers": {"drain_s": 1.0, "restart_delay_s": 0.1},
    }
    for section, keys in settings.items():
        merged.setdefault(section, {}).update(keys)
    config, path = write_config(folder, free_ports(Random(), workers), settings=merged)
    prepare(config)
    async with LoopbackLine(config, path) as loopback:
        yield Line(loopback)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with started(tmp_path) as running:
        yield running
