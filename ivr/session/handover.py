"""One caller's way to a person: who is called, what they hear before they accept, and what the office is told.

Who is called is the switchboard's choice (``Door.people``), or the one address of the configuration where the office
has no desks or is away. Whoever the switchboard chose must accept, by key 1 or on the desk, in the time that they
have: an answering machine never gets a caller. The mind hears of people only what a caller would notice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from ivr import events as ev
from ivr.clock import Timer
from ivr.errors import SpeechError, TelephonyError
from ivr.events import HangupReason, JournalKind
from ivr.people.handover import Check, Found, InLine, Nobody, PassOn, Pressed, Reply, Seek, Step
from ivr.session.checking import IdentityCheck
from ivr.session.ports import Door, LegLike

log = structlog.get_logger(__name__)

ACCEPT, DECLINE = "1", "2"
COLLEAGUE, ASSISTANT = "2", "3"  # behind a star, while the two talk
ASK: Final = "whisper.accept"
_PAUSE_S: Final = 1.5  # before the agent is asked again
_STEPS: Final = {HangupReason.NO_ANSWER: Step.NO_ANSWER, HangupReason.DECLINED: Step.DECLINED}
# Our own CANCEL reads as ours; for the mind nobody answered.
_OURS: Final = (HangupReason.ASSISTANT, HangupReason.CANCELLED)


def headers_of(call_id: str) -> dict[str, str]:
    """What an agent's telephone is told: an opaque id, in a header of ours and in RFC 7433's; no personal data.

    The first octet of ``User-to-User`` says that the rest is the user's own (RFC 7434, protocol discriminator 0).
    """
    return {"X-IVR-Context": call_id, "User-to-User": f"00{call_id.encode().hex()};encoding=hex"}


class Handover:
    """``tell`` takes events for the mind; ``wanted``: the mind still wants the agent who has just accepted.

    ``record`` changes the recording, as :class:`ivr.events.Record` does.
    """

    def __init__(
        self,
        call_id: str,
        caller: LegLike,
        door: Door,
        now: Callable[[], float],
        tell: Callable[[ev.Event], None],
        note: Callable[[JournalKind, Mapping[str, object]], None],
        wanted: Callable[[], bool],
        record: Callable[[str], None],
    ) -> None:
        self._call_id, self._caller, self._door = call_id, caller, door
        self._now, self._tell, self._note, self._wanted = now, tell, note, wanted
        self.leg: str | None = None
        self.bridged = False
        self.spoke: int | None = None  # the employee who talked with the caller last
        self._action: ev.Dial | None = None
        self._found: Found | None = None
        self._tried: list[int] = []
        self._since = ""
        self._placing: asyncio.Task[None] | None = None
        self._no_answer: Timer | None = None
        self._up = self._accepted = self._on_desk = self._star = False
        self._preparing: asyncio.Task[None] | None = None
        self._whisper = b""
        self._asked = 0
        self._asking: Timer | None = None
        self._check = IdentityCheck(door.clock, record, note)

    # ------------------------------------------------------------ what the mind wants

    def dial(self, action: ev.Dial) -> None:
        """Find somebody and call them."""
        self._action = action
        if not self._seek(action):
            self._call_target(action)

    def bridge(self) -> None:
        """Connect the two; nothing happens when the agent has gone in the same moment."""
        if self.leg is not None:
            self.bridged = True
            self.spoke = self._found.employee if self._found is not None else None
            self._door.line.bridge(self._caller.id, self.leg)
            self._report(Step.BRIDGED)

    def stop(self, reason: str = "caller_left") -> None:
        """Nobody is wanted any more, whoever is being called or talked to."""
        self._action = None
        if self._door.people is not None:
            self._door.people.leave(self._call_id)
        self._report(Step.ENDED if self.bridged else Step.FAILED, reason)
        self._hang_up()

    def close(self) -> None:
        """The caller is gone."""
        self.stop("caller_hung_up")
        if self._door.people is not None:
            self._door.people.forget(self._call_id)

    # ------------------------------------------------------------ what the switchboard says

    def _seek(self, action: ev.Dial) -> bool:
        """False: the switchboard has nobody to offer, and the configured address is called as ever."""
        people = self._door.people
        if people is None or not people.standing.desks:
            return False
        if not people.standing.staffed and action.target in self._door.targets:
            return False
        self._since = self._since or self._door.clock.utcnow().isoformat()
        language = action.language or self._door.language
        seek = Seek(self._call_id, action.topic, language, action.wanted, tuple(self._tried), self._since)
        return people.seek(seek, self._on_reply)

    def _on_reply(self, reply: Reply) -> None:
        match reply:
            case Pressed(offer=offer, accept=accept):
                if self._found is not None and offer == self._found.offer and not self._accepted:
                    self._answered_on_desk(accept)
            case Check(offer=offer, step=step):
                if self._found is not None and offer == self._found.offer and self.bridged:
                    self._check.desk(step, self._found.employee)
            case PassOn(offer=offer):
                if self._found is not None and offer == self._found.offer and self.bridged:
                    self._pass_on(self._found, reply)
            case Found():
                if self._action is None:
                    self._found = reply
                    self.stop()
                else:
                    self._call_found(reply)
            case InLine(position=position, minutes=minutes) if self._action is not None:
                self._tell(ev.AgentQueued(self._now(), position, 60.0 * (minutes or 0)))
            case Nobody(staffed=staffed) if self._action is not None:
                tried, self._tried = self._tried, []
                if not staffed and not tried and self._action.target in self._door.targets:
                    self._call_target(self._action)
                else:
                    reason = HangupReason.NO_ANSWER if tried else HangupReason.UNREACHABLE
                    self._tell(ev.AgentFailed(self._now(), reason))
            case _:
                pass

    def _answered_on_desk(self, accept: bool) -> None:
        if not accept:
            self._failed(HangupReason.DECLINED)
        elif self._up:
            self._accept()
        else:
            self._on_desk = True  # the telephone still rings; whoever picks it up has accepted

    # ------------------------------------------------------------ calling

    def _call_target(self, action: ev.Dial) -> None:
        self._place(self._door.targets.get(action.target, ""), action.no_answer_s)

    def _call_found(self, found: Found) -> None:
        self._found = found
        self._note(
            JournalKind.TRANSFER_CONTEXT,
            {**found.context, "offer": found.offer, "employee": found.employee, "because": found.because},
        )
        self._tell(ev.AgentRinging(self._now(), found.no_answer_s))
        if self._found is found:
            self._preparing = asyncio.get_running_loop().create_task(self._prepare(found.whisper))
            self._place(found.uri, found.no_answer_s)

    def _place(self, uri: str, no_answer_s: float) -> None:
        self._placing = asyncio.get_running_loop().create_task(self._dial(uri, no_answer_s))
        self._no_answer = self._door.clock.call_at(
            self._door.clock.now() + no_answer_s, lambda: self._failed(HangupReason.NO_ANSWER)
        )

    async def _dial(self, uri: str, no_answer_s: float) -> None:
        try:
            # When every leg is taken the dial waits its turn, behind the mind's own words to the caller.
            leg = await self._door.line.dial(
                uri, headers=headers_of(self._call_id), reserved_for=self._caller.id, wait_s=no_answer_s
            )
        except TelephonyError as error:
            log.warning("dial_failed", call=self._call_id, error=str(error))
            self._failed(HangupReason.UNREACHABLE)
            return
        self.leg = leg.id

    async def _prepare(self, whisper: str) -> None:
        """Synthesised while the telephone rings, kept in memory; without a voice the agent is only asked."""
        parts = bytearray()
        with contextlib.suppress(SpeechError):
            async for pcm in self._door.mouth.say(whisper, self._door.language):
                parts += pcm
            self._whisper = bytes(parts)

    # ------------------------------------------------------------ what the agent does

    def on_leg(self, event: ev.LegEvent) -> None:
        """The agent's leg reports; a leg that was given up is nobody's."""
        if event.leg != self.leg:
            if isinstance(event, ev.LegAnswered):
                self._end(event.leg)  # our CANCEL came too late
            return
        match event:
            case ev.LegAnswered():
                self._up = True
                if self._on_desk or not (self._found is not None or self._door.agent_accepts):
                    self._accept()
                else:
                    self._ask()
            case ev.LegKey(key=key) if self._up and not self._accepted:
                if key == ACCEPT:
                    self._accept()
                elif key == DECLINE:
                    self._failed(HangupReason.DECLINED)
            case ev.LegKey(key=key) if self.bridged:
                star, self._star = self._star, key == "*"
                if star and key in (COLLEAGUE, ASSISTANT) and self._found is not None:
                    self._pass_on(self._found, PassOn(self._call_id, self._found.offer, key == ASSISTANT))
                    return
                self._check.key(key, self._found.employee if self._found is not None else 0)
            case ev.LegPlaybackDone(completed=True) if not self._accepted:
                self._asking = self._door.clock.call_at(self._door.clock.now() + _PAUSE_S, self._ask)
            case ev.LegEnded(reason=reason):
                self._gone(reason)

    def _ask(self) -> None:
        """Who it is about, once, and how to accept."""
        pcm = self._door.sounds.pcm(ASK)
        if self._whisper:
            pcm, self._whisper = self._whisper + pcm, b""
        self._asked += 1
        if self.leg is not None:
            self._door.line.leg(self.leg).play(f"whisper-{self._asked}", pcm)

    def _accept(self) -> None:
        self._accepted = True
        self._stop_timers()
        if self.leg is not None:
            self._door.line.leg(self.leg).flush()
        self._report(Step.ACCEPTED)
        self._tell(ev.AgentAnswered(self._now()))
        if not self._wanted():
            self.stop()  # too late: the mind has taken the caller back meanwhile

    def _gone(self, reason: HangupReason) -> None:
        if not self._accepted:
            up = self._up
            self.leg = None
            # Who hangs up on the whisper has declined; an answering machine that does is nobody.
            self._failed(HangupReason.DECLINED if up else HangupReason.NO_ANSWER if reason in _OURS else reason)
            return
        self._report(Step.ENDED if self.bridged else Step.FAILED, "agent_hung_up")
        if self.bridged:  # who wants somebody again after a conversation stands in line as anybody else
            self._since, self._tried = "", []
        self.leg = None
        self._hang_up()
        self._tell(ev.AgentHungUp(self._now()))

    def _pass_on(self, found: Found, to: PassOn) -> None:
        """The agent leaves the caller to a colleague, who hears the whisper as any other does, or to the assistant."""
        self._report(Step.ENDED, "given_back" if to.to_assistant else "passed_on")
        self._hang_up()
        if to.to_assistant:
            self._tell(ev.AgentGaveBack(self._now()))
            return
        # Who was named may have been tried before: what they could not take then they are asked for now.
        self._tried = [found.employee] if to.wanted else [*self._tried, found.employee]
        self._tell(ev.AgentPassedOn(self._now(), to.wanted, to.topic))

    def _failed(self, reason: HangupReason) -> None:
        """The caller is told at once; a telephone that is slow to stop ringing is not waited for."""
        found = self._found
        self._report(_STEPS.get(reason, Step.FAILED), reason.value)
        if found is not None:
            self._tried.append(found.employee)
        self._hang_up()
        if self._action is not None:
            self._tell(ev.AgentFailed(self._now(), reason, others=found is not None))

    # ------------------------------------------------------------ tidying up

    def _report(self, step: Step, reason: str = "") -> None:
        if self._found is not None and self._door.people is not None:
            self._door.people.report(self._found.offer, step, reason)

    def _hang_up(self) -> None:
        """Whoever is being called, or was; everything about them is forgotten."""
        self._check.end()
        self._stop_timers()
        for task in (self._placing, self._preparing):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        leg, self.leg = self.leg, None
        self._found, self._placing, self._preparing = None, None, None
        self._up = self._accepted = self._on_desk = self.bridged = self._star = False
        self._whisper, self._asked = b"", 0
        if leg is not None:
            self._end(leg)

    def _end(self, leg: str) -> None:
        with contextlib.suppress(KeyError):  # it may have gone in the same moment
            self._door.line.leg(leg).hangup()

    def _stop_timers(self) -> None:
        for timer in (self._no_answer, self._asking):
            if timer is not None:
                timer.cancel()
        self._no_answer = self._asking = None
