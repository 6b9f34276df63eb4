"""A citizen under load: goes through a scenario by what the line's own journal says that it said.

No recogniser listens here, so that many citizens fit beside the line that they measure. A prompt is taken as heard when
the journal says that it was said to its end; what the wire says of times and gaps is reckoned after the call, and
whether each step went right is read from the journal and the recording.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import Final

from ivr.errors import TelephonyError
from ivr.events import FRAME_S, JournalKind
from ivr.privacy import MASK
from ivr.simulator.clips import Clip, Clips
from ivr.simulator.load_phones import FRAME, LoadPhone, Pump, coded
from ivr.simulator.person import Spoken
from ivr.simulator.rtp import Address
from ivr.simulator.scenario import Expect, ExpectHangup, Hangup, Press, Scenario, Speak, Step, Wait
from ivr.simulator.turn_times import TurnTime, turn_times
from ivr.simulator.verdict import journal_and_recording
from ivr.speech.prompts import WORDINGS
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent

PATIENCE_S: Final = 60.0
GAP_MS: Final = 40.0  # a pause between two packets of sound that somebody may hear
_LOOKS_S: Final = 0.1
_SERVES_S: Final = 0.25
_ENDS_S: Final = 15.0
_INVITE_S: Final = 30.0
_THINKS_S: Final = (0.3, 0.9)  # before somebody answers


class Tail(threading.Thread):
    """Follows the journal of a line, whatever calls it; ``told`` wakes whoever waits."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="tail", daemon=True)
        self._path = path
        with closing(open_database(path)) as database:  # before the thread runs: the first call may come before it does
            self._last = Journal(database).last_row()
        self._events: defaultdict[str, list[JournalEvent]] = defaultdict(list)
        self._ids: dict[str, str] = {}
        self.told = threading.Condition()
        self._closed = threading.Event()

    def run(self) -> None:
        """Read what is new, ten times a second."""
        journal, last = Journal(open_database(self._path)), self._last
        while not self._closed.wait(_LOOKS_S):
            events = journal.follow(last)
            if not events:
                continue
            last = max(last, *(event.rowid for event in events))
            with self.told:
                for event in events:
                    if event.kind == JournalKind.CALL_OFFERED:
                        self._ids[str(event.data["sip_call_id"])] = event.call_id
                    self._events[event.call_id].append(event)
                self.told.notify_all()

    def of(self, sip_call_id: str) -> list[JournalEvent]:
        """All that was read of a call."""
        name = self._ids.get(sip_call_id)
        return self._events[name] if name else []

    def forget(self, sip_call_id: str) -> None:
        """The call is over and judged."""
        with self.told:
            self._events.pop(self._ids.pop(sip_call_id, ""), None)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self.join()


@dataclass(slots=True)
class CallResult:
    """One try to call. ``faults``: empty when all went right; ``took_ms``: INVITE to its final answer, ``code``."""

    scenario: str
    code: int = 0
    took_ms: float = 0.0
    retry_after: bool = False
    faults: list[str] = field(default_factory=list)
    turns: list[TurnTime] = field(default_factory=list)
    intervals_ms: list[float] = field(default_factory=list)
    began: float = 0.0  # when the first packet came, by ``time.monotonic()``
    lost: int = 0
    seconds: float = 0.0

    @property
    def admitted(self) -> bool:
        """The line answered."""
        return self.code == 200

    def gaps(self) -> list[tuple[float, float]]:
        """Pauses over 40 ms between two packets: the moments of both."""
        ends = accumulate((step / 1000 for step in self.intervals_ms), initial=self.began)
        pairs = zip(pairwise(ends), self.intervals_ms, strict=True)
        return [pair for pair, step in pairs if step > GAP_MS]


@dataclass(slots=True)
class World:
    """What all citizens share. ``recordings``: where the line puts them."""

    line: Address
    called: str
    pump: Pump
    tail: Tail
    recordings: Path


@dataclass(frozen=True)
class Script:
    """A scenario with its sound, coded before anybody calls; it sounds alike in each call."""

    scenario: Scenario
    clips: dict[str, Clip]
    coded: dict[str, bytes]

    @classmethod
    def of(cls, scenario: Scenario, clips: Clips, voice: str) -> Script:
        """In that voice, as far as there are clips. Raises ClipError."""
        rng = Random(scenario.name)  # noqa: S311 - another voice
        phrases = [step.clip or step.say for step in scenario.steps if isinstance(step, Speak)]
        chosen = {phrase: clips.choose(phrase, rng, voice) for phrase in phrases}
        return cls(scenario, chosen, {phrase: coded(clip.pcm) for phrase, clip in chosen.items()})


