"""A small line that plays what it is told: ``python -m tests.simulator.fakeline '<json>'``.

pjsip allows one endpoint per process, so the line under the citizen is a process
of its own. ``{"port", "rtp_port", "prompts": folder of ID.wav, "script": [...]}`` and, if
wanted, ``codecs``, ``media_timeout_s`` and ``callers``; the script runs for every caller:

``["play", id, …]`` (waits for the end), ``["start", id]`` (doesn't), ``["cut"]``,
``["key"]`` (waits for one), ``["sound", s]`` (waits for so much loud sound that no other ``sound`` had),
``["dial", uri]`` and bridge, ``["alone"]`` (waits until the agent has left),
``["hangup"]``, ``["wait"]`` (for the end). Events go to stdout as JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ivr.events import (
    LegAnswered,
    LegAudio,
    LegEnded,
    LegEvent,
    LegHeld,
    LegKey,
    LegOffered,
    LegPlaybackDone,
    LegResumed,
)
from ivr.simulator.known import prompts_of_folder
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings


class FakeLine:
    def __init__(self, options: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        self.options = options
        self.prompts = prompts_of_folder(Path(options["prompts"]))
        settings = LineSettings(
            port=options["port"],
            rtp_port=options["rtp_port"],
            rtp_ports=40,
            codecs=tuple(options.get("codecs", ["PCMA"])),
            media_timeout_s=options.get("media_timeout_s", 10.0),
            callers=options.get("callers", 2),
        )
        self.line = SipLine(settings, self.on_event, loop=loop)
        self.queues: dict[str, asyncio.Queue[LegEvent]] = {}
        self.waiting: dict[str, list[LegEvent]] = {}
        self.loud: dict[str, float] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def tell(self, **data: Any) -> None:
        print(json.dumps(data), flush=True)

    def on_event(self, event: LegEvent) -> None:
        if isinstance(event, LegOffered):
            self.queues[event.leg], self.waiting[event.leg] = asyncio.Queue(), []
            self.tell(event="offered", caller=event.caller.reveal())
            task = asyncio.get_running_loop().create_task(self.serve(event.leg))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        if isinstance(event, LegAudio):
            samples = np.frombuffer(event.pcm, dtype="<i2").astype(float).reshape(-1, 160)
            loud = int((np.sqrt((samples**2).mean(axis=1)) > 300).sum())
            self.loud[event.leg] = self.loud.get(event.leg, 0.0) + loud * 0.02
        elif isinstance(event, LegKey | LegHeld | LegResumed | LegEnded):
            self.tell(event=type(event).__name__, key=getattr(event, "key", ""), reason=getattr(event, "reason", ""))
        if event.leg in self.queues:
            self.queues[event.leg].put_nowait(event)

    async def next(self, leg: str, *kinds: type[LegEvent], utterance: str = "") -> LegEvent:
        """The oldest event of these kinds that nobody took yet."""
        while True:
            for event in self.waiting[leg]:
                if isinstance(event, kinds) and utterance in ("", getattr(event, "utterance", "")):
                    self.waiting[leg].remove(event)
                    return event
            event = await self.queues[leg].get()
            self.waiting[leg] += [] if isinstance(event, LegAudio) else [event]
            if LegAudio in kinds and isinstance(event, LegAudio):
                return event

    async def serve(self, leg_id: str) -> None:
        leg = self.line.leg(leg_id)
        agent = ""
        await self.next(leg_id, LegAnswered)
        for verb, *rest in self.options["script"]:
            if verb in ("play", "start"):
                for prompt in rest:
                    leg.play(prompt, self.prompts[prompt])
                    if verb == "play":
                        await self.next(leg_id, LegPlaybackDone, utterance=prompt)
            elif verb == "cut":
                leg.flush()
            elif verb == "key":
                await self.next(leg_id, LegKey)
            elif verb == "sound":
                while self.loud.get(leg_id, 0.0) < rest[0]:
                    await self.next(leg_id, LegAudio)
                self.loud[leg_id] -= rest[0]
            elif verb == "dial":
                agent = (await self.line.dial(rest[0], reserved_for=leg_id)).id
                self.queues[agent], self.waiting[agent] = asyncio.Queue(), []
                came = await self.next(agent, LegAnswered, LegEnded)
                if isinstance(came, LegAnswered):
                    self.line.bridge(leg_id, agent)
            elif verb == "alone":
                await self.next(agent, LegEnded)
            elif verb == "wait":
                await self.next(leg_id, LegEnded)
            elif verb == "hangup":
                leg.hangup()


async def main() -> None:
    line = FakeLine(json.loads(sys.argv[1]), asyncio.get_running_loop())
    capabilities = line.line.start()
    line.tell(event="listening", port=capabilities.port)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until our parent lets go
    line.line.stop()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
