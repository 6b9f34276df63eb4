"""A real call proves who somebody is, by voice and by keys; every byte that it leaves behind is searched (X5, A23)."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import aiomqtt
import numpy as np
import pytest

from ivr.events import JournalKind
from ivr.identity.matching import Record
from ivr.identity.ports import Matters
from ivr.paths import project_file
from ivr.privacy import MASK, Pii, Secret
from ivr.registry.embedded import seed
from ivr.registry.people import Person
from ivr.simulator.identity_calls import Answer, answers_of
from ivr.simulator.mosquitto import MOSQUITTO, Mosquitto
from ivr.simulator.wire import WirePhone
from ivr.speech import kokoro_files
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.voices import kokoro_voice
from ivr.store.journal import JournalEvent
from tests.identity.people import EVERYTHING
from tests.line.conftest import Line, data_of, kinds, started

pytestmark = [
    pytest.mark.sip,
    pytest.mark.slow,
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (scripts/test.sh installs it)"),
]

# Digits that no clock, port or count is likely to hold.
RECORD: Record = replace(
    EVERYTHING, last4=Pii("4861"), registration=Pii("7351962"), house=Pii("12"), phone=Pii("+37061937264"),
    given=Pii("Jonas"), surname=Pii("Petraitis"), street=Pii("Laisvės"),
)  # fmt: skip
KEYED = ("registration", "phone", "employment_end", "last_visit_about")  # no sentence is read back for these
CALLER = "+37060000007"
EDGE_S = 0.3  # the journal's clock and the recording's, at either end of the silence


class Proving:
    """A caller who listens to what the journal says was asked: the first answer by voice, the others by keys."""

    def __init__(self, line: Line, phone: WirePhone, spoken: bytes) -> None:
        self.line, self.phone, self.spoken = line, phone, spoken
        self.answers: Mapping[str, Answer] = answers_of(RECORD)
        self.gave: list[Answer] = []
        self.call_id = ""

    def run(self) -> None:
        """The whole call. Blocking."""
        assert self.phone.invite(timeout_s=30).code == 200
        self.until(lambda: bool(self.line.calls()))
        self.call_id = self.line.calls()[0].call_id
        self.until(lambda: self.asked(1).startswith("menu."))
        self.phone.press("2")
        said = len(self.turns())
        while not self.verdict():
            said = self.next_turn(said)
            if not self.verdict():
                self.reply(self.asked(1))
        self.phone.stream(2.0)
        self.phone.bye()

    def next_turn(self, before: int) -> int:
        """Wait until the line has said more than so many turns; how many they are now."""
        self.until(lambda: len(self.turns()) > before or self.verdict())
        return len(self.turns())

    def verdict(self) -> bool:
        return JournalKind.AUTH_VERDICT in kinds(self.events())

    def reply(self, prompt: str) -> None:
        if prompt == "auth.right":
            self.phone.press("1")
            return
        answer = self.answers.get(prompt.removesuffix("_list").removesuffix("_keypad"))
        if answer is None:  # words of waiting, or the verdict's
            return
        if prompt == "auth.last_four" and answer not in self.gave:
            self.phone.stream(len(self.spoken) / 16000, self.spoken)
        else:
            for key in answer.keyed:
                self.phone.press(key)
        self.gave.append(answer)

    def turns(self) -> list[JournalEvent]:
        return [event for event in self.events() if event.kind == JournalKind.TURN_SAID]

    def asked(self, back: int) -> str:
        """The last prompt of what the line said so many turns ago; empty: nothing yet."""
        said = self.turns()
        ids = [name for name in said[-back].data["prompts"] if name] if len(said) >= back else []
        return str(ids[-1]) if ids else ""

    def events(self) -> list[JournalEvent]:
        return self.line.events(self.call_id)

    def until(self, what: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, self.line.last_words()
            self.phone.stream(0.1)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said_aloud(text: str) -> bytes:
    """By the line's own voice, with a little silence behind it."""
    voice = kokoro_voice("lt")
    with kokoro_files.weights(voice.sha256) as weights:
        style = kokoro_files.style_file(voice.style)
        speaker = KokoroSpeaker(weights, style=style, name=voice.name, version="")
    return b"".join(speaker.synthesize(text, "lt")) + bytes(16000)