class LoadCitizen:
    """One call, from INVITE to the verdict; :meth:`run` blocks for as long as it lasts."""

    def __init__(self, world: World, script: Script, rng: Random) -> None:
        self._world, self._script, self._rng = world, script, rng
        self._scenario = script.scenario
        self._phone = LoadPhone(world.line, world.called, self._scenario.facts.caller, rng.randrange(4))
        self._spoken: list[Spoken] = []
        self._events, self._prompts = 0, 0  # prompts of earlier events, and of this one, were looked at

    def run(self) -> CallResult:
        """Call, go through the steps, hang up. Never raises for what the line does: that is a fault of the result."""
        result = CallResult(self._scenario.name)
        wire = self._phone.phone
        try:
            self._phone.invited_at = time.monotonic()
            answer = wire.invite(timeout_s=_INVITE_S)
            result.code = answer.code
            result.took_ms = round(1000 * (time.monotonic() - self._phone.invited_at), 1)
            if not result.admitted:
                result.retry_after = "retry-after:" in answer.message.lower()
                return result
            self._world.pump.add(self._phone)
            self._talk(result)
        except TelephonyError as error:
            result.faults.append(str(error))
        finally:
            self._world.pump.remove(self._phone)
            wire.close()
        self._judge(result)
        return result

    def _talk(self, result: CallResult) -> None:
        began = time.monotonic()
        for number, step in enumerate(self._scenario.steps, 1):
            fault = self._do(step)
            if fault:
                result.faults.append(f"step {number}: {fault}")
                break
        result.seconds = time.monotonic() - began
        if not self._phone.phone.ended:
            self._phone.phone.bye()

    def _do(self, step: Step) -> str:
        match step:
            case Expect(expect=expected):
                return self._expect(expected.prompt, expected.words)
            case Speak():
                self._rest(self._rng.uniform(*_THINKS_S))
                self._say(step)
            case Press(press=key):
                self._rest(self._rng.uniform(*_THINKS_S))
                self._phone.press(key)
                self._drained()
            case Wait(wait_ms=ms):
                self._rest(ms / 1000)
            case ExpectHangup():
                until = time.monotonic() + PATIENCE_S
                while not self._phone.phone.ended and time.monotonic() < until:
                    self._rest(_SERVES_S)
                return "" if self._phone.phone.ended else "the line did not end the call"
            case Hangup():
                return ""
            case _:
                return f"{type(step).__name__} is nothing that can be done under load"
        return "the line ended the call" if self._phone.phone.ended else ""

    def _say(self, step: Speak) -> None:
        phrase = step.clip or step.say
        clip, sound = self._script.clips[phrase], self._script.coded[phrase]
        if step.for_ms is not None:
            size = round(step.for_ms / 1000 / FRAME_S) * FRAME
            sound = (sound * (size // len(sound) + 1))[:size]
        before = len(self._phone.uttered)
        self._phone.say(sound)
        self._drained()
        moments = [at for at, _ in self._phone.uttered[before:]]
        whole = len(moments) * FRAME == len(sound)
        self._spoken.append(Spoken(clip.text, clip.voice, moments[0] + FRAME_S, moments[-1] + 2 * FRAME_S, whole))

    def _expect(self, prompt: str, words: str) -> str:
        """The prompt, or a sentence with these words, was said after what was waited for before."""
        tail, name = self._world.tail, self._phone.phone.call_id
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self._said(tail.of(name), prompt, words):
                return ""
            if self._phone.phone.ended:
                return f"the line ended the call before {prompt or words}"
            with tail.told:
                tail.told.wait(_SERVES_S)
            self._phone.phone.serve()
        return f"{prompt or words} was not said within {PATIENCE_S:.0f} s"

    def _said(self, events: Sequence[JournalEvent], prompt: str, words: str) -> bool:
        for at in range(self._events, len(events)):
            if events[at].kind != JournalKind.TURN_SAID or not events[at].data["completed"]:
                continue
            listed = list(events[at].data["prompts"])
            first = self._prompts if at == self._events else 0
            named = next((place for place in range(first, len(listed)) if _is(listed[place], prompt)), None)
            if prompt and named is not None:
                self._events, self._prompts = at, named + 1
                return True
            # What is masked here was right if what follows on the journal is.
            text = str(events[at].data["text"])
            if words and (words in text or MASK in text):
                self._events, self._prompts = at, first
                return True
        return False

    def _drained(self) -> None:
        while self._phone.busy and not self._phone.phone.ended:
            self._rest(FRAME_S)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._phone.phone.ended:
            time.sleep(min(left, _SERVES_S))
            if left > FRAME_S:
                self._phone.phone.serve()

    def _judge(self, result: CallResult) -> None:
        tail, name = self._world.tail, self._phone.phone.call_id
        until = time.monotonic() + _ENDS_S
        while not ((events := tail.of(name)) and events[-1].kind == JournalKind.CALL_ENDED):
            if time.monotonic() > until:
                result.faults.append("the end of the call is not on the journal")
                break
            with tail.told:
                tail.told.wait(_SERVES_S)
        if events and not result.faults:
            silent = () if self._spoken else ("caller",)
            found, _ = journal_and_recording(self._scenario, list(events), self._world.recordings, silent=silent)
            result.faults += found
        result.turns = turn_times(self._scenario.name, self._phone, self._spoken, list(events))
        result.intervals_ms = self._phone.intervals_ms()
        result.began = self._phone.came[0].at if self._phone.came else 0.0
        result.lost = self._phone.lost()
        tail.forget(name)


def _is(listed: str, prompt: str) -> bool:
    """A prompt, or the same in other words."""
    return listed == prompt or any(listed == prompt + wording for wording in WORDINGS)
