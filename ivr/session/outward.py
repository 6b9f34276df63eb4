"""Click-to-call: the employee's telephone rings first, then the person's; who is called hears who calls and the
recording notice, and then the two are connected (A12.15, A17.1).

The conversation is a call of its own on the journal, recorded from the end of the notice on, and only then (X2).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from array import array
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog

from ivr import events as ev
from ivr.clock import Timer
from ivr.errors import NoFreeLeg, TelephonyError
from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.people.handover import Rang, Ring, RingStep
from ivr.session.checking import IdentityCheck
from ivr.session.ports import Door
from ivr.session.recording import CallRecording

log = structlog.get_logger(__name__)

NO_LEG: Final = "no_leg"
GREETING, RECORDED, UNRECORDED, OBJECTED = "click.greeting", "notice.recorded", "notice.unrecorded", "unrecord"
OBJECTION: Final = "9"
"""The person's key against recording, as the notice says (X11)."""
_NOTICE: Final = "notice"
_TONE_HZ, _TONE_S, _QUIET_S = 425, 1.0, 4.0  # Lithuania's ring-back tone


class Outward:
    """``tell`` reports each step to the office; ``on_over`` is called once, when both telephones are free again."""

    def __init__(
        self,
        call_id: str,
        ring: Ring,
        door: Door,
        tell: Callable[[Rang], None],
        on_over: Callable[[Outward], None],
    ) -> None:
        self._call_id, self._ring, self._door, self._tell, self._on_over = call_id, ring, door, tell, on_over
        self._line, self._clock = door.line, door.clock
        self._agent: str | None = None
        self._person: str | None = None
        self._step = RingStep.AGENT
        self._timer: Timer | None = None
        self._greeted = self._objected = False
        self._talk: _Talk | None = None
        self._dialling = asyncio.get_running_loop().create_task(self._dial(ring.agent))
        self._report(RingStep.AGENT)

    def owns(self, leg: str) -> bool:
        """The leg is one of the two."""
        return leg in (self._agent, self._person)

    def on_leg(self, event: ev.LegEvent) -> None:
        """One of the two telephones reports."""
        match event:
            case ev.LegAnswered(leg=leg) if leg == self._agent and self._step is RingStep.AGENT:
                self._report(RingStep.PERSON)
                self._tone()
                self._dialling = asyncio.get_running_loop().create_task(self._dial(self._ring.person))
            case ev.LegAnswered(leg=leg) if leg == self._person and self._agent is not None:
                self._stop_timer()
                self._greet(event)
            case ev.LegPlaybackDone(leg=leg, utterance=said, completed=True) if leg == self._person and said == _NOTICE:
                self._connect()  # nothing cuts the notice but the end of the leg
            case ev.LegPlaybackDone(leg=leg) if leg == self._agent and self._person_rings:
                self._tone()
            case ev.LegAudio(leg=leg) if leg == self._person and self._talk is not None:
                self._talk.recording.poll()
            case ev.LegKey(leg=leg, key=key):
                self._key(leg, key)
            case ev.LegEnded(leg=leg, reason=reason):
                self._gone(leg, reason, event.code)

    def close(self, reason: HangupReason = HangupReason.DRAINED) -> None:
        """Both telephones are hung up."""
        if self._step.live:
            self._over(RingStep.ENDED if self._step is RingStep.TALKING else RingStep.FAILED, reason)

    # ------------------------------------------------------------ the two telephones

    async def _dial(self, uri: str) -> None:
        to_person = self._step is RingStep.PERSON
        try:
            # A leg is kept for the person: an employee who has picked up is not rung again for want of one.
            leg = await self._line.dial(uri, reserved_for=self._agent, keeps_agent=not to_person)
        except TelephonyError as error:
            log.warning("click_to_call_failed", request=self._ring.request, error=str(error))
            no_leg = isinstance(error, NoFreeLeg) and not to_person
            self._over(RingStep.FAILED, NO_LEG if no_leg else HangupReason.UNREACHABLE)
            return
        except Exception:
            log.exception("click_to_call_failed", request=self._ring.request)
            self._over(RingStep.FAILED, HangupReason.ERROR)  # the employee must not stay taken
            return
        if self._step is RingStep.AGENT:
            self._agent = leg.id
        elif self._step is RingStep.PERSON:
            self._person = leg.id
            self._talk = _Talk(self._call_id, self._ring, self._door, leg.id)
        else:
            leg.hangup()
            return
        self._stop_timer()
        self._timer = self._clock.call_at(
            self._clock.now() + self._ring.no_answer_s, lambda: self.close(HangupReason.NO_ANSWER)
        )

    @property
    def _person_rings(self) -> bool:
        return self._step is RingStep.PERSON and not self._greeted

    def _tone(self) -> None:
        if self._agent is not None:
            self._line.leg(self._agent).play(f"tone-{self._clock.now():.1f}", ringback())

    def _greet(self, answered: ev.LegAnswered) -> None:
        """The employee hears the same, and so knows when to speak."""
        if self._agent is None or self._person is None or self._talk is None:
            return
        self._greeted = True
        self._talk.answered(answered.codec)
        sounds = self._door.sounds
        notice = RECORDED if self._door.facts.recording_enabled else UNRECORDED
        pcm = sounds.pcm(GREETING) + sounds.pcm(notice)
        self._line.leg(self._agent).flush()
        for leg in (self._agent, self._person):
            self._line.leg(leg).play(_NOTICE, pcm)

    def _connect(self) -> None:
        if self._agent is None or self._person is None or self._talk is None or self._step is not RingStep.PERSON:
            return
        if not self._objected:
            self._talk.record()
        self._report(RingStep.TALKING)
        self._line.bridge(self._agent, self._person)
        self._talk.bridged()
        if self._objected:
            self._confirm_objection()

    def _key(self, leg: str, key: str) -> None:
        if self._talk is None:
            return
        if leg == self._agent and self._step is RingStep.TALKING:
            self._talk.check.key(key, self._ring.employee)
        elif leg == self._person and key == OBJECTION and not self._objected:
            self._objected = True
            if self._step is RingStep.TALKING:
                self._talk.erase()
                self._confirm_objection()

    def _confirm_objection(self) -> None:
        if self._person is not None and self._door.facts.recording_enabled:
            self._line.leg(self._person).play(OBJECTED, self._door.sounds.pcm(OBJECTED))

    # ------------------------------------------------------------ the end

    def _gone(self, leg: str, reason: HangupReason, code: int) -> None:
        if leg == self._agent:
            self._agent = None
        else:
            self._person = None
            if self._talk is not None:
                self._talk.code = code
        self.close(reason)

    def _over(self, step: RingStep, reason: str) -> None:
        self._stop_timer()
        self._report(step, reason)
        for leg in (self._agent, self._person):
            if leg is not None:
                with contextlib.suppress(KeyError):  # it may have gone in the same moment
                    self._line.leg(leg).hangup()
        if self._talk is None:
            self._on_over(self)
        else:
            self._dialling = asyncio.get_running_loop().create_task(self._finish(self._talk, reason))

    async def _finish(self, talk: _Talk, reason: str) -> None:
        await talk.end(reason, objected=self._objected)
        self._on_over(self)

    def _report(self, step: RingStep, reason: str = "") -> None:
        self._step = step
        self._tell(Rang(self._ring.request, step, str(reason)))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Talk:
    """The call to the person on the journal, and its recording."""

    def __init__(self, call_id: str, ring: Ring, door: Door, leg: str) -> None:
        self._call_id, self._ring, self._door = call_id, ring, door
        self._answered: float | None = None
        self._bridged = False
        self.code = 0
        self.recording = CallRecording(call_id, door.line.leg(leg), door, self._note, _nobody)
        self.check = IdentityCheck(door.clock, self.recording.apply, self._note)
        self._note(
            JournalKind.CALL_OFFERED,
            {
                "pii_caller": ring.number,
                "direction": "out",
                "of": ring.call,
                "task": ring.task,
                "employee": ring.employee,
                "worker": door.worker,
                "node": door.node,
            },
        )

    def answered(self, codec: str) -> None:
        self._answered = self._door.clock.now()
        self._note(JournalKind.CALL_ANSWERED, {"codec": codec})

    def record(self) -> None:
        """The notice was heard to its end."""
        if self._door.facts.recording_enabled:
            self._note(JournalKind.NOTICE_COMPLETED, {"prompts": [RECORDED]})
            self.recording.apply("start")

    def erase(self) -> None:
        self._note(JournalKind.INTENT_DECIDED, {"intent": "unrecord", "by": "key"})
        self.recording.apply("erase")

    def bridged(self) -> None:
        self._bridged = True
        self._note(JournalKind.TRANSFER_BRIDGED, {"target": "person", "employee": self._ring.employee})

    async def end(self, reason: str, *, objected: bool) -> None:
        self.check.end()
        try:
            await self.recording.close()
        except Exception:  # the call's end is written whatever became of its recording
            log.exception("recording_not_closed", call=self._call_id)
        clock = self._door.clock
        at = max(clock.utcnow(), self.recording.ended_at or clock.utcnow())
        state = RecordingState.DECLINED if objected else self.recording.state
        self._note(JournalKind.RECORDING_STATE, {"state": state.value, "final": True}, at)
        talked_s = clock.now() - self._answered if self._answered is not None else 0.0
        outcome = Outcome.TRANSFERRED if self._bridged else Outcome.ABANDONED
        end = {"reason": reason, "code": self.code, "outcome": outcome.value, "duration_s": round(talked_s, 3)}
        self._note(JournalKind.CALL_ENDED, end, at)

    def _note(self, kind: JournalKind, data: Mapping[str, object], at: datetime | None = None) -> None:
        self._door.journal.append(self._call_id, kind.value, data, at or self._door.clock.utcnow())


def _nobody(_state: RecordingState, _running: bool) -> None:
    """No mind is there who would want to know of the recording."""


def ringback() -> bytes:
    """One period of the tone that says that it rings over there, PCM as everywhere."""
    tone = (
        round(3000 * math.sin(2 * math.pi * _TONE_HZ * n / ev.SAMPLE_RATE))
        for n in range(round(_TONE_S * ev.SAMPLE_RATE))
    )
    return array("h", tone).tobytes() + bytes(2 * round(_QUIET_S * ev.SAMPLE_RATE))