def secrets_of(proved: Proving) -> Iterator[str]:
    """All that was given, as it is said, read back and keyed, and as the registry has it."""
    for answer in proved.gave:
        yield from (answer.said, answer.back.rstrip("."), answer.keyed.rstrip("#"))
    yield from ("4861", "7351962", "61937264", "Jonas", "Petraitis", "Laisvės", "2024-05-03")


def silent(path: Path, start: datetime, since: datetime, until: datetime) -> tuple[bool, bool]:
    """Whether both channels are nothing but zeros meanwhile, and whether there is any sound before and after."""
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    first, last = (round(((at - start).total_seconds()) * 8000) for at in (since, until))
    edge = round(EDGE_S * 8000)
    inside = samples[first + edge : last - edge]
    assert len(inside) > 8000 * 5, "a whole conversation lies between"
    outside = samples[: max(0, first - edge)].any() and samples[last + edge :].any()
    return not inside.any(), bool(outside)


@pytest.mark.rule("X5", "A23", "A14")
async def test_a_call_that_proved_who_somebody_is_leaves_no_answer_anywhere(tmp_path: Path) -> None:
    registry, port = tmp_path / "registry" / "people.db", unused_port()
    matters = Matters(registered=True, registration=RECORD.registration)
    seed(registry, [Person("p-1", Secret("33309244861"), RECORD, matters)])
    spoken = await asyncio.to_thread(said_aloud, "keturi aštuoni šeši vienas")
    payloads: list[bytes] = []
    folder = tmp_path / "line"
    with Mosquitto(tmp_path / "broker", port):
        async with aiomqtt.Client("127.0.0.1", port) as listening:
            await listening.subscribe("#", qos=1)
            settings: dict[str, dict[str, object]] = {
                "registry": {"embedded": str(registry), "questions": list(KEYED)},
                "mqtt": {"host": "127.0.0.1", "port": port, "tls": False},
                "people": {"agent": ""},
            }
            async with started(folder, **settings) as line:
                with WirePhone(line.address, number=CALLER) as phone:
                    proved = Proving(line, phone, spoken)
                    await asyncio.to_thread(proved.run)
                await line.ended_call()
                await until_told(listening, payloads, proved.call_id)
            events, recordings = line.events(proved.call_id), line.config.recordings_dir
    assert data_of(events, JournalKind.AUTH_VERDICT)["verdict"] == "passed"
    assert any(event.kind == JournalKind.TURN_HEARD for event in events), "one answer was given by voice"
    times = {event.kind: event.at for event in events}
    quiet, outside = silent(
        recordings / data_of(events, JournalKind.RECORDING_ENDED)["file"],
        times[JournalKind.RECORDING_STARTED],
        times[JournalKind.AUTH_STARTED],
        times[JournalKind.AUTH_VERDICT],
    )
    assert quiet, "both channels of the recording are silent from the first question to the verdict"
    assert outside, "and it is a recording otherwise"
    left = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    left["cache"] = b"".join(
        path.read_bytes() for path in project_file("var", "prompt-cache").rglob("*.json") if path.is_file()
    )
    left["mqtt"] = b"\n".join(payloads)
    assert any(name.endswith("journal.db") for name in left)
    assert {"line.log", "ivr.toml", "mqtt"} <= set(left)
    found = [(name, secret) for name, data in left.items() for secret in secrets_of(proved) if held(secret, data)]
    assert not found
    assert MASK in left["mqtt"].decode(), "the conversation is there, with masks"


def held(secret: str, data: bytes) -> bool:
    """Whether a secret of more than three signs stands there; digits not as a part of other digits."""
    around = rb"(?<![\d.])%b(?!\d)" if secret.isdigit() else rb"%b"
    return len(secret) > 3 and re.search(around % re.escape(secret.encode()), data) is not None


async def until_told(listening: aiomqtt.Client, payloads: list[bytes], call_id: str) -> None:
    """All of the call has come through the broker."""
    async with asyncio.timeout(60):
        async for message in listening.messages:
            assert isinstance(message.payload, bytes)
            payloads.append(message.payload)
            told = json.loads(message.payload)
            if told.get("call") == call_id and told["kind"] == JournalKind.CALL_ENDED:
                return


def test_a_search_finds_what_is_there() -> None:
    assert held("4861", b'{"text": "4861"}')
    assert not held("4861", b"port 24861, 0.4861")
    assert held("Jonas", b"vardas Jonas.")
    assert not held("12", b"12")
