"""The mouth's patience: a voice that hangs, or says half and hangs, ends its sentence and never the call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.errors import SpeechUnavailable
from ivr.speech.halt import Halt
from ivr.speech.mouth import Mouth
from ivr.speech.server import SpeechServer


class Hanging:
    """Says ``clauses`` and then nothing, until it is halted."""

    name, version = "hanging", "1"

    def __init__(self, clauses: int) -> None:
        self.clauses, self.halted = clauses, False

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        assert halt is not None
        for _ in range(self.clauses):
            yield bytes(320)
        while not halt.pulled:
            pass
        self.halted = True


@pytest.mark.rule("A12.22")
@pytest.mark.parametrize("clauses", [0, 2])
async def test_a_voice_that_hangs_is_given_up_and_stopped(socket_path: Path, clauses: int) -> None:
    voice = Hanging(clauses)
    server = SpeechServer(socket_path, synthesizer=voice)
    await server.start()
    said = Mouth(f"unix://{socket_path}", patience_s=0.1).say("Labas.", "lt")
    for _ in range(clauses):
        assert await anext(said) == bytes(320)
    with pytest.raises(SpeechUnavailable):
        await anext(said)
    async with asyncio.timeout(5):
        while not voice.halted:
            await asyncio.sleep(0.01)
    await server.stop()


async def test_a_socket_that_nobody_serves_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpeechUnavailable):
        [pcm async for pcm in Mouth(f"unix://{tmp_path / 'nobody.sock'}").say("Labas.", "lt")]
