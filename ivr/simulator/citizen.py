"""The virtual citizen: calls the line over SIP, listens for prompts, speaks clips, presses keys.

Every method that waits answers with a :class:`Result`: whether it went as it
should, a sentence why not, and what was measured. A method's time counts from the
end of what the citizen did or heard before (:attr:`VirtualCitizen.turn_at`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ivr.errors import ClipError
from ivr.events import HangupReason
from ivr.simulator.person import Moment, Person

LATE_S: Final = 1.5  # by which a prompt's beginning is known at the latest
RESUMES_S: Final = 5.5  # a prompt that stopped may go on within this
TAIL_S: Final = 15.0  # a prompt's end must come within its length and this
EDGE_S: Final = 0.1  # two prompts whose edges are nearer than this follow each other
KEY_S: Final = 0.35  # between two keys, tone and pause


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step. ``measured_ms`` is None where nothing was measured."""

    ok: bool
    reason: str = ""
    measured_ms: int | None = None


class VirtualCitizen(Person):
    """The caller's side of one call."""

    turn_at: float = 0.0  # when the last step was over
    _after: float = 0.0  # prompts that began before this were looked at already

    async def connected(self, timeout_s: float) -> Result:
        """Wait until the line answers."""
        if not await self.answered(timeout_s):
            return Result(False, self._why(f"the line did not answer within {timeout_s:.1f} s"))
        self.turn_at = self.answered_at or 0.0
        return Result(True)

    async def expect(self, prompt: str, within_s: float, *, to_its_end: bool = True) -> Result:
        """The prompt begins within the time and, unless ``to_its_end`` is false, is heard to its end."""
        since = self.turn_at
        left = since + within_s + LATE_S - self.clock()
        started = await self.until(lambda: self._beginning(prompt), left)
        if started is None:
            heard = ", ".join(moment.prompt for moment in self.heard[-4:]) or "nothing"
            return Result(False, self._why(f"{prompt} did not begin within {within_s:.1f} s (heard last: {heard})"))
        self._after = started
        measured = round((started - since) * 1000)
        if started - since > within_s:
            return Result(False, f"{prompt} began after {measured} ms, not within {within_s * 1000:.0f} ms", measured)
        if not to_its_end:
            self.turn_at = self.clock()
            return Result(True, "", measured)
        return await self._hear_out(prompt, started, measured)

    async def expect_absent(self, prompt: str, for_s: float) -> Result:
        """The prompt does not begin for so long."""
        until = self.turn_at + for_s
        began = await self.until(lambda: self._beginning(prompt), until + LATE_S - self.clock())
        if began is not None and began <= until:
            return Result(False, f"{prompt} was said", round((began - self.turn_at) * 1000))
        self.turn_at = until
        return Result(True)

    async def expect_hangup(self, within_s: float) -> Result:
        """The line ends the call within the time."""
        ended = await self.over(self.turn_at + within_s - self.clock())
        if ended is None or ended.reason is not HangupReason.CALLER:
            return Result(False, self._why(f"the line did not end the call within {within_s:.1f} s"))
        return Result(True, "", round((ended.at - self.turn_at) * 1000))

    async def speak(self, phrase: str, for_s: float | None = None) -> Result:
        """Say a phrase, by text or clip name."""
        try:
            spoken = await self.say(phrase, for_s)
        except ClipError as error:
            return Result(False, str(error))
        if not spoken.completed:
            return Result(False, self._why(f"„{spoken.text}“ was not said to its end"))
        self.turn_at = spoken.ended
        return Result(True, "", round((spoken.ended - spoken.started) * 1000))

    async def press(self, key: str) -> Result:
        """Press a key and let go of it."""
        self.turn_at = self.clock()
        self.leg.send_key(key)
        await self.over(KEY_S)
        return Result(self.ended is None, self._why("") if self.ended else "")

    async def wait(self, seconds: float) -> Result:
        """Do nothing for a while; the end of the call is no fault."""
        await self.over(self.turn_at + seconds - self.clock())
        self.turn_at = self.clock()
        return Result(True)

    async def hang_up(self) -> Result:
        """End the call, and see it ended."""
        if self.ended is None:
            self.leg.hangup()
        ended = await self.over(5.0)
        self.turn_at = self.clock()
        return Result(ended is not None, "" if ended else "the call did not end")

    # ------------------------------------------------------------ what was heard

    def _beginning(self, prompt: str) -> float | None:
        """When the prompt began for the first time that was not looked at yet."""
        for moment in self.heard:
            if moment.prompt == prompt and moment.started > self._after:
                return moment.started
        begun = self.hearing.begun(prompt)
        if begun is None:
            return None
        started = self.moment(begun)
        return started if started > self._after else None

    async def _hear_out(self, prompt: str, started: float, measured: int) -> Result:
        def report() -> Moment | None:
            return next((m for m in self.heard if m.prompt == prompt and abs(m.started - started) < 0.1), None)

        def whole() -> Moment | None:
            return next((m for m in self.heard if m.prompt == prompt and m.whole and m.started > started - 0.1), None)

        first = await self.until(report, self.hearing.duration(prompt) + TAIL_S)
        if first is not None and not first.whole:
            first = await self.until(whole, first.ended + RESUMES_S - self.clock()) or first
        if first is None:
            return Result(False, self._why(f"{prompt} did not end"), measured)
        self.turn_at = first.ended
        if not first.whole:
            return Result(False, f"{prompt} was cut after {first.ended - started:.1f} s", measured)
        # What begins alike was told as cut in the middle of this one; it is not the next that is waited for.
        self._after = max(self._after, first.ended - EDGE_S)
        return Result(True, "", measured)

    def _why(self, otherwise: str) -> str:
        if self.ended is None:
            return otherwise
        code = f" {self.ended.code}" if self.ended.code >= 300 else ""
        return f"the call is over ({self.ended.reason.value}{code})"
