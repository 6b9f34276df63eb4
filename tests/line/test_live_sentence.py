"""Piper is in the call's path: a sentence that was never rendered is spoken into a live call over SIP."""

from __future__ import annotations

import asyncio
import json
import sys

import numpy as np
import pytest

from ivr.simulator.wire import WirePhone
from tests.line.conftest import Line

pytestmark = pytest.mark.sip

SENTENCE = "Šio sakinio niekas iš anksto neįrašė, jį balsas taria tik dabar."


async def test_a_new_sentence_is_synthesised_by_piper_and_heard_over_sip(line: Line) -> None:
    assert '"voice": "en_US-joe-medium"' in line.last_words()  # Piper's, and no fallback
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.line.livesentence", str(line.config.voice_socket), SENTENCE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    with WirePhone(("127.0.0.1", port)) as phone:
        assert (await asyncio.to_thread(phone.invite)).code == 200
        sound = await asyncio.to_thread(phone.stream, 8.0)
        phone.bye()
    said = json.loads(await process.stdout.readline())
    await process.wait()
    assert said["completed"] is True
    heard = np.frombuffer(bytes(sound.pcm), dtype="<i2").astype(np.float64)
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    loud = np.sqrt((frames**2).mean(axis=1)) > 300
    # Twelve words take three to six seconds; they came whole, in one stretch of speech.
    assert 2.0 < loud.sum() * 0.02 < 6.5
    spread = np.flatnonzero(loud)
    assert (spread[-1] - spread[0]) * 0.02 > 2.5
