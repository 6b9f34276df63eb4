"""Starts the parts, says when one falls, starts it again, and stops them all in order.

A part that falls is started again after a pause that doubles up to 30 s and
shrinks back once the part has run for a minute. Each fall is an alarm in the
store and a line in the log. A worker's fall also ends its calls: the journal
says so, their recordings are made whole, and the caller is not forgotten
(rule A12.25). A part that has given signs of life and gives none any more is
frozen: it is killed, which is a fall like any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from ivr.config import Config
from ivr.errors import PartFailed
from ivr.processes.parts import Part, parts_of

log = structlog.get_logger(__name__)

START_TIMEOUT_S = 60.0
STEADY_S = 60.0
MAX_DELAY_S = 30.0
# A sign of life is missed when none came for so long. Three in a row, so that a machine that stood still kills nobody.
MISSED_S = 10.0
MISSES = 3
FAREWELL_S = 10.0  # after its drain a worker says BYE, finishes recordings and writes the journal's rest


# Who needs which password; nobody else is given it.
_PASSWORDS = {
    "IVR_SIP_PASSWORD": ("worker", "outbound"),
    "IVR_MQTT_PASSWORD": ("office",),
    "IVR_UPSTREAM_TOKEN": ("office",),
    "IVR_SENDING_SMTP_PASSWORD": ("worker",),
    "IVR_SENDING_SMS_TOKEN": ("worker",),
}


def _environment(part: Part) -> dict[str, str]:
    """The supervisor's environment without passwords that this part has no use for."""
    return {name: value for name, value in os.environ.items() if part.kind in _PASSWORDS.get(name, (part.kind,))}


@dataclass(slots=True)
class Running:
    """A part as the supervisor sees it."""

    part: Part
    state: str = "starting"  # starting, ready, waiting, stopped
    restarts: int = 0
    since: float = 0.0
    process: asyncio.subprocess.Process | None = None
    info: dict[str, Any] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def public(self) -> dict[str, Any]:
        """What ``parts.json`` and the health page show."""
        pid = self.process.pid if self.process is not None else None
        return {"state": self.state, "restarts": self.restarts, "pid": pid, **self.info}


Fallen = Callable[[Part, int | None, dict[str, Any]], None]
"""Told of each fall: part, process id, what the part last said of itself."""


class Supervisor:
    """Runs every part of one configuration."""

    def __init__(self, config: Config, config_path: Path | None, on_fallen: Fallen) -> None:
        self._config, self._config_path, self._on_fallen = config, config_path, on_fallen
        self.parts = {part.name: Running(part) for part in parts_of(config)}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    async def start(self) -> None:
        """Start every part and wait until each is ready.

        Raises:
            PartFailed: a part ended before it was ready, or took too long.
        """
        chosen = list(self.parts.values())
        for running in chosen:
            self._tasks[running.part.name] = asyncio.create_task(self._keep(running))
        waits = {asyncio.create_task(running.ready.wait()) for running in chosen}
        pending: set[asyncio.Task[Any]] = {*waits, *(self._tasks[r.part.name] for r in chosen)}
        deadline = time.monotonic() + START_TIMEOUT_S
        while unready := [r for r in chosen if not r.ready.is_set()]:
            done, pending = await asyncio.wait(
                pending, timeout=deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise PartFailed(
                    unready[0].part.name, f"is not ready after {START_TIMEOUT_S:.0f} s", "See its log lines above"
                )
            for task in done:
                if task not in waits:
                    task.result()  # a keeper that ends before readiness carries PartFailed
        for waiting in waits:
            waiting.cancel()

    async def run(self) -> None:
        """Until :meth:`stop` is called."""
        await asyncio.gather(*self._tasks.values())

    async def stop(self, drain_s: float) -> None:
        """Workers drain first (live calls finish), then the others end."""
        self._stopping = True
        helpers = ("office", "ears", "voice", "answers")
        for kinds, grace in ((("worker", "outbound"), drain_s + FAREWELL_S), (helpers, 5.0)):
            await asyncio.gather(
                *(self._end(r, grace) for r in self.parts.values() if r.part.kind in kinds and r.process is not None)
            )
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._write_status()

    async def _end(self, running: Running, grace_s: float) -> None:
        process = running.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), grace_s)
        except TimeoutError:
            log.warning("part_killed", name=running.part.name, after_s=grace_s)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        running.state = "stopped"

    async def _keep(self, running: Running) -> None:
        delay = self._config.workers.restart_delay_s
        while not self._stopping:
            code, message = await self._once(running)
            was_ready = running.ready.is_set()
            if self._stopping:
                break
            if not was_ready:
                # It never worked: a wrong configuration does not heal by repetition.
                raise PartFailed(
                    running.part.name, message or f"ended with status {code}", "Correct this and start again"
                )
            if time.monotonic() - running.since > STEADY_S:
                delay = self._config.workers.restart_delay_s
            running.restarts += 1
            running.state = "waiting"
            pid = running.process.pid if running.process is not None else None
            log.error(
                "part_fell",
                name=running.part.name,
                pid=pid,
                status=code,
                reason=message,
                restarts=running.restarts,
                again_in_s=delay,
            )
            try:
                self._on_fallen(running.part, pid, dict(running.info))
            except Exception:  # the part must come back whatever its aftermath met
                log.exception("aftermath_failed", name=running.part.name)
            self._write_status()
            await asyncio.sleep(delay)
            delay = min(MAX_DELAY_S, max(0.1, delay * 2))

    async def _once(self, running: Running) -> tuple[int, str]:
        """One life of a part: its exit status and its last word (``failed``), if it had one."""
        running.state, running.since = "starting", time.monotonic()
        process = running.process = await asyncio.create_subprocess_exec(
            *running.part.command(self._config_path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(running.part),
            # Ctrl-C reaches us only: parts end in our order, so that live calls keep their ears while they finish.
            start_new_session=True,
        )
        message = ""
        beating = False
        while line := await self._said(running, process, beating=beating):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if not isinstance(said, dict):
                continue  # a library's own words
            if said.get("event") == "beat":
                beating = True
            elif said.get("event") == "ready":
                running.state = "ready"
                running.info = {key: value for key, value in said.items() if key != "event"}
                running.ready.set()
                log.info("part_ready", name=running.part.name, **running.info)
                self._write_status()
            elif said.get("event") == "failed":
                message = str(said.get("problem", ""))
            elif said.get("event") == "status":
                running.info.update({key: value for key, value in said.items() if key != "event"})
                self._write_status()
        return await process.wait(), message

    async def _said(self, running: Running, process: asyncio.subprocess.Process, *, beating: bool) -> bytes:
        """The part's next line, empty at its end. A ready part that was beating and says nothing more is killed."""
        assert process.stdout is not None  # noqa: S101  (we asked for a pipe)
        missed = 0
        while True:
            try:
                async with asyncio.timeout(MISSED_S):  # wait_for loses a cancellation that comes together with a line
                    return await process.stdout.readline()
            except TimeoutError:
                missed += beating and running.state == "ready"
            if missed == MISSES:
                log.error("part_frozen", name=running.part.name, pid=process.pid, silent_s=MISSES * MISSED_S)
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

    def _write_status(self) -> None:
        """``parts.json`` in the data folder: what the health page reads."""
        path = self._config.line.data_dir / "parts.json"
        parts = {name: running.public() for name, running in self.parts.items()}
        try:
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps({"pid": os.getpid(), "parts": parts}), encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            log.warning("status_not_written", path=str(path), error=str(error))
