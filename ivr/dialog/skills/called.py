"""Note how far a call is that the line itself placed (A12.11, A12.15)."""

from __future__ import annotations

from ivr.dialog.nodes import CalledNode
from ivr.dialog.skills.base import Skill


class Called(Skill[CalledNode]):
    """Nothing is written down yet: who hangs up in the midst of the next sentence has heard so much and no more."""

    def enter(self) -> None:
        stage = self.stage
        stage.called = self.node.result
        stage.say(self.node.prompts)
        stage.goto(self.node.next)
