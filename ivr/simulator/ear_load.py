"""Many callers speaking at once to the real ears, in real time, for ``ivr bench asr``.

Every caller is an :class:`~ivr.speech.ear.Ear` of its own on that process's
socket and says one clip after another, with pauses of a second or two. The
process may be held to one core, so that its figures mean something on a machine
with more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ivr.errors import PartFailed
from ivr.events import FRAME_BYTES, FRAME_S, SAMPLE_RATE, Grammar
from ivr.simulator.clips import Clip
from ivr.simulator.g711 import decode, encode
from ivr.speech.ear import Ear
from ivr.speech.endpoint import EndpointSettings
from ivr.speech.evaluation import words_of
from ivr.speech.ports import EarEvent, HeardText
from ivr.speech.sound import silence_at_edges, to_samples
from ivr.speech.vad import SileroActivity

START_S: Final = 60.0
_ANSWER_S: Final = 3.0
_BYTES_PER_S: Final = SAMPLE_RATE * 2


@dataclass(slots=True)
class Load:
    """What was measured. ``late_ms``: end of a caller's speech to the text, less the silence that ended the turn."""

    late_ms: list[float] = field(default_factory=list)
    said: int = 0
    understood: int = 0
    unanswered: int = 0
    behind_s: float = 0.0  # how late our own feeding was at worst; it must be small for the rest to count
    dropped_s: float = 0.0
    cpu_s: float = 0.0
    sound_s: float = 0.0
    rss_mb: float = 0.0
    ready_s: float = 0.0


class EarsProcess:
    """The real ``ivr part ears``. Figures are read from ``/proc``."""

    def __init__(self, process: asyncio.subprocess.Process, ready_s: float) -> None:
        self._process, self.ready_s = process, ready_s

    @property
    def cpu_s(self) -> float:
        """Seconds of a core's time that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def rss_mb(self) -> float:
        """The most memory it has held, in MB of 10⁶ bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6


@contextlib.asynccontextmanager
async def ears_process(config: Path, *, one_core: bool) -> AsyncIterator[EarsProcess]:
    """Start it and wait until it serves. Raises PartFailed with its own words when it does not."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ivr", "part", "ears", "--config", str(config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        if one_core:
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        async with asyncio.timeout(START_S):
            await _ready(process)
        yield EarsProcess(process, loop.time() - began)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> None:
    if process.stdout is None:
        raise PartFailed("ears", "has no output", "Start it again")
    while line := await process.stdout.readline():
        told = json.loads(line)
        if told["event"] == "ready":
            return
        if told["event"] == "failed":
            raise PartFailed("ears", told["problem"], "Correct it and start again")
    raise PartFailed("ears", "ended before it was ready", "Start ivr part ears to see why")


async def speak_at_once(
    uri: str, process: EarsProcess, clips: Sequence[Clip], *, streams: int, seconds: float, end_silence_s: float
) -> Load:
    """``streams`` callers for so many seconds. Raises nothing: what goes wrong is in the figures."""
    load = Load(ready_s=process.ready_s)
    phrases = tuple(dict.fromkeys(" ".join(words_of(clip.text)) for clip in clips))
    cpu = process.cpu_s
    callers = [
        _Caller(uri, Grammar("bench", phrases), clips, random.Random(number), end_silence_s, load)  # noqa: S311
        for number in range(streams)
    ]
    await asyncio.gather(*(caller.run(seconds) for caller in callers))
    load.cpu_s = process.cpu_s - cpu
    load.rss_mb = process.rss_mb
    return load


def rule_s(heard: HeardText, end_silence_s: float) -> float:
    """The silence that ended a turn by its rule: the longest one that had passed when it was known to be over."""
    settings = EndpointSettings()
    waited = heard.decided_s - heard.ended_s + SileroActivity.lag_s
    rules = (settings.complete_silence_s, settings.phrase_silence_s, end_silence_s)
    return max((rule for rule in rules if rule <= waited + 1e-6), default=waited)


class _Caller:
    def __init__(
        self,
        uri: str,
        grammar: Grammar,
        clips: Sequence[Clip],
        rng: random.Random,
        end_silence_s: float,
        load: Load,
    ) -> None:
        self._grammar, self._clips, self._rng = grammar, clips, rng
        self._end_silence_s, self._load = end_silence_s, load
        self._loop = asyncio.get_running_loop()
        self._ear = Ear(uri, self._on_event)
        self._heard = asyncio.Event()
        self._text, self._at, self._silence_s = "", 0.0, 0.0
        self._next = 0.0

    async def run(self, seconds: float) -> None:
        await self._ear.open()
        self._ear.listen(self._grammar, self._end_silence_s)
        self._next = self._loop.time()
        until = self._next + seconds
        await self._send(bytes(round(self._rng.uniform(0.2, 1.5) * SAMPLE_RATE) * 2))  # not all in step
        while self._loop.time() < until:
            await self._say(self._rng.choice(self._clips))
        self._load.dropped_s += self._ear.dropped_s
        await self._ear.close()

    async def _say(self, clip: Clip) -> None:
        pcm = decode("PCMA", encode("PCMA", clip.pcm))
        self._heard.clear()
        began = self._next
        await self._send(pcm)
        silent = silence_at_edges(to_samples(clip.pcm))[1]
        ended = began + len(pcm) / _BYTES_PER_S - silent
        quiet = self._loop.create_task(self._send(bytes(round(_ANSWER_S * _BYTES_PER_S))))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), _ANSWER_S)
        quiet.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await quiet
        load = self._load
        load.said += 1
        if self._heard.is_set():
            load.understood += self._text == " ".join(words_of(clip.text))
            load.late_ms.append((self._at - ended - self._silence_s) * 1000)
        else:
            load.unanswered += 1
        await self._send(bytes(round(self._rng.uniform(0.3, 1.0) * SAMPLE_RATE) * 2))

    async def _send(self, pcm: bytes) -> None:
        """A frame every 20 ms, as the line does; without drift."""
        for at in range(0, len(pcm) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
            self._ear.feed(pcm[at : at + FRAME_BYTES])
            self._load.sound_s += FRAME_S
            self._next += FRAME_S
            wait = self._next - self._loop.time()
            self._load.behind_s = max(self._load.behind_s, -wait)
            await asyncio.sleep(max(0.0, wait))

    def _on_event(self, event: EarEvent) -> None:
        if isinstance(event, HeardText):
            self._text, self._at = event.text, self._loop.time()
            self._silence_s = rule_s(event, self._end_silence_s)
            self._heard.set()
