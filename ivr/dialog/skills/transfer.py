"""Hand the caller over to a person, and take them back when nobody comes (A12.17, A12.18)."""

from __future__ import annotations

from enum import Enum, auto

from ivr.dialog.nodes import TransferNode
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import AgentAnswered, AgentFailed, AgentHungUp, Bridge, Dial, Event, HangupReason, JournalKind

# The shell answers every Dial within no_answer_s + 2 s; one second more and we no longer count on it.
GUARD_S = 3.0


class Phase(Enum):
    ANNOUNCING = auto()
    RINGING = auto()
    THANKING = auto()  # the person is on the telephone, the caller hears a last sentence
    BRIDGED = auto()


class Transfer(Skill[TransferNode]):
    """Announce, ring with spoken reassurance, bridge; then keys and words belong to the two people."""

    def __init__(self, node: TransferNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._phase = Phase.ANNOUNCING
        self._sentences = 0
        employee = stage.memory.employee
        self._target = employee.target if node.target == "person" and employee is not None else node.target

    @property
    def wants_agent(self) -> bool:
        return self._phase is not Phase.ANNOUNCING

    @property
    def unreached(self) -> bool:
        return self._phase is not Phase.BRIDGED

    def enter(self) -> None:
        self.stage.say(self.node.connecting, interruptible=False, repeatable=False)

    def said(self, completed: bool) -> None:
        if self._phase is Phase.ANNOUNCING:
            self._phase = Phase.RINGING
            self.stage.note(JournalKind.TRANSFER_OFFERED, {"target": self._target})
            self.stage.do(Dial(self._target, self.node.no_answer_s))
            self.stage.set_timer("guard", self.node.no_answer_s + GUARD_S)
        elif self._phase is Phase.THANKING:
            self._bridge()
        if self._phase is Phase.RINGING:
            self.stage.set_timer("waiting", self.node.pause_s)

    def timer(self, name: str) -> None:
        if name == "guard":
            self._failed(HangupReason.NO_ANSWER)
        elif name == "waiting":
            sentence = self.node.waiting[self._sentences % len(self.node.waiting)]
            self._sentences += 1
            self.stage.say([sentence], repeatable=False)

    def on(self, event: Event) -> None:
        match event, self._phase:
            case AgentAnswered(), Phase.RINGING if self.node.connected:
                self._phase = Phase.THANKING
                self.stage.stop_saying()
                self.stage.clear_timer("guard")
                self.stage.clear_timer("waiting")
                self.stage.say(self.node.connected, interruptible=False, repeatable=False)
            case AgentAnswered(), Phase.RINGING:
                self._bridge()
            case AgentFailed(reason=reason), Phase.RINGING:
                self._failed(reason)
            case ((AgentHungUp() | AgentFailed()), Phase.THANKING):
                self._failed(HangupReason.NO_ANSWER)
            case ((AgentHungUp() | AgentFailed()), Phase.BRIDGED):
                self.stage.note(JournalKind.TRANSFER_RETURNED, {"target": self._target, "reason": "agent_hung_up"})
                self._take_back(self.node.returned)
            case _:
                pass

    def _bridge(self) -> None:
        self._phase = Phase.BRIDGED
        self.stage.stop_saying()
        self.stage.clear_timer("guard")
        self.stage.clear_timer("waiting")
        self.stage.note(JournalKind.TRANSFER_ACCEPTED, {"target": self._target})
        self.stage.do(Bridge())
        self.stage.note(JournalKind.TRANSFER_BRIDGED, {"target": self._target})
        self.stage.bridged = True

    def _failed(self, reason: HangupReason) -> None:
        self.stage.stop_saying()
        data = {"target": self._target, "reason": reason.value}
        self.stage.note(JournalKind.TRANSFER_FAILED, data)
        self.stage.note(JournalKind.TRANSFER_RETURNED, data)
        self._take_back(self.node.failed)

    def _take_back(self, node: str) -> None:
        self.stage.typed.clear()  # keys pressed meanwhile were not meant for what comes now
        self.stage.goto(node)
