"""Ears and voice as processes: each hears or speaks on its own socket, and neither loads what the other needs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.config import Config
from ivr.errors import ModelError
from ivr.events import Grammar
from ivr.processes.speech import serve_ears, serve_voice
from ivr.sections import LineSection, SpeechSection
from ivr.speech.ear import Ear, EarSettings
from ivr.speech.mouth import Mouth
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan
from tests.speech.fakes import Listener, silence


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a Unix socket's name has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ivr") as name:
        yield Path(name)


def settings(folder: Path, **speech: object) -> Config:
    return Config(line=LineSection(data_dir=folder), speech=SpeechSection.model_validate({"voice": "espeak"} | speech))


async def test_the_ears_hear_what_the_voice_says_and_both_stop(folder: Path) -> None:
    config = settings(folder)
    ready = [asyncio.Event(), asyncio.Event()]
    serving = [
        asyncio.create_task(serve_ears(config, ready[0].set)),
        asyncio.create_task(serve_voice(config, ready[1].set)),
    ]
    async with asyncio.timeout(60):
        for event in ready:
            await event.wait()
    mouth = Mouth(f"unix://{config.voice_socket}")
    assert len([pcm async for pcm in mouth.say("Laba diena. Kuo galiu padėti?", "lt")]) == 2
    said = b"".join([pcm async for pcm in mouth.say("taip", "lt")])
    listener = Listener()
    ear = Ear(f"unix://{config.ears_socket}", listener, EarSettings(queue_s=60))
    await ear.open()
    ear.listen(Grammar("yesno", ("taip", "ne")), 0.5)
    ear.feed(silence(0.5) + said + silence(1))
    assert await listener.next() == EarAvailable(True)
    assert isinstance(await listener.next(), VoiceBegan)
    heard = await listener.next()
    assert isinstance(heard, HeardText)
    assert heard.text == "taip"
    await ear.close()
    for service in serving:
        service.cancel()
        with pytest.raises(asyncio.CancelledError):
            await service
    assert not config.ears_socket.exists()
    assert not config.voice_socket.exists()


async def test_ears_refuse_to_start_without_their_model(folder: Path) -> None:
    config = settings(folder, model=folder / "no-model")
    with pytest.raises(ModelError, match="no-model"):
        await serve_ears(config, lambda: pytest.fail("were ready without a model"))
    assert not config.ears_socket.exists()


@pytest.mark.parametrize(("room", "heavy"), [("recognizers", {"onnxruntime", "piper"}), ("engines", {"vosk"})])
def test_neither_loads_the_engines_of_the_other(room: str, heavy: set[str]) -> None:
    program = f"import sys, ivr.processes.speech, ivr.speech.{room}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert f"ivr.speech.{room}" in loaded
    assert not heavy & set(loaded)
