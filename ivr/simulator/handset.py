"""A telephone to use by hand: type what to say or press, read what is heard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ivr.errors import ClipError, IvrError
from ivr.events import SAMPLE_RATE, HangupReason, LegAudio, LegEvent
from ivr.simulator.citizen import KEY_S, VirtualCitizen
from ivr.simulator.clips import read_wav
from ivr.simulator.hearing import QUIET_DBFS
from ivr.simulator.person import Moment

Show = Callable[[str], None]
Speak = Callable[[str], bytes]  # text to PCM, for phrases without a clip; raises IvrError

NO_SIGN_S: Final = 10.0  # a telephone that doesn't even say 100 or 180 by then is not there
_BARS: Final = "▁▂▃▄▅▆▇█"
_BAR_FRAMES: Final = 10  # 200 ms
_BURST_BARS: Final = 60
KEYS_LINE: Final = re.compile(r"[0-9*#A-Da-d]+")

WHY_NOT: Final = {
    HangupReason.BUSY: "is busy",
    HangupReason.DECLINED: "declined the call",
    HangupReason.NO_ANSWER: "did not answer",
    HangupReason.UNREACHABLE: "can't be reached",
}


class LevelMeter:
    """Turns received sound into a line of bars per stretch of sound: ``▂▅▇▆▂  1.4 s  -23 dBFS``."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._powers: list[float] = []
        self._quiet = 0
        self._rest = np.zeros(0, dtype=np.float32)

    def add(self, pcm: bytes) -> None:
        """Hear some 16-bit PCM; shows a stretch once half a second of quiet follows it."""
        samples = np.concatenate((self._rest, np.frombuffer(pcm, dtype="<i2").astype(np.float32)))
        whole = len(samples) // 160 * 160
        self._rest = samples[whole:]
        for frame in samples[:whole].reshape(-1, 160):
            power = float((frame**2).mean()) / 32768.0**2
            loud = power > 10 ** (QUIET_DBFS / 10)
            self._quiet = 0 if loud else self._quiet + 1
            if loud or self._powers:
                self._powers.append(power)
            if self._powers and self._quiet >= 25:
                self.flush()

    def flush(self) -> None:
        """Show what is open."""
        powers = self._powers[: len(self._powers) - self._quiet]
        self._powers, self._quiet = [], 0
        if len(powers) < 5:
            return
        levels = [
            10 * np.log10(max(1e-10, max(powers[k : k + _BAR_FRAMES]))) for k in range(0, len(powers), _BAR_FRAMES)
        ]
        bars = "".join(_BARS[int(np.clip((level + 50) / 45 * 8, 0, 7))] for level in levels[:_BURST_BARS])
        mean = 10 * np.log10(sum(powers) / len(powers))
        self._show(f"  ‹ {bars}  {len(powers) * 0.02:.1f} s  {mean:.0f} dBFS")


@dataclass
class Handset:
    """One call by hand. ``show`` takes lines for people; ``speak`` makes sound of phrases without a clip."""

    citizen: VirtualCitizen
    show: Show
    speak: Speak | None = None

    def __post_init__(self) -> None:
        self._meter = LevelMeter(self.show)
        self._knows_prompts = False

    def know_prompts(self) -> None:
        """The line's prompts are known: name what is heard instead of showing levels."""
        self._knows_prompts = True
        self.citizen.on_heard = self._heard

    def on_event(self, event: LegEvent) -> None:
        """Every event of the process; shows levels where prompts aren't known."""
        if isinstance(event, LegAudio) and event.leg == self.citizen.leg.id and not self._knows_prompts:
            self._meter.add(event.pcm)

    async def connect(self, timeout_s: float) -> str:
        """Wait for the answer, telling how it goes; a sentence why there is none, else empty."""
        citizen = self.citizen
        sign_s = min(NO_SIGN_S, timeout_s)
        if await citizen.until(lambda: citizen.ringing_at or citizen.answered_at, sign_s) is not None:
            self.show("  … it rings")
        elif citizen.ended is None:
            return f"can't be reached: nothing came back within {sign_s:.0f} s"
        if await citizen.answered(timeout_s):
            self.show(f"  ● answered ({citizen.codec})")
            return ""
        ended = citizen.ended
        if ended is None:
            return f"did not answer within {timeout_s:.0f} s"
        code = f" ({ended.code})" if ended.code else ""
        return WHY_NOT.get(ended.reason, f"ended the call: {ended.reason.value}") + code

    async def perform(self, files: Sequence[Path], phrases: Sequence[str], keys: Sequence[str]) -> None:
        """Without a person: play files, say phrases, press keys, in this order. Raises ClipError, IvrError."""
        for file in files:
            try:
                pcm = read_wav(file.read_bytes(), file)
            except OSError as error:
                raise ClipError(file, "", f"can't be read ({error.strerror})", "Give an existing WAV file") from error
            self.show(f"  › {file.name}")
            await self.citizen.utter(file.name, "", pcm)
        for phrase in phrases:
            await self._say(phrase)
        await self._press("".join(keys))

    async def converse(self, lines: AsyncIterator[str]) -> bool:
        """Do what is typed, line by line. True after ``q``, False at the end of the lines or of the call."""
        async for line in lines:
            typed = line.strip()
            if self.citizen.ended is not None:
                return False
            if typed.lower() == "q":
                return True
            try:
                if KEYS_LINE.fullmatch(typed):
                    await self._press(typed.upper())
                elif typed:
                    await self._say(typed)
            except IvrError as error:
                self.show(f"  ! {error}")
        return False

    async def over(self, timeout_s: float) -> None:
        """Wait until the far end hangs up, at most so long; then hang up and say how it ended."""
        citizen = self.citizen
        await citizen.over(timeout_s)
        if citizen.ended is None:
            await citizen.hang_up()
        self._meter.flush()
        if citizen.ended is not None:
            who = "the other side hung up" if citizen.ended.reason is HangupReason.CALLER else "hung up"
            self.show(f"  ○ {who}")

    async def _say(self, phrase: str) -> None:
        try:
            clip = self.citizen.clip(phrase)
            text, voice, pcm = clip.text, clip.voice, clip.pcm
        except ClipError:
            if self.speak is None:
                raise
            text, voice = phrase, "synthesised"
            pcm = await asyncio.get_running_loop().run_in_executor(None, self.speak, phrase)
        self.show(f"  › {text}  [{voice}, {len(pcm) / 2 / SAMPLE_RATE:.1f} s]")
        await self.citizen.utter(text, voice, pcm)

    async def _press(self, keys: str) -> None:
        for key in keys:
            if self.citizen.ended is not None:
                return
            self.show(f"  › key {key}")
            self.citizen.leg.send_key(key)
            await self.citizen.over(KEY_S)

    def _heard(self, moment: Moment) -> None:
        length = moment.ended - moment.started
        how = "" if moment.whole else ", cut"
        self.show(f"  ‹ {moment.prompt}  {length:.1f} s{how}")
