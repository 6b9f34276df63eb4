"""Hand the caller over to a person, and take them back when nobody comes (A12.16–A12.18)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from ivr.dialog.commands import Option
from ivr.dialog.nodes import TransferNode
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import (
    AgentAnswered,
    AgentFailed,
    AgentGaveBack,
    AgentHungUp,
    AgentPassedOn,
    AgentQueued,
    AgentRinging,
    Bridge,
    Dial,
    Event,
    HangupReason,
    JournalKind,
    StopDialling,
)

# The shell answers every Dial within no_answer_s + 2 s; one second more and we no longer count on it.
GUARD_S = 3.0
MOST: Final = 4
"""People who are tried, one after another; then the caller is asked what to do."""
_HEARD_OUT_S: Final = 8.0  # who speaks while waiting is not talked over for so long


class Phase(Enum):
    ANNOUNCING = auto()
    RINGING = auto()  # somebody is sought or rung
    IN_LINE = auto()  # everybody is busy; the caller has agreed to wait
    THANKING = auto()  # the person is on the telephone, the caller hears a last sentence
    BRIDGED = auto()


class Transfer(Skill[TransferNode]):
    """Announce, ring with spoken reassurance, bridge; then keys and words belong to the two people."""

    def __init__(self, node: TransferNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._phase = Phase.ANNOUNCING
        self._sentences = self._tried = 0
        self._place_due = self._moving_on = False
        employee = stage.memory.employee
        person = node.target == "person" and employee is not None
        self._target = employee.target if person and employee is not None else node.target
        self._wanted = employee.name if person and employee is not None else stage.memory.wanted

    @property
    def wants_agent(self) -> bool:
        return self._phase is not Phase.ANNOUNCING

    @property
    def unreached(self) -> bool:
        return self._phase is not Phase.BRIDGED

    @property
    def phrases(self) -> Mapping[str, Option]:
        return {phrase: option for option in self.node.options for phrase in option.phrases}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return {key: option for option in self.node.options for key in option.keys}

    def enter(self) -> None:
        self.stage.say(self.node.connecting, interruptible=False, repeatable=False)

    def said(self, completed: bool) -> None:
        if self._phase is Phase.ANNOUNCING:
            self._phase = Phase.RINGING
            self.stage.note(JournalKind.TRANSFER_OFFERED, {"target": self._target})
            self._dial()
        elif self._phase is Phase.THANKING:
            self._bridge()
        self._moving_on = False
        if self._waits:
            self.stage.set_timer("waiting", self.node.pause_s)

    @property
    def _waits(self) -> bool:
        return self._phase in (Phase.RINGING, Phase.IN_LINE)

    def _dial(self) -> None:
        memory, seconds = self.stage.memory, self.node.no_answer_s
        self.stage.do(Dial(self._target, seconds, memory.topic, self._wanted, self.stage.language))
        self.stage.set_timer("guard", seconds + GUARD_S)

    # ------------------------------------------------------------ the caller's side

    def timer(self, name: str) -> None:
        if name in ("guard", "line"):
            self.stage.do(StopDialling())
            self._failed(HangupReason.NO_ANSWER)
        elif name == "place":
            self._place_due = True
        elif name == "waiting":
            if self._phase is Phase.IN_LINE and self._place_due and self.node.in_line:
                self._tell_place()
                return
            sentence = self.node.waiting[self._sentences % len(self.node.waiting)]
            self._sentences += 1
            self.stage.say([sentence], repeatable=False)

    def _tell_place(self) -> None:
        self._place_due = False
        self.stage.set_timer("place", self.node.place_s)
        self.stage.say(self.node.in_line, repeatable=False)

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        """A way out of the line; a callback keeps the place, for the task says since when they waited."""
        self.stage.understood = True
        decided = {"intent": option.intent, "confidence": round(confidence, 3), "by": by}
        self.stage.note(JournalKind.INTENT_DECIDED, decided)
        self._leave("left_line")
        self._take_back(option.goto)

    def command_given(self, by: str) -> None:
        self._leave("left_line")

    def speech_started(self) -> None:
        self.stage.set_timer("waiting", _HEARD_OUT_S)

    def heard(self, text: str, confidence: float) -> bool:
        self.stage.set_timer("waiting", self.node.pause_s)
        return True

    # ------------------------------------------------------------ the other side

    def on(self, event: Event) -> None:
        match event, self._phase:
            case AgentRinging(within_s=within_s), Phase.RINGING | Phase.IN_LINE:
                self.stage.set_timer("guard", within_s + GUARD_S)
                self.stage.clear_timer("line")
            case AgentQueued(), Phase.RINGING | Phase.IN_LINE:
                self._queued(event)
            case AgentAnswered(), Phase.RINGING | Phase.IN_LINE if self.node.connected:
                self._close_ways()
                self._phase = Phase.THANKING
                self.stage.stop_saying()
                self._clear_timers()
                self.stage.say(self.node.connected, interruptible=False, repeatable=False)
            case AgentAnswered(), Phase.RINGING | Phase.IN_LINE:
                self._bridge()
            case AgentFailed(reason=reason, others=others), Phase.RINGING | Phase.IN_LINE:
                self._tried += 1
                if others and self._tried < MOST:
                    self._next(reason)
                else:
                    self.stage.do(StopDialling())
                    self._failed(reason, person=others or self._tried == 1)
            case ((AgentHungUp() | AgentFailed()), Phase.THANKING):
                self._failed(HangupReason.NO_ANSWER)
            case AgentPassedOn(wanted=wanted, topic=topic), Phase.BRIDGED:
                self._wanted, self.stage.memory.topic = wanted or self._wanted, topic or self.stage.memory.topic
                self.stage.note(JournalKind.TRANSFER_RETURNED, {"target": self._target, "reason": "passed_on"})
                self._phase, self._tried = Phase.RINGING, 0
                self._dial()
                self.stage.say(self.node.passed_on or self.node.waiting[:1], repeatable=False)
            case ((AgentHungUp() | AgentFailed()), Phase.BRIDGED):
                self.stage.note(JournalKind.TRANSFER_RETURNED, {"target": self._target, "reason": "agent_hung_up"})
                self._take_back(self.node.returned)
            case AgentGaveBack(), Phase.BRIDGED:
                self.stage.note(JournalKind.TRANSFER_RETURNED, {"target": self._target, "reason": "given_back"})
                self._take_back(self.node.given_back or self.node.returned)
            case _:
                pass

    def _queued(self, event: AgentQueued) -> None:
        """Everybody is busy: the caller is asked to wait, or told their place where they have agreed to."""
        memory = self.stage.memory
        first = memory.place == 0
        memory.place, memory.wait_s = event.position, event.wait_s
        if first:
            memory.in_line_since = self.stage.now
        if first or self._phase is Phase.RINGING:
            place = {"target": self._target, "position": event.position, "wait_s": round(event.wait_s)}
            self.stage.note(JournalKind.TRANSFER_QUEUED, place)
        if self.node.busy is not None:
            self._leave("asked_to_wait")
            self._take_back(self.node.busy)
            return
        self.stage.clear_timer("guard")
        if self._phase is Phase.RINGING:
            self._phase = Phase.IN_LINE
            self.obeys = bool(self.node.options)
            self.stage.set_timer("line", self.node.line_max_s)
        self._place_due = True

    def _next(self, reason: HangupReason) -> None:
        self.stage.note(JournalKind.TRANSFER_FAILED, {"target": self._target, "reason": reason.value})
        self._phase = Phase.RINGING  # who has to wait in line again has the line's limit again
        self._dial()
        if self._moving_on:
            return  # it is just being said
        self.stage.stop_saying()
        if self.node.another:
            self._moving_on = True
            self.stage.clear_timer("waiting")
            self.stage.say(self.node.another, repeatable=False)
        else:
            self.stage.set_timer("waiting", self.node.pause_s)

    def _bridge(self) -> None:
        self._close_ways()
        self._phase = Phase.BRIDGED
        self.stage.stop_saying()
        self._clear_timers()
        self.stage.note(JournalKind.TRANSFER_ACCEPTED, {"target": self._target})
        self.stage.do(Bridge())
        self.stage.note(JournalKind.TRANSFER_BRIDGED, {"target": self._target})
        self.stage.bridged = True

    def _close_ways(self) -> None:
        """From now on keys and words are not for us."""
        self.obeys = False
        self.stage.close_ear()

    def _clear_timers(self) -> None:
        for name in ("guard", "line", "place", "waiting"):
            self.stage.clear_timer(name)

    def _leave(self, reason: str) -> None:
        self._clear_timers()
        self.stage.do(StopDialling())
        self.stage.note(JournalKind.TRANSFER_RETURNED, {"target": self._target, "reason": reason})

    def _failed(self, reason: HangupReason, *, person: bool = True) -> None:
        """``person``: somebody has just failed, and not only nobody was left to call."""
        self.stage.stop_saying()
        data = {"target": self._target, "reason": reason.value}
        if person:
            self.stage.note(JournalKind.TRANSFER_FAILED, data)
        self.stage.note(JournalKind.TRANSFER_RETURNED, data)
        self._take_back(self.node.failed)

    def _take_back(self, node: str) -> None:
        self._close_ways()
        self.stage.typed.clear()  # keys pressed meanwhile were not meant for what comes now
        self.stage.goto(node)
