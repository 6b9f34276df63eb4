"""Things fall; the line goes on, and what happened is written down."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import urllib.request
import wave
from pathlib import Path

import pytest

from ivr.events import JournalKind
from ivr.simulator.abuse import flood, malformed, send_datagrams
from ivr.simulator.wire import WirePhone
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.spill import Spill
from tests.line.conftest import Line, data_of, kinds, started

pytestmark = pytest.mark.sip

GREETING_AND_NOTICE_S = 4.0


def talk(phone: WirePhone, seconds: float) -> int:
    """Stay in the call; the number of RTP packets that came."""
    return phone.stream(seconds).packets


async def recorded_call(line: Line, phone: WirePhone) -> str:
    """A call that is being recorded, and its id."""
    answer = await asyncio.to_thread(phone.invite)
    assert answer.code == 200
    await asyncio.to_thread(talk, phone, GREETING_AND_NOTICE_S)
    call = line.calls()[0]
    assert JournalKind.RECORDING_STARTED in kinds(line.events(call.call_id))
    return call.call_id


@pytest.mark.rule("A12.25")
async def test_a_killed_worker_comes_back_and_its_call_is_not_forgotten(line: Line) -> None:
    with WirePhone(line.address, number="+37060000007") as phone:
        call_id = await recorded_call(line, phone)
        before = line.pid("worker-0")
        killed_after = talk_s = 3.0
        await asyncio.to_thread(talk, phone, talk_s)
        os.kill(before, signal.SIGKILL)
        await line.until(lambda: line.loopback.ready() and line.pid("worker-0") != before)
    events = line.events(call_id)
    ended = data_of(events, JournalKind.CALL_ENDED)
    assert (ended["outcome"], ended["reason"]) == ("dropped", "crashed")
    task = data_of(events, JournalKind.TASK_CREATED)
    assert (task["type"], task["urgent"], task["pii_caller"]) == ("callback", True, "+37060000007")
    # At most 2 s of the recording are lost, and what is left is a whole WAV file.
    kept = line.config.recordings_dir / f"{call_id}.wav"
    with wave.open(str(kept)) as sound:
        assert sound.getnframes() / sound.getframerate() > killed_after - 2.0
    assert data_of(events, JournalKind.RECORDING_STATE)["state"] == "degraded"
    alarms = Alarms(open_database(line.config.journal_path)).follow(0)
    assert ("part.fell", "worker-0") in [(alarm.kind, alarm.data.get("part")) for alarm in alarms]
    assert "part_fell" in line.last_words()
    with WirePhone(line.address) as again:
        assert (await asyncio.to_thread(again.invite)).code == 200


@pytest.mark.rule("A12.25")
async def test_a_hidden_number_is_not_called_back(line: Line) -> None:
    with WirePhone(line.address, number="anonymous") as phone:
        call_id = await recorded_call(line, phone)
        before = line.pid("worker-0")
        os.kill(before, signal.SIGKILL)
        await line.until(lambda: line.loopback.ready() and line.pid("worker-0") != before)
    assert JournalKind.TASK_CREATED not in kinds(line.events(call_id))


async def test_keys_and_prompts_go_on_while_the_ears_are_started_again(line: Line) -> None:
    with WirePhone(line.address) as phone:
        await recorded_call(line, phone)
        before = line.pid("ears")
        os.kill(before, signal.SIGKILL)
        phone.press("1")
        sound = await asyncio.to_thread(phone.stream, 4.0)
        assert sound.packets > 150
        await line.until(lambda: line.loopback.ready() and line.pid("ears") != before)
        phone.bye()
    call = await line.ended_call()
    said = [p for e in line.events(call.call_id) if e.kind == JournalKind.TURN_SAID for p in e.data["prompts"]]
    assert "topics.ask" in said or "topics.keypad" in said
    assert call.outcome == "answered"


async def test_a_full_disk_does_not_end_the_call(line: Line) -> None:
    with WirePhone(line.address) as phone:
        call_id = await recorded_call(line, phone)
        part = line.config.recordings_dir / f"{call_id}.wav.part"
        # From here on no file of the worker may grow past what the recording has: as on a full disk.
        full = max(part.stat().st_size, line.config.journal_path.stat().st_size)
        resource.prlimit(line.pid("worker-0"), resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        phone.press("1")
        sound = await asyncio.to_thread(phone.stream, 6.0)
        assert sound.packets > 250  # the line goes on speaking
        resource.prlimit(line.pid("worker-0"), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        await asyncio.to_thread(talk, phone, 1.0)
        assert phone.bye() == 200
    await line.until(lambda: line.calls()[0].outcome is not None, 30.0)
    events = line.events(call_id)
    assert data_of(events, JournalKind.RECORDING_STATE)["state"] in ("degraded", "failed")
    assert JournalKind.TURN_KEY in kinds(events)
    assert line.calls()[0].outcome == "answered"


async def test_a_lost_database_does_not_end_the_call(line: Line) -> None:
    with WirePhone(line.address) as phone:
        call_id = await recorded_call(line, phone)
        for path in Path(line.config.line.data_dir).glob("journal.db*"):
            path.unlink()
        phone.press("1")
        sound = await asyncio.to_thread(phone.stream, 4.0)
        assert sound.packets > 150
        assert phone.bye() == 200

    def kept() -> bool:
        files = [path for path in Spill(line.config.journal_path).files if path.exists()]
        spilled = "".join(path.read_text(encoding="utf-8") for path in files)
        journalled = line.config.journal_path.exists() and "call.ended" in kinds(line.events(call_id))
        return journalled or "call.ended" in spilled or "call.ended" in line.last_words()

    await line.until(kept)
    with WirePhone(line.address) as again:
        assert (await asyncio.to_thread(again.invite)).code == 200
        again.bye()


async def test_two_callers_at_once_and_a_third_gets_a_clean_busy(line: Line) -> None:
    with WirePhone(line.address) as one, WirePhone(line.address) as two, WirePhone(line.address) as three:
        assert (await asyncio.to_thread(one.invite)).code == 200
        assert (await asyncio.to_thread(two.invite)).code == 200
        assert (await asyncio.to_thread(three.invite)).code in (486, 503)
        first, second = await asyncio.gather(
            asyncio.to_thread(one.stream, GREETING_AND_NOTICE_S), asyncio.to_thread(two.stream, GREETING_AND_NOTICE_S)
        )
        assert min(first.packets, second.packets) > 180
        one.press("1")
        await asyncio.gather(asyncio.to_thread(one.stream, 3.0), asyncio.to_thread(two.stream, 3.0))
        one.bye()
        assert (await asyncio.to_thread(two.stream, 1.0)).packets > 35
        two.bye()
    await line.until(lambda: len(line.calls()) == 2 and all(call.outcome for call in line.calls()))
    pressed = [JournalKind.TURN_KEY in kinds(line.events(call.call_id)) for call in line.calls()]
    assert sorted(pressed) == [False, True]
    for call in line.calls():
        assert call.recording == "ok"


async def test_a_worker_for_outbound_calls_takes_no_callers(tmp_path: Path) -> None:
    async with started(tmp_path, workers={"outbound": 1}) as line:
        assert line.loopback.parts()["outbound-0"]["state"] == "ready"
        with WirePhone(("127.0.0.1", line.config.sip.port + 1)) as phone:
            assert (await asyncio.to_thread(phone.invite)).code == 486
        with WirePhone(line.address) as phone:
            assert (await asyncio.to_thread(phone.invite)).code == 200
            phone.bye()


async def test_drain_refuses_new_calls_and_lets_live_ones_finish(tmp_path: Path) -> None:
    async with started(tmp_path, workers={"drain_s": 20.0}) as line:
        with WirePhone(line.address) as phone, WirePhone(line.address) as late:
            assert (await asyncio.to_thread(phone.invite)).code == 200
            await asyncio.to_thread(talk, phone, 1.0)
            os.kill(line.loopback.pid, signal.SIGTERM)
            await asyncio.to_thread(talk, phone, 1.0)
            assert (await asyncio.to_thread(late.invite)).code == 503
            assert (await asyncio.to_thread(talk, phone, 2.0)) > 80
            assert not phone.ended
            assert phone.bye() == 200
        await line.until(lambda: line.calls()[0].outcome is not None)


async def test_strangers_noise_and_a_flood_leave_the_line_answering(line: Line) -> None:
    sent = await asyncio.to_thread(send_datagrams, line.address, malformed(1000))
    assert sent == 1000
    await asyncio.to_thread(flood, line.address, 300)
    worker = line.pid("worker-0")

    async def answers() -> bool:
        with WirePhone(line.address) as phone:
            answer = await asyncio.to_thread(phone.invite)
            if answer.code == 200:
                phone.bye()
            return answer.code == 200

    async with asyncio.timeout(30):
        while not await answers():
            await asyncio.sleep(0.5)
    assert line.pid("worker-0") == worker  # it never fell


async def test_the_health_page_tells_the_parts(line: Line) -> None:
    url = f"http://127.0.0.1:{line.config.office.port}/healthz"

    def ask() -> tuple[int, dict[str, object]]:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    status, body = await asyncio.to_thread(ask)
    assert (status, body["status"]) == (200, "ok")
    assert set(body["parts"]) == {"ears", "voice", "answers", "worker-0", "office"}  # type: ignore[call-overload]
    os.kill(line.loopback.pid, signal.SIGSTOP)  # nobody starts it again while we look
    try:
        os.kill(line.pid("ears"), signal.SIGKILL)
    finally:
        os.kill(line.loopback.pid, signal.SIGCONT)
    await line.until(lambda: line.loopback.parts().get("ears", {}).get("restarts") == 1)
    await line.until(line.loopback.ready)
    assert (await asyncio.to_thread(ask))[0] == 200


async def test_no_part_outlives_its_supervisor(tmp_path: Path) -> None:
    async with started(tmp_path) as line:
        pids = [int(part["pid"]) for part in line.loopback.parts().values()]
        os.kill(line.loopback.pid, signal.SIGKILL)

        def gone() -> bool:
            return not any(_alive(pid) for pid in pids)

        await line.until(gone)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
