"""Speaking over the line's prompts, timed at the wire: how soon it falls silent, and what must not stop it.

Both trials are held in the main menu's hint, which may be interrupted: the star key brings it back each time. The
caller begins where the hint has no pause of its own, so that its silence can only be the line's doing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

import numpy as np

from ivr.errors import TelephonyError
from ivr.events import SAMPLE_RATE
from ivr.simulator.citizen import KEY_S, VirtualCitizen
from ivr.simulator.wire_leg import WireLeg

PROMPT: Final = "menu.hint"
_MENU: Final = ("menu.", "silence.")
_EARLIEST_S: Final = 0.9  # into the prompt: it must be known by then that it plays
_VOICED_S: Final = 0.45  # no pause of the prompt's own for so long after the beginning
_LOUD: Final = 32768 * 10 ** (-42 / 20)
_SETTLES_S: Final = 2.6  # after a sound: the ear's decision, and a moment to go on
_REACHED_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Interruption:
    """``stopped_ms``: from the first sample of speech to the last of the line's sound; None: it spoke on."""

    said: str
    voice: str
    stopped_ms: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that is no answer. ``group``: cough, backchannel or noise; ``pcm``: 16-bit mono at 8000 Hz."""

    group: str
    name: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Disturbance:
    """``stopped``: the prompt did not go on; ``paused_ms``: it was silent for so long before it did, 0 if never."""

    group: str
    sound: str
    stopped: bool
    paused_ms: float

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return asdict(self)


class TalkOver:
    """Trials in one call, one after another. Raises TelephonyError when the menu is not heard any more."""

    def __init__(self, citizen: VirtualCitizen, prompts: dict[str, bytes], rng: random.Random) -> None:
        self._citizen, self._prompts, self._rng = citizen, prompts, rng
        self._leg = cast(WireLeg, citizen.leg)

    async def interrupt(self, phrase: str, voice: str) -> Interruption:
        """Say a phrase of the menu over the hint."""
        self._citizen.voice = voice
        clip = self._citizen.clip(phrase)
        at = await self._in_the_hint()
        await self._until(at)
        spoken = await self._citizen.utter(clip.text, clip.voice, clip.pcm)
        await self._citizen.over(1.0)
        onset = self._leg.said.first_sound(spoken.started - 0.06)
        if onset is None or not spoken.completed:
            raise TelephonyError("talk-over", "the caller's words did not leave", "Look at the machine's load")
        stopped = self._leg.heard.stops(onset, 1.5)
        return Interruption(
            clip.text, clip.voice, None if stopped is None else round(1000 * max(0.0, stopped - onset), 1)
        )

    async def disturb(self, sound: Sound) -> Disturbance:
        """Make a sound over the hint."""
        at = await self._in_the_hint()
        await self._until(at)
        before = len(self._citizen.heard)
        spoken = await self._citizen.utter(sound.name, "", sound.pcm)
        await self._citizen.over(_SETTLES_S)
        others = [moment.prompt for moment in self._citizen.heard[before:] if moment.started > spoken.started]
        others += self._citizen.hearing.playing
        answered = any(not prompt.startswith(_MENU) for prompt in others)
        now = self._citizen.clock()
        silent = self._leg.heard.silent(now - 0.7, now - 0.1)
        whole = any(m.prompt == PROMPT and m.whole and m.ended > spoken.started for m in self._citizen.heard)
        gap = self._longest_gap(spoken.started, now)
        stopped = answered or (silent and not whole)
        return Disturbance(sound.group, sound.name, stopped, 0.0 if gap < 0.35 else round(1000 * gap, 1))

    # ------------------------------------------------------------ where to begin

    async def _in_the_hint(self) -> float:
        """Bring the hint about; the moment in it at which to begin."""
        citizen = self._citizen
        pressed = citizen.clock()
        citizen.leg.send_key("*")
        await citizen.over(KEY_S)

        def begun() -> tuple[float, str] | None:
            names = [name for name in citizen.hearing.playing if name.startswith(PROMPT)]
            started = citizen.hearing.begun(PROMPT)
            moment = None if started is None else citizen.moment(started)
            return (moment, names[0]) if moment is not None and names and moment > pressed else None

        found = await citizen.until(begun, _REACHED_S)
        if found is None:
            raise TelephonyError("talk-over", f"{PROMPT} was not heard after the star key", "Look at the line's log")
        started, name = found
        return started + self._rng.choice(voiced(self._prompts[name]))

    async def _until(self, moment: float) -> None:
        await self._citizen.over(moment - self._citizen.clock())

    def _longest_gap(self, since: float, until: float) -> float:
        gaps: list[float] = [0.0]
        last: float | None = None
        for begin, end in self._leg.heard.stretches(0.05):
            if last is not None and last > since - 0.5 and begin < until:
                gaps.append(begin - last)
            last = end
        return max(gaps)


def voiced(pcm: bytes) -> Sequence[float]:
    """Seconds into a prompt's audible part from which on it sounds without a pause for a while."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    size = SAMPLE_RATE // 50
    loud = np.sqrt((samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1)) > _LOUD
    first = int(np.argmax(loud))
    need = round(_VOICED_S * 50)
    places = [at for at in range(first + round(_EARLIEST_S * 50), len(loud) - need) if loud[at - 2 : at + need].all()]
    return [(at - first) / 50 for at in places] or [_EARLIEST_S]
