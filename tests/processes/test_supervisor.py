"""The supervisor with small parts of our own: ready, falling, refusing, stubborn."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.config import Config, load
from ivr.errors import PartFailed
from ivr.processes import status
from ivr.processes import supervisor as module
from ivr.processes.parts import Part
from ivr.processes.supervisor import Supervisor

READY = "import json,sys; print(json.dumps({'event': 'ready', 'port': 1}), flush=True); "
WAIT = "sys.stdin.read()"
FALL_ONCE = (
    "import pathlib,os; mark = pathlib.Path(os.environ['MARK']); first = not mark.exists(); mark.touch(); "
    "os._exit(3) if first else sys.stdin.read()"
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    data = tmp_path / "data"
    data.mkdir()
    return load(None, {"IVR_LINE_DATA_DIR": str(data), "IVR_WORKERS_RESTART_DELAY_S": "0"})


def supervise(
    monkeypatch: pytest.MonkeyPatch, config: Config, programs: dict[str, str]
) -> tuple[Supervisor, list[tuple[str, int | None]]]:
    """A supervisor whose parts are the given programs, and the list of falls it reports."""

    def parts(_config: Config) -> Iterator[Part]:
        yield from (Part(name, "worker") for name in programs)

    def command(self: Part, _path: Path | None) -> list[str]:
        return [sys.executable, "-c", programs[self.name]]

    monkeypatch.setattr(module, "parts_of", parts)
    monkeypatch.setattr(Part, "command", command)
    fallen: list[tuple[str, int | None]] = []

    def on_fallen(part: Part, pid: int | None, info: dict[str, Any]) -> None:
        fallen.append((part.name, pid))

    return Supervisor(config, None, on_fallen), fallen


async def until(condition: Any) -> None:
    """Wait for a condition that another process brings about."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_part_gets_no_password_that_it_has_no_use_for(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    monkeypatch.setenv("IVR_SIP_PASSWORD", "one")
    monkeypatch.setenv("IVR_MQTT_PASSWORD", "two")
    tell = (
        "import json,os,sys; given = sorted(name for name in os.environ if 'PASSW' in name); "
        "print(json.dumps({'event': 'ready', 'given': given}), flush=True); "
    )
    line, _ = supervise(monkeypatch, config, {"a": tell + WAIT})
    await line.start()
    assert line.parts["a"].info == {"given": ["IVR_SIP_PASSWORD"]}
    await line.stop(0.0)


async def test_parts_start_report_and_stop(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    line, fallen = supervise(monkeypatch, config, {"a": READY + WAIT, "b": READY + WAIT})
    await line.start()
    assert [running.state for running in line.parts.values()] == ["ready", "ready"]
    assert line.parts["a"].info == {"port": 1}
    await line.stop(0.0)
    assert [running.state for running in line.parts.values()] == ["stopped", "stopped"]
    assert fallen == []


async def test_a_fallen_part_is_started_again_and_said_so(
    monkeypatch: pytest.MonkeyPatch, config: Config, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    line, fallen = supervise(monkeypatch, config, {"a": READY + FALL_ONCE})
    await line.start()
    await until(lambda: line.parts["a"].restarts == 1 and line.parts["a"].state == "ready")
    assert [name for name, _pid in fallen] == ["a"]
    assert fallen[0][1] != line.parts["a"].process.pid  # type: ignore[union-attr]
    await line.stop(0.0)


async def test_a_part_that_gives_no_sign_of_life_any_more_is_killed_and_started_again(
    monkeypatch: pytest.MonkeyPatch, config: Config, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    monkeypatch.setattr(module, "MISSED_S", 0.1)
    freeze_once = (
        "import os,pathlib,signal; mark = pathlib.Path(os.environ['MARK']); first = not mark.exists(); mark.touch()\n"
        "if first: print(json.dumps({'event': 'beat'}), flush=True); os.kill(os.getpid(), signal.SIGSTOP)\n"
        "sys.stdin.read()"
    )
    line, fallen = supervise(monkeypatch, config, {"frozen": READY + freeze_once, "never beat": READY + WAIT})
    await line.start()
    await until(lambda: line.parts["frozen"].restarts == 1 and line.parts["frozen"].state == "ready")
    assert [name for name, _pid in fallen] == ["frozen"]
    assert line.parts["never beat"].restarts == 0, "who never gave a sign is not missed"
    await line.stop(0.0)


async def test_parts_of_the_line_give_signs_of_life_only_while_what_matters_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "BEAT_S", 0.0)
    stuck = asyncio.Event()
    asked = asyncio.Event()
    ended = asyncio.Event()
    turns = 0

    async def alive() -> None:
        nonlocal turns
        turns += 1
        if turns > 3:
            asked.set()
            await stuck.wait()

    monkeypatch.setattr(status, "_end_of_input", ended.wait)
    gone = asyncio.Event()
    listening = asyncio.create_task(status.supervisor_gone(gone.set, alive))
    async with asyncio.timeout(20):
        await asked.wait()
        assert capsys.readouterr().out.count('"beat"') == 3
        ended.set()
        await listening
    assert gone.is_set()


async def test_a_part_that_never_gets_ready_stops_the_start_with_its_own_sentence(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    refuse = "import json; print(json.dumps({'event': 'failed', 'problem': 'ivr.toml: sip.port: is taken'}))"
    line, fallen = supervise(monkeypatch, config, {"good": READY + WAIT, "bad": refuse})
    with pytest.raises(PartFailed, match=r"bad: ivr\.toml: sip\.port: is taken"):
        await line.start()
    await line.stop(0.0)
    assert fallen == []
    assert line.parts["good"].state == "stopped"


async def test_a_part_that_ignores_sigterm_is_killed_after_its_grace(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY + "signal.pause()"
    line, _ = supervise(monkeypatch, config, {"a": stubborn})
    await line.start()
    process = line.parts["a"].process
    assert process is not None
    await line.stop(0.2 - module.FAREWELL_S)
    assert process.returncode == -9
    assert line.parts["a"].state == "stopped"


async def test_ctrl_c_reaches_the_supervisor_only(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """A terminal signals its whole process group; a part that took it would leave live calls without ears."""
    line, _ = supervise(monkeypatch, config, {"a": READY + WAIT})
    await line.start()
    process = line.parts["a"].process
    assert process is not None
    assert os.getpgid(process.pid) != os.getpgrp()
    await line.stop(0.0)


async def test_what_a_library_prints_is_no_news_of_the_part(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    chatty = "print('warming up'); print(42); print('[]'); " + READY + WAIT
    line, fallen = supervise(monkeypatch, config, {"a": chatty})
    await line.start()
    assert line.parts["a"].info == {"port": 1}
    await line.stop(0.0)
    assert fallen == []


async def test_a_part_comes_back_although_its_aftermath_fails(
    monkeypatch: pytest.MonkeyPatch, config: Config, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    line, _ = supervise(monkeypatch, config, {"a": READY + FALL_ONCE})

    def broken(*_: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(line, "_on_fallen", broken)
    await line.start()
    await until(lambda: line.parts["a"].restarts == 1 and line.parts["a"].state == "ready")
    await line.stop(0.0)
