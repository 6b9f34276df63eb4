"""A line with a simple behaviour, for tests: ``python -m tests.telephony.echoline '<json>'``.

pjsip allows one endpoint per process, so tests drive it from outside. Settings
and behaviour come as JSON on the command line; every leg event goes to stdout as
one JSON line; commands come as JSON lines on stdin (``{"do": "hangup", "leg": …}``).
Behaviour: a caller hears a tone (``play_s`` seconds of it), key ``0`` dials
``agent`` and bridges it when it answers.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
import struct
import sys
import wave
from typing import Any

from ivr.errors import IvrError
from ivr.events import HangupReason, LegAnswered, LegAudio, LegEnded, LegEvent, LegKey, LegOffered
from ivr.privacy import Masked, Secret
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings


def tone(hertz: float, seconds: float, level: float = 8000.0) -> bytes:
    """16-bit mono 8 kHz sine."""
    count = int(seconds * 8000)
    return struct.pack(f"<{count}h", *(int(level * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(count)))


def level(pcm: bytes) -> int:
    """Root mean square of 16-bit samples."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return int(math.sqrt(sum(sample * sample for sample in samples) / max(1, len(samples))))


class Tap:
    """Keeps both sides of one leg, for a stereo WAV at the end."""

    def __init__(self) -> None:
        self.sides: tuple[list[bytes], list[bytes]] = ([], [])

    def left(self, frame: bytes) -> None:
        self.sides[0].append(frame)

    def right(self, frame: bytes) -> None:
        self.sides[1].append(frame)

    def save(self, path: str) -> None:
        left, right = (b"".join(side) for side in self.sides)
        joined = bytearray(2 * len(left))
        for offset in (0, 1):
            joined[offset::4], joined[2 + offset :: 4] = left[offset::2], right[offset::2]
        with wave.open(path, "wb") as file:
            file.setparams((2, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(joined))


class EchoLine:
    """The behaviour."""

    def __init__(self, options: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        settings = dict(options.get("settings", {}))
        for key in ("trunks", "codecs"):
            if key in settings:
                settings[key] = tuple(settings[key])
        settings["password"] = Secret(settings.get("password", ""))
        self.line = SipLine(LineSettings(**settings), self.on_event, loop=loop)
        self.options = options
        self.loop = loop
        self.taps: dict[str, Tap] = {}
        self.bridges: dict[str, str] = {}
        self.heard: dict[str, int] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def say(self, kind: str, /, **data: Any) -> None:
        print(json.dumps({"event": kind, **data}), flush=True)

    def on_event(self, event: LegEvent) -> None:
        if isinstance(event, LegAudio):
            self.on_audio(event)
            return
        data = {
            field.name: value.reveal() if isinstance(value := getattr(event, field.name), Masked) else value
            for field in dataclasses.fields(event)
        }
        self.say(type(event).__name__, **data)
        if isinstance(event, LegOffered) and self.options.get("tap"):
            self.line.leg(event.leg).tap(self.taps.setdefault(event.leg, Tap()))
        elif isinstance(event, LegAnswered):
            self.on_answered(event.leg)
        elif isinstance(event, LegKey) and event.key == "0" and self.options.get("agent"):
            self.start(self.dial(self.options["agent"], event.leg))
        elif isinstance(event, LegEnded) and event.leg in self.taps:
            path = f"{self.options['tap']}/{event.leg}.wav"
            self.taps[event.leg].save(path)
            self.say("Tapped", leg=event.leg, path=path, frames=[len(side) for side in self.taps[event.leg].sides])

    def on_answered(self, leg_id: str) -> None:
        caller = self.bridges.get(leg_id)
        if caller is not None:
            self.line.bridge(caller, leg_id)
            self.say("Bridged", legs=[caller, leg_id])
        elif self.options.get("play_s"):
            self.line.leg(leg_id).play("tone", tone(440.0, self.options["play_s"]))

    def on_audio(self, event: LegAudio) -> None:
        before = self.heard.get(event.leg, 0)
        self.heard[event.leg] = before + len(event.pcm)
        if before // 8000 != self.heard[event.leg] // 8000:  # twice a second
            self.say("Level", leg=event.leg, level=level(event.pcm))

    def start(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def dial(self, uri: str, caller: str | None = None, headers: dict[str, str] | None = None) -> None:
        try:
            leg = await self.line.dial(uri, headers=headers or {}, reserved_for=caller)
        except IvrError as error:
            self.say("DialFailed", kind=type(error).__name__, problem=str(error))
            return
        self.say("Dialled", leg=leg.id)
        if caller is not None:
            self.bridges[leg.id] = caller
        if self.options.get("tap"):
            leg.tap(self.taps.setdefault(leg.id, Tap()))

    def command(self, order: dict[str, Any]) -> None:
        do = order["do"]
        if do == "status":
            self.say("Status", **dataclasses.asdict(self.line.status()))
        elif do == "dial":
            self.start(self.dial(order["uri"], order.get("for"), order.get("headers")))
        elif do == "unbridge":
            self.line.unbridge(*order["legs"])
        elif do == "drain":
            self.start(self.drain(order["grace_s"]))
        else:
            self.leg_command(do, order)

    def leg_command(self, do: str, order: dict[str, Any]) -> None:
        leg = self.line.leg(order["leg"])
        if do == "hangup":
            leg.hangup(HangupReason(order.get("reason", "assistant")))
        elif do == "play":
            leg.play(order["utterance"], tone(order.get("hertz", 440.0), order["seconds"]))
        elif do == "key":
            leg.send_key(order["key"])
        else:
            simple = {"pause": leg.pause, "resume": leg.resume, "flush": leg.flush}
            (simple | {"answer": leg.answer, "hold": leg.hold, "unhold": leg.unhold})[do]()

    async def drain(self, grace_s: float) -> None:
        await self.line.drain(grace_s)
        self.say("Drained")


async def main(options: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    echo = EchoLine(options, loop)
    try:
        capabilities = echo.line.start()
    except IvrError as error:
        echo.say("Refused", kind=type(error).__name__, problem=str(error))
        return
    echo.say("Ready", **dataclasses.asdict(capabilities))
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while text := await reader.readline():
        try:
            echo.command(json.loads(text))
        except Exception as error:
            echo.say("BadCommand", problem=repr(error))
    echo.line.stop()
    await asyncio.sleep(0)  # the last events were posted by stop
    echo.say("Stopped")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
    sys.stdout.flush()
    os._exit(0)
