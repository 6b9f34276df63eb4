"""Go one of several ways, by what is true now."""

from __future__ import annotations

from ivr.dialog.nodes import BranchNode, Condition
from ivr.dialog.skills.base import Skill


class Branch(Skill[BranchNode]):
    """The first way whose condition holds, else ``otherwise``."""

    def enter(self) -> None:
        for way in self.node.when:
            if self._holds(way.condition):
                self.stage.goto(way.goto)
                return
        self.stage.goto(self.node.otherwise)

    def _holds(self, condition: Condition) -> bool:
        match condition:
            case "agent_available":
                return self.stage.facts.agent_available
            case "recording_running":
                return self.stage.recording_running
            case "caller_known":
                return self.stage.facts.caller_known
